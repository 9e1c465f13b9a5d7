// What the estimator promises with every kind of density.

#include "infer/conditional_estimator.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "base/rng.hpp"
#include "nn/densities.hpp"
#include "nn/saved_network.hpp"

namespace hillock::infer {
namespace {

/// y is normal around linear functions of c, with correlated noise, in units of its own.
struct Linear {
  Array2 y{0, 0}, c{0, 0};
  double log_density = 0.0;  ///< mean, of the truth
};

Linear linear(std::size_t count, std::uint64_t seed) {
  Linear out;
  out.y = Array2(count, 2);
  out.c = Array2(count, 2);
  for (std::size_t k = 0; k < count; ++k) {
    Rng rng(seed, 4, k);
    const double a = rng.normal(), b = rng.normal();
    out.c(k, 0) = rng.normal();
    out.c(k, 1) = rng.normal();
    out.y(k, 0) = 1e-3 * (2.0 + out.c(k, 0) + 0.5 * a);
    out.y(k, 1) = 50.0 * (out.c(k, 1) - out.c(k, 0) + 0.3 * a + 0.4 * b);
    out.log_density +=
        (-0.5 * (a * a + b * b) - std::log(0.5e-3 * 20.0) - 1.8378770664093453) / static_cast<double>(count);
  }
  return out;
}

EstimatorOptions small(std::string_view density) {
  EstimatorOptions o;
  o.density = density;
  o.steps = 2;
  o.hidden = 16;
  o.blocks = 1;
  return o;
}

TEST(ConditionalEstimator, EveryKindOfDensitySolvesALinearProblem) {
  const Linear train = linear(2000, 1), fresh = linear(200, 2);
  for (const nn::DensityKind& kind : nn::density_kinds()) {
    if (kind.labels) continue;
    auto made = ConditionalEstimator::create(train.y, train.c, small(kind.name));
    ASSERT_TRUE(made) << render(made.error());
    (void)made->learn(made->prepare(train.y, train.c));
    std::vector<double> value(200);
    made->log_density(fresh.y, fresh.c, value);
    double mean = 0.0;
    for (const double v : value) mean += v / 200.0;
    // The linear start solves it; a network that has hardly learnt costs little. A mixture begins elsewhere.
    EXPECT_NEAR(mean, fresh.log_density, kind.name == "mdn" ? 1.0 : 0.3) << kind.name;
    const std::vector<double> c{0.5, -0.5};
    const Array2 draws = made->draw(c, 500, 7);
    double sum = 0.0;
    for (std::size_t k = 0; k < 500; ++k) sum += draws(k, 0) / 500.0;
    // Standard error 0.5e-3 / sqrt(500) = 2e-5.
    EXPECT_NEAR(sum, 2.5e-3, kind.name == "mdn" ? 6e-4 : 2e-4) << kind.name;
    const Array2 again = made->draw(c, 3, 7, 100);
    for (std::size_t k = 0; k < 3; ++k) EXPECT_EQ(again(k, 1), draws(100 + k, 1)) << kind.name;
  }
}

TEST(ConditionalEstimator, BitsDoNotDependOnThreads) {
  const Linear train = linear(600, 1);
  for (const char* density : {"nsf", "flow_matching"}) {
    std::vector<double> first;
    for (const int threads : {1, 2, 5}) {
      EstimatorOptions o = small(density);
      o.threads = threads;
      auto made = ConditionalEstimator::create(train.y, train.c, o);
      ASSERT_TRUE(made);
      const StoredTraining seen = made->learn_stored(made->prepare(train.y, train.c), {.most_epochs = 3}, Silent());
      std::vector<double> all = seen.validation;
      const Array2 draws = made->draw(std::vector<double>{0.1, 0.2}, 40, 3);
      all.insert(all.end(), draws.values.begin(), draws.values.end());
      if (first.empty()) first = all;
      EXPECT_EQ(all, first) << density << " with " << threads << " threads";
    }
  }
}

TEST(ConditionalEstimator, LogarithmsArePooled) {
  const Linear train = linear(600, 1);
  EstimatorOptions o = small("maf");
  o.pool_logs = true;
  auto both = ConditionalEstimator::create(train.y, train.c, o);
  ASSERT_TRUE(both);
  for (int pass = 0; pass < 20; ++pass) (void)both->learn(both->prepare(train.y, train.c));
  nn::SavedNetwork saved;
  both->save(saved);
  // Each member alone, by leaving the other one out of the file.
  const auto alone = [&](const std::string& other) {
    nn::SavedNetwork one = saved;
    std::erase_if(one.arrays, [&](const nn::NamedArray& a) { return a.name == other; });
    for (nn::NamedArray& a : one.arrays)
      if (a.name == "member-1") a.name = "member-0";
    auto loaded = ConditionalEstimator::load(one, "test");
    EXPECT_TRUE(loaded) << render(loaded.error());
    return std::move(*loaded);
  };
  const ConditionalEstimator first = alone("member-1"), second = alone("member-0");
  const Linear at = linear(50, 5);
  std::vector<double> pooled(50), one(50), other(50), up(50);
  Array2 by_c, up_c = at.c;
  both->log_density(at.y, at.c, pooled, nullptr, &by_c);
  first.log_density(at.y, at.c, one);
  second.log_density(at.y, at.c, other);
  for (double& v : up_c.values) v += 1e-3;
  both->log_density(at.y, up_c, up);
  double apart = 0.0;
  for (std::size_t k = 0; k < 50; ++k) {
    EXPECT_NEAR(pooled[k], 0.5 * (one[k] + other[k]), 1e-9);
    EXPECT_NEAR((by_c(k, 0) + by_c(k, 1)) * 1e-3, up[k] - pooled[k], 2e-3);
    apart = std::max(apart, std::abs(one[k] - other[k]));
  }
  EXPECT_GT(apart, 1e-3) << "a test of nothing: the members are one";
  auto again = ConditionalEstimator::load(saved, "test");
  ASSERT_TRUE(again);
  again->log_density(at.y, at.c, one);
  EXPECT_EQ(one, pooled);
  saved.fields["pool"] = "harmonic";
  again = ConditionalEstimator::load(saved, "test");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().front().code, "network-damaged");
}

TEST(ConditionalEstimator, AnUnknownDensityIsNamed) {
  const Linear train = linear(50, 1);
  const auto made = ConditionalEstimator::create(train.y, train.c, small("nsf_copling"));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().front().code, "unknown-density");
  EXPECT_EQ(made.error().front().hint, "did you mean \"nsf_coupling\"?");
}

}  // namespace
}  // namespace hillock::infer
