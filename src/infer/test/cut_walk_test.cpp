// Particles of a cut density spread over all of it, however thin or bent it is, and keep its moments.

#include "infer/cut_walk.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/rng.hpp"
#include "infer/test/simulators.hpp"

namespace hillock::infer {
namespace {

constexpr double none = -std::numeric_limits<double>::infinity();

double normal(std::span<const double> z) {
  double sum = 0.0;
  for (const double v : z) sum -= 0.5 * v * v;
  return sum;
}

/// A standard normal distribution cut to a shell of radius 2, a twentieth thick.
void shell(const Array2& z, std::span<double> value) {
  for (std::size_t k = 0; k < z.rows; ++k) {
    const double r = std::sqrt(-2.0 * normal(z.row(k)));
    value[k] = r > 2.0 && r < 2.1 ? normal(z.row(k)) : none;
  }
}

TEST(CutWalk, SpreadsOverAThinShell) {
  // Ten seeds in one eighth of it.
  Array2 start(2000, 3);
  for (std::size_t k = 0; k < start.rows; ++k) {
    Rng rng(1, 2, k % 10);
    double length = 0.0;
    for (double& v : start.row(k)) v = std::abs(rng.normal()), length += v * v;
    for (double& v : start.row(k)) v *= 2.05 / std::sqrt(length);
  }
  CutWalkOptions o;
  o.moves = 500;
  const auto walked = cut_walk(start, shell, o, Silent());
  ASSERT_TRUE(walked);
  EXPECT_EQ(walked->moves, 500U);
  EXPECT_GT(walked->moved, 0.8);
  std::vector<double> value(start.rows);
  shell(walked->points, value);
  double mean[3] = {}, square[3] = {}, radius = 0.0;
  for (std::size_t k = 0; k < start.rows; ++k) {
    ASSERT_GT(value[k], none);
    for (std::size_t j = 0; j < 3; ++j)
      mean[j] += walked->points(k, j) / 2000.0, square[j] += std::pow(walked->points(k, j), 2) / 2000.0;
    radius += std::sqrt(-2.0 * normal(walked->points.row(k))) / 2000.0;
  }
  // Directions are uniform: means 0, squares a third of the radius'. Five standard errors of 2000 draws of which a
  // third are independent.
  const double r = radius, error = r / std::sqrt(3.0) / std::sqrt(2000.0 / 3.0);
  for (std::size_t j = 0; j < 3; ++j) {
    EXPECT_NEAR(mean[j], 0.0, 5.0 * error);
    EXPECT_NEAR(square[j], r * r / 3.0, 5.0 * error * r);
  }
  // The radius has the density r^2 exp(-r^2/2) between 2 and 2.1: its mean, by the midpoint rule.
  double sum = 0.0, weight = 0.0;
  for (int i = 0; i < 1000; ++i) {
    const double at = 2.0 + 1e-4 * (i + 0.5), w = at * at * std::exp(-0.5 * at * at);
    sum += w * at, weight += w;
  }
  EXPECT_NEAR(radius, sum / weight, 5.0 * 0.1 / std::sqrt(12.0) / std::sqrt(2000.0 / 3.0));
}

/// Without an edge it is the density itself, here in eight dimensions of different scales.
TEST(CutWalk, KeepsTheDensitysMoments) {
  constexpr std::size_t d = 8;
  const auto density = [](const Array2& z, std::span<double> value) {
    for (std::size_t k = 0; k < z.rows; ++k) {
      value[k] = 0.0;
      for (std::size_t j = 0; j < d; ++j)
        value[k] -= 0.5 * std::pow(z(k, j) * std::pow(10.0, static_cast<double>(j) - 4.0), 2);
    }
  };
  Array2 start(1000, d);
  for (std::size_t k = 0; k < start.rows; ++k) {
    Rng rng(1, 3, k % 50);  // twenty copies of each
    for (std::size_t j = 0; j < d; ++j) start(k, j) = 0.5 * rng.normal() * std::pow(10.0, 4.0 - static_cast<double>(j));
  }
  CutWalkOptions o;
  o.moves = 100;
  const auto walked = cut_walk(start, density, o, Silent());
  ASSERT_TRUE(walked);
  for (std::size_t j = 0; j < d; ++j) {
    double square = 0.0;
    for (const double v : walked->points.column(j)) square += v * v / 1000.0;
    square *= std::pow(10.0, 2.0 * static_cast<double>(j) - 8.0);
    EXPECT_NEAR(square, 1.0, 5.0 * std::sqrt(2.0 / 300.0)) << j;
  }
}

TEST(CutWalk, TheSameSeedTheSameBitsAndAStopLeavesDraws) {
  Array2 start(100, 3);
  for (std::size_t k = 0; k < start.rows; ++k) {
    Rng rng(1, 4, k);
    double length = 0.0;
    for (double& v : start.row(k)) v = rng.normal(), length += v * v;
    for (double& v : start.row(k)) v *= 2.05 / std::sqrt(length);
  }
  const auto a = cut_walk(start, shell, {}, Silent()), b = cut_walk(start, shell, {}, Silent());
  CutWalkOptions other;
  other.seed = 2;
  const auto c = cut_walk(start, shell, other, Silent());
  ASSERT_TRUE(a && b && c);
  EXPECT_EQ(a->points.values, b->points.values);
  EXPECT_NE(a->points.values, c->points.values);
  for (const long after : {0L, 1L, 20L}) {
    const StopsAfter stop(after);
    const auto stopped = cut_walk(start, shell, {}, stop);
    ASSERT_TRUE(stopped);
    std::vector<double> value(100);
    shell(stopped->points, value);
    for (const double v : value) EXPECT_GT(v, none);
  }
}

/// All particles at one point: there is no difference to go along, and still they spread.
TEST(CutWalk, StartsFromOnePoint) {
  Array2 start(200, 2);
  for (std::size_t k = 0; k < start.rows; ++k) start(k, 0) = 0.3, start(k, 1) = -0.2;
  const auto density = [](const Array2& z, std::span<double> value) {
    for (std::size_t k = 0; k < z.rows; ++k)
      value[k] = std::abs(z(k, 0)) < 1.0 && std::abs(z(k, 1)) < 1.0 ? normal(z.row(k)) : none;
  };
  CutWalkOptions o;
  o.moves = 200;
  const auto walked = cut_walk(start, density, o, Silent());
  ASSERT_TRUE(walked);
  double low = 1.0, high = -1.0;
  for (const double v : walked->points.column(0)) low = std::min(low, v), high = std::max(high, v);
  EXPECT_LT(low, -0.9);
  EXPECT_GT(high, 0.9);
}

TEST(CutWalk, OptionsOutOfRangeAreNamed) {
  CutWalkOptions o;
  o.width = 0.0;
  o.most_shrinks = 0;
  const auto walked = cut_walk(Array2(4, 1), shell, o, Silent());
  ASSERT_FALSE(walked);
  EXPECT_EQ(walked.error().size(), 2U);
}

}  // namespace
}  // namespace hillock::infer
