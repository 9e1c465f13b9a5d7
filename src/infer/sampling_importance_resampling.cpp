#include "infer/sampling_importance_resampling.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "base/rng.hpp"
#include "infer/pareto_smoothing.hpp"
#include "infer/resample.hpp"

namespace hillock::infer {

namespace {

/// Correlations are pulled in by as much as so few draws may be wrong, which also keeps the matrix positive.
Array2 covariance_of(const Array2& points, const std::vector<double>& weight, double effective) {
  const std::size_t d = points.cols;
  std::vector<double> mean(d, 0.0);
  for (std::size_t k = 0; k < points.rows; ++k)
    for (std::size_t j = 0; j < d; ++j) mean[j] += weight[k] * points(k, j);
  Array2 out(d, d);
  for (std::size_t k = 0; k < points.rows; ++k) {
    if (weight[k] == 0.0) continue;
    for (std::size_t i = 0; i < d; ++i)
      for (std::size_t j = 0; j < d; ++j) out(i, j) += weight[k] * (points(k, i) - mean[i]) * (points(k, j) - mean[j]);
  }
  const double trust = effective / (effective + static_cast<double>(d) + 1.0);
  for (std::size_t i = 0; i < d; ++i) {
    // One heavy candidate has no spread: then a small part of its size.
    if (!(out(i, i) > 0.0)) out(i, i) = std::max(1e-12 * mean[i] * mean[i], 1e-24);
    for (std::size_t j = 0; j < d; ++j)
      if (i != j) out(i, j) *= trust;
  }
  return out;
}

}  // namespace

Result<ImportanceDraws> sampling_importance_resampling(LogDensity& target, const Array2& candidates,
                                                       std::span<const double> log_proposal, std::size_t count,
                                                       std::uint64_t seed) {
  HILLOCK_CHECK(candidates.rows >= 1 && candidates.rows == log_proposal.size() && candidates.cols == target.dimension(),
                "every candidate has its proposal density");
  std::vector<double> log_weight(candidates.rows);
  target.evaluate(candidates, log_weight, nullptr);
  for (std::size_t k = 0; k < log_weight.size(); ++k) {
    log_weight[k] -= log_proposal[k];
    if (!std::isfinite(log_weight[k])) log_weight[k] = -std::numeric_limits<double>::infinity();
  }
  const ParetoSmoothed smoothed = pareto_smooth(log_weight);
  const std::vector<double> weight = weights_of(smoothed.log_weights);
  ImportanceDraws out;
  out.khat = smoothed.khat;
  out.effective = effective_sample_size(weight);
  if (out.effective == 0.0) {
    return fail("candidates-outside-support",
                "the posterior's density is 0 at all " + std::to_string(candidates.rows) + " candidates", "candidates",
                "draw more candidates, or from a wider distribution");
  }
  out.covariance = covariance_of(candidates, weight, out.effective);
  Rng rng(seed, stream_id("sampling importance resampling"));
  out.points = Array2(count, candidates.cols);
  const auto chosen = systematic_resample(weight, count, rng.uniform());
  for (std::size_t k = 0; k < count; ++k) std::ranges::copy(candidates.row(chosen[k]), out.points.row(k).begin());
  return out;
}

}  // namespace hillock::infer
