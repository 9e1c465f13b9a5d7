#include "verify/expected_error.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "verify/block_bootstrap.hpp"
#include "verify/test/series.hpp"

namespace hillock::verify {
namespace {

TEST(ExpectedError, ByHand) {
  const std::vector<double> best = {0.0, 0.0, 0.0};
  const std::vector<double> trace = {3.0, 100.0, 0.0};
  const std::vector<std::uint8_t> mask = {1, 0, 1};
  // (9 + 16 + 0 + 16) / 2 = 20.5
  EXPECT_NEAR(expected_error(best, trace, std::vector<double>{4.0}, mask, 2.0), std::sqrt(20.5) / 2.0, 1e-15);
  EXPECT_NEAR(expected_error(best, trace, std::vector<double>{4.0, 9.0, 0.0}, mask, 2.0), std::sqrt(12.5) / 2.0, 1e-15);
  EXPECT_TRUE(
      std::isnan(expected_error(best, trace, std::vector<double>{4.0}, std::vector<std::uint8_t>{0, 0, 0}, 2.0)));
  EXPECT_TRUE(std::isnan(expected_error(best, trace, std::vector<double>{4.0}, mask, 0.0)));
}

TEST(ExpectedError, IsWhatHeldOutDataGiveIfTheModelIsRight) {
  // y ~ N(m, s): m and s fitted to 200 training samples, 400 held-out samples predicted. The posterior under flat
  // priors on m and ln s: s^2 = S / chi2(199), m ~ N(mean, s / sqrt(200)). z = (error - expected) / hypot(se,
  // expected_se) should be about standard normal: over 400 worlds the mean has sd 0.05, the sd 0.035. Four of them, and
  // 0.05 for the skew of chi2.
  constexpr int worlds = 400;
  constexpr std::size_t train = 200;
  constexpr std::size_t test_samples = 400;
  double sum = 0.0;
  double squares = 0.0;
  double overconfident = 0.0;
  for (int w = 0; w < worlds; ++w) {
    const std::vector<double> y = test::white(train, 70, static_cast<std::uint64_t>(w));
    const std::vector<double> held_out = test::white(test_samples, 71, static_cast<std::uint64_t>(w));
    double mean = 0.0;
    for (const double v : y) mean += v / train;
    double total = 0.0;
    for (const double v : y) total += (v - mean) * (v - mean);
    std::vector<double> residuals;
    for (const double v : held_out) residuals.push_back(mean - v);
    const ErrorWithSe found = rms_error(residuals, {}, 1.0, {.block = 8, .replicates = 200, .seed = 1});

    Rng rng(72, stream_id("expected error test"), static_cast<std::uint64_t>(w));
    const std::vector<double> best(test_samples, mean);
    std::vector<double> errors;
    for (int d = 0; d < 100; ++d) {
      double chi2 = 0.0;
      for (std::size_t k = 1; k < train; ++k) {
        const double e = rng.normal();
        chi2 += e * e;
      }
      const double sd = std::sqrt(total / chi2);
      const std::vector<double> trace(test_samples, mean + sd / std::sqrt(static_cast<double>(train)) * rng.normal());
      errors.push_back(expected_error(best, trace, std::vector<double>{sd}, {}, 1.0));
    }
    double expected = 0.0;
    for (const double e : errors) expected += e / 100.0;
    const double z = (found.error - expected) / std::hypot(found.se, standard_deviation(errors));
    sum += z / worlds;
    squares += z * z / worlds;
    const double alone = (found.error - expected) / found.se;  // the planted fault: the fitted noise taken for exact
    overconfident += alone * alone / worlds;
  }
  EXPECT_NEAR(sum, 0.0, 4.0 * 0.05);
  EXPECT_NEAR(std::sqrt(squares - sum * sum), 1.0, 4.0 * 0.035 + 0.05);
  EXPECT_GT(std::sqrt(overconfident), 1.4);  // training samples are half as many: variance three times too small
}

}  // namespace
}  // namespace hillock::verify
