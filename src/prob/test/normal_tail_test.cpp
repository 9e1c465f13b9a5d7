#include "prob/normal_tail.hpp"

#include <gtest/gtest.h>

#include <boost/math/special_functions/erf.hpp>
#include <cmath>
#include <limits>
#include <numbers>

namespace hillock::prob {
namespace {

using Wide = long double;  // 64 bits of mantissa: an oracle for doubles

/// Boost's quantile in 80 bits.
Wide oracle(double q) { return std::numbers::sqrt2_v<Wide> * boost::math::erfc_inv(Wide{2} * q); }

double ulps(double found, Wide wanted) {
  const double near = std::fabs(static_cast<double>(wanted));
  const double ulp = std::nextafter(near, HUGE_VAL) - near;
  return static_cast<double>(std::fabs(static_cast<Wide>(found) - wanted)) / ulp;
}

// AS 241 states 1e-16. Its polynomials of degree 7 are summed in double: about 8 roundings each of numerator and
// denominator, and the logarithm's and root's own; 8 ulp are a bound that a wrong coefficient breaks by far.
TEST(NormalTail, QuantilesAgainstBoostInUlp) {
  double worst = 0.0;
  for (double q = 0.5; q > 1e-300; q *= 0.987) worst = std::max(worst, ulps(upper_quantile(q), oracle(q)));
  for (double q = 0.4999; q > 1e-300; q *= 0.73) {
    worst = std::max(worst, ulps(upper_quantile(q), oracle(q)));
    // log q carries an error of half an ulp of log q, and z goes with its root.
    worst = std::max(worst, ulps(upper_quantile_log(std::log(q)), oracle(q)) - (q > 0.05 ? 1e3 * q : 0.0));
  }
  EXPECT_LT(worst, 8.0);
  RecordProperty("worst_ulp", std::to_string(worst));
}

TEST(NormalTail, TheCentreIsExactDownToTheLeastNumbers) {
  double worst = 0.0;
  for (double q = 0.425; q > 1e-300; q *= 0.83) {
    const Wide wanted = std::numbers::sqrt2_v<Wide> * boost::math::erf_inv(Wide{2} * q);
    worst = std::max({worst, ulps(central_quantile(q), wanted), ulps(-central_quantile(-q), wanted)});
  }
  EXPECT_LT(worst, 8.0);
  EXPECT_EQ(central_quantile(0.0), 0.0);
}

TEST(NormalTail, GoesOnWhereTheTailItselfIsNoNumberAnyMore) {
  double before = upper_quantile_log(-600.0);
  for (double log_q = -601.0; log_q > -1e9; log_q *= 1.003) {
    const double z = upper_quantile_log(log_q);
    ASSERT_GT(z, before);
    // Forth and back: one rounding each of log q, relative to it.
    EXPECT_NEAR(log_upper_tail(z) / log_q, 1.0, 4e-15) << log_q;
    before = z;
  }
  // Both sides of the places where the formula changes, at z = 37 and at sqrt(-log q) = 27.
  for (const double z : {36.999999, 37.0, 37.000001, 38.0, 100.0, 1e8}) {
    EXPECT_TRUE(std::isfinite(log_upper_tail(z)));
    EXPECT_NEAR(upper_quantile_log(log_upper_tail(z)) / z, 1.0, 1e-14) << z;
  }
  EXPECT_NEAR(log_upper_tail(37.0) / log_upper_tail(std::nextafter(37.0, 0.0)), 1.0, 1e-14);
}

}  // namespace
}  // namespace hillock::prob
