#include "infer/pilot.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/rng.hpp"
#include "infer/resample.hpp"

namespace hillock::infer {

namespace {

/// Draws with the weights that make them draws from the target.
struct Weighted {
  Array2 points;
  std::vector<double> weight;
  double total = 0.0;
  double effective = 0.0;
};

Weighted draw(LogDensity& target, const BentNormal& proposal, const PilotOptions& options, std::uint64_t round) {
  const std::size_t d = proposal.dimension();
  Weighted out;
  out.points = proposal.sample(options.seed, round * options.draws, options.draws, options.width);
  // The density of the widened normal at a draw, up to a constant.
  const Array2 straight = proposal.straighten(out.points);
  std::vector<double> log_ratio(options.draws);
  target.evaluate(out.points, log_ratio, nullptr);
  double largest = -std::numeric_limits<double>::infinity();
  for (std::size_t k = 0; k < options.draws; ++k) {
    double square = 0.0;
    for (std::size_t j = 0; j < d; ++j) square += straight(k, j) * straight(k, j);
    log_ratio[k] += 0.5 * square / (options.width * options.width);
    largest = std::max(largest, log_ratio[k]);
  }
  out.weight.assign(options.draws, 0.0);
  if (!std::isfinite(largest)) return out;
  for (std::size_t k = 0; k < options.draws; ++k) out.total += out.weight[k] = std::exp(log_ratio[k] - largest);
  // Truncated: a few large ones may not rule.
  const double cap = out.total / std::sqrt(static_cast<double>(options.draws));
  out.total = 0.0;
  double squares = 0.0;
  for (double& w : out.weight) {
    w = std::min(w, cap);
    out.total += w;
    squares += w * w;
  }
  out.effective = out.total * out.total / squares;
  return out;
}

/// Starts of chains: draws by their weights.
Array2 starts_of(const Weighted& draws, const PilotOptions& options) {
  Array2 out(options.chains, draws.points.cols);
  Rng rng(options.seed, stream_id("chain starts"));
  const auto chosen = systematic_resample(draws.weight, options.chains, rng.uniform());
  for (std::size_t chain = 0; chain < options.chains; ++chain)
    std::ranges::copy(draws.points.row(chosen[chain]), out.row(chain).begin());
  return out;
}

}  // namespace

Result<Pilot> pilot(LogDensity& target, const Laplace& laplace, const PilotOptions& options) {
  auto known = BentNormal::make(laplace.mode(), laplace.covariance());
  if (!known) return fail(std::move(known.error()));
  const double enough = options.good_per_dimension * static_cast<double>(target.dimension());
  Pilot out{*known, laplace.sample(options.seed, 0, options.chains)};
  const Weighted first = draw(target, *known, options, 0);
  out.effective = first.effective;
  // A poor first round can still say enough for a second one to be good.
  if (first.effective < 0.25 * enough) return out;
  const BentNormal guess = BentNormal::fit(*known, first.points, first.weight, first.effective);
  const Weighted second = draw(target, guess, options, 1);
  const bool better = second.effective > first.effective;
  const Weighted& best = better ? second : first;
  out.effective = best.effective;
  if (best.effective < enough) return out;
  out.good = true;
  out.map = BentNormal::fit(better ? guess : *known, best.points, best.weight, best.effective);
  out.starts = starts_of(best, options);
  return out;
}

}  // namespace hillock::infer
