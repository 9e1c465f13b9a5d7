#include "infer/certify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "infer/pareto_smoothing.hpp"
#include "infer/resample.hpp"

namespace hillock::infer {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr std::size_t least_draws = 25;  // five of them are a tail
constexpr double rounding = 1e-6;        // of log weights: densities of networks are single precision

/// log of the mean of exponentials; -inf where none is finite.
double log_mean_exp(std::span<const double> values) {
  double largest = -infinity;
  for (const double v : values)
    if (std::isfinite(v)) largest = std::max(largest, v);
  if (!std::isfinite(largest)) return -infinity;
  double sum = 0.0;
  for (const double v : values)
    if (std::isfinite(v)) sum += std::exp(v - largest);
  return largest + std::log(sum / static_cast<double>(values.size()));
}

/// Where all weights that there are differ by rounding alone, they have no tail: makes them the same, and says so.
bool level(std::vector<double>& log_weight) {
  double least = infinity, most = -infinity;
  for (const double w : log_weight)
    if (std::isfinite(w)) least = std::min(least, w), most = std::max(most, w);
  if (!(most - least < rounding)) return false;
  for (double& w : log_weight)
    if (std::isfinite(w)) w = most;
  return true;
}

/// The share of the posterior's mass where the proposal is less dense than at each of its own draws.
double mass_elsewhere(std::span<const double> log_weight, std::span<const double> log_proposal, const PriorLook& look) {
  const double least = *std::ranges::min_element(log_proposal);
  std::vector<double> out(look.log_posterior.size(), -infinity);
  for (std::size_t k = 0; k < out.size(); ++k)
    if (!(look.log_proposal[k] >= least)) out[k] = look.log_posterior[k] - look.log_prior[k];
  const double here = log_mean_exp(log_weight), there = log_mean_exp(out);
  if (there == -infinity) return 0.0;
  return 1.0 / (1.0 + std::exp(here - there));
}

std::string complaint(const Certificate& c, std::size_t draws, double least_effective, const CertifyOptions& options) {
  if (c.effective == 0.0) return "the exact posterior has no density at any draw";
  if (draws < least_draws || (std::isinf(c.khat) && c.khat > 0.0))
    return fmt::format("{} draws, {} of them in the posterior, are too few for Pareto k", draws, draws - c.outside);
  if (!(c.khat <= c.khat_limit))
    return fmt::format("Pareto k of the weights is {:.2f}, above {:.2f}", c.khat, c.khat_limit);
  if (c.effective < least_effective)
    return fmt::format("the weighted draws are worth {:.0f}, fewer than {:.0f}", c.effective, least_effective);
  if (c.elsewhere > options.most_elsewhere)
    return fmt::format("about {:.0f} % of the exact posterior lies where no draw is", 100.0 * c.elsewhere);
  return "";
}

}  // namespace

Certificate certify(std::span<const double> log_posterior, std::span<const double> log_proposal,
                    const CertifyOptions& options, const PriorLook& look) {
  const std::size_t n = log_posterior.size();
  HILLOCK_CHECK(n == log_proposal.size(), "every draw has its proposal density");
  HILLOCK_CHECK(
      look.log_posterior.size() == look.log_proposal.size() && look.log_posterior.size() == look.log_prior.size(),
      "every draw of the prior has its three densities");
  Certificate out;
  out.khat_limit = khat_threshold(n);
  std::vector<double> raw(n);
  for (std::size_t k = 0; k < n; ++k) {
    raw[k] = log_posterior[k] - log_proposal[k];
    // NaN, and densities of the proposal that are beyond the range of numbers: nothing can be said of such a draw.
    if (std::isfinite(raw[k])) continue;
    raw[k] = -infinity;
    ++out.outside;
  }
  const bool flat = level(raw);
  ParetoSmoothed smoothed = pareto_smooth(raw);
  out.khat = flat ? -infinity : smoothed.khat;
  out.log_weight = std::move(smoothed.log_weights);
  const std::vector<double> weight = weights_of(out.log_weight);
  out.effective = effective_sample_size(weight);
  if (out.effective > 0.0) {
    out.distance = 0.0;
    for (const double w : weight) out.distance += 0.5 * std::fabs(w - 1.0 / static_cast<double>(n));
    if (!look.log_posterior.empty()) out.elsewhere = mass_elsewhere(raw, log_proposal, look);
  }
  const double least_effective = std::min(options.least_effective, 0.5 * static_cast<double>(n));
  out.why = complaint(out, n, least_effective, options);
  out.exact = out.why.empty();
  return out;
}

}  // namespace hillock::infer
