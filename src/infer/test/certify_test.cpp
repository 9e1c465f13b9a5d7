// Weights say how near a sample is to a posterior: against distances in closed form, and where they must not be
// trusted.

#include "infer/certify.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "base/rng.hpp"
#include "infer/resample.hpp"

namespace hillock::infer {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();
const double log_2pi = std::log(8.0 * std::atan(1.0));

double log_normal(double x, double mean, double sd) {
  return -0.5 * (x - mean) * (x - mean) / (sd * sd) - std::log(sd) - 0.5 * log_2pi;
}

double cumulative(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

/// Draws of N(0, sd^2) in d dimensions as a proposal of N(0, 1), both normalised.
struct Densities {
  std::vector<double> log_posterior, log_proposal;
  Densities(std::size_t n, std::size_t d, double sd, double mean = 0.0) : log_posterior(n, 0.0), log_proposal(n, 0.0) {
    for (std::size_t k = 0; k < n; ++k) {
      Rng rng(11, stream_id("certify test"), k);
      for (std::size_t j = 0; j < d; ++j) {
        const double x = mean + sd * rng.normal();
        log_posterior[k] += log_normal(x, 0.0, 1.0);
        log_proposal[k] += log_normal(x, mean, sd);
      }
    }
  }
};

TEST(Certify, AProposalThatIsThePosteriorIsExact) {
  const Densities at(2000, 3, 1.0);
  const Certificate c = certify(at.log_posterior, at.log_proposal);
  EXPECT_TRUE(c.exact) << c.why;
  EXPECT_NEAR(c.effective, 2000.0, 1e-6);
  EXPECT_NEAR(c.distance, 0.0, 1e-9);
  EXPECT_EQ(c.outside, 0U);
}

TEST(Certify, WiderProposalsAreWorthWhatTheirVarianceSays) {
  // q = N(0, s^2) in d dimensions: the mean of w^2 under q is (s^2 / sqrt(2 s^2 - 1))^d, and draws are worth n over
  // that. Weights are bounded: k is below 0 but for its prior of 0.5. In one dimension p and q cross at x, x^2 = 2 s^2
  // log s / (s^2 - 1), and their distance is the difference of what they have between -x and x.
  for (const double s : {1.2, 1.5, 3.0})
    for (const std::size_t d : {1U, 3U}) {
      const std::size_t n = 20000;
      const Densities at(n, d, s);
      const Certificate c = certify(at.log_posterior, at.log_proposal);
      EXPECT_TRUE(c.exact) << c.why;
      const double share = std::pow(std::sqrt(2.0 * s * s - 1.0) / (s * s), static_cast<double>(d));
      // The mean of w^2 has a relative standard error of at most about 3 / sqrt(n share).
      EXPECT_NEAR(c.effective / (share * static_cast<double>(n)), 1.0, 9.0 / std::sqrt(share * static_cast<double>(n)))
          << s << ' ' << d;
      EXPECT_LT(c.khat, 0.5);
      if (d > 1) continue;
      const double x = std::sqrt(2.0 * s * s * std::log(s) / (s * s - 1.0));
      const double distance = 2.0 * (cumulative(x) - cumulative(x / s));
      EXPECT_NEAR(c.distance, distance, 5.0 * 0.5 / std::sqrt(static_cast<double>(n))) << s;
    }
}

TEST(Certify, ConstantsOfBothDensitiesCancel) {
  Densities at(1000, 2, 1.3);
  const Certificate plain = certify(at.log_posterior, at.log_proposal);
  for (double& v : at.log_posterior) v += 5000.0;
  for (double& v : at.log_proposal) v -= 321.0;
  const Certificate shifted = certify(at.log_posterior, at.log_proposal);
  EXPECT_NEAR(shifted.effective, plain.effective, 1e-6);
  EXPECT_NEAR(shifted.khat, plain.khat, 1e-6);
  EXPECT_NEAR(shifted.distance, plain.distance, 1e-9);
}

TEST(Certify, ATooNarrowProposalIsFound) {
  // w = exp(z^2 (1 - s^2) / 2) in each dimension: its tail has the shape k = 1 - s^2.
  const Densities at(10000, 2, 0.35);
  const Certificate c = certify(at.log_posterior, at.log_proposal);
  EXPECT_FALSE(c.exact);
  EXPECT_GT(c.khat, 0.7);
  EXPECT_NE(c.why.find("Pareto k"), std::string::npos) << c.why;
  // A little too narrow is mended by weights.
  const Densities near(10000, 2, 0.85);
  EXPECT_TRUE(certify(near.log_posterior, near.log_proposal).exact);
}

TEST(Certify, AShiftedProposalIsApproximate) {
  const Densities at(10000, 4, 1.0, 2.5);
  EXPECT_FALSE(certify(at.log_posterior, at.log_proposal).exact);
}

/// The posterior: 0.7 N(-2, 0.3^2) + 0.3 N(2, 0.3^2), of which the proposal knows the first.
double log_two_modes(double x) {
  return std::log(0.7 * std::exp(log_normal(x, -2.0, 0.3)) + 0.3 * std::exp(log_normal(x, 2.0, 0.3)));
}

TEST(Certify, AMissedModeIsFoundByDrawsOfThePriorAlone) {
  std::vector<double> posterior, proposal, look_posterior, look_proposal, look_prior;
  for (std::size_t k = 0; k < 4000; ++k) {
    Rng rng(3, stream_id("modes"), k);
    const double x = -2.0 + 0.3 * rng.normal();
    posterior.push_back(log_two_modes(x) + 17.0);  // up to a constant
    proposal.push_back(log_normal(x, -2.0, 0.3));
    const double y = 3.0 * rng.normal();
    look_posterior.push_back(log_two_modes(y) + 17.0);
    look_proposal.push_back(log_normal(y, -2.0, 0.3));
    look_prior.push_back(log_normal(y, 0.0, 3.0));
  }
  const Certificate blind = certify(posterior, proposal);
  EXPECT_TRUE(blind.exact) << "weights alone cannot see it";
  EXPECT_TRUE(std::isnan(blind.elsewhere));
  const Certificate c = certify(posterior, proposal, {}, {look_posterior, look_proposal, look_prior});
  EXPECT_FALSE(c.exact);
  // About one in 12 draws of the prior lies in the mode: 300 of 4000 and a relative error of some 6 %, three of them.
  EXPECT_NEAR(c.elsewhere, 0.3, 0.06);
  EXPECT_NE(c.why.find("where no draw is"), std::string::npos) << c.why;
}

TEST(Certify, LooksOfThePriorFindNothingWhereNothingIs) {
  std::vector<double> posterior, proposal, look_posterior, look_proposal, look_prior;
  for (std::size_t k = 0; k < 4000; ++k) {
    Rng rng(3, stream_id("one mode"), k);
    const double x = 0.5 + 0.22 * rng.normal(), y = rng.normal();
    posterior.push_back(log_normal(x, 0.5, 0.2));
    proposal.push_back(log_normal(x, 0.5, 0.22));
    look_posterior.push_back(log_normal(y, 0.5, 0.2));
    look_proposal.push_back(log_normal(y, 0.5, 0.22));
    look_prior.push_back(log_normal(y, 0.0, 1.0));
  }
  const Certificate c = certify(posterior, proposal, {}, {look_posterior, look_proposal, look_prior});
  EXPECT_TRUE(c.exact) << c.why;
  EXPECT_LT(c.elsewhere, 0.002);
}

TEST(Certify, DrawsWithoutALikelihoodWeighNothing) {
  Densities at(1000, 1, 1.0);
  for (std::size_t k = 0; k < 1000; k += 4) at.log_posterior[k] = k % 8 == 0 ? nan : -infinity;
  const Certificate c = certify(at.log_posterior, at.log_proposal);
  EXPECT_EQ(c.outside, 250U);
  EXPECT_NEAR(c.effective, 750.0, 1e-6);
  // A quarter of the proposal's mass is not the posterior's: exactly the distance.
  EXPECT_NEAR(c.distance, 0.25, 1e-9);
  EXPECT_EQ(c.log_weight[0], -infinity);
  EXPECT_TRUE(c.exact) << c.why;
}

TEST(Certify, NothingIsExactWithoutDraws) {
  const std::vector<double> none, one{-1.0}, few(24, -1.0), undefined(100, nan), flat(100, 0.0);
  for (const auto* posterior : {&none, &one, &few}) {
    const Certificate c = certify(*posterior, *posterior);
    EXPECT_FALSE(c.exact);
    EXPECT_FALSE(c.why.empty());
  }
  const Certificate c = certify(undefined, flat);
  EXPECT_FALSE(c.exact);
  EXPECT_EQ(c.why, "the exact posterior has no density at any draw");
  EXPECT_EQ(c.effective, 0.0);
  EXPECT_EQ(c.distance, 1.0);
  // The proposal's density overflowed at every draw.
  EXPECT_FALSE(certify(flat, std::vector<double>(100, infinity)).exact);
}

}  // namespace
}  // namespace hillock::infer
