/// The log density of what is recorded, of every family: by formula, its gradient by differences, and what cannot be.

#include <gtest/gtest.h>

#include <cmath>

#include "lang/load.hpp"
#include "sim/simulator.hpp"

namespace hillock::sim {
namespace {

const double log_2pi = std::log(8.0 * std::atan(1.0));

ir::Model load(const std::string& text) {
  auto model = lang::load_model(text, "m.model");
  EXPECT_TRUE(model.has_value()) << render(model.error());
  return std::move(*model);
}

Experiment recorded(std::vector<double> values) {
  Experiment e;
  e.interval = 1e-3;
  e.samples = values.size();
  e.mask.assign(values.size(), 1);
  e.observed["x"] = std::move(values);
  return e;
}

constexpr const char* parameters = "param a : 1 = 1\nparam b : 1 = 1\n";

/// log p at (a, b), and its gradient by the sweep.
struct Answer {
  double value = 0.0;
  std::vector<double> gradient;
};
Answer density(const std::string& observe, const std::vector<double>& data, double a, double b,
               Sweep sweep = Sweep::forward, Backend backend = *choose_backend("auto")) {
  const ir::Model model = load(parameters + observe + "\n");
  const Experiment e = recorded(data);
  RunOptions run;
  run.backend = backend;
  Array2 point(1, 2), carried;
  point.values = {a, b};
  Answer out;
  auto plain = Batch::create(model, e, {Purpose::log_density, "exponential_euler", {}}, run);
  EXPECT_TRUE(plain.has_value()) << render(plain.error());
  plain->sums(point, carried);
  out.value = carried(0, plain->program().value[0]);
  ProgramRequest request{Purpose::log_density_gradient, "exponential_euler", {}};
  request.sweep = sweep;
  auto sloped = Batch::create(model, e, request, run);
  EXPECT_TRUE(sloped.has_value()) << render(sloped.error());
  sloped->sums(point, carried);
  for (const std::uint32_t c : sloped->program().gradient) out.gradient.push_back(carried(0, c));
  return out;
}

struct Family {
  std::string observe;
  std::vector<double> data;
  double (*log_density)(double x, double a, double b);
};

const Family families[] = {
    {"observe x ~ normal(a, b)",
     {0.3, -1.0, 2.0},
     [](double x, double a, double b) { return -0.5 * std::pow((x - a) / b, 2) - std::log(b) - 0.5 * log_2pi; }},
    {"observe x ~ lognormal(a, b)",
     {0.3, 1.0, 2.5},
     [](double x, double a, double b) {
       return -0.5 * std::pow(std::log(x / a) / b, 2) - std::log(b * x) - 0.5 * log_2pi;
     }},
    {"observe x ~ bernoulli(1/(1 + exp(a - b)))",
     {0, 1, 1, 0, 1},
     [](double x, double a, double b) {
       const double p = 1.0 / (1.0 + std::exp(a - b));
       return x > 0.5 ? std::log(p) : std::log(1.0 - p);
     }},
    {"observe x ~ binomial(10, a/(a + b))",
     {0, 3, 10, 7},
     [](double x, double a, double b) {
       const double p = a / (a + b);
       return x * std::log(p) + (10.0 - x) * std::log(1.0 - p);
     }},
    {"observe x ~ poisson(a*b)",
     {0, 2, 5, 1},
     [](double x, double a, double b) { return x * std::log(a * b) - a * b; }},
};

TEST(NoiseDensity, IsTheFamilysFormula) {
  for (const Family& f : families)
    for (const auto& [a, b] : {std::pair{0.8, 0.4}, std::pair{1.7, 2.1}}) {
      double sum = 0.0;
      for (const double x : f.data) sum += f.log_density(x, a, b);
      const double h = 1e-6;
      double by_a = 0.0, by_b = 0.0;
      for (const double x : f.data) {
        by_a += (f.log_density(x, a + h, b) - f.log_density(x, a - h, b)) / (2.0 * h);
        by_b += (f.log_density(x, a, b + h) - f.log_density(x, a, b - h)) / (2.0 * h);
      }
      for (const Sweep sweep : {Sweep::forward, Sweep::adjoint}) {
        const Answer got = density(f.observe, f.data, a, b, sweep);
        // A few rounding errors of terms that are summed; a central difference is right to h^2 and to rounding over h.
        EXPECT_NEAR(got.value, sum, 1e-12 * (1.0 + std::fabs(sum))) << f.observe;
        ASSERT_EQ(got.gradient.size(), 2U);
        EXPECT_NEAR(got.gradient[0], by_a, 1e-7 * (1.0 + std::fabs(by_a))) << f.observe;
        EXPECT_NEAR(got.gradient[1], by_b, 1e-7 * (1.0 + std::fabs(by_b))) << f.observe;
      }
      EXPECT_EQ(density(f.observe, f.data, a, b).value,
                density(f.observe, f.data, a, b, Sweep::forward, Backend::interpreter).value);
    }
}

TEST(NoiseDensity, CountsAtTheEdgesOfTheirProbabilities) {
  // With p = 0 nothing is counted, with p = 1 everything; anything else cannot be, and has no finite log density.
  for (const char* observe : {"observe x ~ bernoulli(a)", "observe x ~ binomial(1, a)"}) {
    EXPECT_EQ(density(observe, {0, 0}, 0.0, 1.0).value, 0.0);
    EXPECT_EQ(density(observe, {1, 1}, 1.0, 1.0).value, 0.0);
    EXPECT_FALSE(std::isfinite(density(observe, {0, 1}, 0.0, 1.0).value));
    EXPECT_FALSE(std::isfinite(density(observe, {0, 1}, 1.0, 1.0).value));
    EXPECT_FALSE(std::isfinite(density(observe, {2}, 0.5, 1.0).value));
    EXPECT_FALSE(std::isfinite(density(observe, {-1}, 0.5, 1.0).value));
  }
  EXPECT_EQ(density("observe x ~ poisson(a)", {0, 0}, 0.0, 1.0).value, 0.0);
  EXPECT_FALSE(std::isfinite(density("observe x ~ poisson(a)", {1}, 0.0, 1.0).value));
  EXPECT_FALSE(std::isfinite(density("observe x ~ poisson(a)", {-1}, 2.0, 1.0).value));
}

TEST(NoiseDensity, SenselessArgumentsHaveNone) {
  for (const auto& [observe, a] :
       {std::pair{"observe x ~ bernoulli(a)", 1.5}, std::pair{"observe x ~ bernoulli(a)", -0.5},
        std::pair{"observe x ~ binomial(3, a)", 1.5}, std::pair{"observe x ~ poisson(a)", -1.0},
        std::pair{"observe x ~ lognormal(a, b)", -1.0}})
    EXPECT_FALSE(std::isfinite(density(observe, {1}, a, 1.0).value)) << observe;
  // Nor has a recorded 0 under a noise that has none.
  EXPECT_FALSE(std::isfinite(density("observe x ~ lognormal(a, b)", {0}, 1.0, 1.0).value));
}

TEST(NoiseDensity, TrialsThatParametersDecideAreRefused) {
  for (const char* text : {"param n : 1 = 3\nobserve x ~ binomial(n, 0.5)\n",
                           "param n : 1 = 3\ndv/dt = -v/ms : 1\ninit v = n\nobserve x ~ binomial(v, 0.5)\n",
                           "param n : 1 = 3\nm = 2*n : 1\nobserve x ~ binomial(m, 0.5)\n"}) {
    const auto built = build_program(load(text), {Purpose::log_density, "exponential_euler", {}});
    ASSERT_FALSE(built.has_value()) << text;
    EXPECT_EQ(built.error().front().code, "no-likelihood");
  }
  EXPECT_TRUE(build_program(load("param p : 1 = 0.5\nconst n = 3\nobserve x ~ binomial(n, p)\n"),
                            {Purpose::log_density, "exponential_euler", {}})
                  .has_value());
}

}  // namespace
}  // namespace hillock::sim
