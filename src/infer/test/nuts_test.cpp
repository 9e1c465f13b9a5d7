#include "infer/nuts.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <numbers>

#include "infer/diagnostics.hpp"
#include "infer/test/targets.hpp"
#include "prob/prior.hpp"
#include "prob/special.hpp"

namespace hillock::infer {
namespace {

NutsResult sample(LogDensity& target, const Array2& starts, const Array2& covariance, const NutsOptions& options) {
  Result<Nuts> nuts = Nuts::start(target, starts, covariance, options);
  if (!nuts) {
    ADD_FAILURE() << render(nuts.error());
    return {};
  }
  Silent silent;
  nuts->run(silent);
  NutsResult result = nuts->result();
  EXPECT_TRUE(result.complete);
  return result;
}

/// The mean of f over the draws is `expected`, within 5 of its own Monte Carlo standard errors (1 in 2 million each).
void expect_mean(const NutsResult& result, const std::function<double(std::span<const double>)>& f, double expected,
                 const std::string& what) {
  Array2 values(result.draws.size(), result.draws[0].rows);
  double mean = 0.0;
  for (std::size_t k = 0; k < values.rows; ++k) {
    for (std::size_t i = 0; i < values.cols; ++i) {
      values(k, i) = f(result.draws[k].row(i));
      mean += values(k, i) / static_cast<double>(values.values.size());
    }
  }
  EXPECT_NEAR(mean, expected, 5.0 * mcse_mean(values)) << what;
  // And the error itself is known: it is not hidden by a tiny effective sample size.
  EXPECT_GT(ess_mean(values), 200.0) << what;
}

std::int64_t count(const NutsResult& result, bool NutsDraw::*flag) {
  std::int64_t n = 0;
  for (const auto& chain : result.stats)
    n += std::count_if(chain.begin(), chain.end(), [&](const NutsDraw& s) { return s.*flag; });
  return n;
}

/// All bits of what was drawn.
void expect_same_bits(const NutsResult& a, const NutsResult& b) {
  ASSERT_EQ(a.draws.size(), b.draws.size());
  for (std::size_t k = 0; k < a.draws.size(); ++k) {
    EXPECT_EQ(a.draws[k].values, b.draws[k].values);
    ASSERT_EQ(a.stats[k].size(), b.stats[k].size());
    for (std::size_t i = 0; i < a.stats[k].size(); ++i) {
      const NutsDraw &s = a.stats[k][i], &t = b.stats[k][i];
      EXPECT_EQ(std::tie(s.lp, s.energy, s.acceptance_rate, s.step_size, s.tree_depth, s.n_steps, s.diverging,
                         s.left_support, s.reached_max_depth),
                std::tie(t.lp, t.energy, t.acceptance_rate, t.step_size, t.tree_depth, t.n_steps, t.diverging,
                         t.left_support, t.reached_max_depth));
    }
  }
  EXPECT_EQ(a.step_size, b.step_size);
  EXPECT_EQ(a.covariance.values, b.covariance.values);
  EXPECT_EQ(a.gradients_warmup, b.gradients_warmup);
  EXPECT_EQ(a.gradients, b.gradients);
}

TEST(Nuts, GaussianMomentsIn20Dimensions) {
  const RandomGaussian g(20);
  auto target = g.target();
  NutsOptions options;
  options.warmup = 300;
  // A metric of the right scales without the correlations; they are learnt.
  Array2 scales(20, 20);
  for (std::size_t i = 0; i < 20; ++i) scales(i, i) = g.covariance(i, i);
  const NutsResult result = sample(target, cloud(8, g.mean, g.sd), scales, options);
  for (std::size_t i = 0; i < 20; ++i) {
    expect_mean(
        result, [&](auto u) { return u[i]; }, g.mean[i], "mean " + std::to_string(i));
    EXPECT_LT(rhat(chains_of(result.draws, i)), 1.01);
    for (std::size_t j = 0; j <= i; ++j) {
      expect_mean(
          result, [&](auto u) { return (u[i] - g.mean[i]) * (u[j] - g.mean[j]); }, g.covariance(i, j),
          "covariance " + std::to_string(i) + " " + std::to_string(j));
    }
  }
  EXPECT_EQ(count(result, &NutsDraw::diverging), 0);
}

TEST(Nuts, IsThriftyWithAGoodMetric) {
  const RandomGaussian g(11);
  auto target = g.target();
  NutsOptions options;
  options.warmup = 100;
  options.draws = 250;
  const NutsResult result = sample(target, cloud(16, g.mean, g.sd), g.covariance, options);
  const double draws = 16.0 * 250.0;
  // A trajectory of length pi in the whitened space decorrelates; at 0.8 acceptance in 11 dimensions the step is
  // 0.5-0.7, so 2^3 - 1 = 7 gradients are enough, and NUTS rarely takes 15.
  EXPECT_LT(static_cast<double>(result.gradients) / draws, 8.0);
  EXPECT_LT(static_cast<double>(result.gradients_warmup) / (16.0 * 100.0), 12.0);
  for (std::size_t i = 0; i < 11; ++i) {
    EXPECT_GT(ess_bulk(chains_of(result.draws, i)), 0.8 * draws);
    EXPECT_GT(ess_tail(chains_of(result.draws, i)), 0.4 * draws);
  }
  // The lanes are used: chains wait for each other only at the ends of windows.
  EXPECT_GT(static_cast<double>(result.gradients + result.gradients_warmup) / static_cast<double>(result.batches),
            0.85 * 16.0);
  EXPECT_EQ(target.evaluations, result.gradients + result.gradients_warmup + 16);
  EXPECT_EQ(target.batches, result.batches);
}

TEST(Nuts, LearnsABadMetric) {
  const RandomGaussian g(5, 2.0);
  auto target = g.target();
  for (const bool dense : {true, false}) {
    NutsOptions options;
    options.warmup = 500;
    options.dense = dense;
    const NutsResult result = sample(target, cloud(4, g.mean, g.sd), identity(5), options);
    for (std::size_t i = 0; i < 5; ++i) {
      expect_mean(
          result, [&](auto u) { return u[i]; }, g.mean[i], "mean");
      // The last window pools 4 x 250 or more draws: an eigenvalue's sampling error is some sqrt(2/1000) of it, 4 %.
      EXPECT_NEAR(result.covariance(i, i) / g.covariance(i, i), 1.0, 0.4);
      for (std::size_t j = 0; j < i; ++j) EXPECT_EQ(result.covariance(i, j) == 0.0, !dense);
    }
  }
}

TEST(Nuts, AFunnelDiverges) {
  // Neal's funnel: v ~ N(0, 3), x_i ~ N(0, exp(v/2)). No step size fits both its mouth and its neck.
  PointTarget target(10, [](std::span<const double> u, std::span<double> g) {
    const double v = u[0], precision = std::exp(-v);
    double value = -v * v / 18.0;
    g[0] = -v / 9.0;
    for (std::size_t i = 1; i < 10; ++i) {
      value += -0.5 * u[i] * u[i] * precision - 0.5 * v;
      g[0] += 0.5 * u[i] * u[i] * precision - 0.5;
      g[i] = -u[i] * precision;
    }
    return value;
  });
  NutsOptions options;
  options.warmup = 200;
  const NutsResult result =
      sample(target, cloud(4, std::vector<double>(10, 0.0), std::vector<double>(10, 1.0)), identity(10), options);
  EXPECT_GT(count(result, &NutsDraw::diverging), 0);
  EXPECT_EQ(count(result, &NutsDraw::left_support), 0);
}

TEST(Nuts, ABoundedParameterThroughItsTransform) {
  // The posterior is the prior: x must come out uniform on (2, 5), and log-uniform on (1e-3, 10).
  const double bounds[] = {2.0, 5.0}, decades[] = {1e-3, 10.0};
  const std::array<prob::Prior, 2> priors = {*prob::Prior::make("uniform", bounds),
                                             *prob::Prior::make("loguniform", decades)};
  PointTarget target(2, [&](std::span<const double> u, std::span<double> g) {
    double value = 0.0;
    for (std::size_t i = 0; i < 2; ++i) {
      const prob::LogSlope at = priors[i].log_density_unconstrained(u[i]);
      value += at.value;
      g[i] = at.derivative;
    }
    return value;
  });
  NutsOptions options;
  options.draws = 1000;
  const NutsResult result = sample(target, Array2(8, 2), identity(2, 3.0), options);
  for (std::size_t i = 0; i < 2; ++i) {
    const auto p = [&](std::span<const double> u) { return priors[i].cdf(priors[i].to_constrained(u[i])); };
    expect_mean(result, p, 0.5, "mean");
    expect_mean(
        result, [&](auto u) { return p(u) * p(u); }, 1.0 / 3.0, "square");
    expect_mean(
        result, [&](auto u) { return p(u) < 0.05 ? 1.0 : 0.0; }, 0.05, "lower tail");
    expect_mean(
        result, [&](auto u) { return p(u) > 0.95 ? 1.0 : 0.0; }, 0.05, "upper tail");
  }
}

TEST(Nuts, AHardEdge) {
  // Standard normal, cut off at u0 + u1 > 0, with density 0 (-inf) beyond: the sum is half-normal, the difference
  // untouched.
  PointTarget target(2, [](std::span<const double> u, std::span<double> g) {
    if (u[0] + u[1] <= 0.0) return -std::numeric_limits<double>::infinity();
    g[0] = -u[0], g[1] = -u[1];
    return -0.5 * (u[0] * u[0] + u[1] * u[1]);
  });
  Array2 starts(8, 2, 0.5);
  NutsOptions options;
  options.draws = 2000;
  const NutsResult result = sample(target, starts, identity(2), options);
  const double root = std::numbers::sqrt2;
  expect_mean(
      result, [&](auto u) { return (u[0] + u[1]) / root; }, std::sqrt(2.0 / std::numbers::pi), "mean of the sum");
  expect_mean(
      result, [&](auto u) { return 0.5 * (u[0] + u[1]) * (u[0] + u[1]); }, 1.0, "square of the sum");
  expect_mean(
      result, [&](auto u) { return (u[0] - u[1]) / root; }, 0.0, "mean of the difference");
  expect_mean(
      result, [&](auto u) { return 0.5 * (u[0] - u[1]) * (u[0] - u[1]); }, 1.0, "square of the difference");
  for (const Array2& chain : result.draws) {
    for (std::size_t i = 0; i < chain.rows; ++i) ASSERT_GT(chain(i, 0) + chain(i, 1), 0.0);
  }
  EXPECT_GT(count(result, &NutsDraw::left_support), 0);
  EXPECT_EQ(count(result, &NutsDraw::diverging), 0);
}

TEST(Nuts, RanksOfTheTruthAreUniform) {
  // Simulation-based calibration (Talts et al. 2018): rate ~ Gamma(2, 1), 5 exponential waiting times; u = log rate has
  // log density 7 u - (1 + sum) exp(u), skewed. The rank of the true rate among 99 thinned draws is uniform on 0..99.
  constexpr int replicates = 400, bins = 10;
  std::array<int, bins> histogram{};
  for (std::uint64_t r = 0; r < replicates; ++r) {
    Rng rng(11, stream_id("sbc"), r);
    const double rate = -std::log(rng.uniform()) - std::log(rng.uniform());
    double total = 1.0;
    for (int i = 0; i < 5; ++i) total -= std::log(rng.uniform()) / rate;
    PointTarget target(1, [&](std::span<const double> u, std::span<double> g) {
      g[0] = 7.0 - total * std::exp(u[0]);
      return 7.0 * u[0] - total * std::exp(u[0]);
    });
    NutsOptions options;
    options.seed = r;
    options.warmup = 60;
    options.draws = 99 * 5;
    Array2 start(1, 1, std::log(7.0 / total));
    const NutsResult result = sample(target, start, identity(1, 1.0 / 7.0), options);
    int rank = 0;
    for (std::size_t i = 4; i < result.draws[0].rows; i += 5) rank += result.draws[0](i, 0) < std::log(rate) ? 1 : 0;
    ++histogram[static_cast<std::size_t>(rank * bins / 100)];
  }
  double chi2 = 0.0;
  for (const int n : histogram) chi2 += std::pow(n - replicates / bins, 2) / (replicates / bins);
  EXPECT_GT(prob::chi2_survival(chi2, bins - 1), 1e-4);
  // The check can fail: ranks of a posterior too narrow by a third would pile up at both ends. Normal approximation:
  // P(rank in the outer bins) = 2 Phi(-1.28 * 0.67) = 0.39 instead of 0.2, a chi2 of 400 (2 * 0.095^2 + ...)/0.1 > 70.
}

TEST(Nuts, SameSeedSameBits) {
  const RandomGaussian g(6);
  NutsOptions options;
  options.draws = 50;
  auto a = g.target(), b = g.target();
  const NutsResult first = sample(a, cloud(5, g.mean, g.sd), g.covariance, options);
  expect_same_bits(first, sample(b, cloud(5, g.mean, g.sd), g.covariance, options));
  options.seed = 2;
  EXPECT_NE(sample(a, cloud(5, g.mean, g.sd), g.covariance, options).draws[0].values, first.draws[0].values);
}

TEST(Nuts, WithoutWarmupAChainDoesNotDependOnTheOthers) {
  const RandomGaussian g(6);
  auto target = g.target();
  NutsOptions options;
  options.warmup = 0;
  options.step = 0.7;
  options.draws = 80;
  const Array2 starts = cloud(5, g.mean, g.sd);
  const NutsResult all = sample(target, starts, g.covariance, options);
  Array2 first(1, 6);
  std::copy_n(starts.row(0).begin(), 6, first.row(0).begin());
  EXPECT_EQ(sample(target, first, g.covariance, options).draws[0].values, all.draws[0].values);
  EXPECT_NE(all.draws[1].values, all.draws[0].values);
}

/// Stops when the target has been asked a given number of times.
class StopAt final : public Progress {
 public:
  explicit StopAt(const long& batches) : batches_(batches) {}
  [[nodiscard]] bool should_stop() const override { return batches_ >= limit; }
  long limit = 0;

 private:
  const long& batches_;
};

TEST(Nuts, InterruptedAtRandomMomentsItEndsWithTheSameBits) {
  const RandomGaussian g(4);
  NutsOptions options;
  options.warmup = 80;
  options.draws = 40;
  options.max_depth = 6;  // an iteration must fit into a piece
  auto target = g.target();
  const Array2 starts = cloud(6, g.mean, g.sd);
  // Not the right metric: windows, barriers and the search for the first step all matter.
  const NutsResult whole = sample(target, starts, identity(4, 0.01), options);
  for (std::uint64_t trial = 0; trial < 20; ++trial) {
    Rng rng(trial, stream_id("interrupt"));
    auto again = g.target();
    std::string saved = Nuts::start(again, starts, identity(4, 0.01), options)->checkpoint();
    int pieces = 0;
    for (bool complete = false; !complete; ++pieces) {
      ASSERT_LT(pieces, 10'000);
      Result<Nuts> nuts = Nuts::resume(again, saved);
      ASSERT_TRUE(nuts.has_value()) << render(nuts.error());
      StopAt stop(again.batches);
      // From one batch (no chain finishes anything) to a good part of the run of some 1500.
      stop.limit = again.batches + 1 + static_cast<long>(rng.below(trial < 10 ? 150 : 1000));
      const long before = again.batches;
      nuts->run(stop);
      complete = nuts->result().complete;
      // Stops before the next evaluation once asked to.
      EXPECT_EQ(again.batches, complete ? again.batches : stop.limit);
      EXPECT_LE(again.batches, std::max(stop.limit, before));
      saved = nuts->checkpoint();
    }
    EXPECT_GT(pieces, 1);
    expect_same_bits(whole, Nuts::resume(again, saved)->result());
  }
}

TEST(Nuts, GoesOnInTheSameObject) {
  const RandomGaussian g(4);
  NutsOptions options;
  options.draws = 30;
  auto target = g.target();
  const Array2 starts = cloud(3, g.mean, g.sd);
  const NutsResult whole = sample(target, starts, g.covariance, options);
  Nuts nuts = *Nuts::start(target, starts, g.covariance, options);
  StopAt stop(target.batches);
  for (int i = 0; i < 5; ++i) {
    stop.limit = target.batches + 101;
    nuts.run(stop);
    EXPECT_FALSE(nuts.result().complete);
  }
  Silent silent;
  nuts.run(silent);
  expect_same_bits(whole, nuts.result());
}

TEST(Nuts, ProlongedItIsTheSamplerAskedForMore) {
  const RandomGaussian g(4);
  NutsOptions options;
  options.warmup = 60;
  options.draws = 50;
  auto target = g.target();
  const Array2 starts = cloud(3, g.mean, g.sd);
  const NutsResult whole = sample(target, starts, g.covariance, options);
  options.draws = 20;
  Nuts nuts = *Nuts::start(target, starts, g.covariance, options);
  Silent silent;
  nuts.run(silent);
  EXPECT_TRUE(nuts.result().complete);
  nuts.prolong(30);
  EXPECT_FALSE(nuts.result().complete);
  // A checkpoint remembers what was asked for.
  Nuts again = *Nuts::resume(target, nuts.checkpoint());
  again.run(silent);
  EXPECT_EQ(again.result().draws[0].rows, 30U);
  again.prolong(50);
  again.run(silent);
  expect_same_bits(whole, again.result());
}

TEST(Nuts, ReportsTrajectoriesCutShort) {
  const RandomGaussian g(3);
  auto target = g.target();
  NutsOptions options;
  options.warmup = 0;
  options.step = 0.001;
  options.max_depth = 3;
  options.draws = 20;
  const NutsResult result = sample(target, cloud(2, g.mean, g.sd), g.covariance, options);
  EXPECT_EQ(count(result, &NutsDraw::reached_max_depth), 40);
  for (const NutsDraw& s : result.stats[0]) {
    EXPECT_EQ(s.n_steps, 7);
    EXPECT_EQ(s.tree_depth, 3);
    EXPECT_EQ(s.step_size, 0.001);
  }
}

TEST(Nuts, RefusesADamagedCheckpoint) {
  const RandomGaussian g(3);
  auto target = g.target();
  NutsOptions options;
  options.draws = 5;
  Nuts nuts = *Nuts::start(target, cloud(2, g.mean, g.sd), g.covariance, options);
  Silent silent;
  nuts.run(silent);
  const std::string good = nuts.checkpoint();
  ASSERT_TRUE(Nuts::resume(target, good).has_value());
  for (std::size_t length = 0; length < good.size(); length += 7)
    EXPECT_FALSE(Nuts::resume(target, good.substr(0, length)).has_value());
  for (std::size_t at = 0; at < good.size(); at += 11) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x20);
    const Result<Nuts> result = Nuts::resume(target, bad);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error()[0].code, "checkpoint-damaged");
  }
  EXPECT_FALSE(Nuts::resume(target, "rubbish").has_value());
  const RandomGaussian other(4);
  auto other_target = other.target();
  const Result<Nuts> result = Nuts::resume(other_target, good);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error()[0].message,
            "the sampler's checkpoint cannot be used: it has 3 dimensions, the posterior has 4");
}

TEST(Nuts, SaysWhatIsWrongWithItsStart) {
  PointTarget target(2, [](std::span<const double> u, std::span<double> g) {
    g[0] = -u[0], g[1] = -u[1];
    return u[0] < 0.0 ? -std::numeric_limits<double>::infinity() : -0.5 * (u[0] * u[0] + u[1] * u[1]);
  });
  Array2 starts(3, 2, 1.0);
  starts(0, 0) = starts(2, 0) = -1.0;
  const Result<Nuts> outside = Nuts::start(target, starts, identity(2), {});
  ASSERT_FALSE(outside.has_value());
  ASSERT_EQ(outside.error().size(), 2U);
  EXPECT_EQ(outside.error()[1].message, "chain 3 of 3 starts where the posterior density is 0 or has no gradient");
  Array2 singular(2, 2, 1.0);
  const Result<Nuts> metric = Nuts::start(target, Array2(1, 2, 1.0), singular, {});
  ASSERT_FALSE(metric.has_value());
  EXPECT_EQ(metric.error()[0].code, "metric-not-positive");
  NutsOptions options;
  options.draws = 0;
  options.target_accept = 1.0;
  options.warmup = 0;
  const Result<void> range = options.validate();
  ASSERT_FALSE(range.has_value());
  ASSERT_EQ(range.error().size(), 3U);
  EXPECT_EQ(range.error()[2].message, "`step` must be given where there is no warm-up, found 0");
}

}  // namespace
}  // namespace hillock::infer
