#include "optim/levenberg_marquardt.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/rng.hpp"
#include "optim/test/residual_problem.hpp"

namespace hillock::optim {
namespace {

Minima solve(LeastSquares& problem, const Array2& starts, const LevenbergMarquardtOptions& options = {}) {
  Silent silent;
  return *levenberg_marquardt(problem, starts, options, silent);
}

/// A problem with its published solution. Sources: MGH = More, Garbow & Hillstrom 1981, ACM TOMS 7:17, by number;
/// NIST = Statistical Reference Datasets, nonlinear regression, certified to 11 digits.
struct Known {
  std::string name;
  Residuals residuals;
  std::vector<std::vector<double>> starts;
  double sum_of_squares;  ///< at the minimum, as published
  double relative;  ///< half a unit of its last published digit; where the minimum is 0: absolute, 2e-28 of the cost at
                    ///< the start
  std::vector<double> x;  ///< empty where it is not unique or not published
  double x_relative;      ///< as far as the published digits and the conditioning allow
};

std::vector<Known> problems() {
  std::vector<Known> out;
  out.push_back({"Rosenbrock (MGH 1)",
                 [](const std::vector<Complex>& x) -> std::vector<Complex> {
                   return {10.0 * (x[1] - x[0] * x[0]), 1.0 - x[0]};
                 },
                 {{-1.2, 1.0}, {-12.0, 10.0}, {-120.0, 100.0}},
                 0.0,
                 1e-20,
                 {1.0, 1.0},
                 1e-9});
  out.push_back(
      {"Freudenstein and Roth (MGH 2), the local minimum",
       [](const std::vector<Complex>& x) -> std::vector<Complex> {
         return {-13.0 + x[0] + ((5.0 - x[1]) * x[1] - 2.0) * x[1], -29.0 + x[0] + ((x[1] + 1.0) * x[1] - 14.0) * x[1]};
       },
       {{0.5, -2.0}},
       48.98425367924,
       1e-11,
       {11.41277900, -0.89680525},
       1e-5});
  out.push_back({"Brown, badly scaled (MGH 4)",
                 [](const std::vector<Complex>& x) -> std::vector<Complex> {
                   return {x[0] - 1e6, x[1] - 2e-6, x[0] * x[1] - 2.0};
                 },
                 {{1.0, 1.0}},
                 0.0,
                 1e-20,
                 {1e6, 2e-6},
                 1e-9});
  out.push_back({"Beale (MGH 5)",
                 [](const std::vector<Complex>& x) -> std::vector<Complex> {
                   return {1.5 - x[0] * (1.0 - x[1]), 2.25 - x[0] * (1.0 - x[1] * x[1]),
                           2.625 - x[0] * (1.0 - x[1] * x[1] * x[1])};
                 },
                 {{1.0, 1.0}, {1.0, 0.8}},
                 0.0,
                 1e-20,
                 {3.0, 0.5},
                 1e-9});
  out.push_back({"Jennrich and Sampson (MGH 6)",
                 [](const std::vector<Complex>& x) {
                   std::vector<Complex> z;
                   for (double i = 1; i <= 10; ++i)
                     z.push_back(2.0 + 2.0 * i - (std::exp(i * x[0]) + std::exp(i * x[1])));
                   return z;
                 },
                 {{0.3, 0.4}},
                 124.36218235561,
                 1e-10,
                 {0.2578252135, 0.2578252135},
                 1e-3});
  out.push_back({"Powell, singular (MGH 13)",
                 [](const std::vector<Complex>& x) -> std::vector<Complex> {
                   return {x[0] + 10.0 * x[1], std::sqrt(5.0) * (x[2] - x[3]),
                           (x[1] - 2.0 * x[2]) * (x[1] - 2.0 * x[2]), std::sqrt(10.0) * (x[0] - x[3]) * (x[0] - x[3])};
                 },
                 {{3.0, -1.0, 0.0, 1.0}, {300.0, -100.0, 0.0, 100.0}},
                 0.0,
                 1e-16,
                 {},
                 0.0});
  out.push_back({"Bard (MGH 8)",
                 [](const std::vector<Complex>& x) {
                   const double y[] = {0.14, 0.18, 0.22, 0.25, 0.29, 0.32, 0.35, 0.39,
                                       0.37, 0.58, 0.73, 0.96, 1.34, 2.10, 4.39};
                   std::vector<Complex> z;
                   for (int i = 1; i <= 15; ++i) {
                     const double u = i, v = 16 - i, w = std::min(u, v);
                     z.push_back(y[i - 1] - (x[0] + u / (v * x[1] + w * x[2])));
                   }
                   return z;
                 },
                 {{1.0, 1.0, 1.0}},
                 8.214877e-3,
                 1e-6,
                 {0.0824106, 1.1330361, 2.3436952},
                 1e-5});
  out.push_back({"Meyer (MGH 10)",
                 [](const std::vector<Complex>& x) {
                   const double y[] = {34780, 28610, 23650, 19630, 16370, 13720, 11540, 9744,
                                       8261,  7030,  6005,  5147,  4427,  3820,  3307,  2872};
                   std::vector<Complex> z;
                   for (int i = 1; i <= 16; ++i)
                     z.push_back(x[0] * std::exp(x[1] / (45.0 + 5.0 * i + x[2])) - y[i - 1]);
                   return z;
                   // The MGH paper's second start, x10, overflows and is a failed start by design.
                 },
                 {{0.02, 4000.0, 250.0}},
                 87.945855171,
                 1e-9,
                 {0.00560963647, 6181.34635, 345.223635},
                 1e-6});
  out.push_back({"Kowalik and Osborne (MGH 15)",
                 [](const std::vector<Complex>& x) {
                   const double y[] = {0.1957, 0.1947, 0.1735, 0.1600, 0.0844, 0.0627,
                                       0.0456, 0.0342, 0.0323, 0.0235, 0.0246};
                   const double u[] = {4.0, 2.0, 1.0, 0.5, 0.25, 0.167, 0.125, 0.1, 0.0833, 0.0714, 0.0625};
                   std::vector<Complex> z;
                   for (int i = 0; i < 11; ++i) {
                     z.push_back(y[i] - x[0] * (u[i] * u[i] + u[i] * x[1]) / (u[i] * u[i] + u[i] * x[2] + x[3]));
                   }
                   return z;
                 },
                 {{0.25, 0.39, 0.415, 0.39}},
                 3.07505604e-4,
                 2e-8,
                 {0.192807, 0.191282, 0.123057, 0.136062},
                 1e-5});
  out.push_back({"Misra1a (NIST)",
                 [](const std::vector<Complex>& x) {
                   const double y[] = {10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02,
                                       44.82, 50.76, 55.05, 61.01, 66.40, 75.47, 81.78};
                   const double t[] = {77.6,  114.9, 141.1, 190.8, 239.9, 289.0, 332.8,
                                       378.4, 434.8, 477.3, 536.8, 593.1, 689.1, 760.0};
                   std::vector<Complex> z;
                   for (int i = 0; i < 14; ++i) z.push_back(y[i] - x[0] * (1.0 - std::exp(-x[1] * t[i])));
                   return z;
                 },
                 {{500.0, 1e-4}, {250.0, 5e-4}},
                 1.2455138894e-1,
                 1e-10,
                 {2.3894212918e2, 5.5015643181e-4},
                 1e-7});
  return out;
}

TEST(LevenbergMarquardt, FindsThePublishedMinima) {
  for (const Known& known : problems()) {
    for (const std::vector<double>& start : known.starts) {
      SCOPED_TRACE(known.name + " from " + std::to_string(start[0]));
      ResidualProblem problem(start.size(), known.residuals);
      LevenbergMarquardtOptions options;
      options.max_iterations = 600;
      // A Gauss-Newton decrement of eps F leaves x wrong by sqrt(eps) of its standard error: 1e-14 makes that 1e-7.
      options.cost_tolerance = 1e-14;
      const Minimum found = solve(problem, one(start), options).starts[0];
      EXPECT_EQ(found.outcome, Outcome::converged) << found.reason;
      EXPECT_NEAR(2.0 * found.cost, known.sum_of_squares,
                  known.sum_of_squares > 0.0 ? known.relative * known.sum_of_squares : known.relative);
      for (std::size_t i = 0; i < known.x.size(); ++i) {
        EXPECT_NEAR(found.x[i], known.x[i], known.x_relative * std::fabs(known.x[i])) << i;
      }
    }
  }
}

/// Sums of two exponentials with known rates: exact data, so the minimum is 0 at the truth (or with the terms swapped).
Residuals two_exponentials() {
  return [](const std::vector<Complex>& u) {
    std::vector<Complex> z;
    for (double t = 0.0; t < 10.0; t += 0.25) {
      const double truth = 3.0 * std::exp(-0.2 * t) + 2.0 * std::exp(-2.5 * t);
      z.push_back(std::exp(u[0]) * std::exp(-std::exp(u[1]) * t) + std::exp(u[2]) * std::exp(-std::exp(u[3]) * t) -
                  truth);
    }
    return z;
  };
}

TEST(LevenbergMarquardt, AStartDoesNotDependOnItsBatch) {
  ResidualProblem problem(4, two_exponentials());
  Array2 starts(9, 4);
  for (std::size_t k = 0; k < 9; ++k) {
    Rng rng(5, stream_id("test"), k);
    for (std::size_t i = 0; i < 4; ++i) starts(k, i) = 2.0 * rng.normal();
  }
  LevenbergMarquardtOptions options;
  options.max_step = 1.0;
  const Minima together = solve(problem, starts, options);
  std::int64_t linearisations = 0, costs = 0;
  for (std::size_t k = 0; k < 9; ++k) {
    const Minima alone = solve(problem, one({starts.row(k).begin(), starts.row(k).end()}), options);
    EXPECT_EQ(alone.starts[0].x, together.starts[k].x);
    EXPECT_EQ(alone.starts[0].cost, together.starts[k].cost);
    EXPECT_EQ(alone.starts[0].iterations, together.starts[k].iterations);
    EXPECT_EQ(alone.starts[0].outcome, together.starts[k].outcome);
    linearisations += alone.linearisations;
    costs += alone.costs;
  }
  EXPECT_EQ(linearisations, together.linearisations);
  EXPECT_EQ(costs, together.costs);
  EXPECT_LT(together.starts[together.best].cost, 1e-15);
}

TEST(LevenbergMarquardt, UnitsDoNotMatter) {
  // Powers of two change no rounding, so the walk is the same bit for bit.
  const double unit[] = {0x1p30, 0x1p-40, 0x1p3, 0x1p-7};
  ResidualProblem plain(4, two_exponentials());
  ResidualProblem scaled(4, [&](const std::vector<Complex>& v) {
    std::vector<Complex> u = v;
    for (std::size_t i = 0; i < 4; ++i) u[i] = v[i] / unit[i];
    return two_exponentials()(u);
  });
  const std::vector<double> start = {0.5, 0.25, 0.5, 1.5};
  std::vector<double> start_scaled = start;
  for (std::size_t i = 0; i < 4; ++i) start_scaled[i] *= unit[i];
  LevenbergMarquardtOptions options;
  options.step_tolerance = 0.0;
  const Minimum a = solve(plain, one(start), options).starts[0];
  const Minimum b = solve(scaled, one(start_scaled), options).starts[0];
  EXPECT_EQ(a.iterations, b.iterations);
  EXPECT_EQ(a.cost, b.cost);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(a.x[i] * unit[i], b.x[i]);
}

TEST(LevenbergMarquardt, StepsOverHolesAndReportsFailedStarts) {
  // sqrt(x) - 3 from 100: Newton's step goes to -40, where the cost is NaN. The minimum is at 9.
  ResidualProblem problem(1, [](const std::vector<Complex>& x) -> std::vector<Complex> {
    if (x[0].real() < 0.0) return {std::numeric_limits<double>::quiet_NaN()};
    return {std::sqrt(x[0]) - 3.0};
  });
  Array2 starts(3, 1);
  starts.values = {100.0, -1.0, 20.0};
  const Minima found = solve(problem, starts);
  EXPECT_EQ(found.starts[0].outcome, Outcome::converged);
  EXPECT_NEAR(found.starts[0].x[0], 9.0, 1e-6);
  EXPECT_EQ(found.starts[1].outcome, Outcome::failed);
  EXPECT_EQ(found.starts[1].reason, "the cost at the start is not finite");
  EXPECT_EQ(found.starts[1].x[0], -1.0);
  EXPECT_NE(found.best, 1U);
  const Minima none = solve(problem, one({-4.0}));
  EXPECT_EQ(none.best, 0U);
  EXPECT_EQ(none.starts[0].outcome, Outcome::failed);
}

/// y = A (1 - exp(-k1 t)) exp(-k2 t), all log-uniform over ten decades, on logit scale: a small voltage-clamp current.
Residuals activation() {
  return [](const std::vector<Complex>& u) {
    Complex p[3];
    for (std::size_t i = 0; i < 3; ++i) p[i] = std::exp(std::log(1e10) / (1.0 + std::exp(-u[i])) - std::log(1e5));
    std::vector<Complex> z;
    for (double t = 0.1; t < 20.0; t += 0.1) {
      const double truth = 2.0 * (1.0 - std::exp(-1.5 * t)) * std::exp(-0.1 * t);
      // A second harmonic as misfit, so that the best cost is not 0.
      z.push_back(p[0] * (1.0 - std::exp(-p[1] * t)) * std::exp(-p[2] * t) - truth - 0.01 * std::sin(3.0 * t));
    }
    return z;
  };
}

TEST(LevenbergMarquardt, AFlatStartIsNotCalledConverged) {
  ResidualProblem problem(3, activation());
  // k1 at the end of its range: the rise is over before the first sample, whatever k1 is.
  Array2 starts(3, 3);
  starts.values = {0.1, 30.0, -0.2, 0.1, 0.1, -0.2, -45.0, 50.0, 50.0};
  LevenbergMarquardtOptions options;
  options.max_step = 1.0;
  const Minima found = solve(problem, starts, options);
  EXPECT_EQ(found.starts[0].outcome, Outcome::flat);
  EXPECT_EQ(found.starts[0].flat, std::vector<std::size_t>{1});
  EXPECT_EQ(found.starts[1].outcome, Outcome::converged);
  EXPECT_EQ(found.best, 1U);
  EXPECT_GT(found.starts[0].cost, 1.1 * found.starts[1].cost);
  // Here nothing has any influence at all.
  EXPECT_EQ(found.starts[2].outcome, Outcome::stalled);
  EXPECT_EQ(found.starts[2].reason, "no coordinate has any influence here");
}

std::size_t agreeing(const Minima& minima) {
  return static_cast<std::size_t>(std::count_if(minima.starts.begin(), minima.starts.end(), [&](const Minimum& m) {
    return m.cost <= 1.002 * minima.starts[minima.best].cost;
  }));
}

TEST(LevenbergMarquardt, BoxAndPullKeepStartsOutOfTheFlats) {
  ResidualProblem problem(3, activation());
  Array2 starts(60, 3);
  for (std::size_t k = 0; k < 60; ++k) {
    Rng rng(3, stream_id("test"), k);
    for (std::size_t i = 0; i < 3; ++i) {
      const double p = rng.uniform();
      starts(k, i) = std::log(p / (1.0 - p));  // the prior: logistic
    }
  }
  LevenbergMarquardtOptions options;
  const std::size_t plain = agreeing(solve(problem, starts, options));
  options.max_step = 1.0;
  const std::size_t boxed = agreeing(solve(problem, starts, options));
  options.pull.weight = 1e-2;
  const Minima pulled = solve(problem, starts, options);
  RecordProperty("agreeing",
                 std::to_string(plain) + " " + std::to_string(boxed) + " " + std::to_string(agreeing(pulled)));
  EXPECT_LT(plain, boxed);
  EXPECT_GE(agreeing(pulled), 57U);
  // The pull is gone at the end: its minimum is the plain one.
  options.pull.weight = 0.0;
  const Minimum plain_best = solve(problem, one(pulled.starts[pulled.best].x), options).starts[0];
  EXPECT_NEAR(plain_best.cost, pulled.starts[pulled.best].cost, 1e-8 * plain_best.cost);
}

TEST(LevenbergMarquardt, NoStepLeavesItsBox) {
  ResidualProblem problem(3, activation());
  LevenbergMarquardtOptions options;
  options.max_step = 0.3;
  (void)solve(problem, one({1.0, 2.0, -1.5}), options);
  std::vector<double> at = problem.seen[0].values;
  std::size_t moves = 0;
  // Every point tried is within the box around one of those tried before: the last one accepted.
  for (std::size_t b = 1; b < problem.seen.size(); ++b) {
    bool inside = false;
    for (std::size_t a = 0; a < b && !inside; ++a) {
      inside = true;
      for (std::size_t i = 0; i < 3; ++i) {
        inside = inside && std::fabs(problem.seen[b].values[i] - problem.seen[a].values[i]) <= 0.3 + 1e-15;
      }
    }
    EXPECT_TRUE(inside) << b;
    moves += problem.seen[b].values != problem.seen[b - 1].values ? 1U : 0U;
  }
  EXPECT_GT(moves, 5U);
}

class StopAfter final : public Progress {
 public:
  explicit StopAfter(const int& batches, int limit) : batches_(batches), limit_(limit) {}
  [[nodiscard]] bool should_stop() const override { return batches_ >= limit_; }

 private:
  const int& batches_;
  int limit_;
};

TEST(LevenbergMarquardt, StopsBetweenBatchesWithWhatItHas) {
  for (const int limit : {0, 1, 4}) {
    ResidualProblem problem(4, two_exponentials());
    StopAfter stop(problem.batches, limit);
    const Minima found = *levenberg_marquardt(problem, one({0.5, 0.2, 0.4, 1.4}), {}, stop);
    EXPECT_EQ(found.starts[0].outcome, Outcome::stopped);
    // A round is two batches: the trials, then the models of those accepted.
    EXPECT_LE(problem.batches, limit + 1);
    EXPECT_EQ(std::isfinite(found.starts[0].cost), limit > 0);
  }
}

TEST(LevenbergMarquardt, IterationLimit) {
  ResidualProblem problem(2, problems()[0].residuals);
  LevenbergMarquardtOptions options;
  options.max_iterations = 3;
  const Minimum found = solve(problem, one({-1.2, 1.0}), options).starts[0];
  EXPECT_EQ(found.outcome, Outcome::max_iterations);
  EXPECT_EQ(found.iterations, 3);
}

TEST(LevenbergMarquardt, ACreepingStartIsGivenUpWhereAskedTo) {
  // Large residuals at the minimum x = 0, where Gauss-Newton gains a factor |lambda| a round (Dennis & Schnabel 1983,
  // example 10.2.4).
  static constexpr double lambda = 0.97;
  ResidualProblem problem(1, [](const std::vector<Complex>& x) -> std::vector<Complex> {
    return {x[0] + 1.0, lambda * x[0] * x[0] + x[0] - 1.0};
  });
  LevenbergMarquardtOptions options;
  options.cost_tolerance = 1e-14;
  options.initial_damping = 1e-10;
  const Minimum whole = solve(problem, one({0.3}), options).starts[0];
  EXPECT_EQ(whole.outcome, Outcome::converged);
  EXPECT_GT(whole.iterations, 100);
  options.creep = 1e-4;
  const Minimum given_up = solve(problem, one({0.3}), options).starts[0];
  EXPECT_EQ(given_up.outcome, Outcome::stalled);
  EXPECT_EQ(given_up.reason, "the cost hardly falls any more");
  EXPECT_LT(given_up.iterations, whole.iterations - 20);
  EXPECT_NEAR(given_up.cost, 1.0, 1e-3);
  // One that converges fast never notices.
  ResidualProblem fast(2, problems()[0].residuals);
  const Minimum with = solve(fast, one({-1.2, 1.0}), options).starts[0];
  EXPECT_EQ(with.outcome, Outcome::converged);
  EXPECT_LT(with.cost, 1e-20);
}

TEST(LevenbergMarquardt, RefusesOptionsOutOfRangeAllAtOnce) {
  LevenbergMarquardtOptions options;
  options.max_iterations = 0;
  options.initial_damping = -1.0;
  options.pull.spread = {1.0, 0.0};
  const Result<void> result = options.validate();
  ASSERT_FALSE(result.has_value());
  ASSERT_EQ(result.error().size(), 3U);
  EXPECT_EQ(result.error()[0].message, "`max_iterations` must be at least 1, found 0");
  EXPECT_EQ(result.error()[1].message, "`initial_damping` must be between 0 and 1e6, found -1");
  EXPECT_EQ(result.error()[2].message, "`pull.spread` must be above 0, found 0");
  ResidualProblem problem(2, problems()[0].residuals);
  Silent silent;
  EXPECT_FALSE(levenberg_marquardt(problem, one({1.0, 1.0}), options, silent).has_value());
}

}  // namespace
}  // namespace hillock::optim
