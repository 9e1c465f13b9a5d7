#include "verify/optima.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace hillock::verify {
namespace {

Array2 points(const std::vector<double>& x) {
  Array2 out(x.size(), 1);
  out.values = x;
  return out;
}

TEST(Optima, OnePlaceTwoPlacesAndWorseOnes) {
  const std::vector<double> scale = {0.1};
  const std::vector<double> errors = {1.0, 1.0005, 1.0, 2.0, std::nan("")};
  const Optima one = count_optima(points({0.0, 0.05, -0.05, 7.0, 3.0}), errors, scale);
  EXPECT_EQ(one.distinct, 1);
  EXPECT_EQ(one.agreeing, 3);
  EXPECT_EQ(one.failed, 1);
  // The planted fault: a mirror image of the same error.
  EXPECT_EQ(count_optima(points({0.0, 5.0, 0.0, 7.0, 3.0}), errors, scale).distinct, 2);
  // Another place with another error is no second optimum.
  EXPECT_EQ(count_optima(points({0.0, 0.0, 0.0, 5.0, 3.0}), errors, scale).distinct, 1);
}

TEST(Optima, AValleyIsOnePlace) {
  std::vector<double> x;
  for (int i = 0; i < 50; ++i) x.push_back(0.09 * ((i * 17) % 50));  // a chain 4.4 long, in no order
  EXPECT_EQ(count_optima(points(x), std::vector<double>(50, 1.0), std::vector<double>{0.1}).distinct, 1);
}

TEST(Optima, NoStartsOrAllFailed) {
  const std::vector<double> scale = {1.0};
  EXPECT_EQ(count_optima(Array2(0, 1), {}, scale).distinct, 0);
  const Optima failed = count_optima(points({1.0}), std::vector<double>{std::nan("")}, scale);
  EXPECT_EQ(failed.distinct, 0);
  EXPECT_EQ(failed.failed, 1);
}

}  // namespace
}  // namespace hillock::verify
