/// Each plot of the table: nothing, one point, NaN; and what each one shows.

#include "report/plot.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <map>

#include "base/error.hpp"
#include "report/panel.hpp"
#include "report/svg.hpp"
#include "report/test/synthetic.hpp"

namespace hillock::report {
namespace {

std::size_t occurrences(std::string_view text, std::string_view part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size())) ++n;
  return n;
}

class EveryPlot : public testing::TestWithParam<Plot> {
 protected:
  static std::string drawn(const Document& d) {
    if (GetParam().of_document != nullptr) return GetParam().of_document(d);
    return GetParam().of_data_set(d.data_sets.empty() ? DataSet{} : d.data_sets[0], 0);
  }
};

TEST_P(EveryPlot, IsDrawnFromADocumentWithData) {
  const std::string html = drawn(test::document_of_everything(50));
  EXPECT_EQ(test::markup_fault(html), "");
  EXPECT_EQ(html.find("class=\"nothing\""), std::string::npos) << html.substr(0, 200);
  EXPECT_GT(html.size(), 300U);
}
TEST_P(EveryPlot, OfNothingDrawsNothing) {
  const std::string html = drawn(Document{});
  EXPECT_EQ(test::markup_fault(html), "");
  EXPECT_EQ(html.find("<svg"), std::string::npos);
}
TEST_P(EveryPlot, OfOnePoint) { EXPECT_EQ(test::markup_fault(drawn(test::one_point_document())), ""); }
TEST_P(EveryPlot, OfNaN) {
  const std::string html = drawn(test::nan_document());
  EXPECT_EQ(test::markup_fault(html), "");
  EXPECT_EQ(html.find("nan"), std::string::npos) << html;
}

INSTANTIATE_TEST_SUITE_P(Report, EveryPlot, testing::ValuesIn(plots().begin(), plots().end()),
                         [](const auto& i) { return std::string(i.param.name); });

TEST(PlotTable, EachPlotHasOneFunctionAndItsOwnName) {
  std::map<std::string_view, int> names;
  for (const Plot& p : plots()) {
    EXPECT_NE(p.of_document == nullptr, p.of_data_set == nullptr) << p.name;
    EXPECT_EQ(++names[p.name], 1) << p.name;
  }
}

TEST(PlotTrace, ASpikeLeftOutDoesNotSetTheScale) {
  DataSet s;
  s.observed_name = "v";
  for (int i = 0; i < 100; ++i) {
    s.time_ms.push_back(i);
    s.observed.push_back(i == 50 ? 1000.0 : i % 2);
    s.keep.push_back(i == 50 ? 0 : 1);
  }
  EXPECT_EQ(plot_trace(s, 0).find(">1000<"), std::string::npos);
  s.keep.clear();
  EXPECT_NE(plot_trace(s, 0).find(">1000<"), std::string::npos);
}

TEST(PlotTrace, ShadesEachGapOnceAndCountsItsSamples) {
  DataSet s;
  for (int i = 0; i < 1000; ++i) s.time_ms.push_back(i), s.observed.push_back(i), s.keep.push_back(i % 100 < 7 ? 0 : 1);
  const std::string html = plot_trace(s, 0);
  EXPECT_EQ(occurrences(html, "class=\"left-out\""), 10U);
  EXPECT_NE(html.find("70 samples left out"), std::string::npos);
}

TEST(PlotResiduals, AreRecordedMinusBest) {
  DataSet s;
  s.time_ms = {0, 1}, s.observed = {3, 5}, s.best = {1, 7};
  EXPECT_EQ(residuals_of(s), (std::vector<double>{2, -2}));
  s.residuals = {9, 9};
  EXPECT_EQ(residuals_of(s), (std::vector<double>{9, 9}));
}

TEST(PlotStarts, CountsThoseWithinAThousandth) {
  Document d;
  d.start_errors = {2.0, 2.001, 2.0021, 5.0, std::numeric_limits<double>::quiet_NaN()};
  const std::string html = plot_starts(d);
  EXPECT_EQ(occurrences(html, "start-near"), 2U);  // 2.001 is 0.05 % above, 2.0021 is 0.105 %
  EXPECT_EQ(occurrences(html, "start-far"), 2U);
  EXPECT_NE(html.find("1 of 5 starts failed"), std::string::npos);
}

TEST(PlotGeneralisation, BarsAreProportionalToTheErrors) {
  Document d;
  verify::Generalisation g;
  g.name = "x", g.error = 0.2;
  g.baselines = {{"mean", 0.8}, {"other", 0.4}};
  d.verdict.generalisation = {g};
  const std::string html = plot_generalisation(d);
  EXPECT_NE(html.find("bar-model\" style=\"width:25.00%"), std::string::npos) << html;
  EXPECT_NE(html.find("bar-baseline\" style=\"width:100.00%"), std::string::npos);
  EXPECT_NE(html.find("bar-baseline\" style=\"width:50.00%"), std::string::npos);
}

TEST(PlotInterval, LiesWhereItsPriorSays) {
  verify::ParameterSummary p;
  p.name = "g", p.best = 10, p.q05 = 1, p.q95 = 100;
  const PosteriorAxis axis{"g", "", true, 0.01, 10000, 10, {}, {}};
  // Logarithmic over six decades on 2..118: 10 is half way, at 60; 1 and 100 are a sixth of 116 to either side.
  const std::string html = plot_interval(p, &axis);
  EXPECT_NE(html.find("cx=\"60\""), std::string::npos) << html;
  EXPECT_NE(html.find("<rect x=\"40.7\" y=\"7\" width=\"38.7\""), std::string::npos) << html;
}

TEST(PlotInterval, IsNeverTooThinToSeeNorOutside) {
  verify::ParameterSummary p;
  p.name = "g", p.best = p.q05 = p.q95 = 1e4;
  const PosteriorAxis axis{"g", "", true, 0.01, 10000, 10, {}, {}};
  EXPECT_NE(plot_interval(p, &axis).find("<rect x=\"117\" y=\"7\" width=\"2\""), std::string::npos)
      << plot_interval(p, &axis);
}

TEST(PlotPairs, HasACellForEveryTwoAndSaysHowManyAreLeftOut) {
  Document d = test::synthetic_document(2000);
  EXPECT_EQ(occurrences(plot_pairs(d), "class=\"dots\""), 45U);
  EXPECT_EQ(occurrences(plot_pairs(d), "class=\"prior-outline\""), 10U);
  for (int i = 0; i < 10; ++i) d.posterior.axes.push_back(d.posterior.axes[0]);
  d.posterior.draws = Array2(3, 20, 1.0);
  EXPECT_NE(plot_pairs(d).find("The first 16 of 20 parameters"), std::string::npos);
}

TEST(Svg, ANaNCoordinateIsABug) {
  Svg svg(10, 10, "x");
  EXPECT_THROW(svg.line(0, std::numeric_limits<double>::quiet_NaN(), 1, 1, ""), Bug);
}

TEST(Svg, LinesLiftThePenOverNaN) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(polyline(std::vector<double>{0, 1, 2, 3, 4}, std::vector<double>{0, 1, nan, 3.25, nan}),
            "M0,0L1,1M3,3.3h0");
  EXPECT_EQ(band(std::vector<double>{0, 1, 2}, std::vector<double>{0, 0, nan}, std::vector<double>{1, 2, 3}),
            "M0,1L1,2L1,0L0,0Z");
}

}  // namespace
}  // namespace hillock::report
