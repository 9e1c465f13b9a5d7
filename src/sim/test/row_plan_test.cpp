/// Rows and samples, where inputs jump between samples and where they do not.

#include "sim/row_plan.hpp"

#include <gtest/gtest.h>

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
    EXPECT_EQ(timeline.observed(), e.samples);
    EXPECT_EQ(irregular, substeps == 1 ? 3U : 2U);
  }
}

}  // namespace
}  // namespace hillock::sim
