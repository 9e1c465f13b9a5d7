#include "infer/nle.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/option_ranges.hpp"
#include "base/rng.hpp"
#include "infer/annealed_smc.hpp"
#include "infer/density_choice.hpp"
#include "infer/failure_region.hpp"
#include "infer/fresh_training.hpp"
#include "infer/likelihood_sampler.hpp"
#include "infer/parameter_inputs.hpp"

namespace hillock::infer {
namespace {

constexpr double far = 1e9;                   // nothing is cut: the density must be that of the values
constexpr double slack = 3.0;                 // of the log posterior, below its draws': what a round's answer is about
constexpr std::size_t most_between = 12'000;  // pairs that a round before the last learns from
constexpr std::size_t least_core = 100;       // pairs
constexpr std::size_t prior_tries = 8;        // for each draw of the prior near the posterior
constexpr std::size_t noises = 8;             // of whole-number statistics
constexpr std::size_t most_points = 100'000;  // for the classifier of failures
constexpr std::size_t most_annealed = 20;     // dimensions that particles' jumps explore; gradients do, beyond
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
        inputs_(*problem.space) {}

  Result<SimulationPosterior> run() {
    out_.method = "nle";
    if (budget_.simulations == 0 && budget_.seconds <= 0.0)
      return fail("option-range", "neither simulations nor seconds to spend", "budget");
    const bool fresh = budget_.simulations == 0 || budget_.simulations > options_.stored;
    progress_.begin("nle", 1.0);
    for (std::size_t round = 0; round < options_.rounds && !progress_.should_stop(); ++round) {
      const std::uint64_t before = source_.simulations(), failed_before = source_.tally().failed();
      InferenceRound record;
      record.proposal = round == 0 ? "prior" : "posterior so far";
      const auto done = fresh ? fresh_round(round) : stored_round(round);
      if (!done) return fail(done.error());
      if (progress_.should_stop()) break;
      record.simulations = source_.simulations() - before;
      record.failed = source_.tally().failed() - failed_before;
      record.objective = out_.curve.empty() ? 0.0 : out_.curve.back().validation;
      if (auto learnt = learn_failures(); !learnt) return fail(std::move(learnt.error()));
      const auto sampled = round + 1 == options_.rounds ? sample_last(record) : sample_between(record);
      if (!sampled) return fail(sampled.error());
      out_.rounds.push_back(std::move(record));
    }
    if (failure_) out_.notes.push_back(failure_->note());
    if (!densities_.empty()) out_.notes.push_back("densities that held-out simulations chose, by round: " + densities_);
    out_.z = std::move(pool_);
    if (out_.z.rows > 0) out_.parameters = problem_.space->from_standard_normal(out_.z);
    out_.simulations = source_.simulations();
    out_.failed = source_.tally().failed();
    out_.failures = source_.tally().failures(*problem_.simulator);
    out_.undefined = source_.tally().undefined_statistics(*problem_.simulator);
    out_.complete = !progress_.should_stop();
    return std::move(out_);
  }

 private:
  [[nodiscard]] double until(std::size_t round) const {
    if (budget_.seconds <= 0.0) return 0.0;
    const double all = budget_.seconds * (1.0 - options_.sampling_share);
    if (round + 1 == options_.rounds) return all;
    return 0.5 * all * static_cast<double>(round + 1) / static_cast<double>(options_.rounds - 1);
  }
  [[nodiscard]] std::uint64_t simulations_of(std::size_t round) const {
    if (budget_.simulations == 0) return 0;
    const std::uint64_t each = budget_.simulations / options_.rounds;
    return round + 1 == options_.rounds ? budget_.simulations - each * (options_.rounds - 1) : each;
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
    full_likelihood(z, value, nullptr);
    std::vector<double> prior(z.rows);
    standard_normal_density(z, prior);
    for (std::size_t k = 0; k < z.rows; ++k) value[k] += prior[k];
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
    if (labels_ || !std::isfinite(likely_)) return value;
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
  /// P(an answer with all these statistics | z) is a factor of the likelihood (failure_region.hpp).
  Result<void> learn_failures() {
    if (failed_.rows == 0) return {};
    FailureOptions o;
    o.seed = problem_.seed;
    o.threads = problem_.threads;
    auto region = FailureRegion::learn(well_, failed_, o, progress_);
    if (!region) return fail(std::move(region.error()));
    failure_ = std::make_shared<FailureRegion>(std::move(*region));
    return {};
  }

  /// x with uniform noise on whole-number statistics.
  [[nodiscard]] Array2 continuous(Array2 x) {
    for (std::size_t k = 0; k < x.rows; ++k) {
      Rng rng(problem_.seed, stream_id("nle.noise"), noised_++);
      for (std::size_t j = 0; j < x.cols; ++j)
        if (whole_[j]) x(k, j) += rng.uniform() - 0.5;
    }
    return x;
  }

  /// Scales, from these pairs.
  Result<void> set_scales(const SimulatedPairs& pairs) {
    if (pairs.z.rows == 0) return fail(source_.tally().nothing_left(*problem_.simulator, problem_.observed));
    const StatisticScale raw = StatisticScale::of(pairs.x);
    whole_.assign(raw.size(), 0);
    for (std::size_t j = 0; j < raw.size(); ++j)
      whole_[j] = raw[j].whole && !raw[j].constant && raw[j].high - raw[j].low < most_whole ? 1 : 0;
    const std::string& density = options_.estimator.density;
    // Of the first simulations: those near the data may lack a value that others have.
    if (!estimator_) {
      labels_ = (density == "auto" || density == "bernoulli") && !raw.varying().empty();
      for (const std::size_t j : raw.varying()) labels_ = labels_ && raw[j].whole && raw[j].high - raw[j].low == 1.0;
    }
    if (labels_) whole_.assign(raw.size(), 0);
    if (density == "bernoulli" && !labels_)
      return fail("density-shape", "\"bernoulli\" is for statistics of two neighbouring whole numbers each", "density",
                  "try \"auto\"");
    out_.scale = StatisticScale::of(continuous(pairs.x));
    if (out_.scale.columns() == 0)
      return fail("nothing-observed", "no statistic that the observation has varies among the simulations");
    return {};
  }
  /// As the estimator takes them.
  [[nodiscard]] Array2 scaled(const SimulatedPairs& pairs) { return scaled(continuous(pairs.x)); }
  [[nodiscard]] Array2 scaled(const Array2& x) const {
    if (!labels_) return out_.scale.inputs(x, far);
    const std::vector<std::size_t>& varying = out_.scale.varying();
    Array2 out(x.rows, varying.size());
    for (std::size_t k = 0; k < x.rows; ++k)
      for (std::size_t i = 0; i < varying.size(); ++i) {
        const StatisticMap& map = out_.scale[varying[i]];
        out(k, i) = x(k, varying[i]) > 0.5 * (map.low + map.high) ? 1.0 : 0.0;
      }
    return out;
  }
  [[nodiscard]] EstimatorOptions estimator_options() const {
    EstimatorOptions o = options_.estimator;
    o.seed = problem_.seed * 1000 + out_.rounds.size();
    o.threads = problem_.threads;
    o.may_bend = true;
    return o;
  }

  Result<void> stored_round(std::size_t round) {
    auto z = propose(simulations_of(round));
    if (!z) return fail(std::move(z.error()));
    auto fresh = simulate(*z);
    if (!fresh) return fail(std::move(fresh.error()));
    pairs_.append(*fresh);
    const bool last = round + 1 == options_.rounds;
    const std::vector<std::uint8_t> which = core();
    if (auto set = set_scales(which.empty() ? pairs_ : pairs_.chosen(which)); !set) return set;
    EstimatorOptions o = estimator_options();
    if (!last) {
      // It only has to say where to simulate next.
      o.members = std::min<std::size_t>(o.members, 2);
      o.patience = std::max<std::size_t>(1, o.patience / 2);
    }
    if (kinds_.empty()) {
      if (labels_) kinds_ = {"bernoulli"};
      else if (o.density == "auto") kinds_.assign(std::begin(kinds_to_choose_from), std::end(kinds_to_choose_from));
      else kinds_ = {options_.estimator.density};
    }
    const bool choose = o.density == "auto" && !labels_;
    auto chosen = learn_chosen_density(kinds_, scaled(pairs_), inputs_(pairs_.z), which,
                                       last ? pairs_.z.rows : most_between, o, options_.most_epochs, progress_);
    if (!chosen) return fail(std::move(chosen.error()));
    // Only a decision for the flexible kind is final: the simple one may do nearer to the data.
    if (chosen->decided && chosen->kind == kinds_.back()) kinds_ = {kinds_.back()};
    estimator_ = std::make_shared<ConditionalEstimator>(std::move(chosen->estimator));
    if (choose) densities_ += (densities_.empty() ? "" : ", ") + chosen->kind;
    const StoredTraining& learnt = chosen->training;
    append_learning(out_.curve, source_.simulations(), learnt);
    progress_.update(static_cast<double>(round + 1) / static_cast<double>(options_.rounds), {});
    out_.estimator = estimator_;
    return {};
  }

  Result<void> fresh_round(std::size_t round) {
    SimulatedPairs pilot;
    std::size_t count = options_.pilot;
    if (budget_.simulations > 0) count = std::min<std::uint64_t>(count, simulations_of(round));
    const bool timed = budget_.seconds > 0.0;
    const double begun_at = timed ? budget_.elapsed() : 0.0;
    for (std::size_t part = std::min<std::size_t>(count, 1024); pilot.z.rows < count;) {
      auto z = propose(std::min(part, count - pilot.z.rows));
      if (!z) return fail(std::move(z.error()));
      auto some = simulate(*z);
      if (!some) return fail(std::move(some.error()));
      if (progress_.should_stop()) return {};
      const std::size_t had = pilot.z.rows;
      pilot.append(*some);
      if (pilot.z.rows == had) return fail(source_.tally().nothing_left(*problem_.simulator, problem_.observed));
      if (timed && budget_.elapsed() - begun_at > 0.1 * (until(round) - begun_at)) break;
      part *= 2;
    }
    if (!estimator_ || options_.restart) {
      if (auto set = set_scales(pilot); !set) return set;
      EstimatorOptions o = estimator_options();
      if (o.density == "auto") o.density = labels_ ? "bernoulli" : kinds_to_choose_from[1];
      auto made = ConditionalEstimator::create(scaled(pilot), inputs_(pilot.z), o);
      if (!made) return fail(std::move(made.error()));
      estimator_ = std::make_shared<ConditionalEstimator>(std::move(*made));
    } else if (pilot.z.rows == 0) {
      return fail(source_.tally().nothing_left(*problem_.simulator, problem_.observed));
    }
    FreshTraining how;
    how.until = until(round);
    if (!options_.restart) {
      how.rate_until = until(options_.rounds - 1);
      if (budget_.simulations > 0) how.rate_simulations = budget_.simulations - (source_.simulations() - pilot.z.rows);
    }
    if (budget_.simulations > 0)
      how.simulations = simulations_of(round) > pilot.z.rows ? simulations_of(round) - pilot.z.rows : 1;
    const auto prepare = [&](const SimulatedPairs& pairs) {
      const SimulatedPairs good = usable(pairs);
      return estimator_->prepare(scaled(good), inputs_(good.z));
    };
    auto trained = train_fresh(
        *estimator_, source_, [&](std::size_t n) { return propose(n); }, prepare, how, budget_, out_.curve, progress_);
    if (!trained) return trained;
    out_.estimator = estimator_;
    return {};
  }

  /// log q(observed | z), of all trials, and its gradient where not null.
  void likelihood(const Array2& z, std::span<double> value, Array2* gradient) const {
    of_one(problem_.observed, 0, z, value, gradient);
    std::vector<double> one(z.rows);
    Array2 slope;
    for (std::size_t t = 0; t < problem_.more_trials.size(); ++t) {
      of_one(problem_.more_trials[t], t + 1, z, one, gradient ? &slope : nullptr);
      for (std::size_t k = 0; k < z.rows; ++k) value[k] += one[k];
      if (gradient)
        for (std::size_t i = 0; i < slope.values.size(); ++i) gradient->values[i] += slope.values[i];
    }
  }

  void of_one(std::span<const double> observed, std::size_t trial, const Array2& z, std::span<double> value,
              Array2* gradient) const {
    const bool any = std::ranges::any_of(whole_, [](std::uint8_t w) { return w != 0; });
    const std::size_t repeats = any ? noises : 1;
    std::vector<std::vector<double>> each(repeats, std::vector<double>(z.rows));
    std::vector<Array2> slopes(gradient ? repeats : 0);
    const Array2 c = inputs_(z);
    for (std::size_t r = 0; r < repeats; ++r) {
      Array2 x(1, observed.size());
      std::ranges::copy(observed, x.values.begin());
      Rng rng(problem_.seed, stream_id("nle.observed"), trial * noises + r);
      for (std::size_t j = 0; j < x.cols; ++j) {
        if (!std::isfinite(x(0, j))) x(0, j) = 0.0;
        if (whole_[j]) x(0, j) += rng.uniform() - 0.5;
      }
      const Array2 seen = scaled(x);
      Array2 y(z.rows, seen.cols);
      for (std::size_t k = 0; k < z.rows; ++k) std::ranges::copy(seen.row(0), y.row(k).begin());
      estimator_->log_density(y, c, each[r], nullptr, gradient ? &slopes[r] : nullptr);
    }
    if (gradient) *gradient = Array2(z.rows, z.cols);
    for (std::size_t k = 0; k < z.rows; ++k) {
      double top = -std::numeric_limits<double>::infinity(), sum = 0.0;
      for (const auto& v : each) top = std::max(top, v[k]);
      value[k] = top;
      if (!std::isfinite(top)) continue;
      for (const auto& v : each) sum += std::exp(v[k] - top);
      value[k] = top + std::log(sum / static_cast<double>(repeats));
      if (!gradient) continue;
      for (std::size_t r = 0; r < repeats; ++r)
        for (std::size_t j = 0; j < z.cols; ++j)
          (*gradient)(k, j) += std::exp(each[r][k] - top) / sum * slopes[r](k, j);
    }
    if (gradient) inputs_.chain(z, *gradient);
  }

  /// log q(observed | z), and the probability of an answer.
  void full_likelihood(const Array2& z, std::span<double> value, Array2* gradient) const {
    likelihood(z, value, gradient);
    if (failure_) {
      std::vector<double> well(z.rows);
      Array2 slope;
      failure_->log_well(z, well, gradient ? &slope : nullptr);
      const auto trials = static_cast<double>(1 + problem_.more_trials.size());
      for (std::size_t k = 0; k < z.rows; ++k) value[k] += trials * well[k];
      if (gradient)
        for (std::size_t i = 0; i < slope.values.size(); ++i) gradient->values[i] += trials * slope.values[i];
    }
    std::vector<std::uint8_t> good(z.rows);
    source_.allowed(z, good);
    for (std::size_t k = 0; k < z.rows; ++k)
      if (!good[k]) value[k] = -std::numeric_limits<double>::infinity();
  }

  /// Between rounds: particles of the posterior so far.
  Result<void> sample_between(InferenceRound& record) {
    auto start = source_.prior(options_.particles);
    if (!start) return fail(std::move(start.error()));
    const auto target = [&](const Array2& z, std::span<double> value) { log_posterior(z, value); };
    auto found = anneal(*start, standard_normal_density, target, annealing(), progress_);
    if (!found) return fail(std::move(found.error()));
    record.acceptance = found->acceptance;
    record.capped = found->capped;
    if (found->points.rows > 0 && (found->complete || pool_.rows == 0)) pool_ = std::move(found->points);
    if (pool_.rows > 0 && options_.restart) set_region();
    return {};
  }

  Result<void> sample_last(InferenceRound& record) {
    const std::size_t particles = std::max<std::size_t>(options_.draws, 500);
    auto start = source_.prior(particles);
    if (!start) return fail(std::move(start.error()));
    LikelihoodTarget target;
    target.gradients = true;
    target.log_prior = [](const Array2& z, std::span<double> value, Array2* gradient) {
      standard_normal_density(z, value);
      if (!gradient) return;
      *gradient = z;
      for (double& g : gradient->values) g = -g;
    };
    target.log_likelihood = [&](const Array2& z, std::span<double> value, Array2* gradient) {
      full_likelihood(z, value, gradient);
    };
    LikelihoodSamplerOptions how;
    how.sampler = options_.sampler;
    if (how.sampler == "auto") how.sampler = source_.dimension() > most_annealed ? "nuts" : "smc";
    how.draws = options_.draws;
    how.annealing = annealing();
    how.seed = problem_.seed;
    auto found = sample_likelihood(target, *start, how, progress_);
    if (!found) return fail(std::move(found.error()));
    record.acceptance = found->acceptance;
    record.capped = found->annealing_capped;
    if (found->annealing_capped)
      out_.notes.emplace_back(
          "the sampler ended at its cap of temperatures: the draws are of a flatter density than the posterior");
    if (found->points.rows == 0) return {};
    pool_ = std::move(found->points);
    out_.log_density = std::move(found->log_posterior);
    return {};
  }

  [[nodiscard]] AnnealingOptions annealing() const {
    AnnealingOptions how;
    how.seed = problem_.seed * 31 + out_.rounds.size();
    // A jump decorrelates one part in d.
    const auto d = static_cast<double>(source_.dimension());
    how.moves = std::max(how.moves, d / 4.0);
    how.last_moves = std::max(how.last_moves, d);
    how.most_moves = std::max(how.most_moves, static_cast<std::int64_t>(4.0 * d));
    how.most_last_moves = std::max(how.most_last_moves, static_cast<std::int64_t>(10.0 * d));
    return how;
  }

  const SimulationProblem& problem_;
  const NleOptions& options_;
  const InferenceBudget& budget_;
  Progress& progress_;
  SimulationSource source_;
  ParameterInputs inputs_;
  SimulationPosterior out_;
  std::shared_ptr<ConditionalEstimator> estimator_;
  SimulatedPairs pairs_;
  std::vector<std::uint8_t> whole_;
  Array2 well_, failed_;
  std::shared_ptr<FailureRegion> failure_;
  bool labels_ = false;  // every statistic is one of two values, as in a binned spike train
  double likely_ = -std::numeric_limits<double>::infinity();  // log posterior so far, of the least likely draws
  std::vector<std::string_view> kinds_;                       // still to choose from
  std::string densities_;                                     // chosen, by round
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
