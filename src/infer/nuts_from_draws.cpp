#include "infer/nuts_from_draws.hpp"

#include <algorithm>
#include <cmath>

#include "base/option_ranges.hpp"
#include "base/rng.hpp"
#include "infer/nuts.hpp"
#include "infer/resample.hpp"
#include "infer/sample_covariance.hpp"

namespace hillock::infer {
namespace {

constexpr std::size_t least_each = 100;  // draws of a chain, below which R-hat says little

/// Weights of the draws, none above sqrt(n) times their mean.
std::vector<double> truncated(std::span<const double> log_weight) {
  std::vector<double> weight = weights_of(log_weight);
  const double most = 1.0 / std::sqrt(static_cast<double>(weight.size()));  // the mean is 1/n
  for (double& w : weight) w = std::min(w, most);
  return weight;
}

Array2 covariance_of(const Array2& points) {
  const std::size_t d = points.cols;
  const auto n = static_cast<double>(points.rows);
  auto [mean, out] = sample_covariance(points);
  // Few draws, or draws that are all the same, still make a positive matrix.
  for (std::size_t i = 0; i < d; ++i) {
    if (!(out(i, i) > 0.0)) out(i, i) = std::max(1e-12 * mean[i] * mean[i], 1e-24);
    for (std::size_t j = 0; j < d; ++j)
      if (i != j) out(i, j) *= n / (n + static_cast<double>(d) + 1.0);
  }
  return out;
}

bool agree(const Mixing& mixing, const NutsFromDrawsOptions& o) {
  const auto few = [&](double ess) { return !(ess >= o.least_effective); };
  return std::ranges::all_of(mixing.rhat, [&](double r) { return r <= o.rhat; }) &&
         std::ranges::none_of(mixing.ess_bulk, few) && std::ranges::none_of(mixing.ess_tail, few);
}

}  // namespace

Result<void> NutsFromDrawsOptions::validate() const {
  OptionRanges ranges;
  ranges.need(chains >= 2 && chains <= 100'000, "chains", static_cast<double>(chains), "between 2 and 1e5");
  ranges.need(warmup >= 1, "warmup", warmup, "1 or above");
  ranges.need(draws >= 1 && draws <= 100'000'000, "draws", static_cast<double>(draws), "between 1 and 1e8");
  ranges.need(rhat > 1.0, "rhat", rhat, "above 1");
  return std::move(ranges).result();
}

Result<NutsFromDraws> nuts_from_draws(LogDensity& target, const Array2& draws, std::span<const double> log_weight,
                                      const NutsFromDrawsOptions& o, Progress& progress) {
  if (auto good = o.validate(); !good) return fail(std::move(good.error()));
  HILLOCK_CHECK(draws.rows == log_weight.size() && draws.cols == target.dimension(), "every draw has its weight");
  const std::vector<double> weight = truncated(log_weight);
  HILLOCK_CHECK(std::ranges::any_of(weight, [](double w) { return w > 0.0; }), "a draw must weigh something");
  Rng rng(o.seed, stream_id("nuts from draws"));
  const std::vector<std::size_t> chosen = systematic_resample(weight, o.chains, rng.uniform());
  Array2 starts(o.chains, draws.cols);
  for (std::size_t c = 0; c < o.chains; ++c) std::ranges::copy(draws.row(chosen[c]), starts.row(c).begin());

  const auto each_of = [&](std::size_t all) { return std::max(least_each, (all + o.chains - 1) / o.chains); };
  NutsOptions how;
  how.seed = Rng(o.seed, stream_id("nuts from draws"), 1).bits();
  how.warmup = o.warmup;
  how.draws = static_cast<int>(each_of(o.draws));
  how.target_accept = o.target_accept;
  how.max_depth = o.max_depth;
  auto nuts = Nuts::start(target, starts, covariance_of(draws), how);
  if (!nuts) return fail(std::move(nuts.error()));
  nuts->run(progress);
  NutsResult result = nuts->result();
  NutsFromDraws out;
  out.mixing = mixing_of(result.draws);
  const auto most = std::max(how.draws, static_cast<int>(each_of(o.most_draws)));
  for (int asked = how.draws; result.complete && asked < most && !agree(out.mixing, o);) {
    asked = std::min(most, 2 * asked);
    nuts->prolong(asked);
    nuts->run(progress);
    result = nuts->result();
    out.mixing = mixing_of(result.draws);
  }
  out.chains = o.chains;
  out.draws = SIZE_MAX;
  for (const Array2& chain : result.draws) out.draws = std::min(out.draws, chain.rows);
  out.points = Array2(out.chains * out.draws, draws.cols);
  for (std::size_t c = 0; c < out.chains; ++c)
    for (std::size_t k = 0; k < out.draws; ++k) {
      std::ranges::copy(result.draws[c].row(k), out.points.row(c * out.draws + k).begin());
      out.log_density.push_back(result.stats[c][k].lp);
      out.divergences += result.stats[c][k].diverging ? 1 : 0;
    }
  out.gradients = result.gradients_warmup + result.gradients;
  out.complete = result.complete;
  out.agree = out.complete && agree(out.mixing, o);
  return out;
}

}  // namespace hillock::infer
