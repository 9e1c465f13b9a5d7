/// Rows and samples, where inputs jump between samples and where they do not.

#include "sim/row_plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "sim/test/models.hpp"

namespace hillock::sim {
namespace {

TEST(RowPlan, IsThatOfTheTimeline) {
  const ir::Model model = fixture::relaxation();
  for (const int substeps : {1, 3}) {
    Experiment e = fixture::experiment(40, 0.1);
    e.start = -0.35;
    e.substeps = substeps;
    // Before the start, at it, on a sample, on the end of a third, twice in one interval, in the middle of one, after
    // the end.
    e.inputs["u"] =
        fixture::steps({0, 1, 2, 3, 4, 5, 6, 7, 8}, {-2.0, -0.35, 0.05, 0.25 + 0.1 / 3, 1.012, 1.033, 2.0, 9.0});
    const RowPlan plan(model, e);
    const ir::Timeline timeline = make_timeline(model, e);
    ASSERT_EQ(plan.rows(), timeline.rows);
    const Layout layout(model);
    std::size_t irregular = 0;
    for (std::size_t s = 0; s < e.samples; ++s) {
      const std::size_t first = plan.first_row(s);
      ASSERT_EQ(timeline.observe[first], 1) << s;
      EXPECT_EQ(timeline.values[first * timeline.columns + layout.time(Layout::Stage::sample)], e.time_of(s));
      irregular += plan.first_row(s + 1) - first != static_cast<std::size_t>(substeps);
      for (std::size_t r = first; r < plan.first_row(s + 1); ++r) EXPECT_EQ(plan.sample_of(r), s);
    }
    EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(timeline.observe, 1)), e.samples);
    EXPECT_EQ(irregular, substeps == 1 ? 3U : 2U);
  }
}

/// Rows by blocks that end anywhere are those of the whole; what is said to be constant is.
TEST(RowPlan, BlocksOfRowsAreTheWhole) {
  const ir::Model model = fixture::gate(fixture::Noise::two_channels);
  Experiment e = fixture::gate_experiment(fixture::Noise::two_channels);
  for (const bool jumps : {false, true}) {
    if (jumps) e.inputs["V"] = fixture::steps({0, 1, 2}, {0.1031, 0.1178});
    e.substeps = jumps ? 3 : 1;
    const ir::Timeline rows = rows_of(model, e);
    const ir::Timeline whole = make_timeline(model, e);
    ASSERT_TRUE(rows.source && !whole.source);
    ASSERT_EQ(whole.observe.size(), whole.rows);
    for (const std::size_t block : {1U, 7U, 60U})
      for (std::size_t begin = 0; begin < rows.rows; begin += block) {
        const ir::Rows at{begin, std::min(rows.rows, begin + block)};
        std::vector<double> values((at.end - at.begin) * rows.columns);
        std::vector<std::uint8_t> observe(at.end - at.begin);
        rows.source->fill(at, values, observe);
        for (std::size_t i = 0; i < values.size(); ++i)
          ASSERT_EQ(values[i], whole.values[begin * rows.columns + i]) << i % rows.columns;
        for (std::size_t i = 0; i < observe.size(); ++i) ASSERT_EQ(observe[i], whole.observe[begin + i]);
      }
    std::size_t constants = 0;
    for (std::uint32_t c = 0; c < rows.columns; ++c) {
      const auto value = rows.source->constant(c);
      if (!value) continue;
      ++constants;
      for (std::size_t r = 0; r < whole.rows; ++r) ASSERT_EQ(whole.values[r * rows.columns + c], *value) << c;
    }
    // A constant, the holding value and its time, two weights; the step, where nothing jumps inside.
    EXPECT_EQ(constants, jumps ? 5U : 6U);
  }
}

TEST(RowPlan, StoppedRowsMakeNoBatch) {
  Experiment e = fixture::experiment(100000, 1e-3);
  e.inputs["u"] = fixture::sine(0.0, 1.0, 3.0);
  RunOptions options{Backend::interpreter, 1};
  int asked = 0;
  options.stop = [&] { return ++asked > 3; };
  const auto batch = Batch::create(fixture::relaxation(), e, fixture::trace_by("rk4"), options);
  ASSERT_FALSE(batch);
  EXPECT_EQ(batch.error().front().code, "interrupted");
  EXPECT_EQ(asked, 5);  // no more than needed: twice over the rows, and once at the end
}

}  // namespace
}  // namespace hillock::sim
