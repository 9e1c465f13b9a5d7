#include "infer/nre.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/option_ranges.hpp"
#include "base/rng.hpp"
#include "infer/abc_distance.hpp"
#include "infer/deadline.hpp"
#include "infer/timed_simulation.hpp"

namespace hillock::infer {
namespace {

constexpr double none = -std::numeric_limits<double>::infinity();
constexpr std::size_t least_particles = 1000;
constexpr std::size_t most_rejected = 200;  // proposals for one that is not excluded
// Of a budget in seconds.
constexpr double sampling_share = 0.1, simulating_share = 0.5;

void append(Array2& to, const Array2& more) {
  if (to.cols == 0) to.cols = more.cols;
  to.values.insert(to.values.end(), more.values.begin(), more.values.end());
  to.rows += more.rows;
}

class Run {
 public:
  Run(const SimulationProblem& problem, const NreOptions& options, Progress& progress, const InferenceBudget& budget)
      : problem_(problem), options_(options), progress_(progress), budget_(budget), source_(problem) {
    options_.ratio.seed = options_.failure.seed = options_.sampler.seed = problem.seed;
    options_.ratio.threads = options_.failure.threads = problem.threads;
  }

  Result<NreResult> all() {
    Result<void> done = options_.fresh ? fresh() : stored();
    if (!done) return fail(std::move(done.error()));
    if (!ratio_) return fail("interrupted", "stopped before anything was learnt", "nre");
    NreResult out(posterior());
    out.rounds = std::move(rounds_);
    out.blocks = std::move(blocks_);
    out.tally = source_.tally();
    out.failure = failure_;
    if (left_out_) out.lost = left_out_->lost_mass();
    name_statistics(out);
    if (!progress_.should_stop()) {
      progress_.begin("draws", 0.0);
      Result<LikelihoodDraws> draws = out.posterior.draw(source_, problem_.observed, options_.sampler, progress_);
      if (!draws) return fail(std::move(draws.error()));
      out.draws = std::move(*draws);
      out.complete = out.draws.complete;
    }
    return out;
  }

 private:
  [[nodiscard]] Result<void> stored();
  [[nodiscard]] Result<void> fresh();
  [[nodiscard]] Result<Array2> prior_left_in(std::size_t count);
  [[nodiscard]] Result<Array2> proposals(std::size_t round, std::size_t count);
  /// When a round ends, or its part; 0: there is no limit of time.
  [[nodiscard]] double until(std::size_t round, double part = 1.0) const {
    return (1.0 - sampling_share) * budget_.seconds * (static_cast<double>(round) + part) /
           static_cast<double>(options_.rounds);
  }
  using Propose = std::function<Result<Array2>(std::size_t)>;
  [[nodiscard]] Result<void> simulate(const Propose& propose, std::size_t most, double until, SimulatedPairs& pairs);
  [[nodiscard]] Result<void> scale_by(const Array2& x);
  [[nodiscard]] Result<void> learn_failures(const Array2& well);
  [[nodiscard]] Result<void> leave_out(const Array2& well);
  void name_statistics(NreResult& out) const;

  NrePosterior posterior() {
    return {*scale_, std::move(*ratio_),
            options_.correct_failures && failure_ && failure_->learnt() ? failure_ : nullptr, left_out_};
  }

  const SimulationProblem& problem_;
  NreOptions options_;
  Progress& progress_;
  const InferenceBudget& budget_;
  SimulationSource source_;
  TimedSimulation timing_;
  std::uint64_t proposed_ = 0;  ///< how many times in this round
  std::optional<StatisticScale> scale_;
  std::optional<RatioEstimator> ratio_;
  std::shared_ptr<const FailureRegion> failure_, left_out_;
  Array2 failed_;
  bool keep_failures_ = true;
  std::vector<NreRound> rounds_;
  std::vector<double> blocks_;
};

/// `most` of what is proposed, or as many as there is time for; `until` 0: there is no limit of time.
Result<void> Run::simulate(const Propose& propose, std::size_t most, double until, SimulatedPairs& pairs) {
  const std::uint64_t before = source_.simulations(), failed_before = source_.tally().failed();
  Array2 failed;
  if (until > 0.0) {
    std::size_t left = most;
    const Propose no_more = [&](std::size_t count) -> Result<Array2> {
      if (left == 0) return Array2(0, source_.dimension());
      Result<Array2> z = propose(std::min(count, left));
      if (z) left -= z->rows;
      return z;
    };
    timing_.until = until;
    if (auto ran = simulate_for(timing_, source_, no_more, budget_, pairs, progress_, &failed); !ran) return ran;
  } else {
    Result<Array2> z = propose(most);
    if (!z) return fail(std::move(z.error()));
    if (auto ran = source_.run(*z, pairs, progress_, &failed); !ran) return ran;
  }
  if (keep_failures_) append(failed_, failed);
  rounds_.back().simulations += source_.simulations() - before;
  rounds_.back().failed += source_.tally().failed() - failed_before;
  progress_.update(static_cast<double>(source_.simulations()), "");
  return {};
}

/// The scale of the statistics; an error where there is nothing to scale.
Result<void> Run::scale_by(const Array2& x) {
  if (x.rows == 0) {
    if (progress_.should_stop()) return fail("interrupted", "stopped before a simulation ended well", "nre");
    return fail(source_.tally().nothing_left(*problem_.simulator, problem_.observed));
  }
  scale_ = StatisticScale::of(x);
  if (scale_->columns() > 0) return {};
  std::string text = "no statistic moved in " + std::to_string(source_.simulations()) +
                     " simulations: they say nothing about the parameters";
  return fail("statistics-constant", std::move(text), "observe.statistics",
              "choose statistics that depend on the parameters, or widen the prior");
}

Result<void> Run::learn_failures(const Array2& well) {
  Result<FailureRegion> learnt = FailureRegion::learn(well, failed_, options_.failure, progress_);
  if (!learnt) return fail(std::move(learnt.error()));
  failure_ = std::make_shared<const FailureRegion>(std::move(*learnt));
  return {};
}

/// After the pilot: from here on the excluded region is left out, where it is worth it.
Result<void> Run::leave_out(const Array2& well) {
  if (auto learnt = learn_failures(well); !learnt) return learnt;
  if (failure_->learnt() && failure_->lost_mass().spared > 0.0) left_out_ = failure_;
  return {};
}

/// Prior draws that are not excluded.
Result<Array2> Run::prior_left_in(std::size_t count) {
  if (!left_out_) return source_.prior(count);
  Array2 out(0, source_.dimension());
  std::size_t tried = 0;
  while (out.rows < count) {
    if (tried > most_rejected * count)
      return fail("excluded-everywhere",
                  "of " + std::to_string(tried) + " draws of the prior " + std::to_string(tried - out.rows) +
                      " lie where simulations fail",
                  "prior", "narrow the prior to where the simulator works");
    Result<Array2> z = source_.prior(std::max<std::size_t>(256, count - out.rows));
    if (!z) return fail(std::move(z.error()));
    std::vector<std::uint8_t> excluded(z->rows);
    left_out_->excluded(*z, excluded);
    for (std::size_t k = 0; k < z->rows && out.rows < count; ++k) {
      ++tried;
      if (excluded[k]) {
        ++rounds_.back().left_out;
        continue;
      }
      out.values.insert(out.values.end(), z->row(k).begin(), z->row(k).end());
      ++out.rows;
    }
  }
  return out;
}

/// Draws of the posterior so far, none of them in what is left out.
Result<Array2> Run::proposals(std::size_t round, std::size_t count) {
  LikelihoodSamplerOptions how = options_.sampler;
  how.sampler = "smc";
  how.draws = count;
  how.seed = Rng(problem_.seed, stream_id("nre.proposals"), round + (proposed_++ << 32)).bits();
  NrePosterior now = posterior();
  Result<LikelihoodDraws> draws = now.draw(source_, problem_.observed, how, progress_);
  ratio_ = std::move(now.ratio);
  if (!draws) return fail(std::move(draws.error()));
  return std::move(draws->points);
}

Result<void> Run::stored() {
  SimulatedPairs pairs;
  const std::size_t rounds = options_.rounds;
  progress_.begin("simulations", static_cast<double>(options_.simulations));
  for (std::size_t r = 0; r < rounds && !progress_.should_stop(); ++r) {
    const std::size_t count = static_cast<std::size_t>(options_.simulations * (r + 1) / rounds) -
                              static_cast<std::size_t>(options_.simulations * r / rounds);
    rounds_.emplace_back();
    SimulatedPairs now;
    proposed_ = 0;
    const Propose propose = [&](std::size_t n) { return r == 0 ? prior_left_in(n) : proposals(r, n); };
    std::size_t left = count;
    if (r == 0) {
      const auto first =
          std::min(count, static_cast<std::size_t>(std::ceil(options_.pilot * static_cast<double>(count))));
      if (first > 0) {
        if (auto ran = simulate(propose, first, until(r, options_.pilot * simulating_share), now); !ran) return ran;
        if (auto learnt = leave_out(now.z); !learnt) return learnt;
      }
      left -= first;
    }
    if (left > 0 && !progress_.should_stop())
      if (auto ran = simulate(propose, left, until(r, simulating_share), now); !ran) return ran;
    if (r == 0)
      if (auto scaled = scale_by(now.x); !scaled) return scaled;
    // A round that was cut short adds its pairs to those of the last one only where there were enough before.
    if (r > 0 && progress_.should_stop()) return {};
    pairs.append(now);
    if (auto learnt = learn_failures(pairs.z); !learnt) return learnt;
    const Array2 inputs = scale_->inputs(pairs.x);
    // The start and the scales are those of the last round's pairs, which are near the posterior.
    const bool near = now.z.rows >= 10 * options_.ratio.contrasts;
    // For proposals half of the ensemble will do.
    RatioOptions how = options_.ratio;
    if (r + 1 < rounds) how.members = (how.members + 1) / 2;
    Result<RatioEstimator> ratio =
        near ? RatioEstimator::create(now.z, scale_->inputs(now.x), how) : RatioEstimator::create(pairs.z, inputs, how);
    if (!ratio && progress_.should_stop()) return {};
    if (!ratio) return fail(std::move(ratio.error()));
    const ProgressUntil limited(progress_, budget_.elapsed, until(r));
    rounds_.back().training = ratio->learn_stored(ratio->prepare(pairs.z, inputs), options_.most_epochs, limited);
    ratio_ = std::move(*ratio);
  }
  return {};
}

Result<void> Run::fresh() {
  rounds_.emplace_back();
  Array2 well;  // of failures' learning
  progress_.begin("simulations", static_cast<double>(options_.simulations));
  std::uint64_t left = options_.simulations;
  while (left > 0 && !progress_.should_stop()) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left, options_.block));
    left -= count;
    // Whole blocks, so that the rate of failures is kept, until there are as many points as are learnt from.
    keep_failures_ = well.rows + failed_.rows < options_.failure.most_points;
    SimulatedPairs now;
    if (auto ran = simulate([&](std::size_t n) { return prior_left_in(n); }, count, 0.0, now); !ran) return ran;
    if (keep_failures_) append(well, now.z);
    if (!scale_) {
      if (auto scaled = scale_by(now.x); !scaled) return scaled;
      if (auto learnt = leave_out(now.z); !learnt) return learnt;
      Result<RatioEstimator> ratio = RatioEstimator::create(now.z, scale_->inputs(now.x), options_.ratio);
      if (!ratio && progress_.should_stop()) return {};
      if (!ratio) return fail(std::move(ratio.error()));
      const std::uint64_t steps = std::max<std::uint64_t>(1, options_.simulations / options_.ratio.batch);
      ratio->plan_steps(static_cast<std::int64_t>(steps));
      ratio_ = std::move(*ratio);
    }
    if (now.z.rows < options_.ratio.contrasts) continue;
    const double mean = ratio_->learn(ratio_->prepare(now.z, scale_->inputs(now.x)), progress_);
    if (!progress_.should_stop()) blocks_.push_back(mean);
  }
  return ratio_ ? learn_failures(well) : Result<void>{};
}

void Run::name_statistics(NreResult& out) const {
  const std::vector<std::string>& names = problem_.simulator->statistics();
  for (std::size_t j = 0; j < names.size(); ++j) {
    const StatisticMap& map = (*scale_)[j];
    const double x = problem_.observed[j];
    if (std::isnan(x)) {
      if (!map.sometimes_undefined) out.outside.push_back(names[j]);
    } else if (map.constant) {
      (x == map.centre ? out.constant : out.misfit).push_back(names[j]);
    } else if (x < map.low || x > map.high) {
      out.outside.push_back(names[j]);
    }
  }
}

}  // namespace

Result<void> NreOptions::validate() const {
  OptionRanges ranges;
  ranges.need(simulations >= 1 && simulations <= 1'000'000'000'000, "simulations", static_cast<double>(simulations),
              "between 1 and 1e12");
  ranges.need(rounds >= 1 && rounds <= 1000, "rounds", static_cast<double>(rounds), "between 1 and 1000");
  ranges.need(!fresh || rounds == 1, "rounds", static_cast<double>(rounds), "1 where simulations are fresh");
  ranges.need(block >= 64, "block", static_cast<double>(block), "64 or above");
  ranges.need(pilot >= 0.0 && pilot <= 1.0, "pilot", pilot, "between 0 and 1");
  ranges.need(most_epochs >= 1, "most_epochs", static_cast<double>(most_epochs), "1 or above");
  Errors errors;
  const auto collect = [&](Result<void> good) {
    if (!good) errors.insert(errors.end(), good.error().begin(), good.error().end());
  };
  collect(std::move(ranges).result());
  collect(ratio.validate());
  collect(failure.validate());
  collect(sampler.validate());
  if (!errors.empty()) return fail(std::move(errors));
  return {};
}

void NrePosterior::log_likelihood(const Array2& z, std::span<const double> x, std::span<double> value,
                                  Array2* by_z) const {
  ratio.log_ratio(z, scale.inputs(x), value, by_z);
  if (failure) {
    std::vector<double> log_well(z.rows);
    Array2 slope;
    failure->log_well(z, log_well, by_z ? &slope : nullptr);
    for (std::size_t k = 0; k < z.rows; ++k) value[k] += log_well[k];
    if (by_z)
      for (std::size_t i = 0; i < slope.values.size(); ++i) by_z->values[i] += slope.values[i];
  }
  if (!left_out) return;
  std::vector<std::uint8_t> excluded(z.rows);
  left_out->excluded(z, excluded);
  for (std::size_t k = 0; k < z.rows; ++k)
    if (excluded[k]) value[k] = none;
}

Result<LikelihoodDraws> NrePosterior::draw(SimulationSource& source, std::span<const double> x,
                                           const LikelihoodSamplerOptions& options, Progress& progress) const {
  if (auto good = options.validate(); !good) return fail(std::move(good.error()));
  const auto prior = [&](const Array2& z, std::span<double> value, Array2* by_z) {
    standard_normal_density(z, value);
    std::vector<std::uint8_t> allowed(z.rows);
    source.allowed(z, allowed);
    for (std::size_t k = 0; k < z.rows; ++k)
      if (!allowed[k]) value[k] = none;
    if (!by_z) return;
    *by_z = Array2(z.rows, z.cols);
    for (std::size_t i = 0; i < z.values.size(); ++i) by_z->values[i] = -z.values[i];
  };
  const auto likelihood = [&](const Array2& z, std::span<double> value, Array2* by_z) {
    log_likelihood(z, x, value, by_z);
  };
  Result<Array2> base = source.prior(std::max({options.draws, options.chains, least_particles}));
  if (!base) return fail(std::move(base.error()));
  return sample_likelihood({prior, likelihood, true}, *base, options, progress);
}

Result<NreResult> nre(const SimulationProblem& problem, const NreOptions& options, Progress& progress,
                      const InferenceBudget& budget) {
  if (auto good = options.validate(); !good) return fail(std::move(good.error()));
  if (auto good = no_embedding(problem, "nre"); !good) return fail(std::move(good.error()));
  if (auto good = check_observation(problem.simulator->statistics(), problem.observed); !good)
    return fail(std::move(good.error()));
  return Run(problem, options, progress, budget).all();
}

}  // namespace hillock::infer
