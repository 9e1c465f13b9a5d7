// Which density is chosen, and how long it learns.

#include "infer/density_choice.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/rng.hpp"

namespace hillock::infer {
namespace {

constexpr std::string_view both[] = {"gaussian", "maf"};

struct Sample {
  Array2 y{0, 0}, c{0, 0};
};

/// A normal number around a linear function of c; or, of two modes, one at either side of it.
Sample sample(std::size_t count, bool two_modes) {
  Sample out{Array2(count, 2), Array2(count, 1)};
  for (std::size_t k = 0; k < count; ++k) {
    Rng rng(3, 4, k);
    const double c = out.c(k, 0) = rng.normal();
    out.y(k, 0) = c + rng.normal();
    const double side = rng.uniform() < 0.5 ? -1.0 : 1.0;
    out.y(k, 1) = c + 0.5 * out.y(k, 0) + (two_modes ? side * (2.0 + out.y(k, 0)) + 0.3 * rng.normal() : rng.normal());
  }
  return out;
}

EstimatorOptions small() {
  EstimatorOptions o;
  o.steps = 3;
  o.hidden = 16;
  o.batch = 200;
  o.rate = 4e-3;
  return o;
}

Result<ChosenDensity> choose(const Sample& s, std::size_t most_rows) {
  return learn_chosen_density(both, s.y, s.c, {}, most_rows, small(), 1000, Silent());
}

TEST(DensityChoice, TheSimpleOneUnlessHeldOutRowsSayOtherwise) {
  for (const std::size_t count : {2000UL, 12'500UL}) {
    const auto normal = choose(sample(count, false), count);
    ASSERT_TRUE(normal) << render(normal.error());
    EXPECT_EQ(normal->kind, "gaussian") << count;
    EXPECT_FALSE(normal->training.left_start) << count;
    EXPECT_FALSE(normal->decided) << count;
    const auto modes = choose(sample(count, true), count);
    ASSERT_TRUE(modes) << render(modes.error());
    EXPECT_EQ(modes->kind, "maf") << count;
    // Few pairs may lie.
    EXPECT_EQ(modes->decided, count > 12'000) << count;
  }
}

TEST(DensityChoice, ManyPairsAreLearntFromInStepsThatAreKnownBefore) {
  const Sample s = sample(12'500, true);
  // 11 250 rows of either member, 56 batches of them an epoch: 10 000 steps.
  const auto whole = choose(s, s.y.rows);
  ASSERT_TRUE(whole) << render(whole.error());
  EXPECT_EQ(whole->training.epochs, (std::vector<std::size_t>{179, 179}));
  // 10 800 rows, 54 batches: 2600 steps.
  const auto thinned = choose(s, 12'000);
  ASSERT_TRUE(thinned) << render(thinned.error());
  EXPECT_EQ(thinned->training.epochs, (std::vector<std::size_t>{48, 48}));
  EXPECT_GT(whole->training.kept, thinned->training.kept - 0.05);
}

}  // namespace
}  // namespace hillock::infer
