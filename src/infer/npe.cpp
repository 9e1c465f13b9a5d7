#include "infer/npe.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/option_ranges.hpp"
#include "base/rng.hpp"
#include "infer/annealed_smc.hpp"
#include "infer/deadline.hpp"
#include "infer/fresh_training.hpp"
#include "infer/timed_simulation.hpp"

namespace hillock::infer {
namespace {

constexpr double least_acceptance = 0.05;  // of rejection from the prior
constexpr std::size_t region_draws = 10'000;
constexpr std::size_t least_particles = 500, most_particles = 4000;
constexpr std::size_t least_seeds = 50;  // stored pairs in the region that particles start from
constexpr std::size_t least_near = 30;   // simulations nearest to the data, of which most stay in the region
constexpr double simulations_a_round = 1000.0, most_timed_rounds = 10.0;  // where their number is found from the time
constexpr std::size_t least_weighed = 512;  // simulations that their cost is measured with, where there is time

class Npe {
 public:
  Npe(const SimulationProblem& problem, const NpeOptions& options, const InferenceBudget& budget, Progress& progress)
      : problem_(problem), options_(options), budget_(budget), progress_(progress), source_(problem) {}

  Result<SimulationPosterior> run() {
    out_.method = options_.rounds > 1 ? "tsnpe" : "npe";
    out_.amortised = options_.rounds == 1;
    out_.normalised = true;
    const bool timed = budget_.seconds > 0.0;
    const bool fresh = budget_.simulations == 0 || budget_.simulations > options_.stored;
    if (budget_.simulations == 0 && !timed)
      return fail("option-range", "neither simulations nor seconds to spend", "budget");
    progress_.begin(out_.method, 1.0);
    if (timed && budget_.simulations == 0)
      if (auto weighed = weigh_costs(); !weighed) return fail(std::move(weighed.error()));
    for (std::size_t round = 0; round < rounds_ && !progress_.should_stop(); ++round) {
      const std::uint64_t before = source_.simulations(), failed_before = source_.tally().failed();
      InferenceRound record;
      record.proposal = round == 0 ? "prior" : "truncated prior";
      record_ = &record;
      const auto done = costly_ ? timed_round(round) : fresh ? fresh_round(round) : stored_round(round);
      if (!done) return fail(done.error());
      record.simulations = source_.simulations() - before;
      record.failed = source_.tally().failed() - failed_before;
      record.objective = out_.curve.empty() ? 0.0 : out_.curve.back().validation;
      out_.rounds.push_back(std::move(record));
    }
    if (!estimator_) {
      out_.complete = false;
      return finish();
    }
    draw();
    return finish();
  }

 private:
  /// Elapsed seconds at which a round ends: half of the time is the last round's.
  [[nodiscard]] double until(std::size_t round) const {
    if (budget_.seconds <= 0.0) return 0.0;
    const double all = budget_.seconds * (1.0 - options_.sampling_share);
    if (round + 1 == rounds_) return all;
    return 0.5 * all * static_cast<double>(round + 1) / static_cast<double>(rounds_ - 1);
  }
  [[nodiscard]] std::uint64_t simulations_of(std::size_t round) const {
    if (budget_.simulations == 0) return 0;
    const std::uint64_t each = budget_.simulations / rounds_;
    return round + 1 == rounds_ ? budget_.simulations - each * (rounds_ - 1) : each;
  }

  Result<Array2> propose(std::size_t count) {
    if (!region_) return source_.prior(count);
    return truncated(count);
  }

  /// Starts an estimator in the coordinates of these pairs.
  Result<void> begin(const SimulatedPairs& pairs) {
    if (pairs.z.rows == 0) return fail(source_.tally().nothing_left(*problem_.simulator, problem_.observed));
    next_scale_ = StatisticScale::of(pairs.x, problem_.layout);
    EstimatorOptions o = options_.estimator;
    if (costly_) o.rate = options_.timed_rate, o.members = options_.timed_members;
    o.inputs = next_scale_.shape();
    o.embedding_outputs = std::max(o.embedding_outputs, 2 * source_.dimension());
    o.seed = problem_.seed * 1000 + out_.rounds.size();
    o.threads = problem_.threads;
    auto made = ConditionalEstimator::create(pairs.z, inputs(pairs), o);
    if (!made) return fail(std::move(made.error()));
    next_ = std::make_shared<ConditionalEstimator>(std::move(*made));
    return {};
  }
  [[nodiscard]] Pairs prepare(const SimulatedPairs& pairs) { return next_->prepare(pairs.z, inputs(pairs)); }

  /// Of trials as many are kept as there may be in the data: any number, evenly, where the posterior is to hold for any
  /// (Radev et al. 2020, section 2.3), and else those of the observation.
  [[nodiscard]] Array2 inputs(const SimulatedPairs& pairs) {
    const StatisticLayout& layout = problem_.layout;
    if (layout.kind != Embedding::set) return next_scale_.inputs(pairs.x);
    Array2 x = pairs.x;
    for (std::size_t k = 0; k < x.rows; ++k) {
      Rng rng(problem_.seed, stream_id("npe.trials"), thinned_++);
      layout.keep_first(x.row(k), out_.amortised ? 1 + rng.below(layout.items) : layout.present(problem_.observed));
    }
    return next_scale_.inputs(x);
  }

  Result<void> stored_round(std::size_t round) {
    auto z = propose(simulations_of(round));
    if (!z) return fail(std::move(z.error()));
    if (auto ran = source_.run(*z, pairs_, progress_); !ran) return fail(std::move(ran.error()));
    // Pairs of earlier rounds that lie in the region are draws of the prior cut to it, too.
    const SimulatedPairs* use = &pairs_;
    SimulatedPairs inside;
    if (region_) {
      inside = within(pairs_);
      use = &inside;
    }
    if (auto begun = begin(*use); !begun) return begun;
    const StoredTraining learnt = next_->learn_stored(prepare(*use), {.most_epochs = options_.most_epochs}, progress_);
    append_learning(out_.curve, source_.simulations(), learnt);
    progress_.update(static_cast<double>(round + 1) / static_cast<double>(rounds_), {});
    return end_round();
  }

  /// What a simulation costs, and what learning from it once. Where simulations are the dearer by far, they are kept
  /// and learnt from many times; these are the first of them.
  Result<void> weigh_costs() {
    double seconds = 0.0, begun = budget_.elapsed();
    const double first = begun;
    for (std::size_t part = 1; pairs_.z.rows < least_weighed; part *= 4) {
      auto z = source_.prior(part);
      if (!z) return fail(std::move(z.error()));
      begun = budget_.elapsed();
      if (auto ran = source_.run(*z, pairs_, progress_); !ran) return fail(std::move(ran.error()));
      if (progress_.should_stop()) return {};
      seconds = (budget_.elapsed() - begun) / static_cast<double>(part);
      if (budget_.elapsed() - first > 0.02 * budget_.seconds || part > 4 * least_weighed) break;
    }
    if (pairs_.z.rows > 0) {
      if (auto made = begin(pairs_); !made) return made;
      const double learning = seconds_to_learn(*next_, prepare(pairs_), budget_);
      costly_ = seconds > options_.costly * learning;
      if (costly_) simulating_.simulation_s = seconds;
      if (costly_ && rounds_ > 1 && options_.rounds_from_time) {
        const double likely = options_.simulating_share * budget_.seconds / seconds / simulations_a_round;
        rounds_ = static_cast<std::size_t>(std::clamp(likely, 2.0, most_timed_rounds));
      }
    }
    if (!costly_) pairs_ = {};
    return {};
  }

  /// Seconds at which a round of stored simulations begins and ends: the last one has more than the others.
  [[nodiscard]] double timed_end(std::size_t round) const {
    const double all = budget_.seconds * (1.0 - options_.timed_sampling_share);
    if (round + 1 == rounds_) return all;
    return (1.0 - options_.last_share) * all * static_cast<double>(round + 1) / static_cast<double>(rounds_ - 1);
  }

  Result<void> timed_round(std::size_t round) {
    const double begun = budget_.elapsed(), end = timed_end(round);
    simulating_.until = begun + options_.simulating_share * (end - begun);
    SimulatedPairs fresh;
    if (auto ran = simulate_for(
            simulating_, source_, [&](std::size_t n) { return propose(n); }, budget_, fresh, progress_);
        !ran)
      return ran;
    if (progress_.should_stop() && estimator_) return {};
    // What was proposed lies in the region.
    pairs_.append(fresh);
    if (region_) inside_.append(fresh);
    if (pairs_.z.rows > options_.stored) forget();
    const SimulatedPairs& use = region_ ? inside_ : pairs_;
    if (auto made = begin(use); !made) return made;
    // A proposal may have taken longer than it should: what was simulated is learnt from, all the same. The last round
    // has a network to fall back on.
    const bool last = round + 1 == rounds_ && estimator_;
    const double learning = budget_.elapsed();
    const double learnt_at =
        last ? end : std::max(end, learning + 0.5 * (1.0 - options_.simulating_share) * (end - begun));
    const Deadline deadline(progress_, budget_.elapsed, learnt_at);
    StoredSchedule schedule;
    schedule.most_epochs = options_.most_epochs;
    schedule.spent = [&] { return (budget_.elapsed() - learning) / std::max(1e-9, learnt_at - learning); };
    const StoredTraining learnt = next_->learn_stored(prepare(use), schedule, deadline);
    append_learning(out_.curve, source_.simulations(), learnt);
    progress_.update(std::min(1.0, budget_.elapsed() / budget_.seconds), {});
    if (last && learnt.training.empty()) return {};
    return end_round();
  }

  /// No more pairs than may be stored: those in the region, and of them the newest.
  void forget() {
    if (region_) pairs_ = inside_;
    const std::size_t most = options_.stored;
    if (pairs_.z.rows <= most) return;
    for (Array2* a : {&pairs_.z, &pairs_.x}) {
      a->values.erase(a->values.begin(), a->values.begin() + static_cast<std::ptrdiff_t>((a->rows - most) * a->cols));
      a->rows = most;
    }
    if (region_) inside_ = pairs_;
  }

  Result<void> fresh_round(std::size_t round) {
    SimulatedPairs pilot;
    std::size_t count = options_.pilot;
    if (budget_.simulations > 0) count = std::min<std::uint64_t>(count, simulations_of(round));
    // A slow simulator must not spend the round on the pilot: it grows until a tenth of the time is gone.
    const double begun_at = budget_.elapsed && budget_.seconds > 0.0 ? budget_.elapsed() : 0.0;
    for (std::size_t part = std::min<std::size_t>(count, 1024); pilot.z.rows < count;) {
      auto z = propose(std::min(part, count - pilot.z.rows));
      if (!z) return fail(std::move(z.error()));
      const std::size_t had = pilot.z.rows;
      if (auto ran = source_.run(*z, pilot, progress_); !ran) return fail(std::move(ran.error()));
      if (progress_.should_stop()) return {};
      if (pilot.z.rows == had) return fail(source_.tally().nothing_left(*problem_.simulator, problem_.observed));
      if (budget_.seconds > 0.0 && budget_.elapsed() - begun_at > 0.1 * (until(round) - begun_at)) break;
      part *= 2;
    }
    if (auto begun = begin(pilot); !begun) return begun;
    FreshTraining how;
    how.until = until(round);
    if (budget_.simulations > 0) {
      const std::uint64_t used = pilot.z.rows;
      how.simulations = simulations_of(round) > used ? simulations_of(round) - used : 1;
    }
    auto trained = train_fresh(
        *next_, source_, [&](std::size_t n) { return propose(n); },
        [&](const SimulatedPairs& pairs) { return prepare(pairs); }, how, budget_, out_.curve, progress_);
    if (!trained) return trained;
    return end_round();
  }

  Result<void> end_round() {
    if (progress_.should_stop() && estimator_) return {};
    estimator_ = next_;
    out_.estimator = estimator_;
    out_.scale = next_scale_;
    observed_inputs_ = out_.scale.inputs(std::span<const double>(problem_.observed));
    if (options_.rounds > 1 && out_.rounds.size() + 1 < rounds_) set_region();
    return {};
  }

  // --- truncation ---

  /// The region is that of the estimator's density above a threshold, within the region before.
  struct Region {
    std::shared_ptr<const ConditionalEstimator> estimator;
    std::vector<double> inputs;
    double threshold = 0.0;
  };

  void set_region() {
    const Array2 z = estimator_->draw(observed_inputs_, region_draws, problem_.seed + 17 * out_.rounds.size());
    std::vector<double> value(z.rows);
    density_of(*estimator_, observed_inputs_, z, value);
    std::vector<double> sorted = value;
    std::ranges::sort(sorted);
    Region next;
    next.estimator = estimator_;
    next.inputs = observed_inputs_;
    next.threshold = sorted[static_cast<std::size_t>(options_.epsilon * static_cast<double>(sorted.size()))];
    if (costly_) next.threshold = std::min(next.threshold, threshold_of_nearest());
    region_ = std::move(next);
    seeds_ = z;
    particles_ = Array2();
    // Is rejection from the prior cheap enough?
    const Array2 trial = standard_normal_rows(problem_.seed, stream_id("tsnpe.trial"),
                                              out_.rounds.size() * region_draws, region_draws, source_.dimension());
    std::vector<std::uint8_t> in(trial.rows);
    inside(trial, in);
    acceptance_ = static_cast<double>(std::ranges::count(in, 1)) / static_cast<double>(trial.rows);
    if (costly_) inside_ = within(pairs_);
  }

  /// A density that most of the simulations nearest to the data are above. Where data lie outside what the model can
  /// do, a network extrapolates, and a region of its making alone may leave them all out. A wider region is never
  /// wrong.
  [[nodiscard]] double threshold_of_nearest() const {
    const SimulatedPairs& known = region_ ? inside_ : pairs_;
    const std::size_t near = std::min(known.z.rows, std::max(least_near, known.z.rows / 100));
    const Array2 inputs = out_.scale.inputs(known.x);
    std::vector<std::pair<double, std::size_t>> distance(known.z.rows);
    for (std::size_t k = 0; k < known.z.rows; ++k) {
      double sum = 0.0;
      for (std::size_t j = 0; j < inputs.cols; ++j) sum += std::pow(inputs(k, j) - observed_inputs_[j], 2);
      distance[k] = {sum, k};
    }
    std::ranges::partial_sort(distance, distance.begin() + static_cast<std::ptrdiff_t>(near));
    Array2 z(near, known.z.cols);
    for (std::size_t k = 0; k < near; ++k) std::ranges::copy(known.z.row(distance[k].second), z.row(k).begin());
    std::vector<double> value(near);
    density_of(*estimator_, observed_inputs_, z, value);
    std::ranges::sort(value);
    return near > 0 ? value[near / 4] : std::numeric_limits<double>::infinity();
  }

  static void density_of(const ConditionalEstimator& estimator, std::span<const double> inputs, const Array2& z,
                         std::span<double> value) {
    Array2 c(1, inputs.size());
    std::ranges::copy(inputs, c.values.begin());
    estimator.log_density(z, c, value);
  }

  void inside(const Array2& z, std::span<std::uint8_t> out) const {
    source_.allowed(z, out);
    if (!region_) return;
    std::vector<double> value(z.rows);
    density_of(*region_->estimator, region_->inputs, z, value);
    for (std::size_t k = 0; k < z.rows; ++k) out[k] = out[k] && value[k] >= region_->threshold ? 1 : 0;
  }

  [[nodiscard]] SimulatedPairs within(const SimulatedPairs& pairs) const {
    std::vector<std::uint8_t> in(pairs.z.rows);
    inside(pairs.z, in);
    return pairs.chosen(in);
  }

  Result<Array2> truncated(std::size_t count) {
    record_->acceptance = acceptance_;
    if (acceptance_ >= least_acceptance) return by_rejection(count);
    return by_particles(count);
  }

  Result<Array2> by_rejection(std::size_t count) {
    Array2 out(0, source_.dimension());
    for (std::size_t tries = 0; out.rows < count; ++tries) {
      // The acceptance is at least 5 % but for chance: this cap is far.
      if (tries > 100) {
        record_->capped = true;
        break;
      }
      const auto some = static_cast<std::size_t>(1.2 * static_cast<double>(count - out.rows) / acceptance_) + 64;
      auto z = source_.prior(some);
      if (!z) return z;
      std::vector<std::uint8_t> in(z->rows);
      inside(*z, in);
      for (std::size_t k = 0; k < z->rows && out.rows < count; ++k) {
        if (!in[k]) continue;
        out.values.insert(out.values.end(), z->row(k).begin(), z->row(k).end());
        ++out.rows;
      }
    }
    return out;
  }

  /// Particles of the cut prior: a few thousand, moved a little on before each block is taken. Where a block is larger
  /// than they are, points come more than once, with other random numbers of the simulator.
  Result<Array2> by_particles(std::size_t count) {
    const auto cut = [&](const Array2& z, std::span<double> value) {
      standard_normal_density(z, value);
      std::vector<std::uint8_t> in(z.rows);
      inside(z, in);
      for (std::size_t k = 0; k < z.rows; ++k)
        if (!in[k]) value[k] = -std::numeric_limits<double>::infinity();
    };
    const bool first = particles_.rows == 0;
    // Stored pairs in the region are draws of the cut prior already. Without enough of them the way to it is from the
    // posterior so far.
    const bool there = !first || inside_.z.rows >= least_seeds;
    const auto base = [&](const Array2& z, std::span<double> value) {
      if (!there) density_of(*region_->estimator, region_->inputs, z, value);
      else cut(z, value);
    };
    if (first) {
      const Array2& from = there ? inside_.z : seeds_;
      std::size_t wanted = std::clamp(count, least_particles, most_particles);
      if (there) wanted = std::min(wanted, std::max(least_particles, 10 * from.rows));
      particles_ = Array2(wanted, from.cols);
      for (std::size_t k = 0; k < wanted; ++k)
        std::ranges::copy(from.row(k * from.rows / wanted), particles_.row(k).begin());
    }
    AnnealingOptions how;
    how.seed = problem_.seed * 7919 + ++annealed_;
    if (!first) how.last_moves = 0.5, how.most_last_moves = 4;
    if (costly_ && there) how.last_moves = first ? 4.0 : 2.0, how.most_last_moves = 40;
    // Particles that started in the region are draws of the cut prior after any number of moves: time is their limit.
    const Deadline soon(progress_, budget_.elapsed, costly_ && there ? simulating_.until : 0.0);
    auto moved = anneal(particles_, base, cut, how, costly_ && there ? static_cast<const Progress&>(soon) : progress_);
    if (!moved) return fail(std::move(moved.error()));
    if (!moved->complete && !progress_.should_stop() && !(costly_ && there)) record_->capped = true;
    particles_ = std::move(moved->points);
    if (count == particles_.rows || costly_) return particles_;
    Array2 out(count, particles_.cols);
    Rng rng(problem_.seed, stream_id("tsnpe.particles"), annealed_);
    for (std::size_t k = 0; k < count; ++k)
      std::ranges::copy(particles_.row(rng.below(particles_.rows)), out.row(k).begin());
    return out;
  }

  // --- the end ---

  void draw() {
    const std::size_t d = source_.dimension();
    out_.z = Array2(0, d);
    std::uint64_t number = 0;
    const std::size_t most = 100 * options_.draws;
    while (out_.z.rows < options_.draws && number < most) {
      const std::size_t some = options_.draws - out_.z.rows;
      const Array2 z = estimator_->draw(observed_inputs_, some, problem_.seed, number);
      number += some;
      std::vector<std::uint8_t> good(z.rows);
      source_.allowed(z, good);
      for (std::size_t k = 0; k < z.rows; ++k) {
        const bool finite = std::ranges::all_of(z.row(k), [](double u) { return std::isfinite(u); });
        if (!good[k] || !finite) {
          ++out_.dropped_draws;
          continue;
        }
        out_.z.values.insert(out_.z.values.end(), z.row(k).begin(), z.row(k).end());
        ++out_.z.rows;
      }
    }
    if (out_.z.rows < options_.draws)
      out_.notes.push_back(
          "fewer draws than asked for: most of the estimated posterior lies where the model's joint conditions do not "
          "hold");
    out_.log_density.resize(out_.z.rows);
    if (out_.z.rows > 0) density_of(*estimator_, observed_inputs_, out_.z, out_.log_density);
  }

  Result<SimulationPosterior> finish() {
    if (out_.z.rows > 0) out_.parameters = problem_.space->from_standard_normal(out_.z);
    out_.simulations = source_.simulations();
    out_.failed = source_.tally().failed();
    out_.failures = source_.tally().failures(*problem_.simulator);
    out_.undefined = source_.tally().undefined_statistics(*problem_.simulator);
    if (progress_.should_stop()) out_.complete = false;
    return std::move(out_);
  }

  const SimulationProblem& problem_;
  const NpeOptions& options_;
  const InferenceBudget& budget_;
  Progress& progress_;
  SimulationSource source_;
  SimulationPosterior out_;
  InferenceRound* record_ = nullptr;
  std::shared_ptr<ConditionalEstimator> estimator_, next_;
  StatisticScale next_scale_;
  std::vector<double> observed_inputs_;
  SimulatedPairs pairs_;   // of all rounds, where they are stored
  SimulatedPairs inside_;  // of them, in the region: where seconds are the limit
  std::size_t rounds_ = options_.rounds;
  bool costly_ = false;  // seconds are the limit, and a simulation costs many times what learning from it does
  TimedSimulation simulating_;
  std::optional<Region> region_;
  double acceptance_ = 1.0;
  Array2 seeds_, particles_;
  std::uint64_t annealed_ = 0, thinned_ = 0;
};

}  // namespace

Result<void> NpeOptions::validate() const {
  if (auto good = estimator.validate(); !good) return good;
  OptionRanges ranges;
  ranges.need(draws >= 1 && draws <= 100'000'000, "draws", static_cast<double>(draws), "between 1 and 1e8");
  ranges.need(rounds >= 1 && rounds <= 100, "rounds", static_cast<double>(rounds), "between 1 and 100");
  ranges.need(epsilon > 0.0 && epsilon < 0.5, "epsilon", epsilon, "above 0, below 0.5");
  ranges.need(pilot >= 16, "pilot", static_cast<double>(pilot), "16 or above");
  ranges.need(sampling_share >= 0.0 && sampling_share < 1.0, "sampling_share", sampling_share, "at least 0, below 1");
  return std::move(ranges).result();
}

Result<SimulationPosterior> npe(const SimulationProblem& problem, const NpeOptions& options,
                                const InferenceBudget& budget, Progress& progress) {
  if (auto good = options.validate(); !good) return fail(good.error());
  if (auto good = problem.layout.validate(problem.observed.size()); !good) return fail(good.error());
  if (problem.layout.kind == Embedding::set && problem.layout.present(problem.observed) == 0)
    return fail("trials-count", "no trial of the data has a value", "observed");
  HILLOCK_CHECK(problem.observed.size() == problem.simulator->statistics().size(),
                "an observation with another number of statistics than the simulator's");
  return Npe(problem, options, budget, progress).run();
}

}  // namespace hillock::infer
