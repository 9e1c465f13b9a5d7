#include "infer/nle.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/option_ranges.hpp"
#include "base/rng.hpp"
#include "infer/annealed_smc.hpp"
#include "infer/deadline.hpp"
#include "infer/density_choice.hpp"
#include "infer/failure_region.hpp"
#include "infer/fresh_training.hpp"
#include "infer/learnt_likelihood.hpp"

namespace hillock::infer {
namespace {

constexpr double slack = 3.0;                 // of the log posterior, below its draws': what a round's answer is about
constexpr std::size_t most_between = 12'000;  // pairs that a round before the last learns from
constexpr std::size_t least_core = 100;       // pairs
constexpr std::size_t prior_tries = 8;        // for each draw of the prior near the posterior
constexpr std::size_t most_points = 100'000;  // for the classifier of failures
// Where pairs are fresh, a few rounds of stored ones say first where the answer lies.
constexpr std::size_t most_locating = 3;
constexpr double locating_share = 0.25;                              // of a budget in seconds, at most
constexpr std::uint64_t least_locating = 2000, share_locating = 40;  // simulations of a round; of all
constexpr std::uint64_t least_seen_twice = 5000;                     // simulations, for the view from near
/// From the simple to the flexible.
constexpr std::string_view kinds_to_choose_from[] = {"gaussian", "maf"};
constexpr double most_whole = 100'000;  // a range beyond which whole numbers are as good as continuous

class Nle {
 public:
  Nle(const SimulationProblem& problem, const NleOptions& options, const InferenceBudget& budget, Progress& progress)
      : problem_(problem),
        options_(options),
        budget_(budget),
        progress_(progress),
        source_(problem),
        likelihood_(*problem.space) {
    likelihood_.trials.push_back(problem.observed);
    likelihood_.trials.insert(likelihood_.trials.end(), problem.more_trials.begin(), problem.more_trials.end());
    likelihood_.seed = problem.seed;
  }

  Result<SimulationPosterior> run() {
    out_.method = "nle";
    if (budget_.simulations == 0 && budget_.seconds <= 0.0)
      return fail("option-range", "neither simulations nor seconds to spend", "budget");
    fresh_ = budget_.simulations == 0 || budget_.simulations > options_.stored;
    if (fresh_) locating_ = std::min(most_locating, options_.rounds - 1);
    progress_.begin("nle", 1.0);
    for (std::size_t round = 0; round < options_.rounds && !progress_.should_stop(); ++round) {
      const std::uint64_t before = source_.simulations(), failed_before = source_.tally().failed();
      InferenceRound record;
      record.proposal = round == 0 ? "prior" : "posterior so far";
      const auto done = fresh_ && round >= locating_ ? fresh_round(round) : stored_round(round);
      if (!done) return fail(done.error());
      if (progress_.should_stop()) break;
      record.simulations = source_.simulations() - before;
      record.failed = source_.tally().failed() - failed_before;
      record.density = kind_;
      record.objective = out_.curve.empty() ? 0.0 : out_.curve.back().validation;
      if (auto learnt = learn_failures(); !learnt) return fail(std::move(learnt.error()));
      const auto sampled = round + 1 == options_.rounds ? sample_last(record) : sample_between(record);
      if (!sampled) return fail(sampled.error());
      out_.rounds.push_back(std::move(record));
    }
    if (likelihood_.failure) out_.notes.push_back(likelihood_.failure->note());
    out_.z = std::move(pool_);
    if (out_.z.rows > 0) out_.parameters = problem_.space->from_standard_normal(out_.z);
    out_.simulations = source_.simulations();
    out_.failed = source_.tally().failed();
    out_.failures = source_.tally().failures(*problem_.simulator);
    out_.undefined = source_.tally().undefined_statistics(*problem_.simulator);
    out_.complete = !progress_.should_stop();
    out_.scale = likelihood_.scale;
    out_.estimator = likelihood_.estimator;
    // Of joint conditions on the prior only the model knows.
    if (likelihood_.estimator && !out_.log_density.empty() && !problem_.allowed)
      out_.likelihood = std::make_shared<LearntLikelihood>(std::move(likelihood_));
    return std::move(out_);
  }

 private:
  /// When a round has to be over, on the budget's clock; 0: there is no limit of time. Half of the time that fresh
  /// pairs have goes to the last round.
  [[nodiscard]] double until(std::size_t round) const {
    if (budget_.seconds <= 0.0) return 0.0;
    const double all = budget_.seconds * (1.0 - options_.sampling_share);
    if (round < locating_)
      return locating_share * all * static_cast<double>(round + 1) / static_cast<double>(locating_);
    if (round + 1 == options_.rounds) return all;
    return fresh_since_ + 0.5 * (all - fresh_since_) * static_cast<double>(round + 1 - locating_) /
                              static_cast<double>(options_.rounds - 1 - locating_);
  }
  /// 0: there is no limit of simulations.
  [[nodiscard]] std::uint64_t simulations_of(std::size_t round) const {
    const bool last = round + 1 == options_.rounds;
    std::uint64_t all = budget_.simulations, rounds = options_.rounds;
    if (locating_ > 0) {
      const std::uint64_t each =
          all == 0 ? most_between : std::clamp<std::uint64_t>(all / share_locating, least_locating, most_between);
      if (round < locating_) return each;
      if (all == 0) return 0;
      all -= each * locating_, rounds -= locating_;
    }
    const std::uint64_t each = all / rounds;
    return last ? all - each * (rounds - 1) : each;
  }

  Result<Array2> propose(std::size_t count) {
    if (pool_.rows == 0) return source_.prior(count);
    Array2 out(count, source_.dimension());
    std::size_t from_prior = 0;
    std::vector<std::size_t> prior_rows;
    for (std::size_t k = 0; k < count; ++k) {
      Rng rng(problem_.seed, stream_id("nle.propose"), proposed_++);
      if (rng.uniform() < options_.prior_share) {
        prior_rows.push_back(k);
        continue;
      }
      std::ranges::copy(pool_.row(rng.below(pool_.rows)), out.row(k).begin());
    }
    if (!prior_rows.empty()) {
      auto prior = source_.prior(prior_rows.size() * prior_tries);
      if (!prior) return prior;
      // Those near the posterior first; where there are few, the posterior so far has the rest.
      const std::vector<double> below = below_likely(*prior);
      for (const std::size_t k : prior_rows) {
        while (from_prior < prior->rows && below[from_prior] > slack) ++from_prior;
        const auto row = from_prior < prior->rows ? prior->row(from_prior++) : pool_.row(k % pool_.rows);
        std::ranges::copy(row, out.row(k).begin());
      }
    }
    return out;
  }

  // --- where the likelihood is learnt ---

  /// log of prior times likelihood so far.
  void log_posterior(const Array2& z, std::span<double> value) const {
    likelihood_.log_likelihood(z, value);
    std::vector<double> prior(z.rows);
    standard_normal_density(z, prior);
    std::vector<std::uint8_t> good(z.rows);
    source_.allowed(z, good);
    for (std::size_t k = 0; k < z.rows; ++k)
      value[k] = good[k] ? value[k] + prior[k] : -std::numeric_limits<double>::infinity();
  }
  /// Draws of the posterior so far say what is near it.
  void set_region() {
    std::vector<double> value(pool_.rows);
    log_posterior(pool_, value);
    std::ranges::sort(value);
    likely_ = value[value.size() / 1000];
  }
  [[nodiscard]] std::vector<double> below_likely(const Array2& z) const {
    std::vector<double> value(z.rows, 0.0);
    if (likelihood_.labels || !std::isfinite(likely_)) return value;
    log_posterior(z, value);
    for (double& v : value) v = likely_ - v;
    return value;
  }
  /// Which pairs a round's answer is about: those near the posterior so far. The density's scales, its start and its
  /// validation are theirs; a network learns from all. Empty: all of them.
  [[nodiscard]] std::vector<std::uint8_t> core() const {
    const std::vector<double> below = below_likely(pairs_.z);
    std::vector<std::uint8_t> out(below.size());
    for (std::size_t k = 0; k < out.size(); ++k) out[k] = below[k] <= slack ? 1 : 0;
    if (static_cast<std::size_t>(std::ranges::count(out, 1)) < std::min(pairs_.z.rows, least_core)) out.clear();
    return out;
  }
  /// Only the statistics that the observation has; rows that have them all. Where the others were goes to `failed_`.
  [[nodiscard]] SimulatedPairs usable(const SimulatedPairs& pairs) {
    SimulatedPairs out;
    out.z.cols = pairs.z.cols;
    out.x.cols = pairs.x.cols;
    for (std::size_t k = 0; k < pairs.z.rows; ++k) {
      bool good = true;
      for (std::size_t j = 0; j < pairs.x.cols; ++j)
        good = good && (!std::isfinite(problem_.observed[j]) || std::isfinite(pairs.x(k, j)));
      if (!good) {
        note_failure(pairs.z.row(k));
        continue;
      }
      note_success(pairs.z.row(k));
      out.z.values.insert(out.z.values.end(), pairs.z.row(k).begin(), pairs.z.row(k).end());
      for (std::size_t j = 0; j < pairs.x.cols; ++j)
        out.x.values.push_back(std::isfinite(problem_.observed[j]) ? pairs.x(k, j) : 0.0);
      ++out.z.rows, ++out.x.rows;
    }
    return out;
  }

  /// Points for the classifier of failures: as many as it takes, and no more.
  void note_failure(std::span<const double> z) { keep(failed_, z); }
  void note_success(std::span<const double> z) { keep(well_, z); }
  /// Both kinds of the same simulations, or the classifier learns which were looked at.
  bool noting_ = false;
  void keep(Array2& to, std::span<const double> z) const {
    if (!noting_ || well_.rows + failed_.rows >= most_points) return;
    to.cols = z.size();
    to.values.insert(to.values.end(), z.begin(), z.end());
    ++to.rows;
  }
  /// Simulates; what failed is noted.
  Result<SimulatedPairs> simulate(const Array2& z) {
    SimulatedPairs out;
    Array2 failed;
    if (auto ran = source_.run(z, out, progress_, &failed); !ran) return fail(std::move(ran.error()));
    noting_ = true;
    for (std::size_t k = 0; k < failed.rows; ++k) note_failure(failed.row(k));
    SimulatedPairs good = usable(out);
    noting_ = false;
    return good;
  }
  /// Simulates what is proposed, in growing parts, until there are `count` good ones or half of the time that the round
  /// has is gone.
  Result<SimulatedPairs> simulate_some(std::uint64_t count, std::size_t round, double share) {
    SimulatedPairs out;
    const bool timed = budget_.seconds > 0.0;
    const double begun_at = timed ? budget_.elapsed() : 0.0;
    for (std::uint64_t part = std::min<std::uint64_t>(count, timed ? 256 : count); out.z.rows < count; part *= 2) {
      auto z = propose(std::min<std::uint64_t>(part, count - out.z.rows));
      if (!z) return fail(std::move(z.error()));
      auto some = simulate(*z);
      if (!some) return fail(std::move(some.error()));
      if (progress_.should_stop()) break;
      const std::size_t had = out.z.rows;
      out.append(*some);
      if (out.z.rows == had) return fail(source_.tally().nothing_left(*problem_.simulator, problem_.observed));
      if (timed && budget_.elapsed() - begun_at > share * (until(round) - begun_at)) break;
    }
    return out;
  }
  /// P(an answer with all these statistics | z) is a factor of the likelihood (failure_region.hpp).
  Result<void> learn_failures() {
    if (failed_.rows == 0) return {};
    FailureOptions o;
    o.seed = problem_.seed;
    o.threads = problem_.threads;
    auto region = FailureRegion::learn(well_, failed_, o, progress_);
    if (!region) return fail(std::move(region.error()));
    likelihood_.failure = std::make_shared<FailureRegion>(std::move(*region));
    return {};
  }

  /// x with uniform noise on whole-number statistics.
  [[nodiscard]] Array2 continuous(Array2 x) {
    for (std::size_t k = 0; k < x.rows; ++k) {
      Rng rng(problem_.seed, stream_id("nle.noise"), noised_++);
      for (std::size_t j = 0; j < x.cols; ++j)
        if (likelihood_.whole[j]) x(k, j) += rng.uniform() - 0.5;
    }
    return x;
  }

  /// Scales, from these pairs. What varies among all but not among these is on the scale of all: it says where the
  /// answer does not lie.
  Result<void> set_scales(const SimulatedPairs& near, const SimulatedPairs& all) {
    if (near.z.rows == 0) return fail(source_.tally().nothing_left(*problem_.simulator, problem_.observed));
    const StatisticScale raw = StatisticScale::of(near.x);
    const StatisticScale everywhere = StatisticScale::of(all.x, {}, Tails::straight);
    likelihood_.whole.assign(raw.size(), 0);
    for (std::size_t j = 0; j < raw.size(); ++j)
      likelihood_.whole[j] =
          everywhere[j].whole && !everywhere[j].constant && raw[j].high - raw[j].low < most_whole ? 1 : 0;
    const std::string& density = options_.estimator.density;
    // Of the first simulations: those near the data may lack a value that others have.
    if (!estimator_) {
      likelihood_.labels = (density == "auto" || density == "bernoulli") && !raw.varying().empty();
      for (const std::size_t j : raw.varying())
        likelihood_.labels = likelihood_.labels && raw[j].whole && raw[j].high - raw[j].low == 1.0;
    }
    if (likelihood_.labels) likelihood_.whole.assign(raw.size(), 0);
    if (density == "bernoulli" && !likelihood_.labels)
      return fail("density-shape", "\"bernoulli\" is for statistics of two neighbouring whole numbers each", "density",
                  "try \"auto\"");
    const StatisticScale here = StatisticScale::of(continuous(near.x), {}, Tails::straight);
    std::vector<StatisticMap> maps;
    for (std::size_t j = 0; j < here.size(); ++j) maps.push_back(here[j].constant ? everywhere[j] : here[j]);
    likelihood_.scale = StatisticScale::from(std::move(maps));
    if (likelihood_.scale.columns() == 0)
      return fail("nothing-observed", "no statistic that the observation has varies among the simulations");
    return {};
  }
  /// As the estimator takes them.
  [[nodiscard]] Array2 scaled(const SimulatedPairs& pairs) { return likelihood_.scaled(continuous(pairs.x)); }
  [[nodiscard]] EstimatorOptions estimator_options() const {
    EstimatorOptions o = options_.estimator;
    o.seed = problem_.seed * 1000 + out_.rounds.size();
    o.threads = problem_.threads;
    o.may_bend = true;
    // Of few simulations, inputs that are seen twice are learnt by heart (docs/decisions/0018-invented-mass.md).
    o.local_view = !likelihood_.labels && (budget_.simulations == 0 || budget_.simulations >= least_seen_twice);
    o.pool_logs = true;
    return o;
  }

  Result<void> stored_round(std::size_t round) {
    if (round < locating_) {
      auto some = simulate_some(simulations_of(round), round, 0.5);
      if (!some) return fail(std::move(some.error()));
      pairs_.append(*some);
    } else {
      auto z = propose(simulations_of(round));
      if (!z) return fail(std::move(z.error()));
      auto fresh = simulate(*z);
      if (!fresh) return fail(std::move(fresh.error()));
      pairs_.append(*fresh);
    }
    const bool last = round + 1 == options_.rounds;
    const std::vector<std::uint8_t> which = core();
    if (auto set = set_scales(which.empty() ? pairs_ : pairs_.chosen(which), pairs_); !set) return set;
    EstimatorOptions o = estimator_options();
    if (!last) {
      // It only has to say where to simulate next.
      o.members = std::min<std::size_t>(o.members, 2);
      o.patience = std::max<std::size_t>(1, o.patience / 2);
    }
    if (kinds_.empty()) {
      if (likelihood_.labels) kinds_ = {"bernoulli"};
      else if (o.density == "auto") kinds_.assign(std::begin(kinds_to_choose_from), std::end(kinds_to_choose_from));
      else kinds_ = {options_.estimator.density};
    }
    const double ends = round < locating_ ? until(round) : 0.0;
    const Deadline deadline(progress_, budget_.elapsed, ends);
    const Progress& limited = ends > 0.0 ? static_cast<const Progress&>(deadline) : progress_;
    auto chosen = learn_chosen_density(kinds_, scaled(pairs_), likelihood_.inputs(pairs_.z), which,
                                       last ? pairs_.z.rows : most_between, o, options_.most_epochs, limited);
    if (!chosen) return fail(std::move(chosen.error()));
    // Only a decision for the flexible kind is final: the simple one may do nearer to the data.
    if (chosen->decided && chosen->kind == kinds_.back()) kinds_ = {kinds_.back()};
    estimator_ = std::make_shared<ConditionalEstimator>(std::move(chosen->estimator));
    kind_ = chosen->kind;
    const StoredTraining& learnt = chosen->training;
    append_learning(out_.curve, source_.simulations(), learnt);
    progress_.update(static_cast<double>(round + 1) / static_cast<double>(options_.rounds), {});
    likelihood_.estimator = estimator_;
    return {};
  }

  /// One network goes on learning over the rounds of fresh pairs. It begins where those that were stored say that the
  /// answer lies.
  Result<void> fresh_round(std::size_t round) {
    std::uint64_t piloted = 0;
    if (round == locating_) {
      fresh_since_ = budget_.seconds > 0.0 ? budget_.elapsed() : 0.0;
      const std::uint64_t before = source_.simulations();
      std::uint64_t count = options_.pilot;
      if (budget_.simulations > 0) count = std::min(count, simulations_of(round));
      auto pilot = simulate_some(count, round, 0.1);
      if (!pilot) return fail(std::move(pilot.error()));
      if (progress_.should_stop()) return {};
      pairs_.append(*pilot);
      piloted = source_.simulations() - before;
      const std::vector<std::uint8_t> which = core();
      const SimulatedPairs near = which.empty() ? std::move(pairs_) : pairs_.chosen(which);
      if (auto set = set_scales(near, which.empty() ? near : pairs_); !set) return set;
      EstimatorOptions o = estimator_options();
      // Of any number of pairs the flexible kind learns what the simple one can say.
      if (o.density == "auto") o.density = likelihood_.labels ? "bernoulli" : kinds_to_choose_from[1];
      kind_ = o.density;
      auto made = ConditionalEstimator::create(scaled(near), likelihood_.inputs(near.z), o);
      if (!made) return fail(std::move(made.error()));
      estimator_ = std::make_shared<ConditionalEstimator>(std::move(*made));
      pairs_ = {};
      likely_ = -std::numeric_limits<double>::infinity();
    }
    FreshTraining how;
    how.until = until(round);
    how.rate_until = until(options_.rounds - 1);
    if (budget_.simulations > 0) {
      how.rate_simulations = budget_.simulations - source_.simulations();
      how.simulations = simulations_of(round) > piloted ? simulations_of(round) - piloted : 1;
    }
    const auto prepare = [&](const SimulatedPairs& pairs) {
      const SimulatedPairs good = usable(pairs);
      return estimator_->prepare(scaled(good), likelihood_.inputs(good.z));
    };
    auto trained = train_fresh(
        *estimator_, source_, [&](std::size_t n) { return propose(n); }, prepare, how, budget_, out_.curve, progress_);
    if (!trained) return trained;
    likelihood_.estimator = estimator_;
    return {};
  }

  /// Between rounds: particles of the posterior so far.
  Result<void> sample_between(InferenceRound& record) {
    auto start = source_.prior(options_.particles);
    if (!start) return fail(std::move(start.error()));
    const auto target = [&](const Array2& z, std::span<double> value) { log_posterior(z, value); };
    auto found =
        anneal(*start, standard_normal_density, target, annealing_in(source_.dimension(), annealing_seed()), progress_);
    if (!found) return fail(std::move(found.error()));
    record.acceptance = found->acceptance;
    record.capped = found->capped;
    if (found->points.rows > 0 && (found->complete || pool_.rows == 0)) pool_ = std::move(found->points);
    if (pool_.rows > 0 && (!fresh_ || out_.rounds.size() < locating_)) set_region();
    return {};
  }

  Result<void> sample_last(InferenceRound& record) {
    const std::size_t particles = std::max<std::size_t>(options_.draws, 500);
    auto start = source_.prior(particles);
    if (!start) return fail(std::move(start.error()));
    LearntPosteriorOptions how;
    how.draws = options_.draws;
    how.sampler = options_.sampler;
    how.seed = problem_.seed;
    how.annealing_seed = annealing_seed();
    AllowedRows allowed;
    if (problem_.allowed) allowed = [&](const Array2& z, std::span<std::uint8_t> out) { source_.allowed(z, out); };
    auto found = draw_learnt_posterior(likelihood_, *start, allowed, how, progress_);
    if (!found) return fail(std::move(found.error()));
    record.acceptance = found->acceptance;
    record.capped = found->annealing_capped;
    if (found->annealing_capped)
      out_.notes.emplace_back(
          "the sampler ended at its cap of temperatures: the draws are of a flatter density than the posterior");
    if (found->points.rows == 0) return {};
    pool_ = std::move(found->points);
    out_.log_density = std::move(found->log_posterior);
    out_.log_evidence = found->log_evidence;
    return {};
  }

  [[nodiscard]] std::uint64_t annealing_seed() const { return problem_.seed * 31 + out_.rounds.size(); }

  const SimulationProblem& problem_;
  const NleOptions& options_;
  const InferenceBudget& budget_;
  Progress& progress_;
  SimulationSource source_;
  LearntLikelihood likelihood_;
  SimulationPosterior out_;
  std::shared_ptr<ConditionalEstimator> estimator_;
  SimulatedPairs pairs_;
  Array2 well_, failed_;
  double likely_ = -std::numeric_limits<double>::infinity();  // log posterior so far, of the least likely draws
  bool fresh_ = false;                                        // pairs that are seen once
  std::size_t locating_ = 0;                                  // rounds of stored ones before them
  double fresh_since_ = 0.0;                                  // s
  std::vector<std::string_view> kinds_;                       // still to choose from
  std::string kind_;                                          // that was learnt last
  Array2 pool_;
  std::uint64_t proposed_ = 0, noised_ = 0;
};

}  // namespace

Result<void> NleOptions::validate() const {
  if (auto good = estimator.validate(); !good) return good;
  OptionRanges ranges;
  ranges.need(draws >= 4 && draws <= 10'000'000, "draws", static_cast<double>(draws), "between 4 and 1e7");
  ranges.need(rounds >= 1 && rounds <= 100, "rounds", static_cast<double>(rounds), "between 1 and 100");
  ranges.need(prior_share >= 0.0 && prior_share <= 1.0, "prior_share", prior_share, "between 0 and 1");
  ranges.need(particles >= 4, "particles", static_cast<double>(particles), "4 or above");
  ranges.need(pilot >= 16, "pilot", static_cast<double>(pilot), "16 or above");
  ranges.need(sampling_share >= 0.0 && sampling_share < 1.0, "sampling_share", sampling_share, "at least 0, below 1");
  return std::move(ranges).result();
}

Result<SimulationPosterior> nle(const SimulationProblem& problem, const NleOptions& options,
                                const InferenceBudget& budget, Progress& progress) {
  if (auto good = options.validate(); !good) return fail(good.error());
  if (auto good = no_embedding(problem, "nle"); !good) return fail(good.error());
  for (std::size_t t = 0; t < problem.more_trials.size(); ++t)
    for (std::size_t j = 0; j < problem.observed.size(); ++j)
      if (std::isfinite(problem.more_trials[t][j]) != std::isfinite(problem.observed[j]))
        return fail("trials-undefined",
                    problem.simulator->statistics()[j] + " has a value in one of the trials 1 and " +
                        std::to_string(t + 2) + ", and none in the other: nle learns one density for all",
                    "observed", "npe and tsnpe take undefined statistics; or leave that statistic out");
  HILLOCK_CHECK(problem.observed.size() == problem.simulator->statistics().size(),
                "an observation with another number of statistics than the simulator's");
  return Nle(problem, options, budget, progress).run();
}

}  // namespace hillock::infer
