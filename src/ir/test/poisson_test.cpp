// Poisson numbers against the distribution, through the lowered program that the back ends run.

#include "ir/poisson.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "ir/interpret.hpp"

namespace hillock::ir {
namespace {

/// The quantile as a function of (mean, uniform, normal).
class Quantile {
 public:
  Quantile() {
    Algebra algebra(graph_);
    const NodeId root =
        poisson_quantile(algebra, graph_.symbol(SymbolId{0}), graph_.symbol(SymbolId{1}), graph_.symbol(SymbolId{2}));
    evaluator_.emplace(graph_, std::span(&root, 1));
  }
  double operator()(double mean, double uniform, double normal) {
    const double in[3] = {mean, uniform, normal};
    double out = 0.0;
    evaluator_->run(in, std::span(&out, 1));
    return out;
  }

 private:
  Graph graph_;
  std::optional<Evaluator> evaluator_;
};

double log_probability(double k, double mean) { return k * std::log(mean) - mean - std::lgamma(k + 1.0); }

double normal_cdf(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

/// Where the normal number is z, the uniform one is normal_cdf(z): both branches are quantiles of one u.
double z_of(double u) {
  double low = -9.0, high = 9.0;
  for (int i = 0; i < 100; ++i) (normal_cdf(0.5 * (low + high)) < u ? low : high) = 0.5 * (low + high);
  return 0.5 * (low + high);
}

TEST(Poisson, ByInversionIsTheQuantileToTheLastBits) {
  Quantile quantile;
  for (const double mean : {1e-3, 0.3, 1.0, 4.7, 16.0}) {
    double sum = 0.0;
    for (int k = 0; k < 40; ++k) {
      const double before = sum;
      sum += std::exp(log_probability(k, mean));
      // k is the answer for u in (F(k-1), F(k)]; a few roundings of 1e-16 at the ends.
      if (sum - before < 1e-12) continue;
      EXPECT_EQ(quantile(mean, before + 1e-13, 0.0), k) << mean;
      EXPECT_EQ(quantile(mean, sum - 1e-13, 0.0), k) << mean;
    }
  }
}

TEST(Poisson, AboveSixteenEveryProbabilityIsRightToOneInTenThousand) {
  Quantile quantile;
  for (const double mean : {16.001, 25.0, 100.0, 1e4}) {
    const double sd = std::sqrt(mean);
    double cumulative = 0.0;
    for (double k = 0.0; k < mean - 6.0 * sd - 1.0; ++k) cumulative += std::exp(log_probability(k, mean));
    double worst = 0.0;
    for (double k = std::max(0.0, std::ceil(mean - 6.0 * sd - 1.0)); k < mean + 6.0 * sd; ++k) {
      cumulative += std::exp(log_probability(k, mean));
      // Where the quantile steps from k to k + 1, by bisection over z: the probability up to there against the right
      // one.
      double low = -9.0, high = 9.0;
      for (int i = 0; i < 80; ++i) {
        const double z = 0.5 * (low + high);
        (quantile(mean, 0.5, z) <= k ? low : high) = z;
      }
      worst = std::max(worst, std::fabs(normal_cdf(low) - cumulative));
    }
    EXPECT_LT(worst, 1e-4) << mean;
  }
}

TEST(Poisson, SpecialValues) {
  Quantile quantile;
  EXPECT_EQ(quantile(0.0, 0.5, 0.5), 0.0);
  EXPECT_EQ(quantile(0.0, 1.0, 0.5), 0.0);
  EXPECT_TRUE(std::isnan(quantile(-1.0, 0.5, 0.5)));
  EXPECT_TRUE(std::isnan(quantile(NAN, 0.5, 0.5)));
  // Continuous where the method changes: the median of both.
  for (const double u : {0.02, 0.3, 0.5, 0.9, 0.999})
    EXPECT_EQ(quantile(16.0, u, z_of(u)), quantile(16.0 + 1e-9, u, z_of(u))) << u;
}

}  // namespace
}  // namespace hillock::ir
