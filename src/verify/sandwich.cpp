#include "verify/sandwich.hpp"

#include <algorithm>
#include <cmath>

#include <Eigen/Cholesky>
#include <fmt/format.h>

namespace hillock::verify {
namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

Eigen::Map<const Matrix> view(const Array2& a) {
  return {a.values.data(), static_cast<Eigen::Index>(a.rows), static_cast<Eigen::Index>(a.cols)};
}

Array2 array(const Matrix& m) {
  Array2 out(static_cast<std::size_t>(m.rows()), static_cast<std::size_t>(m.cols()));
  Eigen::Map<Matrix>(out.values.data(), m.rows(), m.cols()) = m;
  return out;
}

}  // namespace

Result<Sandwich> sandwich(const Array2& information, const Array2& block_scores, const SandwichOptions& options) {
  const std::size_t d = information.rows;
  HILLOCK_CHECK(information.cols == d && block_scores.cols == d && d > 0, "sandwich: sizes differ");
  HILLOCK_CHECK(options.prior_precision.empty() || options.prior_precision.size() == d,
                "sandwich: prior of another size");
  const std::size_t blocks = block_scores.rows;
  Errors errors;
  if (blocks < d + 2)
    errors.push_back({"too-few-blocks",
                      fmt::format("{} blocks for {} parameters, expected {} or more", blocks, d, d + 2), std::nullopt,
                      "", "shorter blocks, or more data"});
  if (!std::ranges::all_of(block_scores.values, [](double s) { return std::isfinite(s); }))
    errors.push_back({"score-not-finite", "a score is not a finite number", std::nullopt, "", ""});
  if (!errors.empty()) return fail(std::move(errors));

  Matrix bread = view(information);
  Matrix prior = Matrix::Zero(bread.rows(), bread.cols());
  for (std::size_t i = 0; i < options.prior_precision.size(); ++i)
    prior(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(i)) = options.prior_precision[i];
  bread += prior;

  // Scale to a unit diagonal: the pivots then say how nearly singular it is, whatever the parameters' units.
  const Eigen::VectorXd diagonal = bread.diagonal();
  if (!(diagonal.minCoeff() > 0.0) || !bread.allFinite())
    return fail("information-singular", "the data carry no information on a parameter", "",
                "give the prior's precision");
  const Eigen::VectorXd scale = diagonal.cwiseSqrt().cwiseInverse();
  const Eigen::LDLT<Eigen::MatrixXd> solver(Eigen::MatrixXd(scale.asDiagonal() * bread * scale.asDiagonal()));
  if (!(solver.vectorD().minCoeff() > 1e-13))
    return fail("information-singular", "the data carry no information on a combination of parameters", "",
                "give the prior's precision");
  const Matrix naive = scale.asDiagonal() *
                       solver.solve(Eigen::MatrixXd(Eigen::MatrixXd::Identity(bread.rows(), bread.cols()))) *
                       scale.asDiagonal();

  const Matrix centred = view(block_scores).rowwise() - view(block_scores).colwise().mean();
  Matrix meat = centred.transpose() * centred;
  const std::size_t lags = std::min(options.neighbour_blocks, blocks - 1);
  for (std::size_t k = 1; k <= lags; ++k) {
    const double weight = 1.0 - static_cast<double>(k) / static_cast<double>(lags + 1);
    const auto rows = static_cast<Eigen::Index>(blocks - k);
    const Matrix product = centred.topRows(rows).transpose() * centred.bottomRows(rows);
    meat += weight * (product + product.transpose());
  }
  meat *= static_cast<double>(blocks) / static_cast<double>(blocks - d);
  meat += prior;

  Sandwich out;
  const Matrix corrected = naive * meat * naive;
  for (Eigen::Index i = 0; i < naive.rows(); ++i) out.inflation.push_back(std::sqrt(corrected(i, i) / naive(i, i)));
  out.covariance = array(corrected);
  out.naive = array(naive);
  return out;
}

Array2 block_scores(const Array2& jacobian, std::span<const double> residuals, std::span<const std::uint8_t> mask,
                    double noise_sd, std::size_t block) {
  HILLOCK_CHECK(jacobian.rows == residuals.size(), "block_scores: jacobian and residuals differ in length");
  HILLOCK_CHECK(mask.empty() || mask.size() == residuals.size(), "block_scores: mask of another length");
  HILLOCK_CHECK(block > 0 && noise_sd > 0.0, "block_scores: block length and noise sd must be above 0");
  Array2 out((residuals.size() + block - 1) / block, jacobian.cols);
  const double precision = 1.0 / (noise_sd * noise_sd);
  for (std::size_t i = 0; i < residuals.size(); ++i) {
    if (!mask.empty() && mask[i] == 0) continue;
    const auto slope = jacobian.row(i);
    const auto score = out.row(i / block);
    for (std::size_t k = 0; k < slope.size(); ++k) score[k] += slope[k] * residuals[i] * precision;
  }
  return out;
}

Array2 information(const Array2& jacobian, std::span<const std::uint8_t> mask, double noise_sd) {
  HILLOCK_CHECK(mask.empty() || mask.size() == jacobian.rows, "information: mask of another length");
  HILLOCK_CHECK(noise_sd > 0.0, "information: noise sd must be above 0");
  Array2 out(jacobian.cols, jacobian.cols);
  for (std::size_t i = 0; i < jacobian.rows; ++i) {
    if (!mask.empty() && mask[i] == 0) continue;
    const auto slope = jacobian.row(i);
    for (std::size_t a = 0; a < slope.size(); ++a)
      for (std::size_t b = 0; b <= a; ++b) out(a, b) += slope[a] * slope[b];
  }
  for (std::size_t a = 0; a < out.rows; ++a)
    for (std::size_t b = 0; b <= a; ++b) out(b, a) = out(a, b) = out(a, b) / (noise_sd * noise_sd);
  return out;
}

double independence_inflation(double samples, double effective_samples) {
  HILLOCK_CHECK(samples > 0.0 && effective_samples > 0.0, "independence_inflation: no samples");
  return std::max(1.0, std::sqrt(samples / effective_samples));
}

}  // namespace hillock::verify
