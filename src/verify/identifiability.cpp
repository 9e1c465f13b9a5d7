#include "verify/identifiability.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <Eigen/Eigenvalues>
#include <fmt/format.h>

namespace hillock::verify {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();
constexpr double flat = 1e8;  // a prior sd that no data can fail to beat, in place of infinity

/// Unit length, largest entry positive: an eigenvector has no sign of its own.
std::vector<double> oriented(const Eigen::VectorXd& v) {
  Eigen::Index largest = 0;
  v.cwiseAbs().maxCoeff(&largest);
  const double scale = (v[largest] < 0.0 ? -1.0 : 1.0) / v.norm();
  std::vector<double> out(static_cast<std::size_t>(v.size()));
  for (Eigen::Index i = 0; i < v.size(); ++i) out[static_cast<std::size_t>(i)] = v[i] * scale;
  return out;
}

Errors check(const IdentifiabilityInput& input) {
  Errors errors;
  const std::size_t d = input.names.size();
  double largest = 0.0;
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = 0; j < d; ++j) {
      const double value = input.information(i, j);
      if (!std::isfinite(value))
        errors.push_back({"information-not-finite",
                          fmt::format("the information between {} and {} is {}", input.names[i], input.names[j], value),
                          std::nullopt, input.names[i], "does the simulation succeed near the best fit?"});
      else largest = std::max(largest, std::fabs(value));
    }
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (std::fabs(input.information(i, j) - input.information(j, i)) > 1e-8 * largest)
        errors.push_back({"information-not-symmetric",
                          fmt::format("the information between {} and {} is {} one way and {} the other",
                                      input.names[i], input.names[j], input.information(i, j), input.information(j, i)),
                          std::nullopt, input.names[i], ""});
  for (std::size_t i = 0; i < d; ++i)
    if (!(input.prior_sd[i] > 0.0))
      errors.push_back(
          {"prior-sd-not-positive",
           fmt::format("the prior standard deviation of {} is {}, expected above 0", input.names[i], input.prior_sd[i]),
           std::nullopt, input.names[i], ""});
  return errors;
}

}  // namespace

std::string algebra(const std::vector<double>& loadings, const std::vector<std::string>& names,
                    const std::vector<Scale>& scales, double smallest_loading) {
  HILLOCK_CHECK(loadings.size() == names.size() && scales.size() == names.size(), "algebra: sizes differ");
  double norm = 0.0;
  double largest = 0.0;
  for (const double w : loadings) norm += w * w, largest = std::max(largest, std::fabs(w));
  norm = std::sqrt(norm);
  std::vector<std::size_t> terms;
  for (std::size_t i = 0; i < loadings.size(); ++i)
    if (std::fabs(loadings[i]) >= smallest_loading * norm && loadings[i] != 0.0) terms.push_back(i);
  if (terms.empty())  // many small loadings: the largest stand for all
    for (std::size_t i = 0; i < loadings.size(); ++i)
      if (std::fabs(loadings[i]) >= 0.5 * largest && loadings[i] != 0.0) terms.push_back(i);
  if (terms.empty()) return "1";
  const double sign = [&] {
    std::size_t at = terms.front();
    for (const std::size_t i : terms)
      if (std::fabs(loadings[i]) > std::fabs(loadings[at])) at = i;
    return loadings[at] < 0.0 ? -1.0 : 1.0;
  }();
  // A sum or product starts with a positive term; the order is the parameters' own otherwise.
  std::ranges::stable_partition(terms, [&](std::size_t i) { return sign * loadings[i] > 0.0; });

  const bool all_log = std::ranges::all_of(terms, [&](std::size_t i) { return scales[i] == Scale::log; });
  const bool all_linear = std::ranges::all_of(terms, [&](std::size_t i) { return scales[i] == Scale::linear; });
  std::string out;
  if (all_log) {
    std::string below;
    std::size_t factors_below = 0;
    for (const std::size_t i : terms) {
      const std::string power = fmt::format("{:.2f}", std::fabs(loadings[i]) / norm);
      const std::string factor = power == "1.00" ? names[i] : names[i] + "^" + power;
      std::string& side = sign * loadings[i] > 0.0 ? out : below;
      side += (side.empty() ? "" : " ") + factor;
      if (&side == &below) ++factors_below;
    }
    if (!below.empty()) out += factors_below > 1 ? " / (" + below + ")" : " / " + below;
    return out;
  }
  for (const std::size_t i : terms) {
    const double weight = sign * loadings[i] / (all_linear ? largest : norm);
    const std::string factor = fmt::format("{:.2f}", std::fabs(weight));
    const std::string name = scales[i] == Scale::log     ? "ln(" + names[i] + ")"
                             : scales[i] == Scale::logit ? "logit(" + names[i] + ")"
                                                         : names[i];
    out += out.empty() ? "" : weight > 0.0 ? " + " : " - ";
    out += factor == "1.00" ? name : factor + " " + name;
  }
  return out;
}

Result<Identifiability> identifiability(const IdentifiabilityInput& input, const IdentifiabilityOptions& options) {
  const std::size_t d = input.names.size();
  HILLOCK_CHECK(input.information.rows == d && input.information.cols == d, "identifiability: matrix of another size");
  HILLOCK_CHECK(input.scales.size() == d && input.prior_sd.size() == d, "identifiability: sizes differ");
  if (Errors errors = check(input); !errors.empty()) return fail(std::move(errors));
  Identifiability out;
  if (d == 0) return out;

  const auto size = static_cast<Eigen::Index>(d);
  Eigen::MatrixXd information(size, size);
  Eigen::VectorXd prior_sd(size);
  for (std::size_t i = 0; i < d; ++i) {
    prior_sd[static_cast<Eigen::Index>(i)] = std::min(input.prior_sd[i], flat);
    for (std::size_t j = 0; j < d; ++j)
      information(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) =
          0.5 * (input.information(i, j) + input.information(j, i));
  }
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(information);
  const Eigen::VectorXd& lambda = eigen.eigenvalues();  // ascending: sloppiest first
  const double largest = std::max(0.0, lambda[size - 1]);
  // Eigenvalues of a symmetric matrix carry an absolute rounding error of about d eps |F|.
  const double zero = 16.0 * static_cast<double>(d) * std::numeric_limits<double>::epsilon() * largest;
  if (lambda[0] < -1e-6 * std::max(largest, std::numeric_limits<double>::min()))
    return fail(
        "information-not-positive",
        fmt::format("the information matrix has the eigenvalue {:.3g} beside {:.3g}; an information is never negative",
                    lambda[0], largest));

  // Posterior covariance through the prior-scaled problem, which is well conditioned where F is not:
  // (F + S^-2)^-1 = S (1 + S F S)^-1 S.
  const Eigen::MatrixXd scaled = prior_sd.asDiagonal() * information * prior_sd.asDiagonal();
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> informed(scaled);
  const Eigen::VectorXd shrink =
      informed.eigenvalues().unaryExpr([](double mu) { return 1.0 / (1.0 + std::max(0.0, mu)); });
  const Eigen::MatrixXd half = prior_sd.asDiagonal() * informed.eigenvectors();
  const Eigen::MatrixXd posterior = half * shrink.asDiagonal() * half.transpose();

  auto describe = [&](const Eigen::VectorXd& v) {
    Direction direction;
    direction.loadings = oriented(v);
    direction.algebra = algebra(direction.loadings, input.names, input.scales, options.smallest_loading);
    const Eigen::VectorXd unit = v / v.norm();
    direction.posterior_sd = std::sqrt(std::max(0.0, unit.dot(posterior * unit)));
    direction.prior_sd = (prior_sd.asDiagonal() * unit).norm();
    direction.prior_dominated = direction.posterior_sd > options.dominated_ratio * direction.prior_sd;
    return direction;
  };

  Eigen::VectorXd variance = Eigen::VectorXd::Zero(size);
  for (Eigen::Index k = 0; k < size; ++k) {
    Direction direction = describe(eigen.eigenvectors().col(k));
    const bool informative = lambda[k] > zero;
    direction.sd = informative ? 1.0 / std::sqrt(lambda[k]) : infinite;
    out.rank += informative ? 1U : 0U;
    for (Eigen::Index i = 0; i < size; ++i) {
      const double w = eigen.eigenvectors()(i, k);
      if (informative) variance[i] += w * w / lambda[k];
      else if (std::fabs(w) > 1e-7) variance[i] = infinite;  // eigenvectors are known to about sqrt(eps) at worst
    }
    out.directions.push_back(std::move(direction));
  }
  out.condition_number = out.rank == d ? largest / lambda[0] : infinite;
  for (Eigen::Index i = 0; i < size; ++i) {
    out.expected_sd.push_back(std::sqrt(variance[i]));
    out.posterior_sd.push_back(std::sqrt(std::max(0.0, posterior(i, i))));
  }
  // u . (theta / S) has prior variance 1 and posterior variance 1 / (1 + mu): the combination has loadings u / S.
  for (Eigen::Index k = 0; k < size; ++k) {
    if (std::sqrt(shrink[k]) <= options.dominated_ratio) continue;
    Direction direction = describe(informed.eigenvectors().col(k).cwiseQuotient(prior_sd));
    const Eigen::VectorXd unit = Eigen::Map<const Eigen::VectorXd>(direction.loadings.data(), size);
    double data_variance = 0.0;
    for (Eigen::Index j = 0; j < size; ++j) {
      const double part = eigen.eigenvectors().col(j).dot(unit);
      if (lambda[j] > zero) data_variance += part * part / lambda[j];
      else if (std::fabs(part) > 1e-7) data_variance = infinite;
    }
    direction.sd = std::sqrt(data_variance);
    direction.prior_dominated = true;
    out.dominated.push_back(std::move(direction));
  }
  return out;
}

}  // namespace hillock::verify
