// The likelihood of recorded samples, by formula; and what has none.

#include "study/exact_posterior.hpp"

#include <cmath>

#include "study/test/fit_made.hpp"

namespace hillock::study {
namespace {

const double log_2pi = std::log(8.0 * std::atan(1.0));

double log_normal(double x, double mean, double sd) {
  return -0.5 * (x - mean) * (x - mean) / (sd * sd) - std::log(sd) - 0.5 * log_2pi;
}

/// A study of `model` and `statistics`, and its exact posterior; both live as long as this.
struct Opened {
  ResolvedStudy study;
  std::unique_ptr<SimulatedProblem> problem;
  std::unique_ptr<ExactPosterior> exact;
  std::string why;  ///< where there is none
  Silent silent;

  Opened(const Scratch& scratch, const std::string& model, const std::string& statistics, const std::string& data,
         const std::string& grid) {
    scratch.write("some.model", model);
    scratch.write("data.csv", data);
    scratch.write("study.toml", "[model]\nfile = \"some.model\"\n[data.train]\nfile = \"data.csv\"\n" + grid +
                                    "[observe]\n" + (statistics.empty() ? "" : "statistics = [" + statistics + "]\n") +
                                    "[search]\nmethod = \"npe\"\n");
    auto read = read_study(scratch.path("study.toml"), {});
    if (!read) {
      why = render(read.error());
      return;
    }
    study = std::move(*read);
    auto opened = SimulatedProblem::open(study, {}, silent);
    if (!opened) {
      why = render(opened.error());
      return;
    }
    problem = std::move(*opened);
    auto found = ExactPosterior::open(study, {}, *problem, silent);
    if (found) exact = std::move(*found);
    else why = found.error().front().code + ": " + found.error().front().message;
  }
};

const std::string statistics_of_a_grid = "holds = \"statistics\"\nduration = \"2 ms\"\nsampling_interval = \"1 ms\"\n";

const std::string decay =
    "param tau : ms ~ lognormal(2 ms, 0.5)\nparam s : 1 ~ loguniform(0.01, 1)\n"
    "dv/dt = -v/tau : 1\ninit v = 1\nobserve v ~ normal(v, s)\nobserve w ~ normal(2*v, 0.1)\n";

/// log N(z) + the likelihood of v at 0, 1 and 2 ms and, where wanted, of w.
double by_hand(const SimulatedProblem& problem, std::span<const double> z, const std::vector<double>& v,
               const std::vector<double>& w) {
  Array2 one(1, 2);
  std::ranges::copy(z, one.values.begin());
  const Array2 x = problem.space().from_standard_normal(one);
  double sum = -0.5 * (z[0] * z[0] + z[1] * z[1]) - log_2pi;
  for (std::size_t i = 0; i < v.size(); ++i) {
    const double mean = std::exp(-1e-3 * static_cast<double>(i) / x(0, 0));
    sum += log_normal(v[i], mean, x(0, 1));
    if (!w.empty()) sum += log_normal(w[i], 2.0 * mean, 0.1);
  }
  return sum;
}

TEST(ExactPosterior, IsPriorTimesTheLikelihoodOfTheStatistics) {
  const Scratch scratch;
  // Exponential Euler solves this equation exactly.
  const std::vector<double> v{0.9, 0.7, 0.4}, w{1.8, 1.5, 0.7};
  struct Case {
    std::string statistics, data;
    bool both;
  };
  for (const Case& c :
       {Case{"", "a,b,c,d,e,f\n0.9,0.7,0.4,1.8,1.5,0.7\n", true},
        Case{"\"value(v, at=2 ms)\", \"value(v, at=0 ms)\", \"value(v, at=1 ms)\"", "a,b,c\n0.4,0.9,0.7\n", false}}) {
    const Opened o(scratch, decay, c.statistics, c.data, statistics_of_a_grid);
    ASSERT_TRUE(o.exact) << o.why;
    Array2 z(3, 2);
    z.values = {0.0, 0.0, 0.7, -0.4, -1.5, 1.2};
    std::vector<double> value(3);
    o.exact->log_density(z, value, o.silent);
    for (std::size_t k = 0; k < 3; ++k)
      EXPECT_NEAR(value[k], by_hand(*o.problem, z.row(k), v, c.both ? w : std::vector<double>()),
                  1e-9 * std::fabs(value[k]))
          << k;
    // On the unconstrained scale it differs by the maps' slopes alone: differences in the direction of one parameter.
    ASSERT_TRUE(o.exact->want_gradients());
    const Array2 u = o.exact->unconstrained(z);
    const Array2 back = o.exact->standard_normal(u);
    for (std::size_t i = 0; i < z.values.size(); ++i) EXPECT_NEAR(back.values[i], z.values[i], 1e-9);
    std::vector<double> at(3), moved(3);
    Array2 gradient, step = u;
    o.exact->evaluate(u, at, &gradient);
    for (std::size_t k = 0; k < 3; ++k) step(k, 0) += 1e-5;
    o.exact->evaluate(step, moved, nullptr);
    for (std::size_t k = 0; k < 3; ++k)
      EXPECT_NEAR((moved[k] - at[k]) / 1e-5, gradient(k, 0), 1e-3 * (1.0 + std::fabs(gradient(k, 0))));
  }
}

TEST(ExactPosterior, ARecordingIsTheSameAsItsValues) {
  const Scratch scratch;
  const Opened o(scratch, decay, "\"value(v, at=0 ms)\", \"value(v, at=1 ms)\", \"value(v, at=2 ms)\"",
                 "time_ms,v,w\n0,0.9,1.8\n1,0.7,1.5\n2,0.4,0.7\n",
                 "observe.v = { array = \"v\", unit = \"1\" }\nobserve.w = { array = \"w\", unit = \"1\" }\n");
  ASSERT_TRUE(o.exact) << o.why;
  Array2 z(1, 2);
  z.values = {0.3, 0.2};
  std::vector<double> value(1);
  o.exact->log_density(z, value, o.silent);
  EXPECT_NEAR(value[0], by_hand(*o.problem, z.row(0), {0.9, 0.7, 0.4}, {}), 1e-9 * std::fabs(value[0]));
}

TEST(ExactPosterior, AStopLeavesNoDensity) {
  const Scratch scratch;
  const Opened o(scratch, decay, "", "a,b,c,d,e,f\n0.9,0.7,0.4,1.8,1.5,0.7\n", statistics_of_a_grid);
  ASSERT_TRUE(o.exact) << o.why;
  class Stop final : public Progress {
   public:
    [[nodiscard]] bool should_stop() const override { return true; }
  } stop;
  const Array2 z(3, 2);
  std::vector<double> value(3);
  o.exact->log_density(z, value, stop);
  for (const double x : value) EXPECT_EQ(x, -std::numeric_limits<double>::infinity());
}

TEST(ExactPosterior, WhatHasNoneSaysWhy) {
  const Scratch scratch;
  const std::string noise = "param a : 1 ~ normal(0, 1)\nobserve x ~ normal(a, 1)\n";
  struct Case {
    std::string model, statistics, data, why;
  };
  const std::vector<Case> cases{
      {decay, "\"value(v, at=1 ms)\", \"mean(v)\"", "a,b\n1,1\n", "mean(v) sums the data up"},
      {decay, "\"value(v, at=1 ms)\", \"value(w, at=2 ms)\"", "a,b\n1,1\n", "other samples in one channel"},
      {decay, "\"value(v, at=1 ms)\", \"value(v, at=1 ms)\"", "a,b\n1,1.5\n", "listed twice"},
      {decay, "\"value(v, at=1 ms)\"", "a\nnan\n", "the data have no value of value(v"},
      {noise + "y = 2*a : 1\n", "\"value(x, at=1 ms)\", \"value(y, at=1 ms)\"", "a,b\n1,1\n",
       "value(y, at=1 ms) is of a quantity that no `observe` gives a noise"},
      {"param a : 1 ~ normal(0, 1)\nu : 1\ninit u = randn()\nobserve x ~ normal(a + u, 1)\n", "\"value(x, at=1 ms)\"",
       "a\n1\n", "random numbers"},
      {"param a : 1 ~ normal(0, 1)\ndv/dt = -v/ms + a*xi/ms**0.5 : 1\nobserve x ~ normal(v, 1)\n",
       "\"value(x, at=1 ms)\"", "a\n1\n", "noise in its equations"},
  };
  for (const Case& c : cases) {
    const Opened o(scratch, c.model, c.statistics, c.data, statistics_of_a_grid);
    EXPECT_FALSE(o.exact) << c.why;
    EXPECT_EQ(o.why.find("no-exact-likelihood"), 0U) << o.why;
    EXPECT_NE(o.why.find(c.why), std::string::npos) << o.why;
  }
}

}  // namespace
}  // namespace hillock::study
