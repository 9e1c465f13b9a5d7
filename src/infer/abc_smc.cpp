#include "infer/abc_smc.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <numeric>
#include <optional>
#include <string>
#include <utility>

#include "base/option_ranges.hpp"
#include "base/rng.hpp"
#include "infer/abc_kernel.hpp"
#include "infer/regression_adjustment.hpp"
#include "infer/resample.hpp"
#include "infer/simulate_batch.hpp"

namespace hillock::infer {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Draws with their statistics, row by row.
struct Draws {
  std::size_t d, statistics, count = 0;
  std::vector<double> points, x;

  Draws(std::size_t d_in, std::size_t statistics_in) : d(d_in), statistics(statistics_in) {}
  void add(std::span<const double> u, std::span<const double> values) {
    points.insert(points.end(), u.begin(), u.end());
    x.insert(x.end(), values.begin(), values.end());
    ++count;
  }
  [[nodiscard]] std::span<const double> x_of(std::size_t k) const { return {x.data() + k * statistics, statistics}; }
  [[nodiscard]] std::span<const double> point(std::size_t k) const { return {points.data() + k * d, d}; }
};

/// What a generation keeps, nearest first.
struct Population {
  Array2 points, x;
  std::vector<double> weight, distance;
};

/// The tolerance of a generation under its own distance.
struct Gate {
  AbcDistance distance;
  double tolerance;
};

class Run {
 public:
  Run(Simulator& simulator, const prob::ParameterSpace& space, std::span<const double> observed,
      const AbcSmcOptions& options, Progress& progress, const AllowedParameters& allowed)
      : simulator_(simulator),
        space_(space),
        observed_(observed),
        options_(options),
        progress_(progress),
        allowed_(allowed),
        tally_(observed.size()) {}

  Result<AbcSmcResult> all() {
    progress_.begin("abc_smc", static_cast<double>(options_.simulations));
    while (true) {
      Result<bool> goes_on = generation();
      if (!goes_on) return fail(std::move(goes_on.error()));
      if (*goes_on && static_cast<int>(out_.generations.size()) < options_.generations) continue;
      if (*goes_on) out_.stop = AbcStop::generations;
      finish();
      return std::move(out_);
    }
  }

 private:
  [[nodiscard]] Result<bool> generation();
  [[nodiscard]] Result<void> simulate(const std::optional<AbcMixture>& proposal, AbcGeneration& record);
  [[nodiscard]] Result<Array2> propose(const std::optional<AbcMixture>& proposal, std::uint64_t first,
                                       std::size_t count) const;
  [[nodiscard]] bool within(std::span<const double> x) const;
  void keep(const std::optional<AbcMixture>& proposal, std::size_t count, AbcGeneration& record);
  void finish();

  Simulator& simulator_;
  const prob::ParameterSpace& space_;
  std::span<const double> observed_;
  const AbcSmcOptions& options_;
  Progress& progress_;
  const AllowedParameters& allowed_;
  SimulationTally tally_;
  AbcSmcResult out_;
  std::vector<Gate> gates_;
  Population population_;
  // Of the generation that is running.
  Draws accepted_{0, 0};
  std::vector<double> scaling_;  ///< statistics of its first simulations
  std::optional<AbcStop> cut_;   ///< why it ended before its time
  std::string note_;             ///< the tolerance so far
};

std::size_t accepted_wanted(const AbcSmcOptions& options) {
  return static_cast<std::size_t>(std::ceil(static_cast<double>(options.population) / options.quantile));
}

/// Rows n are parameters in u: of the prior, or of the last population, moved. Both under the prior's conditions: the
/// proposal's density is then the mixture's over one and the same number, which weights do not ask for.
Result<Array2> Run::propose(const std::optional<AbcMixture>& proposal, std::uint64_t first, std::size_t count) const {
  if (!proposal) {
    const Result<Array2> drawn = sample_allowed(space_, allowed_, options_.seed, first, count);
    if (!drawn) return fail(drawn.error());
    return space_.to_unconstrained(*drawn);
  }
  Array2 out(count, space_.size()), one(1, space_.size());
  for (std::size_t k = 0; k < count; ++k) {
    Rng rng(options_.seed, stream_id("abc_smc"), first + k);
    std::uint8_t good = 0;
    for (std::size_t tried = 0; !good; ++tried) {
      if (tried >= most_prior_tries) return fail(conditions_hardly_hold(tried, 0));
      proposal->draw(rng, out.row(k));
      if (!allowed_) break;
      std::ranges::copy(out.row(k), one.row(0).begin());
      allowed_(space_.to_constrained(one), {&good, 1});
    }
  }
  return out;
}

/// Nearer than all tolerances, the narrowest first.
bool Run::within(std::span<const double> x) const {
  if (!comparable(x, observed_)) return false;
  return std::all_of(gates_.rbegin(), gates_.rend(),
                     [x](const Gate& gate) { return gate.distance(x) < gate.tolerance; });
}

/// Simulates until enough are accepted, or a cap or a wish to stop comes first.
Result<void> Run::simulate(const std::optional<AbcMixture>& proposal, AbcGeneration& record) {
  const std::size_t wanted = accepted_wanted(options_);
  const double most = std::ceil(static_cast<double>(wanted) / options_.least_acceptance);
  const std::uint64_t begin = out_.simulations, left = options_.simulations - begin;
  const auto cap = most < static_cast<double>(left) ? static_cast<std::uint64_t>(most) : left;
  Simulations answer;
  while (accepted_.count < wanted) {
    if (record.simulations == cap) {
      cut_ = cap == left ? AbcStop::budget : AbcStop::acceptance;
      return {};
    }
    // As many as will do at the rate so far; what is too many is wasted, what is too few costs a smaller batch.
    const double rate = (static_cast<double>(accepted_.count) + 1.0) / (static_cast<double>(record.simulations) + 1.0);
    const double guess = std::ceil(static_cast<double>(wanted - accepted_.count) / std::min(1.0, rate));
    const auto count = static_cast<std::size_t>(
        std::min({guess, static_cast<double>(options_.batch), static_cast<double>(cap - record.simulations)}));
    const std::uint64_t first = begin + record.simulations;
    const Result<Array2> proposed = propose(proposal, first, count);
    if (!proposed) {
      if (!proposal) return fail(proposed.error());
      cut_ = AbcStop::conditions;  // the last population stands
      return {};
    }
    const Array2& u = *proposed;
    Result<bool> answered = simulate_batch(simulator_, space_.to_constrained(u), first, answer, progress_);
    if (!answered) return fail(std::move(answered.error()));
    if (!*answered) {
      cut_ = AbcStop::interrupted;
      return {};
    }
    std::size_t k = 0;
    for (; k < count && accepted_.count < wanted; ++k) {
      tally_.add(answer, k);
      auto x = answer.x.row(k);
      if (answer.failed[k] != 0) std::ranges::fill(x, std::numeric_limits<double>::quiet_NaN());
      if (record.simulations < options_.scale_simulations) scaling_.insert(scaling_.end(), x.begin(), x.end());
      ++record.simulations;
      record.failed += answer.failed[k] != 0 ? 1 : 0;
      const auto at = u.row(k);
      const bool finite = std::all_of(at.begin(), at.end(), [](double v) { return std::isfinite(v); });
      if (answer.failed[k] == 0 && finite && within(x)) accepted_.add(at, x);
    }
    out_.surplus += count - k;
    progress_.update(static_cast<double>(begin + record.simulations), note_);
  }
  return {};
}

/// True: it made a population, and another one may follow.
Result<bool> Run::generation() {
  const bool first = out_.generations.empty();
  std::optional<AbcMixture> proposal;
  if (!first) {
    const auto near =
        static_cast<std::size_t>(std::ceil(options_.quantile * static_cast<double>(population_.distance.size())));
    std::vector<bool> next(population_.distance.size(), false);
    std::fill_n(next.begin(), near, true);
    double weight = 0.0;
    for (std::size_t k = 0; k < near; ++k) weight += population_.weight[k];
    if (!(weight > 0.0)) next.assign(next.size(), true);
    proposal.emplace(population_.points, population_.weight, next, options_.kernel == AbcKernel::local);
    if (!proposal->usable()) {
      out_.stop = AbcStop::exact;
      return false;
    }
  }
  accepted_ = Draws(space_.size(), observed_.size());
  scaling_.clear();
  cut_.reset();
  AbcGeneration record;
  record.tolerance = infinity;
  if (auto done = simulate(proposal, record); !done) return fail(std::move(done.error()));
  record.accepted = accepted_.count;
  out_.simulations += record.simulations;
  if (cut_) out_.stop = *cut_;
  if (first && accepted_.count == 0) {
    if (cut_ == AbcStop::interrupted)
      return fail("interrupted", "stopped before a simulation could be compared with the observation", "abc_smc");
    return fail(tally_.nothing_left(simulator_, observed_));
  }
  std::size_t count = options_.population;
  if (first && cut_) {
    const double share = std::ceil(options_.quantile * static_cast<double>(accepted_.count));
    count = std::min(count, static_cast<std::size_t>(share));
  }
  if (accepted_.count >= count) {
    keep(proposal, count, record);
    if (first && gates_.back().distance.empty()) return fail(gates_.back().distance.nothing_moves(out_.simulations));
  }
  out_.generations.push_back(record);
  if (cut_) return false;
  if (!record.kept) {
    out_.stop = AbcStop::acceptance;
    return false;
  }
  if (gates_.back().tolerance == 0.0 || gates_.back().distance.empty()) {
    out_.stop = AbcStop::exact;
    return false;
  }
  return true;
}

/// The nearest of the accepted become the population, the distance of the farthest the next tolerance. Nothing, where
/// no member has any prior density, or where it is to stop.
void Run::keep(const std::optional<AbcMixture>& proposal, std::size_t count, AbcGeneration& record) {
  std::optional<Gate> gate;
  if (gates_.empty() || options_.adaptive_distance) {
    Array2 sample;
    sample.cols = observed_.size();
    sample.rows = std::min(record.simulations, options_.scale_simulations);
    sample.values = std::move(scaling_);
    gate.emplace(AbcDistance(simulator_.statistics(), observed_, sample), 0.0);
  } else {
    gate = gates_.back();
  }
  std::vector<double> distance;
  for (std::size_t k = 0; k < accepted_.count; ++k) distance.push_back(gate->distance(accepted_.x_of(k)));
  std::vector<std::size_t> order(accepted_.count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return distance[a] < distance[b]; });
  Population next{Array2(count, space_.size()), Array2(count, observed_.size()),
                  std::vector<double>(count, 1.0 / static_cast<double>(count)), std::vector<double>(count)};
  for (std::size_t k = 0; k < count; ++k) {
    std::ranges::copy(accepted_.point(order[k]), next.points.row(k).begin());
    std::ranges::copy(accepted_.x_of(order[k]), next.x.row(k).begin());
    next.distance[k] = distance[order[k]];
  }
  if (proposal) {
    std::vector<double> log_weight(count);
    space_.log_density_unconstrained(next.points, log_weight, nullptr);
    // Each asks about every member: in a large population that takes seconds, and a wish to stop is heard in between.
    constexpr std::size_t piece = 64;
    for (std::size_t from = 0; from < count; from += piece) {
      if (progress_.should_stop()) {
        cut_ = out_.stop = AbcStop::interrupted;
        return;
      }
      const std::size_t size = std::min(piece, count - from);
      Array2 points(size, space_.size());
      std::copy_n(next.points.row(from).begin(), points.values.size(), points.values.begin());
      const std::vector<double> proposed = proposal->log_density(points);
      for (std::size_t k = 0; k < size; ++k) log_weight[from + k] -= proposed[k];
    }
    next.weight = weights_of(log_weight);
  }
  record.effective = effective_sample_size(next.weight);
  record.kept = record.effective > 0.0;
  if (!record.kept) return;
  gate->tolerance = record.tolerance = next.distance.back();
  population_ = std::move(next);
  if (!gates_.empty() && !options_.adaptive_distance) gates_.pop_back();
  gates_.push_back(std::move(*gate));
  char text[48];
  std::snprintf(text, sizeof text, "generation %zu, tolerance %.3g", out_.generations.size(), record.tolerance);
  note_ = text;
}

void Run::finish() {
  out_.failed = tally_.failed();
  out_.failures = tally_.failures(simulator_);
  out_.undefined = tally_.undefined_statistics(simulator_);
  out_.notes = gates_.front().distance.notes();
  out_.tolerance = gates_.back().tolerance;
  out_.scale = gates_.back().distance.scale();
  out_.points = std::move(population_.points);
  out_.weight = std::move(population_.weight);
  out_.distance = std::move(population_.distance);
  if (options_.regression) {
    RegressionAdjustment adjusted =
        adjust_by_regression(out_.points, population_.x, observed_, out_.weight, out_.distance);
    const std::size_t dropped = drop_not_allowed(allowed_, space_.to_constrained(adjusted.points), adjusted.weight);
    if (dropped < adjusted.points.rows) {
      out_.points = std::move(adjusted.points);
      out_.weight = std::move(adjusted.weight);
      out_.adjusted = adjusted.adjusted;
      out_.dropped = dropped;
    }
  }
  out_.parameters = space_.to_constrained(out_.points);
  out_.effective = effective_sample_size(out_.weight);
}

}  // namespace

std::string_view to_string(AbcStop stop) {
  switch (stop) {
    case AbcStop::budget: return "budget";
    case AbcStop::acceptance: return "acceptance";
    case AbcStop::conditions: return "conditions";
    case AbcStop::generations: return "generations";
    case AbcStop::exact: return "exact";
    case AbcStop::interrupted: return "interrupted";
  }
  bug(__FILE__, __LINE__, "unknown reason to stop");
}

Result<void> AbcSmcOptions::validate() const {
  OptionRanges ranges;
  ranges.need(simulations >= 1 && simulations <= 1'000'000'000'000, "simulations", static_cast<double>(simulations),
              "between 1 and 1e12");
  ranges.need(population >= 10 && population <= 10'000'000, "population", static_cast<double>(population),
              "between 10 and 1e7");
  ranges.need(quantile >= 0.001 && quantile < 1.0, "quantile", quantile, "at least 0.001 and below 1");
  ranges.need(least_acceptance > 0.0 && least_acceptance <= 1.0, "least_acceptance", least_acceptance,
              "above 0 and at most 1");
  ranges.need(generations >= 1, "generations", generations, "at least 1");
  ranges.need(scale_simulations >= 10 && scale_simulations <= 10'000'000, "scale_simulations",
              static_cast<double>(scale_simulations), "between 10 and 1e7");
  ranges.need(batch >= 1 && batch <= 10'000'000, "batch", static_cast<double>(batch), "between 1 and 1e7");
  return std::move(ranges).result();
}

Result<AbcSmcResult> abc_smc(Simulator& simulator, const prob::ParameterSpace& space, std::span<const double> observed,
                             const AbcSmcOptions& options, Progress& progress, const AllowedParameters& allowed) {
  if (auto good = options.validate(); !good) return fail(std::move(good.error()));
  if (auto good = check_observation(simulator.statistics(), observed); !good) return fail(std::move(good.error()));
  return Run(simulator, space, observed, options, progress, allowed).all();
}

}  // namespace hillock::infer
