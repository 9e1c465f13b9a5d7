/// The page of a posterior that was learnt from simulations: what it shows, and what it leaves out.

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/error.hpp"
#include "report/page.hpp"
#include "report/plot.hpp"
#include "report/summary.hpp"
#include "report/test/synthetic.hpp"

namespace hillock::report {
namespace {

std::size_t occurrences(std::string_view text, std::string_view part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size())) ++n;
  return n;
}
bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// The section of that name, empty where the page has none.
std::string section(const std::string& html, const std::string& id) {
  const std::size_t from = html.find("<section id=\"" + id + "\"");
  return from == std::string::npos ? "" : html.substr(from, html.find("</section>", from) - from);
}

/// Writes the page where one can look at it: HILLOCK_REPORT_DIR.
TEST(SimulatedPage, IsBalancedAndSmall) {
  const std::string html = render_html(test::simulated_document());
  EXPECT_EQ(test::markup_fault(html), "");
  EXPECT_LT(html.size(), 1'000'000U);
  if (const char* wanted = std::getenv("HILLOCK_REPORT_DIR"); wanted != nullptr)
    std::ofstream(std::filesystem::path(wanted) / "hillock_simulated.html", std::ios::binary) << html;
  EXPECT_EQ(html, render_html(test::simulated_document()));
}

TEST(SimulatedPage, SaysWhatWasSimulatedAndWhatFailed) {
  const std::string s = section(render_html(test::simulated_document()), "simulations");
  for (const char* part :
       {"learnt from 120\u202F000 simulations by tsnpe in 3 rounds; 15\u202F320 of them failed (13\u202F%).",
        "6 of 7 statistics of the data lie inside", "not: voltage_variance.", "chosen automatically: 8 parameters",
        "One simulation took 84 µs",
        "On 1000 fresh simulations its 90\u202F% intervals held 89.4\u202F% (± 0.4\u202F%)",
        "12 posterior draws broke a joint condition", "Uniform ranks of known parameters: least p 0.27",
        "exact cannot be said: the model has noise", "not-finite", "15\u202F200", "latency: no-spike",
        "ended at its cap", "7\u202F%", "Rounds", "Learning", "Calibration", "Statistics of the data"})
    EXPECT_TRUE(has(s, part)) << part;
}

TEST(SimulatedPage, LeavesOutWhatThereIsNot) {
  const std::string html = render_html(test::simulated_document());
  for (const char* id : {"residuals", "generalisation", "search"}) EXPECT_EQ(section(html, id), "") << id;
  const std::string parameters = section(html, "parameters");
  EXPECT_FALSE(has(parameters, "best fit"));
  EXPECT_FALSE(has(parameters, "declared noise"));
  EXPECT_FALSE(has(parameters, "R-hat"));
  EXPECT_FALSE(has(parameters, "–<")) << "a column of nothing";
  EXPECT_TRUE(has(parameters, "the dot the median"));
  EXPECT_FALSE(has(section(html, "posterior"), "best fit"));
  EXPECT_FALSE(has(section(html, "record"), "divergent"));
  // Data of numbers alone have no traces.
  Document d = test::simulated_document();
  d.verdict.status = verify::Status::misspecified;
  EXPECT_TRUE(has(render_html(d), "this model, with this prior, does not produce"));
  d.simulated.traces.clear();
  EXPECT_EQ(section(render_html(d), "traces"), "");
}

TEST(SimulatedPage, OtherPagesHaveNothingOfIt) {
  const std::string html = render_html(test::synthetic_document(200));
  EXPECT_EQ(section(html, "simulations"), "");
  EXPECT_TRUE(has(section(html, "parameters"), "best fit"));
  EXPECT_TRUE(has(section(html, "parameters"), "the dot the best fit"));
  EXPECT_TRUE(has(section(html, "record"), "of them divergent 0"));
}

TEST(SimulatedPage, BareSimulationsAreEnough) {
  // What a first run of another program's simulator may have: nothing but a number.
  Document d;
  d.verdict.simulated.method = "abc_rejection";
  std::string html = render_html(d);
  EXPECT_EQ(test::markup_fault(html), "");
  EXPECT_TRUE(has(html, "No simulation was made for abc_rejection."));
  d.verdict.simulated.simulations = 10;
  html = render_html(d);
  EXPECT_TRUE(has(html, "learnt from 10 simulations by abc_rejection; none failed."));
  EXPECT_FALSE(has(section(html, "simulations"), "<h3>"));
  for (Document extreme : {test::one_point_document(), test::nan_document()}) {
    extreme.verdict.simulated.method = "npe";
    html = render_html(extreme);
    EXPECT_EQ(test::markup_fault(html), "") << extreme.title;
    EXPECT_FALSE(has(html, ">nan")) << extreme.title;
    EXPECT_FALSE(has(html, "nan<")) << extreme.title;
  }
}

TEST(SimulatedPage, EscapesEveryText) {
  const std::string evil = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>";
  Document d = test::simulated_document();
  verify::Simulated& s = d.verdict.simulated;
  for (std::string* t : {&s.method, &s.why_method, &s.certified, &s.not_exact, &s.calibration.not_done}) *t = evil + *t;
  for (auto* list : {&s.failures, &s.undefined})
    for (verify::Count& c : *list) c.what = evil;
  for (auto& r : s.rounds) r.proposal = r.density = evil;
  for (auto& x : s.statistics) x.name = x.unit = evil;
  for (auto& t : d.simulated.traces) t.name = t.unit = evil;
  for (auto& p : d.verdict.parameters) p.name = evil;
  for (const double p : {0.3, verify::not_computed}) {
    s.calibration.rank_p = p;
    const std::string html = render_html(d);
    EXPECT_EQ(test::markup_fault(html), "");
    EXPECT_FALSE(has(html, "<script>alert"));
    EXPECT_FALSE(has(html, "<img"));
  }
}

TEST(SimulatedPage, ExhibitsOfUnlikeLengthAreABug) {
  Document d = test::simulated_document();
  d.simulated.curve.training.pop_back();
  EXPECT_THROW((void)render_html(d), Bug);
  d = test::simulated_document();
  d.simulated.statistics.pop_back();
  EXPECT_THROW((void)render_html(d), Bug);
  d = test::simulated_document();
  d.simulated.traces[0].observed.pop_back();
  EXPECT_THROW((void)render_html(d), Bug);
  d = test::simulated_document();
  d.simulated.traces[0].traces = Array2(2, 7);
  EXPECT_THROW((void)render_html(d), Bug);
}

// ---- the plots -----------------------------------------------------------------------------------------------------

Document of_one_statistic(verify::StatisticSummary s) {
  Document d;
  d.verdict.simulated.method = "npe";
  d.verdict.simulated.statistics = {std::move(s)};
  return d;
}

TEST(PlotStatistics, RowsAreStandardisedToThePriorPredictive) {
  verify::StatisticSummary s;
  s.name = "rate", s.unit = "Hz", s.observed = 30;
  s.prior_q025 = 0, s.prior_q975 = 40;
  s.predicted_q025 = 25, s.predicted_median = 30, s.predicted_q975 = 35, s.predicted_undefined = 0;
  const std::string html = plot_statistics(of_one_statistic(s));
  // The axis is -1.1 to 1.1. 0 to 40 are -1 and 1: 4.55 % and 95.45 %; 25 to 35 are 0.25 and 0.75: 61.36 and 84.09 %.
  EXPECT_TRUE(has(html, "class=\"stat-prior\" style=\"left:4.55%;width:90.91%\"")) << html;
  EXPECT_TRUE(has(html, "class=\"stat-predicted\" style=\"left:61.36%;width:22.73%\"")) << html;
  EXPECT_TRUE(has(html, "class=\"stat-observed\" style=\"left:72.73%\"")) << html;
  EXPECT_TRUE(has(html, "30 Hz; predicted 25 to 35 Hz")) << html;
  // The same numbers in another unit give the same row.
  for (double* v :
       {&s.observed, &s.prior_q025, &s.prior_q975, &s.predicted_q025, &s.predicted_median, &s.predicted_q975})
    *v = 1e-9 * *v + 1e-3;
  EXPECT_TRUE(has(plot_statistics(of_one_statistic(s)), "left:61.36%;width:22.73%"));
}

TEST(PlotStatistics, MisfitsAreMarkedAndNamedAndFarOnesStayOnThePage) {
  verify::StatisticSummary s;
  s.name = "rate", s.observed = 1e6;
  s.prior_q025 = 0, s.prior_q975 = 40, s.predicted_q025 = 25, s.predicted_q975 = 35, s.inside = false;
  const std::string html = plot_statistics(of_one_statistic(s));
  EXPECT_TRUE(has(html, "stat-row misfit"));
  EXPECT_TRUE(has(html, "stat-observed beyond right\" style=\"left:100.00%\"")) << html;
  EXPECT_TRUE(has(html, "Outside their predictive intervals: rate."));
  s.inside = true, s.observed = 30;
  EXPECT_FALSE(has(plot_statistics(of_one_statistic(s)), "misfit"));
}

TEST(PlotStatistics, OfManyTheMisfitsAreAlwaysShown) {
  verify::StatisticSummary s;
  s.observed = 1, s.prior_q025 = 0, s.prior_q975 = 2, s.predicted_q025 = 0.5, s.predicted_q975 = 1.5;
  Document d = of_one_statistic(s);
  for (int i = 0; i < 499; ++i) d.verdict.simulated.statistics.push_back(s);
  d.verdict.simulated.statistics[150].inside = false;
  d.verdict.simulated.statistics[150].name = "the odd one";
  const std::string html = plot_statistics(d);
  EXPECT_EQ(occurrences(html, "stat-value"), 400U);
  EXPECT_TRUE(has(html, "100 more statistics, which all fit, are in verdict.json"));
  // 24 and the misfit at once, the others behind one line.
  const std::size_t fold = html.find("<summary>375 more, which fit</summary>");
  ASSERT_NE(fold, std::string::npos);
  EXPECT_LT(html.find("the odd one"), fold);
  EXPECT_EQ(occurrences(html.substr(0, fold), "stat-value"), 25U);
  EXPECT_FALSE(has(plot_statistics(of_one_statistic(s)), "<details"));
}

TEST(PlotStatistics, ConstantsAndWhatIsUndefinedAreSaidInWords) {
  verify::StatisticSummary s;
  s.name = "latency", s.unit = "ms", s.prior_q025 = s.prior_q975 = 3, s.predicted_q025 = s.predicted_q975 = 3;
  s.observed = 3, s.constant = true;
  EXPECT_TRUE(has(plot_statistics(of_one_statistic(s)), "it never varied"));
  s = {};
  s.name = "latency", s.predicted_undefined = 1;
  const std::string html = plot_statistics(of_one_statistic(s));
  EXPECT_TRUE(has(html, "no value in the data; not predicted, without a value in 100\u202F% of simulations")) << html;
  EXPECT_EQ(test::markup_fault(html), "");
}

TEST(PlotLearning, MarksTheRoundsAndCutsTheSteepBeginning) {
  Document d = test::simulated_document();
  const std::string html = plot_learning(d);
  EXPECT_EQ(occurrences(html, "round-mark"), 2U);
  EXPECT_TRUE(has(html, "round 2") && has(html, "round 3"));
  EXPECT_TRUE(has(html, "steep beginning"));
  EXPECT_TRUE(has(html, "10³") || has(html, ">1000<")) << "a logarithmic axis";
  // Of the steep first point only the edge of the plot is reached.
  EXPECT_FALSE(has(html, "−60"));
  d.simulated.curve.training[0] += 60, d.simulated.curve.validation[0] += 64;
  EXPECT_FALSE(has(plot_learning(d), "steep beginning"));
  d.simulated.curve.simulations.assign(d.simulated.curve.simulations.size(), 0.0);  // which no log axis can show
  EXPECT_EQ(plot_learning(d), "");
}

TEST(PlotRanks, BarsOfAWrongPosteriorLeaveTheBandAndOthersRarelyDo) {
  // Of eight parameters the fifth has ranks with a hill. 7 * 20 bars of uniform ranks: 5 % outside are 7, sd 2.6.
  const std::string html = plot_ranks(test::simulated_document());
  EXPECT_EQ(occurrences(html, "rank-band"), 8U);
  const std::size_t from = html.find("tau_max: ranks");
  const std::string hill = html.substr(from, html.find("</svg>", from) - from);
  EXPECT_GE(occurrences(hill, "rank-out"), 8U);
  EXPECT_LE(occurrences(html, "rank-out") - occurrences(hill, "rank-out"), 7U + 4 * 3U);
}

TEST(PlotRanks, TheBandIsThatOfTheBinomialDistribution) {
  // 40 ranks, 4 bars of 10 expected: quantiles 5 and 16 (scipy: binom.ppf([0.025, 0.975], 40, 0.25)).
  Document d;
  d.simulated.ranks = Array2(40, 1);
  for (std::size_t k = 0; k < 40; ++k) d.simulated.ranks(k, 0) = k < 5 ? 0.1 : k < 21 ? 0.3 : k < 38 ? 0.6 : 1.0;
  // 5, 16, 17, 2: the last two are outside.
  EXPECT_EQ(occurrences(plot_ranks(d), "rank-out"), 2U);
}

TEST(PlotPredictedTraces, SpikesSurviveTheThinning) {
  PredictedTraces t;
  t.name = "sweep", t.unit = "mV";
  const std::size_t n = 200000;
  t.observed.assign(n, -70.0);
  t.traces = Array2(6, n, -70.0);
  for (std::size_t i = 0; i < n; ++i) t.time_ms.push_back(0.05 * static_cast<double>(i));
  t.observed[77777] = 30.0;  // one sample of 200 000
  t.traces(1, 123456) = 30.0;
  Document d;
  d.simulated.traces = {t};
  const std::string html = plot_predicted_traces(d);
  EXPECT_EQ(test::markup_fault(html), "");
  EXPECT_EQ(occurrences(html, "<svg"), 5U);  // the recording and four draws
  EXPECT_LT(html.size(), 200'000U);
  // All share an axis from -74 to 34, so 30 mV is at 4/108 of the height of 84 below the top, 8: at 11.1.
  const auto reaches_the_top = [&](std::string_view svg) { return has(svg, ",11.1L"); };
  std::size_t at = html.find("<svg");
  for (const bool spike : {true, false, true, false}) {
    const std::size_t end = html.find("</svg>", at);
    EXPECT_EQ(reaches_the_top(html.substr(at, end - at)), spike) << html.substr(at, 80);
    at = html.find("<svg", end);
  }
}

TEST(PlotPredictedTraces, WithoutANumberItSaysSo) {
  Document d;
  d.simulated.traces = {{}};
  EXPECT_TRUE(has(plot_predicted_traces(d), "nothing was recorded or simulated"));
  EXPECT_TRUE(has(plot_predicted_traces(d), "Recording 1"));
}

TEST(SummaryOfSimulations, CountsAndNames) {
  verify::Simulated s = test::simulated_document().verdict.simulated;
  std::vector<std::string> words = summary_of_simulations(s, 10000);
  ASSERT_EQ(words.size(), 3U);
  for (auto& x : s.statistics) x.inside = true;
  s.certified = "exact", s.effective_draws = 8311.2, s.pareto_k = 0.213;
  words = summary_of_simulations(s, 10000);
  ASSERT_EQ(words.size(), 4U);
  EXPECT_EQ(words[1], "All 7 statistics of the data lie inside their 95\u202F% predictive intervals.");
  EXPECT_EQ(words[3],
            "Certified exact by the model's own likelihood: with weights of the learnt draws (effective draws 8311 of "
            "10\u202F000, Pareto k 0.21).");
  s.distance = 0.034;
  EXPECT_NE(summary_of_simulations(s, 0)[3].find("(effective draws 8311, Pareto k 0.21); without them "
                                                 "probabilities are off by at most 3.4\u202F%."),
            std::string::npos)
      << summary_of_simulations(s, 0)[3];
  s.certified_by = "nuts";
  EXPECT_NE(summary_of_simulations(s, 10000)[3].find("draws of NUTS"), std::string::npos);
  EXPECT_EQ(summary_of_simulations(s, 10000)[3].find("of 10"), std::string::npos);
  s.certified = "approximate", s.certified_by.clear(), s.not_exact = "Pareto k of the weights is 0.91, above 0.70";
  s.effective_draws = 37.0, s.pareto_k = 0.91, s.distance = 0.4;
  EXPECT_EQ(
      summary_of_simulations(s, 10000)[3],
      "Approximate, by the model's own likelihood (effective draws 37 of 10\u202F000, Pareto k 0.91): Pareto k of "
      "the weights is 0.91, above 0.70; probabilities may be off by 40\u202F%.");
  s.statistics.resize(1);
  EXPECT_EQ(summary_of_simulations(s, 10000)[1],
            "The one statistic of the data lies inside its 95\u202F% predictive interval.");
}

}  // namespace
}  // namespace hillock::report
