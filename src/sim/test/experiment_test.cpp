/// The rows of a timeline.

#include "sim/experiment.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "sim/test/models.hpp"

namespace hillock::sim {
namespace {

using Stage = Layout::Stage;

struct Rows {
  ir::Model model;
  ir::Timeline timeline;
  Layout layout{model};
  Rows(ir::Model m, const Experiment& e) : model(std::move(m)), timeline(make_timeline(model, e)) {}
  double at(std::size_t row, std::uint32_t column) const { return timeline.values[row * timeline.columns + column]; }
};

TEST(Timeline, OneRowPerSampleWhereNothingJumps) {
  Experiment e = fixture::gate_experiment(fixture::Noise::ar1);
  const Rows rows(fixture::gate(fixture::Noise::ar1), e);
  ASSERT_EQ(rows.timeline.rows, 60U);
  EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(rows.timeline.observe, 1)), e.kept());
  EXPECT_EQ(e.kept(), 53U);
  double last = -1;
  for (std::size_t r = 0; r < 60; ++r) {
    EXPECT_EQ(rows.timeline.observe[r], e.mask[r]);
    EXPECT_EQ(rows.at(r, Layout::step()), e.interval);  // equal steps have equal bits
    EXPECT_EQ(rows.at(r, rows.layout.time(Stage::sample)), e.time_of(r));
    EXPECT_EQ(rows.at(r, rows.layout.time(Stage::start)), e.time_of(r));
    EXPECT_EQ(rows.at(r, rows.layout.time(Stage::end)), e.time_of(r + 1));
    EXPECT_EQ(rows.at(r, rows.layout.observed(0)), e.observed.at("I")[r]);
    EXPECT_EQ(rows.at(r, rows.layout.input(0, Stage::holding)), -0.07);
    EXPECT_EQ(rows.at(r, rows.layout.constant(0)), -0.08);
    EXPECT_EQ(rows.at(r, rows.layout.weight(0)), 1.0);
    // The time since the last kept sample, over the gaps of the mask.
    if (last < 0) {
      EXPECT_EQ(rows.at(r, rows.layout.gap(0)), no_previous_sample);
    } else {
      EXPECT_NEAR(rows.at(r, rows.layout.gap(0)), (static_cast<double>(r) - last) * e.interval, 1e-18);
    }
    if (e.mask[r] != 0) last = static_cast<double>(r);
  }
  EXPECT_NEAR(rows.at(11, rows.layout.gap(0)), 4 * e.interval, 1e-18);  // 8, 9, 10 are left out
}

TEST(Timeline, SubstepsCutEverySampleEquallyAndOnlyTheFirstIsObserved) {
  Experiment e = fixture::experiment(5, 0.1);
  e.substeps = 4;
  e.inputs["u"] = fixture::held(2.0);
  const Rows rows(fixture::relaxation(), e);
  ASSERT_EQ(rows.timeline.rows, 20U);
  for (std::size_t r = 0; r < 20; ++r) {
    EXPECT_EQ(rows.at(r, Layout::step()), 0.1 / 4);
    EXPECT_EQ(rows.timeline.observe[r], r % 4 == 0 ? 1 : 0);
  }
}

TEST(Timeline, JumpsOfTheInputsEndSteps) {
  Experiment e = fixture::experiment(4, 1.0);
  e.inputs["u"] = fixture::steps({0.0, 1.0, 2.0, 3.0}, {1.37, 1.9, 3.0});
  const Rows rows(fixture::relaxation(), e);
  // Rows: [0,1] [1,1.37] [1.37,1.9] [1.9,2] [2,3] [3,4]; the jump at 3 falls on a sample.
  ASSERT_EQ(rows.timeline.rows, 6U);
  const double ends[6] = {1, 1.37, 1.9, 2, 3, 4};
  const double values[6] = {0, 0, 1, 2, 2, 3};
  const std::uint8_t observed[6] = {1, 1, 0, 0, 1, 1};
  double from = 0;
  for (std::size_t r = 0; r < 6; ++r) {
    EXPECT_EQ(rows.at(r, rows.layout.time(Stage::end)), ends[r]);
    EXPECT_NEAR(rows.at(r, Layout::step()), ends[r] - from, 1e-15);
    for (const Stage stage : {Stage::start, Stage::middle, Stage::end}) {
      EXPECT_EQ(rows.at(r, rows.layout.input(0, stage)), values[r]) << "row " << r;
    }
    EXPECT_EQ(rows.timeline.observe[r], observed[r]);
    from = ends[r];
  }
  // At a sample on which the command steps, the model sees the new value.
  EXPECT_EQ(rows.at(5, rows.layout.input(0, Stage::sample)), 3.0);
  // With substeps the jump cuts one of them.
  e.substeps = 2;
  EXPECT_EQ(Rows(fixture::relaxation(), e).timeline.rows, 10U);
  // A jump on the end of a substep cuts nothing, nor one that misses it by rounding.
  e.inputs["u"] = fixture::steps({0.0, 1.0}, {1.5 + 1e-15});
  const Rows on(fixture::relaxation(), e);
  EXPECT_EQ(on.timeline.rows, 8U);
  EXPECT_EQ(on.at(2, on.layout.input(0, Stage::end)), 0.0);
  EXPECT_EQ(on.at(3, on.layout.input(0, Stage::start)), 1.0);
}

TEST(Timeline, AStudysConstantsAndWeightsReplaceTheModels) {
  Experiment e = fixture::gate_experiment(fixture::Noise::two_channels);
  e.constants["E"] = -0.09;
  const Rows rows(fixture::gate(fixture::Noise::two_channels), e);
  EXPECT_EQ(rows.at(7, rows.layout.constant(0)), -0.09);
  EXPECT_EQ(rows.at(7, rows.layout.weight(0)), 3.0);
  EXPECT_EQ(rows.at(7, rows.layout.weight(1)), 0.25);
  EXPECT_EQ(rows.at(7, rows.layout.observed(1)), e.observed.at("y")[7]);
}

TEST(Timeline, WithoutAHoldingValueTheFirstOneHolds) {
  Experiment e = fixture::experiment(3, 1.0);
  e.inputs["u"] = fixture::steps({5.0, 1.0}, {0.0});  // steps at the first sample: 1 is what holds after it
  const Rows rows(fixture::relaxation(), e);
  EXPECT_EQ(rows.at(0, rows.layout.input(0, Stage::holding)), 1.0);
}

TEST(Timeline, AnExperimentThatDoesNotFitIsABugOfOurs) {
  const ir::Model model = fixture::relaxation();
  Experiment e = fixture::experiment(3, 1.0);
  EXPECT_THROW((void)make_timeline(model, e), Bug);  // no stimulus for u
  e.inputs["u"] = fixture::held(0.0);
  e.mask.pop_back();
  EXPECT_THROW((void)make_timeline(model, e), Bug);
  e.samples = 0;
  EXPECT_THROW((void)make_timeline(model, e), Bug);
}

}  // namespace
}  // namespace hillock::sim
