#include "infer/pareto_smoothing.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/rng.hpp"
#include "infer/resample.hpp"

namespace hillock::infer {
namespace {

const double infinity = std::numeric_limits<double>::infinity();

double sum_of_weights(const ParetoSmoothed& p) {
  double sum = 0.0;
  for (const double w : p.log_weights) sum += std::exp(w);
  return sum;
}

// The expected numbers are those of this, written from the papers for numpy:
//
//   def gpdfit(x):
//       n = len(x); m = 30 + int(np.sqrt(n))
//       b = 1/x[-1] + (1 - np.sqrt(m/(np.arange(1, m+1) - .5)))/(3*x[int(np.floor(n/4 + .5)) - 1])
//       k = np.log1p(-b[:, None]*x).mean(1)
//       L = n*(np.log(-b/k) - k - 1)
//       w = np.exp(L - logsumexp(L)); bh = (w*b).sum()
//       k = np.log1p(-bh*x).mean(); s = -k/bh
//       return (n*k + 5)/(n + 10), s
//   def psis(lw):
//       lw = lw - lw.max(); S = len(lw); M = int(np.ceil(min(.2*S, 3*np.sqrt(S))))
//       o = np.argsort(lw, kind='stable'); cut = lw[o[S-M-1]]
//       tail = [i for i in o if lw[i] > cut]; n = len(tail)
//       k, s = gpdfit(np.exp(lw[tail]) - np.exp(cut))
//       q = s*np.expm1(-k*np.log1p(-(np.arange(n) + .5)/n))/k
//       out = lw.copy(); out[tail] = np.minimum(0, np.log(q + np.exp(cut)))
//       return out - logsumexp(out), k, s, n
//
// for 100 weights from u_i = fractional part of i 0.6180339887498949, i = 1..100: log w = -1.3 log u, a heavy tail, and
// log w = -4.5 u^2, which is bounded.
TEST(ParetoSmoothing, AgreesWithAnIndependentImplementation) {
  std::vector<double> heavy, bounded;
  for (int i = 1; i <= 100; ++i) {
    const double product = i * 0.6180339887498949, u = product - std::floor(product);
    heavy.push_back(-1.3 * std::log(u));
    bounded.push_back(-4.5 * u * u);
  }
  // 1e-9: sums of a hundred terms by other summations, and exponentials of other libraries, are 1e-13 apart; the fit's
  // condition is some hundreds.
  const ParetoSmoothed a = pareto_smooth(heavy);
  EXPECT_NEAR(a.khat, 0.9744867899583151, 1e-9);
  EXPECT_EQ(a.tail, 20U);
  EXPECT_NEAR(a.log_weights[0], -6.449188114874369, 1e-9);
  EXPECT_NEAR(a.log_weights[49], -6.940247245456694, 1e-9);
  EXPECT_NEAR(a.log_weights[98], -4.917548257488509, 1e-9);
  EXPECT_NEAR(*std::ranges::max_element(a.log_weights), -1.075774797507127, 1e-9);
  EXPECT_NEAR(effective_sample_size(weights_of(a.log_weights)), 7.025032242158609, 1e-8);
  const ParetoSmoothed b = pareto_smooth(bounded);
  EXPECT_NEAR(b.khat, -0.9212469510146348, 1e-9);
  EXPECT_NEAR(b.log_weights[0], -5.448689622297145, 1e-9);
  EXPECT_NEAR(b.log_weights[98], -3.896013210415107, 1e-9);
  EXPECT_NEAR(effective_sample_size(weights_of(b.log_weights)), 58.46333947754968, 1e-8);
  EXPECT_NEAR(sum_of_weights(a), 1.0, 1e-12);
}

TEST(ParetoSmoothing, FindsTheShapeOfKnownTails) {
  constexpr std::size_t n = 100'000;
  for (const double k : {-0.4, 0.1, 0.5, 0.7, 1.0, 1.5}) {
    std::vector<double> log_weights(n);
    Rng rng(11, stream_id("test"), static_cast<std::uint64_t>(100.0 * k + 100.0));
    // A generalised Pareto variable, plus a constant so that it is a weight: its tail is one with the same k.
    for (double& w : log_weights) w = std::log(1.0 + std::expm1(-k * std::log(rng.uniform())) / k);
    const ParetoSmoothed p = pareto_smooth(log_weights);
    // The tail has 3 sqrt(n) = 949 draws; the maximum likelihood estimate has a standard error of (1 + k)/sqrt(949),
    // and the prior moves it by 10 (0.5 - k)/959.
    EXPECT_NEAR(p.khat, k, 5.0 * (1.0 + k) / std::sqrt(949.0) + 10.0 * std::fabs(0.5 - k) / 959.0) << k;
    EXPECT_EQ(p.tail, 949U);
    EXPECT_NEAR(sum_of_weights(p), 1.0, 1e-9);
  }
}

TEST(ParetoSmoothing, AWideProposalIsTrustedANarrowOneIsNot) {
  // Target N(0, 1). The ratio to N(0, s) has a tail of k = 1 - s^2: bounded for s > 1, without a mean for s^2 < 0 only,
  // but slowly there in finite samples; at s = 0.4, k = 0.84.
  const auto khat = [](double s) {
    std::vector<double> log_weights(20'000);
    Rng rng(12, stream_id("test"));
    for (double& w : log_weights) {
      const double x = s * rng.normal();
      w = -0.5 * x * x * (1.0 - 1.0 / (s * s));
    }
    return pareto_smooth(log_weights).khat;
  };
  EXPECT_LT(khat(1.3), khat_threshold(20'000));
  EXPECT_GT(khat(0.4), khat_threshold(20'000));
}

TEST(ParetoSmoothing, SmoothingLowersTheErrorOfAHeavyTail) {
  // E[w x] of weights w = u^-0.6 (1 - 0.6), whose mean is 1: raw sums against smoothed ones, over 200 samples of 1000.
  double raw = 0.0, smooth = 0.0;
  for (std::uint64_t trial = 0; trial < 200; ++trial) {
    Rng rng(13, stream_id("test"), trial);
    std::vector<double> log_weights(1000);
    for (double& w : log_weights) w = -0.6 * std::log(rng.uniform()) + std::log(0.4);
    const ParetoSmoothed p = pareto_smooth(log_weights);
    double a = 0.0;
    for (const double w : log_weights) a += std::exp(w) / 1000.0;
    // The smoothed weights are normalised; the smallest one was not touched and tells by how much.
    const auto least = static_cast<std::size_t>(std::ranges::min_element(log_weights) - log_weights.begin());
    const double b = std::exp(log_weights[least] - p.log_weights[least]) / 1000.0;
    raw += (a - 1.0) * (a - 1.0);
    smooth += (b - 1.0) * (b - 1.0);
  }
  EXPECT_LT(smooth, 0.7 * raw);
}

TEST(ParetoSmoothing, SpecialCases) {
  EXPECT_EQ(pareto_smooth(std::vector<double>(100, -3.0)).khat, -infinity);  // all the same: nothing better
  EXPECT_NEAR(pareto_smooth(std::vector<double>(100, -3.0)).log_weights[0], -std::log(100.0), 1e-12);
  EXPECT_EQ(pareto_smooth(std::vector<double>{0.0, 1.0, 2.0, 3.0}).khat, infinity);  // too few to tell
  EXPECT_EQ(pareto_smooth({}).khat, infinity);
  std::vector<double> one(100, -infinity);
  EXPECT_EQ(pareto_smooth(one).khat, infinity);  // nothing weighs anything
  EXPECT_EQ(pareto_smooth(one).log_weights[0], -infinity);
  one[3] = -1e6;  // one draw weighs everything
  EXPECT_EQ(pareto_smooth(one).khat, infinity);
  EXPECT_NEAR(pareto_smooth(one).log_weights[3], 0.0, 1e-12);
  one[4] = std::nan("");
  EXPECT_EQ(pareto_smooth(one).khat, infinity);
  one[4] = infinity;
  EXPECT_EQ(pareto_smooth(one).khat, infinity);
  // A tail of equal weights cannot be fitted; they stay as they are.
  std::vector<double> ties(100, 0.0);
  std::fill_n(ties.begin(), 15, 2.0);
  EXPECT_EQ(pareto_smooth(ties).khat, infinity);
  EXPECT_NEAR(pareto_smooth(ties).log_weights[0] - pareto_smooth(ties).log_weights[99], 2.0, 1e-12);
  EXPECT_TRUE(std::isinf(fit_generalised_pareto(std::vector<double>(7, 2.0)).k));
}

TEST(ParetoSmoothing, Threshold) {
  EXPECT_DOUBLE_EQ(khat_threshold(100), 0.5);
  EXPECT_DOUBLE_EQ(khat_threshold(10'000), 0.7);
  EXPECT_EQ(khat_threshold(1), -infinity);
}

}  // namespace
}  // namespace hillock::infer
