// The examples whose statistics belong together, against posteriors in closed form: a trace, and trials.

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <sstream>

#include "infer/saved_posterior.hpp"
#include "study/test/fit_made.hpp"

namespace hillock::study {
namespace {

struct Moments {
  double mean = 0.0, sd = 0.0;
};

/// Of the logarithms of two parameters, by a grid between the bounds of their priors.
template <class LogPosterior>
std::array<Moments, 2> by_grid(std::array<double, 2> low, std::array<double, 2> high, LogPosterior log_p) {
  constexpr int n = 120;
  std::vector<double> value(n * n);
  const auto at = [&](std::size_t j, int k) { return low[j] + (high[j] - low[j]) * (k + 0.5) / n; };
  for (int a = 0; a < n; ++a)
    for (int b = 0; b < n; ++b) value[static_cast<std::size_t>(a * n + b)] = log_p(at(0, a), at(1, b));
  const double top = *std::ranges::max_element(value);
  double total = 0.0;
  std::array<double, 2> sum{}, square{};
  for (int a = 0; a < n; ++a)
    for (int b = 0; b < n; ++b) {
      const double w = std::exp(value[static_cast<std::size_t>(a * n + b)] - top);
      const std::array x{at(0, a), at(1, b)};
      total += w;
      for (std::size_t j = 0; j < 2; ++j) sum[j] += w * x[j], square[j] += w * x[j] * x[j];
    }
  std::array<Moments, 2> out;
  for (std::size_t j = 0; j < 2; ++j)
    out[j] = {sum[j] / total, std::sqrt(square[j] / total - std::pow(sum[j] / total, 2))};
  return out;
}

Moments moments(std::vector<double> x) {
  Moments m;
  for (const double v : x) m.mean += v / static_cast<double>(x.size());
  for (const double v : x) m.sd += std::pow(v - m.mean, 2) / static_cast<double>(x.size());
  m.sd = std::sqrt(m.sd);
  return m;
}

std::vector<std::vector<double>> rows_of(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::vector<double>> out;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::istringstream in(line);
    out.emplace_back();
    for (std::string cell; std::getline(in, cell, ',');) out.back().push_back(std::stod(cell));
  }
  return out;
}

class EmbeddingExamples : public testing::Test {
 protected:
  Scratch scratch_;
  void SetUp() override {
    for (const char* name : {"trace", "trials"})
      std::filesystem::copy(HILLOCK_SOURCE_DIR "/examples/" + std::string(name), scratch_.path(name),
                            std::filesystem::copy_options::recursive);
  }
  [[nodiscard]] infer::SavedPosterior saved(const std::string& out) const {
    auto read = infer::SavedPosterior::from_bytes(scratch_.read(out + "/posterior.network"), out);
    EXPECT_TRUE(read) << render(read.error());
    return std::move(*read);
  }
};

TEST_F(EmbeddingExamples, TheNoiseOfAMembraneIsThatOfItsTrace) {
  const auto out =
      fit_made(scratch_, {.set = {"search.simulations=3000", "search.members=1", "search.draws=2000",
                                  "verify.calibration_draws=0", "verify.predictive_draws=20", "report.html=false"},
                          .study = "trace/study.toml",
                          .out = "out"});
  ASSERT_TRUE(out) << render(out.error());
  EXPECT_EQ(out->verdict.simulated.statistics.size(), 153U);
  const infer::SavedPosterior posterior = saved("out");
  EXPECT_EQ(posterior.layout().kind, infer::Embedding::trace);
  EXPECT_EQ(posterior.layout().items, 151U);
  // V is a first-order autoregression: its likelihood by the Kalman filter.
  const auto rows = rows_of(scratch_.path("trace/recording.csv"));
  const auto exact = by_grid({std::log(2.0), std::log(0.3)}, {std::log(50.0), std::log(5.0)}, [&](double a, double b) {
    const double phi = std::exp(-1.0 / std::exp(a)), size = std::exp(b);
    double mean = 0.0, variance = 0.0, sum = 0.0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (i > 0) mean *= phi, variance = phi * phi * variance + size * size * (1.0 - phi * phi);
      const double u = rows[i][1] + 65.0, s = variance + 0.04;
      sum -= 0.5 * (std::log(s) + (u - mean) * (u - mean) / s);
      mean += variance / s * (u - mean);
      variance *= 0.04 / s;
    }
    return sum;
  });
  const auto draws = posterior.draw(posterior.observed(), 4000, 1);
  ASSERT_TRUE(draws);
  for (std::size_t j = 0; j < 2; ++j) {
    std::vector<double> x = draws->column(j);
    for (double& v : x) v = std::log(v / 1e-3);
    const Moments found = moments(std::move(x));
    EXPECT_NEAR(found.mean, exact[j].mean, 0.5 * exact[j].sd) << j;
    EXPECT_NEAR(found.sd, exact[j].sd, 0.3 * exact[j].sd) << j;
  }
}

TEST_F(EmbeddingExamples, TrialsNarrowAPosteriorThatHoldsForAnyNumber) {
  const std::vector<std::string> quick{"search.simulations=4000", "search.members=1", "search.draws=1000",
                                       "verify.calibration_draws=100", "report.html=false"};
  const auto out = fit_made(scratch_, {.set = quick, .study = "trials/study.toml", .out = "out"});
  ASSERT_TRUE(out) << render(out.error());
  EXPECT_EQ(out->verdict.simulated.calibration.draws, 100);
  EXPECT_GT(out->verdict.simulated.calibration.rank_p, 0.001);
  EXPECT_GT(out->verdict.simulated.observation_p, 0.01);
  EXPECT_EQ(out->verdict.simulated.statistics.size(), 16U);  // of the trials that there are, and of no others
  const infer::SavedPosterior posterior = saved("out");
  EXPECT_EQ(posterior.layout().items, 20U);
  const auto rows = rows_of(scratch_.path("trials/trials.csv"));
  for (const std::size_t n : {std::size_t{2}, rows.size()}) {
    std::vector<double> x;
    for (std::size_t k = 0; k < n; ++k) x.push_back(rows[k][0]), x.push_back(rows[k][1] * 1e-3);
    const auto exact = by_grid({1.0, 20.0}, {40.0, 80.0}, [&](double rate, double delay) {
      double sum = 0.0;
      for (std::size_t k = 0; k < n; ++k)
        sum += rows[k][0] * std::log(rate) - rate - 0.5 * std::pow((rows[k][1] - delay) / 8.0, 2);
      return sum;
    });
    const auto draws = posterior.draw(x, 4000, 1);
    ASSERT_TRUE(draws) << render(draws.error());
    for (std::size_t j = 0; j < 2; ++j) {
      std::vector<double> values = draws->column(j);
      for (double& v : values) v *= j == 1 ? 1e3 : 1.0;
      const Moments found = moments(std::move(values));
      EXPECT_NEAR(found.mean, exact[j].mean, 0.4 * exact[j].sd) << n << " trials, parameter " << j;
      EXPECT_NEAR(found.sd, exact[j].sd, 0.25 * exact[j].sd) << n << " trials, parameter " << j;
    }
  }
}

TEST_F(EmbeddingExamples, TheLikelihoodOfTrialsIsTheProductOfTheirs) {
  const auto out =
      fit_made(scratch_, {.set = {"search.method=nle", "search.simulations=4000", "search.rounds=2", "search.members=1",
                                  "search.draws=1000", "search.trials=0", "report.html=false"},
                          .study = "trials/study.toml",
                          .out = "out"});
  ASSERT_TRUE(out) << render(out.error());
  double counts = 0.0, latencies = 0.0;
  const auto rows = rows_of(scratch_.path("trials/trials.csv"));
  for (const auto& row : rows) counts += row[0], latencies += row[1];
  const auto n = static_cast<double>(rows.size());
  // Gamma(counts + 1, n) and N(mean, 8^2/n), for which the priors are wide enough.
  const verify::ParameterSummary &rate = out->verdict.parameters[0], &delay = out->verdict.parameters[1];
  EXPECT_NEAR(rate.median, (counts + 0.67) / n, 0.4 * std::sqrt(counts) / n);
  EXPECT_NEAR(rate.q95 - rate.q05, 3.29 * std::sqrt(counts + 1.0) / n, 0.25 * 3.29 * std::sqrt(counts + 1.0) / n);
  EXPECT_NEAR(delay.median, latencies / n, 0.4 * 8.0 / std::sqrt(n));
  EXPECT_NEAR(delay.q95 - delay.q05, 3.29 * 8.0 / std::sqrt(n), 0.25 * 3.29 * 8.0 / std::sqrt(n));
}

TEST_F(EmbeddingExamples, WhatCannotBeSaysWhatCan) {
  const auto code = [&](const std::string& study, std::vector<std::string> set) {
    set.push_back("search.simulations=100");
    const auto out = fit_made(scratch_, {.set = std::move(set), .study = study + "/study.toml", .out = "out"});
    return out ? std::string("none") : out.error()[0].code + ": " + out.error()[0].message;
  };
  EXPECT_EQ(code("trials", {"search.method=abc_smc"}),
            "embedding-method: abc_smc takes statistics one by one, and some of these are trials of a set");
  EXPECT_EQ(code("trials", {"search.trials=5"}),
            "trials-count: the data are 8 trials, and the posterior is to hold for up to 5");
  EXPECT_EQ(code("trials", {"search.embedding=trace"}),
            "embedding-trials: there are 20 trials, and an embedding is of one trace");
  EXPECT_EQ(code("trace", {"search.embedding=set"}), "embedding-trials: a set is of several trials, and there is one");
  EXPECT_EQ(code("trace", {"search.method=abc_rejection"}),
            "embedding-method: abc_rejection takes statistics one by one, and some of these are a trace");
  EXPECT_EQ(code("trace", {"search.density=transformer"}),
            "density-shape: \"transformer\" sees statistics one by one and takes no embedding");
}

}  // namespace
}  // namespace hillock::study
