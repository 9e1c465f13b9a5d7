// Narrow columns seen from near: which, their slopes, their file form, and what they are for.

#include "infer/local_view.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/rng.hpp"
#include "infer/conditional_estimator.hpp"
#include "nn/saved_network.hpp"

namespace hillock::infer {
namespace {

constexpr double width = 0.02;

/// Two columns, the second narrow. y is normal with a spread that goes as the square of the narrow one: SLCP's.
struct Narrow {
  Array2 y{0, 0}, c{0, 0};
};

Narrow narrow(std::size_t count, std::uint64_t seed) {
  Narrow out{Array2(count, 1), Array2(count, 2)};
  for (std::size_t k = 0; k < count; ++k) {
    Rng rng(seed, 5, k);
    out.c(k, 0) = rng.normal();
    out.c(k, 1) = 0.3 + width * rng.normal();
    const double from = (out.c(k, 1) - 0.3) / width;
    out.y(k, 0) = (from * from + 0.01) * rng.normal();
  }
  return out;
}

EstimatorOptions options(bool local) {
  EstimatorOptions o;
  o.density = "gaussian";
  o.hidden = 24;
  o.members = 1;
  o.rate = 3e-3;
  o.local_view = local;
  return o;
}

TEST(LocalView, SeesTheNarrowColumnAlone) {
  const LocalView view = LocalView::of(narrow(4000, 1).c);
  ASSERT_EQ(view.size(), 1U);
  const std::vector<double> numbers = view.numbers();
  EXPECT_EQ(numbers[0], 1.0);
  EXPECT_NEAR(numbers[1], 0.3, 4.0 * 1.2533 * width / std::sqrt(4000.0));  // a median's standard error
  EXPECT_NEAR(numbers[2], width, 0.1 * width);
  EXPECT_EQ(LocalView::of(narrow(20, 1).c).size(), 0U) << "of few rows a median says little";
}

TEST(LocalView, SlopesAgreeWithDifferences) {
  const LocalView view = LocalView::of(narrow(500, 1).c);
  for (const double at : {-1.5, 0.29, 0.31, 4.0}) {
    double up = 0.0, down = 0.0;
    const double h = 1e-6;
    view.add(std::vector{0.0, at + h}, {&up, 1});
    view.add(std::vector{0.0, at - h}, {&down, 1});
    std::vector<double> slope{0.5, 0.25};
    view.chain(std::vector{0.0, at}, std::vector{2.0}, slope);
    EXPECT_EQ(slope[0], 0.5);
    EXPECT_NEAR(slope[1], 0.25 + 2.0 * (up - down) / (2.0 * h), 1e-5 * slope[1]);
  }
}

TEST(LocalView, NumbersThatFitNoneAreRefused) {
  LocalView out;
  EXPECT_TRUE(LocalView::from(std::vector{1.0, 0.3, 0.02}, 2, out));
  EXPECT_EQ(out.numbers(), (std::vector{1.0, 0.3, 0.02}));
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  for (const std::vector<double>& bad : {std::vector{2.0, 0.3, 0.02},
                                         {-1.0, 0.3, 0.02},
                                         {1.0, nan, 0.02},
                                         {1.0, 0.3, 0.0},
                                         {1.0, 0.3, nan},
                                         {nan, 0.3, 0.02},
                                         {1.0, 0.3}})
    EXPECT_FALSE(LocalView::from(bad, 2, out));
}

TEST(LocalView, ANetworkLearnsWhatDependsOnANarrowColumn) {
  const Narrow train = narrow(4000, 1), fresh = narrow(2000, 2);
  double score[2] = {};
  for (const bool local : {false, true}) {
    auto made = ConditionalEstimator::create(train.y, train.c, options(local));
    ASSERT_TRUE(made) << render(made.error());
    (void)made->learn_stored(made->prepare(train.y, train.c), {.most_epochs = 60}, Silent());
    std::vector<double> value(fresh.y.rows);
    made->log_density(fresh.y, fresh.c, value);
    for (const double v : value) score[local ? 1 : 0] += v / static_cast<double>(value.size());

    // Its gradient, and what is saved of it.
    Array2 y(1, 1), c(1, 2), by_c;
    y(0, 0) = 0.4, c(0, 0) = 0.2, c(0, 1) = 0.315;
    double at = 0.0, up = 0.0, down = 0.0;
    made->log_density(y, c, {&at, 1}, nullptr, &by_c);
    const double h = 1e-4;
    c(0, 1) += h;
    made->log_density(y, c, {&up, 1});
    c(0, 1) -= 2.0 * h;
    made->log_density(y, c, {&down, 1});
    EXPECT_NEAR(by_c(0, 1), (up - down) / (2.0 * h), 0.02 * std::abs(by_c(0, 1)) + 0.05);
    nn::SavedNetwork saved;
    made->save(saved);
    auto again = ConditionalEstimator::load(saved, "test");
    ASSERT_TRUE(again) << render(again.error());
    EXPECT_EQ(again->context_dimension(), 2U);
    EXPECT_EQ(again->inputs(), (InputShape{Embedding::none, 2, 0, 0}));
    double same = 0.0;
    c(0, 1) = 0.315;
    again->log_density(y, c, {&same, 1});
    EXPECT_EQ(same, at);
    EXPECT_EQ(again->draw(c.row(0), 5, 3).values, made->draw(c.row(0), 5, 3).values);
  }
  double truth = 0.0;
  for (std::size_t k = 0; k < fresh.y.rows; ++k) {
    const double from = (fresh.c(k, 1) - 0.3) / width, sd = from * from + 0.01, z = fresh.y(k, 0) / sd;
    truth += (-0.5 * z * z - std::log(sd) - 0.918938533204673) / static_cast<double>(fresh.y.rows);
  }
  EXPECT_LT(score[0], truth - 0.5) << "a test of nothing: the wide view is as good";
  EXPECT_GT(score[1], truth - 0.2);
}

}  // namespace
}  // namespace hillock::infer
