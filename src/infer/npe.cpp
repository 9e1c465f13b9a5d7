#include "infer/npe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/option_ranges.hpp"
#include "base/rng.hpp"
#include "infer/annealed_smc.hpp"
#include "infer/deadline.hpp"
#include "infer/fresh_training.hpp"
#include "infer/nearest_attainable.hpp"
#include "infer/timed_simulation.hpp"
#include "infer/truncated_prior.hpp"

namespace hillock::infer {
namespace {

constexpr double least_share = 0.02;         // of draws inside the region, below which they are annealed into it
constexpr std::size_t most_annealed = 2000;  // of them, where seconds are the limit
constexpr double named_leak = 0.01;          // share of the density outside the region that a note tells of
constexpr double named_error = 0.1;          // of a statistic, in standard deviations of the last round's simulations
constexpr double simulations_a_round = 1000.0, most_timed_rounds = 14.0;  // where their number is found from the time
constexpr std::size_t least_weighed = 512;  // simulations that their cost is measured with, where there is time

class Npe {
 public:
  Npe(const SimulationProblem& problem, const NpeOptions& options, const InferenceBudget& budget, Progress& progress)
      : problem_(problem),
        options_(options),
        budget_(budget),
        progress_(progress),
        source_(problem),
        region_(source_, {.epsilon = options.epsilon, .most_cut = options.most_cut}) {}

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
      last_ = round + 1 == rounds_;
      const auto done = costly_ ? timed_round(round) : fresh ? fresh_round(round) : stored_round(round);
      if (!done) return fail(done.error());
      record.simulations = source_.simulations() - before;
      record.failed = source_.tally().failed() - failed_before;
      record.density = kind_;
      record.objective = out_.curve.empty() ? 0.0 : out_.curve.back().validation;
      out_.rounds.push_back(std::move(record));
    }
    if (!estimator_) {
      out_.complete = false;
      return finish();
    }
    if (auto drawn = draw(); !drawn) return fail(std::move(drawn.error()));
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
    const Deadline soon(progress_, budget_.elapsed, simulating_.until);
    auto z = region_.draw(count, costly_ ? static_cast<const Progress&>(soon) : progress_);
    if (region_.is_cut()) record_->acceptance = region_.acceptance();
    record_->capped = record_->capped || region_.capped();
    return z;
  }

  /// Starts an estimator in the coordinates of these pairs.
  Result<void> begin(const SimulatedPairs& pairs) {
    if (pairs.z.rows == 0) return fail(source_.tally().nothing_left(*problem_.simulator, problem_.observed));
    next_scale_ = StatisticScale::of(pairs.x, problem_.layout);
    EstimatorOptions o = options_.estimator;
    if (costly_) {
      o.rate = options_.timed_rate;
      o.members = last_ ? options_.timed_members : 1;  // it only has to say where to simulate next
      if (!options_.timed_density.empty()) o.density = options_.timed_density;
    }
    o.inputs = next_scale_.shape();
    o.embedding_outputs = std::max(o.embedding_outputs, 2 * source_.dimension());
    o.seed = problem_.seed * 1000 + out_.rounds.size();
    o.threads = problem_.threads;
    auto made = ConditionalEstimator::create(pairs.z, inputs(pairs), o);
    if (!made) return fail(std::move(made.error()));
    next_ = std::make_shared<ConditionalEstimator>(std::move(*made));
    kind_ = o.density;
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
    inside_ = within(pairs_);
    if (auto begun = begin(inside_); !begun) return begun;
    const StoredTraining learnt =
        next_->learn_stored(prepare(inside_), {.most_epochs = options_.most_epochs}, progress_);
    append_learning(out_.curve, source_.simulations(), learnt);
    progress_.update(static_cast<double>(round + 1) / static_cast<double>(rounds_), {});
    return end_round();
  }

  /// What a simulation costs, and what learning from it once. Where simulations are the dearer by far, they are kept
  /// and learnt from many times; these are the first of them.
  Result<void> weigh_costs() {
    double seconds = 0.0, begun = budget_.elapsed();
    const double first = begun;
    // The first simulation makes room and opens files: the second one says what one costs.
    for (std::size_t turn = 0, part = 1; pairs_.z.rows < least_weighed; part = turn++ == 0 ? 1 : 4 * part) {
      auto z = source_.prior(part);
      if (!z) return fail(std::move(z.error()));
      begun = budget_.elapsed();
      if (auto ran = source_.run(*z, pairs_, progress_); !ran) return fail(std::move(ran.error()));
      if (progress_.should_stop()) return {};
      seconds = (budget_.elapsed() - begun) / static_cast<double>(part);
      const bool long_enough = budget_.elapsed() - first > 0.02 * budget_.seconds;
      if ((turn > 0 && long_enough) || part > 4 * least_weighed) break;
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
    inside_ = pairs_;
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
    inside_.append(fresh);
    if (pairs_.z.rows > options_.stored) forget();
    if (auto made = begin(inside_); !made) return made;
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
    const StoredTraining learnt = next_->learn_stored(prepare(inside_), schedule, deadline);
    append_learning(out_.curve, source_.simulations(), learnt);
    progress_.update(std::min(1.0, budget_.elapsed() / budget_.seconds), {});
    if (last && learnt.training.empty()) return {};
    return end_round();
  }

  /// No more pairs than may be stored: those in the region, and of them the newest.
  void forget() {
    pairs_ = inside_;
    const std::size_t most = options_.stored;
    if (pairs_.z.rows <= most) return;
    for (Array2* a : {&pairs_.z, &pairs_.x}) {
      a->values.erase(a->values.begin(), a->values.begin() + static_cast<std::ptrdiff_t>((a->rows - most) * a->cols));
      a->rows = most;
    }
    inside_ = pairs_;
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
    inside_ = std::move(pilot);
    FreshTraining how;
    how.until = until(round);
    if (budget_.simulations > 0) {
      const std::uint64_t used = inside_.z.rows;
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
    if (options_.rounds > 1 && options_.robust) condition_on_attainable();
    if (options_.rounds > 1 && out_.rounds.size() + 1 < rounds_) {
      region_.cut(estimator_, observed_inputs_, inside_.z);
      inside_ = within(inside_);
    }
    return {};
  }
  /// What the network is given: where the model cannot quite do the data, the nearest that it can.
  void condition_on_attainable() {
    // Of thousands of samples no covariance is known.
    if (out_.scale.shape().kind != Embedding::none) return;
    AttainableOptions how;
    how.seed = problem_.seed + out_.rounds.size();
    // Whether a statistic has a value is seen surely, too.
    std::vector<std::uint8_t> whole(out_.scale.columns(), 1);
    for (std::size_t column = 0; column < out_.scale.varying().size(); ++column)
      whole[column] = out_.scale[out_.scale.varying()[column]].whole ? 1 : 0;
    const NearestAttainable found = nearest_attainable(out_.scale.inputs(inside_.x), observed_inputs_, whole, how);
    out_.attainable.clear();
    out_.given.clear();
    if (!found.misfit) return;
    off_ = fmt::format(
        "the data lie {:.3g} standard deviations from the simulations near them (p = {:.2g}): the posterior "
        "is given the nearest statistics that the model can do",
        found.distance, found.p);
    give(found.inputs);
  }
  void give(std::vector<double> inputs) {
    const std::vector<double> data = out_.scale.inputs(std::span<const double>(problem_.observed));
    out_.given.assign(problem_.observed.size(), std::numeric_limits<double>::quiet_NaN());
    for (std::size_t column = 0; column < out_.scale.varying().size(); ++column) {
      const std::size_t j = out_.scale.varying()[column];
      if (std::abs(data[column] - inputs[column]) > named_error) out_.given[j] = out_.scale[j].inverse(inputs[column]);
    }
    observed_inputs_ = out_.attainable = std::move(inputs);
  }
  /// Of the last round, the simulation nearest to what the network was given.
  [[nodiscard]] std::vector<double> nearest_simulation() const {
    const Array2 inputs = out_.scale.inputs(inside_.x);
    std::size_t best = 0;
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t k = 0; k < inputs.rows; ++k) {
      double sum = 0.0;
      for (std::size_t j = 0; j < inputs.cols; ++j) sum += std::pow(inputs(k, j) - observed_inputs_[j], 2);
      if (sum < least) least = sum, best = k;
    }
    return {inputs.row(best).begin(), inputs.row(best).end()};
  }
  [[nodiscard]] SimulatedPairs within(const SimulatedPairs& pairs) const {
    std::vector<std::uint8_t> in(pairs.z.rows);
    region_.inside(pairs.z, in);
    return pairs.chosen(in);
  }

  // --- the end ---

  /// Draws of the density, cut to the region that its simulations came from: outside of it a network has seen nothing,
  /// and what it says there is extrapolated.
  Result<void> draw() {
    double leaked = draw_inside();
    const bool features = out_.scale.shape().kind == Embedding::none;
    if (1.0 - leaked < least_share && region_.is_cut() && options_.robust && features && inside_.x.rows > 0) {
      // What the network was given is not attained where it has learnt. A simulation is.
      give(nearest_simulation());
      off_ = fmt::format(
          "given the statistics of the data, or the nearest that the model can do, {:.3g} % of the density lies "
          "outside the region of its simulations: it is given those of the nearest simulation",
          100.0 * leaked);
      leaked = draw_inside();
    }
    if (!out_.attainable.empty()) out_.notes.push_back(off_);
    if (region_.is_cut()) out_.region = std::make_shared<CutRegion>(region_.region());
    if (leaked > named_leak)
      out_.notes.push_back(fmt::format(
          "{:.3g} % of the density that was learnt lay outside the region that its simulations came from, where it is "
          "extrapolated: that part is left out",
          100.0 * leaked));
    if (1.0 - leaked < least_share) {
      out_.normalised = false;
      if (auto annealed = anneal_into_region(); !annealed) return annealed;
    } else if (out_.z.rows < options_.draws) {
      out_.notes.push_back(
          "fewer draws than asked for: most of the estimated posterior lies where the model's joint conditions do not "
          "hold");
    }
    out_.log_density.resize(out_.z.rows);
    if (out_.z.rows > 0) density_given(*estimator_, observed_inputs_, out_.z, out_.log_density);
    out_.inside_share = 1.0 - leaked;
    if (out_.normalised && leaked > 0.0)
      for (double& v : out_.log_density) v -= std::log(out_.inside_share);
    return {};
  }

  /// Until there are enough, or nearly none lies inside. The share outside.
  double draw_inside() {
    out_.z = Array2(0, source_.dimension());
    out_.dropped_draws = 0;
    std::uint64_t number = 0;
    const std::size_t most = 100 * options_.draws;
    std::size_t outside = 0, allowed = 0;
    while (out_.z.rows < options_.draws && number < most) {
      const std::size_t some = options_.draws - out_.z.rows;
      const Array2 z = estimator_->draw(observed_inputs_, some, problem_.seed, number);
      number += some;
      std::vector<std::uint8_t> good(z.rows), in(z.rows);
      source_.allowed(z, good);
      region_.inside(z, in);
      for (std::size_t k = 0; k < z.rows; ++k) {
        const bool finite = std::ranges::all_of(z.row(k), [](double u) { return std::isfinite(u); });
        if (!good[k] || !finite) {
          ++out_.dropped_draws;
          continue;
        }
        ++allowed;
        if (in[k] == 0) {
          ++outside;
          continue;
        }
        out_.z.values.insert(out_.z.values.end(), z.row(k).begin(), z.row(k).end());
        ++out_.z.rows;
      }
      if (static_cast<double>(allowed - outside) < least_share * static_cast<double>(allowed)) break;
    }
    return allowed > 0 ? static_cast<double>(outside) / static_cast<double>(allowed) : 0.0;
  }

  /// Nearly all of the density lies outside: particles of the region go to what of it is inside.
  Result<void> anneal_into_region() {
    // Time is short where seconds are the limit: so many draws, and no more.
    const std::size_t count = std::clamp<std::size_t>(options_.draws, 4, costly_ ? most_annealed : options_.draws + 4);
    auto start = region_.draw(count, progress_);
    if (!start) return fail(std::move(start.error()));
    if (start->rows < 4) return {};
    const auto target = [&](const Array2& z, std::span<double> value) {
      density_given(*estimator_, observed_inputs_, z, value);
      std::vector<std::uint8_t> in(z.rows);
      region_.inside(z, in);
      for (std::size_t k = 0; k < z.rows; ++k)
        if (in[k] == 0 || !(value[k] > -std::numeric_limits<double>::infinity()))
          value[k] = -std::numeric_limits<double>::infinity();
    };
    AnnealingOptions how;
    how.seed = problem_.seed * 7919;
    if (costly_) how.last_moves = 4.0, how.most_last_moves = 20;
    auto moved = anneal(*start, standard_normal_density, target, how, progress_);
    if (!moved) return fail(std::move(moved.error()));
    out_.z = std::move(moved->points);
    if (out_.z.rows < options_.draws) out_.notes.push_back("fewer draws than asked for: the time was for so many");
    return {};
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
  std::string kind_;                     // of density, that was learnt last
  std::vector<double> observed_inputs_;  // or the nearest attainable ones
  std::string off_;                      // how far the data are from those, in words
  SimulatedPairs pairs_;                 // of all rounds, where they are stored
  SimulatedPairs inside_;  // of them, in the region; where every pair is fresh, the first ones of the round
  std::size_t rounds_ = options_.rounds;
  bool last_ = false;    // this round is
  bool costly_ = false;  // seconds are the limit, and a simulation costs many times what learning from it does
  TimedSimulation simulating_;
  TruncatedPrior region_;
  std::uint64_t thinned_ = 0;
};

}  // namespace

Result<void> NpeOptions::validate() const {
  if (auto good = estimator.validate(); !good) return good;
  OptionRanges ranges;
  ranges.need(draws >= 1 && draws <= 100'000'000, "draws", static_cast<double>(draws), "between 1 and 1e8");
  ranges.need(rounds >= 1 && rounds <= 100, "rounds", static_cast<double>(rounds), "between 1 and 100");
  ranges.need(epsilon > 0.0 && epsilon < 0.5, "epsilon", epsilon, "above 0, below 0.5");
  ranges.need(most_cut > 0.0 && most_cut < 1.0, "most_cut", most_cut, "between 0 and 1");
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
