/// Laplace's approximation by the observed information: against differences of the log posterior's gradient.

#include <gtest/gtest.h>

#include <Eigen/LU>

#include <cmath>

#include "sim/test/models.hpp"
#include "study/fit_posterior.hpp"

namespace hillock::study {
namespace {

using sim::fixture::Noise;

class Laplace : public testing::Test {
 protected:
  Laplace() {
    const auto at = sim::fixture::gate_parameters(Noise::ar1);
    std::vector<std::string> names;
    std::vector<prob::Prior> priors;
    // Of every kind of scale: log, bounded, plain, bounded in logs.
    const std::vector<std::pair<const char*, std::vector<double>>> families{
        {"lognormal", {at[0], 0.5}},  {"uniform", {0.0, 80.0}}, {"lognormal", {at[2], 0.5}}, {"normal", {at[3], 6.0}},
        {"loguniform", {0.01, 10.0}}, {"halfnormal", {0.1}},    {"loguniform", {1e-4, 1e-1}}};
    for (std::size_t i = 0; i < at.size(); ++i) {
      names.push_back(model.symbol(model.parameters[i].symbol).name);
      priors.push_back(*prob::Prior::make(families[i].first, families[i].second));
    }
    space = *prob::ParameterSpace::make(names, priors);
    target.model = &model;
    target.space = &*space;
    target.mechanism = sim::mechanism_parameters(model);
    target.experiment = sim::fixture::gate_experiment(Noise::ar1);
    target.integrator = "exponential_euler";
    target.run = {sim::Backend::interpreter, 1};
    start = at;
  }

  /// Minus the second derivatives of the log posterior by central differences of its exact gradient at 1e-4 and half of
  /// that, extrapolated: (1e-4)^4 and 1e-15/1e-4 times what sums of 60 terms lose.
  [[nodiscard]] Eigen::MatrixXd curvature(Posterior& density, const std::vector<double>& u) const {
    const auto d = static_cast<Eigen::Index>(u.size());
    const auto gradient = [&](Eigen::Index i, double by) {
      Array2 at(1, u.size()), slope;
      at.values = u;
      at(0, static_cast<std::size_t>(i)) += by;
      double value = 0.0;
      density.evaluate(at, std::span(&value, 1), &slope);
      return Eigen::VectorXd(Eigen::Map<Eigen::VectorXd>(slope.values.data(), d));
    };
    Eigen::MatrixXd out(d, d);
    const double h = 1e-4;
    for (Eigen::Index i = 0; i < d; ++i) {
      const Eigen::VectorXd coarse = (gradient(i, h) - gradient(i, -h)) / (2 * h);
      const Eigen::VectorXd fine = (gradient(i, h / 2) - gradient(i, -h / 2)) / h;
      out.row(i) = -(4 * fine - coarse) / 3;
    }
    return out;
  }

  ir::Model model = sim::fixture::gate(Noise::ar1);
  std::optional<prob::ParameterSpace> space;
  Target target;
  std::vector<double> start;
};

TEST_F(Laplace, ObservedInformationIsTheCurvatureOfTheLogPosterior) {
  auto density = Posterior::create(target);
  ASSERT_TRUE(density);
  std::vector<double> u;
  for (std::size_t j = 0; j < start.size(); ++j) u.push_back(space->prior(j).to_unconstrained(start[j]) + 0.03);
  const auto observed = density->observed_information(u);
  ASSERT_TRUE(observed) << observed.error()[0].message;
  const Eigen::MatrixXd want = curvature(*density, u);
  const auto bend = [&](std::size_t j) {  // of the prior, which is no part of the information
    const double h = 1e-4;
    return (space->prior(j).log_density_unconstrained(u[j] - h).derivative -
            space->prior(j).log_density_unconstrained(u[j] + h).derivative) /
           (2 * h);
  };
  const double largest = want.cwiseAbs().maxCoeff();
  for (std::size_t i = 0; i < u.size(); ++i)
    for (std::size_t j = 0; j < u.size(); ++j)
      EXPECT_NEAR((*observed)(i, j) + (i == j ? bend(i) : 0.0),
                  want(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)), 1e-7 * largest)
          << i << ", " << j;
}

TEST_F(Laplace, CovarianceIsTheInverseOfTheCurvatureAtTheMode) {
  auto density = Posterior::create(target);
  ASSERT_TRUE(density);
  Silent silent;
  const Checkpoints none{[](const std::string&) { return std::string(); },
                         [](const std::string&, const std::string&) {}};
  SearchOptions options;
  const auto got = sample_posterior(target, *density, start, options, "laplace", 1, none, silent);
  ASSERT_TRUE(got) << got.error()[0].message;
  EXPECT_TRUE(got->notes.empty()) << got->notes[0];
  const auto d = static_cast<Eigen::Index>(start.size());
  const Eigen::MatrixXd want = curvature(*density, got->mode).inverse();
  const Eigen::Map<const Eigen::Matrix<double, -1, -1, Eigen::RowMajor>> have(got->covariance.values.data(), d, d);
  for (Eigen::Index i = 0; i < d; ++i)
    for (Eigen::Index j = 0; j < d; ++j)
      // The prior's curvature is a difference at 1e-3: 1e-6 of it; times the condition of the matrix.
      EXPECT_NEAR(have(i, j), want(i, j), 1e-4 * std::sqrt(want(i, i) * want(j, j))) << i << ", " << j;
}

TEST_F(Laplace, OfStepsThatALaneChoosesTakesTheExpectedInformationAndSaysSo) {
  target.integrator = "dopri5";
  auto density = Posterior::create(target);
  ASSERT_TRUE(density);
  Silent silent;
  const Checkpoints none{[](const std::string&) { return std::string(); },
                         [](const std::string&, const std::string&) {}};
  const auto got = sample_posterior(target, *density, start, {}, "laplace", 1, none, silent);
  ASSERT_TRUE(got) << got.error()[0].message;
  ASSERT_EQ(got->notes.size(), 1U);
  EXPECT_NE(got->notes[0].find("expected information instead of the observed one: dopri5"), std::string::npos);
}

}  // namespace
}  // namespace hillock::study
