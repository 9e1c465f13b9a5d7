#include "infer/abc_rejection.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "base/option_ranges.hpp"
#include "infer/regression_adjustment.hpp"
#include "infer/resample.hpp"
#include "infer/simulate_batch.hpp"

namespace hillock::infer {

namespace {

struct Draw {
  double distance = 0.0;
  std::uint64_t number = 0;
  std::vector<double> parameters, x;

  /// Nearest first; equal ones by number, so that the order never depends on batches.
  bool operator<(const Draw& other) const {
    return distance != other.distance ? distance < other.distance : number < other.number;
  }
};

/// The nearest so far: a heap with the farthest of them on top.
class Nearest {
 public:
  explicit Nearest(std::size_t most) : most_(most) {}
  void offer(double distance, std::uint64_t number, std::span<const double> parameters, std::span<const double> x) {
    if (!std::isfinite(distance)) return;
    // Later numbers lose against equal distances.
    if (draws_.size() == most_ && !(distance < draws_.front().distance)) return;
    if (draws_.size() == most_) {
      std::pop_heap(draws_.begin(), draws_.end());
      draws_.pop_back();
    }
    draws_.push_back({distance, number, {parameters.begin(), parameters.end()}, {x.begin(), x.end()}});
    std::push_heap(draws_.begin(), draws_.end());
  }
  [[nodiscard]] std::vector<Draw> sorted() && {
    std::sort_heap(draws_.begin(), draws_.end());
    return std::move(draws_);
  }

 private:
  std::size_t most_;
  std::vector<Draw> draws_;
};

std::size_t wanted_of(std::uint64_t simulations, const AbcRejectionOptions& options) {
  if (options.keep > 0) return options.keep;
  return static_cast<std::size_t>(std::ceil(options.quantile * static_cast<double>(simulations)));
}

/// The simulations that come before the spreads are known.
struct Waiting {
  Array2 parameters, x;
  std::size_t count = 0;

  Waiting(std::size_t most, std::size_t d, std::size_t statistics) : parameters(most, d), x(most, statistics) {}
  void add(std::span<const double> theta, std::span<const double> values) {
    std::ranges::copy(theta, parameters.row(count).begin());
    std::ranges::copy(values, x.row(count).begin());
    ++count;
  }
  [[nodiscard]] AbcDistance distance(const Simulator& simulator, std::span<const double> observed) {
    x.rows = count;
    x.values.resize(count * x.cols);
    return {simulator.statistics(), observed, x};
  }
};

void finish(AbcRejectionResult& out, std::vector<Draw> draws, const prob::ParameterSpace& space,
            std::span<const double> observed, bool regression, const AllowedParameters& allowed) {
  const std::size_t n = draws.size(), d = space.size();
  Array2 parameters(n, d), x(n, observed.size());
  for (std::size_t k = 0; k < n; ++k) {
    std::ranges::copy(draws[k].parameters, parameters.row(k).begin());
    std::ranges::copy(draws[k].x, x.row(k).begin());
    out.distance.push_back(draws[k].distance);
    out.simulation.push_back(draws[k].number);
  }
  out.tolerance = out.distance.back();
  out.points = space.to_unconstrained(parameters);
  out.weight.assign(n, 1.0 / static_cast<double>(n));
  if (regression) {
    RegressionAdjustment adjusted = adjust_by_regression(out.points, x, observed, out.weight, out.distance);
    Array2 moved = space.to_constrained(adjusted.points);
    const std::size_t dropped = drop_not_allowed(allowed, moved, adjusted.weight);
    if (dropped < n) {
      out.points = std::move(adjusted.points);
      out.weight = std::move(adjusted.weight);
      out.adjusted = adjusted.adjusted;
      out.dropped = dropped;
      // Draws that nothing was done to keep their bits.
      if (out.adjusted) parameters = std::move(moved);
    }
  }
  out.parameters = std::move(parameters);
  out.effective = effective_sample_size(out.weight);
}

}  // namespace

Result<void> AbcRejectionOptions::validate() const {
  OptionRanges ranges;
  ranges.need(simulations >= 1 && simulations <= 1'000'000'000'000, "simulations", static_cast<double>(simulations),
              "between 1 and 1e12");
  ranges.need(keep <= simulations, "keep", static_cast<double>(keep), "at most `simulations`");
  ranges.need(quantile > 0.0 && quantile <= 1.0, "quantile", quantile, "above 0 and at most 1");
  ranges.need(scale_simulations >= 10 && scale_simulations <= 10'000'000, "scale_simulations",
              static_cast<double>(scale_simulations), "between 10 and 1e7");
  ranges.need(batch >= 1 && batch <= 10'000'000, "batch", static_cast<double>(batch), "between 1 and 1e7");
  return std::move(ranges).result();
}

Result<AbcRejectionResult> abc_rejection(Simulator& simulator, const prob::ParameterSpace& space,
                                         std::span<const double> observed, const AbcRejectionOptions& options,
                                         Progress& progress, const AllowedParameters& allowed) {
  if (auto good = options.validate(); !good) return fail(std::move(good.error()));
  if (auto good = check_observation(simulator.statistics(), observed); !good) return fail(std::move(good.error()));
  const std::uint64_t scaling = std::min(options.scale_simulations, options.simulations);
  Waiting waiting(static_cast<std::size_t>(scaling), space.size(), observed.size());
  std::optional<AbcDistance> distance;
  Nearest nearest(wanted_of(options.simulations, options));
  SimulationTally tally(observed.size());
  AbcRejectionResult out;

  const auto offer_waiting = [&] {
    distance.emplace(waiting.distance(simulator, observed));
    for (std::size_t k = 0; k < waiting.count; ++k)
      nearest.offer((*distance)(waiting.x.row(k)), k, waiting.parameters.row(k), waiting.x.row(k));
    waiting = Waiting(0, space.size(), observed.size());
  };

  progress.begin("abc_rejection", static_cast<double>(options.simulations));
  Simulations answer;
  while (out.simulations < options.simulations) {
    const std::uint64_t first = out.simulations;
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(options.batch, options.simulations - first));
    const Result<Array2> drawn = sample_allowed(space, allowed, options.seed, first, count);
    if (!drawn) return fail(drawn.error());
    const Array2& parameters = *drawn;
    Result<bool> answered = simulate_batch(simulator, parameters, first, answer, progress);
    if (!answered) return fail(std::move(answered.error()));
    if (!*answered) break;
    for (std::size_t k = 0; k < count; ++k) {
      tally.add(answer, k);
      const bool failed = answer.failed[k] != 0;
      auto x = answer.x.row(k);
      if (failed) std::ranges::fill(x, std::numeric_limits<double>::quiet_NaN());
      if (!failed && !comparable(x, observed)) ++out.incomparable;
      if (first + k < scaling) {
        waiting.add(parameters.row(k), x);
        if (waiting.count == scaling) offer_waiting();
      } else if (!failed) {
        nearest.offer((*distance)(x), first + k, parameters.row(k), x);
      }
    }
    out.simulations += count;
    progress.update(static_cast<double>(out.simulations), "");
  }
  if (out.simulations == 0)
    return fail("interrupted", "stopped before the first simulations were done", "abc_rejection");
  if (!distance) offer_waiting();
  out.complete = out.simulations == options.simulations;
  out.failed = tally.failed();
  out.failures = tally.failures(simulator);
  out.undefined = tally.undefined_statistics(simulator);
  out.notes = distance->notes();
  out.scale = distance->scale();
  std::vector<Draw> draws = std::move(nearest).sorted();
  if (draws.empty()) return fail(tally.nothing_left(simulator, observed));
  if (distance->empty()) return fail(distance->nothing_moves(out.simulations));
  draws.resize(std::min(draws.size(), wanted_of(out.simulations, options)));
  finish(out, std::move(draws), space, observed, options.regression, allowed);
  return out;
}

}  // namespace hillock::infer
