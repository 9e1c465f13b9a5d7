#include "infer/nle.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/option_ranges.hpp"
#include "base/rng.hpp"
#include "infer/annealed_smc.hpp"
#include "infer/fresh_training.hpp"

namespace hillock::infer {
namespace {

constexpr double far = 1e9;             // nothing is cut: the density must be that of the values
constexpr std::size_t noises = 8;       // of whole-number statistics
constexpr double flat = 0.2;            // exponent of the flatter likelihood
constexpr double most_whole = 100'000;  // a range beyond which whole numbers are as good as continuous

class Nle {
 public:
  Nle(const SimulationProblem& problem, const NleOptions& options, const InferenceBudget& budget, Progress& progress)
      : problem_(problem), options_(options), budget_(budget), progress_(progress), source_(problem) {}

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
      const bool last = round + 1 == options_.rounds;
      auto sampled = sample(last ? options_.draws : options_.particles, last);
      if (!sampled) return fail(std::move(sampled.error()));
      if (sampled->points.rows > 0 && (sampled->complete || pool_.rows == 0)) {
        pool_ = std::move(sampled->points);
        flat_pool_ = std::move(sampled->recorded);
        out_.log_density = std::move(sampled->log_target);
        record.acceptance = sampled->acceptance;
        record.capped = sampled->capped;
        if (!sampled->complete && !progress_.should_stop())
          out_.notes.push_back(
              "the sampler ended at its cap of temperatures: the draws are of a flatter density than the posterior");
      }
      out_.rounds.push_back(std::move(record));
    }
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
      const double which = rng.uniform();
      if (which < options_.prior_share) {
        prior_rows.push_back(k);
        continue;
      }
      const Array2& pool =
          which < options_.prior_share + options_.flat_share && flat_pool_.rows > 0 ? flat_pool_ : pool_;
      std::ranges::copy(pool.row(rng.below(pool.rows)), out.row(k).begin());
    }
    if (!prior_rows.empty()) {
      auto prior = source_.prior(prior_rows.size());
      if (!prior) return prior;
      for (const std::size_t k : prior_rows) std::ranges::copy(prior->row(from_prior++), out.row(k).begin());
    }
    return out;
  }

  /// Only the statistics that the observation has; rows that have them all.
  [[nodiscard]] SimulatedPairs usable(const SimulatedPairs& pairs) const {
    SimulatedPairs out;
    out.z.cols = pairs.z.cols;
    out.x.cols = pairs.x.cols;
    for (std::size_t k = 0; k < pairs.z.rows; ++k) {
      bool good = true;
      for (std::size_t j = 0; j < pairs.x.cols; ++j)
        good = good && (!std::isfinite(problem_.observed[j]) || std::isfinite(pairs.x(k, j)));
      if (!good) continue;
      out.z.values.insert(out.z.values.end(), pairs.z.row(k).begin(), pairs.z.row(k).end());
      for (std::size_t j = 0; j < pairs.x.cols; ++j)
        out.x.values.push_back(std::isfinite(problem_.observed[j]) ? pairs.x(k, j) : 0.0);
      ++out.z.rows, ++out.x.rows;
    }
    return out;
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

  Result<void> begin(const SimulatedPairs& pairs) {
    if (pairs.z.rows == 0) return fail(source_.tally().nothing_left(*problem_.simulator, problem_.observed));
    const StatisticScale raw = StatisticScale::of(pairs.x);
    whole_.assign(raw.size(), 0);
    for (std::size_t j = 0; j < raw.size(); ++j)
      whole_[j] = raw[j].whole && !raw[j].constant && raw[j].high - raw[j].low < most_whole ? 1 : 0;
    const Array2 x = continuous(pairs.x);
    out_.scale = StatisticScale::of(x);
    if (out_.scale.columns() == 0)
      return fail("nothing-observed", "no statistic that the observation has varies among the simulations");
    if (estimator_ && !options_.restart) return {};
    EstimatorOptions o = options_.estimator;
    o.seed = problem_.seed * 1000 + out_.rounds.size();
    o.threads = problem_.threads;
    auto made = ConditionalEstimator::create(out_.scale.inputs(x, far), pairs.z, o);
    if (!made) return fail(std::move(made.error()));
    estimator_ = std::make_shared<ConditionalEstimator>(std::move(*made));
    return {};
  }

  Result<void> stored_round(std::size_t round) {
    auto z = propose(simulations_of(round));
    if (!z) return fail(std::move(z.error()));
    SimulatedPairs fresh;
    if (auto ran = source_.run(*z, fresh, progress_); !ran) return fail(std::move(ran.error()));
    pairs_.append(usable(fresh));
    if (auto begun = begin(pairs_); !begun) return begun;
    const Pairs pairs = estimator_->prepare(out_.scale.inputs(continuous(pairs_.x), far), pairs_.z);
    const StoredTraining learnt = estimator_->learn_stored(pairs, options_.most_epochs, progress_);
    for (std::size_t e = 0; e < learnt.training.size(); ++e)
      out_.curve.push_back({source_.simulations(), learnt.training[e], learnt.validation[e]});
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
      SimulatedPairs some;
      if (auto ran = source_.run(*z, some, progress_); !ran) return fail(std::move(ran.error()));
      if (progress_.should_stop()) return {};
      const std::size_t had = pilot.z.rows;
      pilot.append(usable(some));
      if (pilot.z.rows == had) return fail(source_.tally().nothing_left(*problem_.simulator, problem_.observed));
      if (timed && budget_.elapsed() - begun_at > 0.1 * (until(round) - begun_at)) break;
      part *= 2;
    }
    if (auto begun = begin(pilot); !begun) return begun;
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
      return estimator_->prepare(out_.scale.inputs(continuous(good.x), far), good.z);
    };
    auto trained = train_fresh(
        *estimator_, source_, [&](std::size_t n) { return propose(n); }, prepare, how, budget_, out_.curve, progress_);
    if (!trained) return trained;
    out_.estimator = estimator_;
    return {};
  }

  /// log q(observed | z).
  void likelihood(const Array2& z, std::span<double> value) const {
    const bool any = std::ranges::any_of(whole_, [](std::uint8_t w) { return w != 0; });
    const std::size_t repeats = any ? noises : 1;
    std::vector<double> one(z.rows);
    std::ranges::fill(value, -std::numeric_limits<double>::infinity());
    for (std::size_t r = 0; r < repeats; ++r) {
      std::vector<double> x = problem_.observed;
      Rng rng(problem_.seed, stream_id("nle.observed"), r);
      for (std::size_t j = 0; j < x.size(); ++j) {
        if (!std::isfinite(x[j])) x[j] = 0.0;
        if (whole_[j]) x[j] += rng.uniform() - 0.5;
      }
      const std::vector<double> scaled = out_.scale.inputs(std::span<const double>(x), far);
      Array2 y(z.rows, scaled.size());
      for (std::size_t k = 0; k < z.rows; ++k) std::ranges::copy(scaled, y.row(k).begin());
      estimator_->log_density(y, z, one);
      for (std::size_t k = 0; k < z.rows; ++k) {
        const double top = std::max(value[k], one[k]);
        if (std::isfinite(top)) value[k] = top + std::log(std::exp(value[k] - top) + std::exp(one[k] - top));
      }
    }
    for (double& v : value) v -= std::log(static_cast<double>(repeats));
  }

  Result<Annealed> sample(std::size_t count, bool last) {
    auto start = source_.prior(count);
    if (!start) return fail(std::move(start.error()));
    const auto base = [](const Array2& z, std::span<double> value) { standard_normal_density(z, value); };
    const auto target = [&](const Array2& z, std::span<double> value) {
      likelihood(z, value);
      std::vector<double> prior(z.rows);
      std::vector<std::uint8_t> good(z.rows);
      standard_normal_density(z, prior);
      source_.allowed(z, good);
      for (std::size_t k = 0; k < z.rows; ++k)
        value[k] = good[k] ? value[k] + prior[k] : -std::numeric_limits<double>::infinity();
    };
    AnnealingOptions how;
    how.seed = problem_.seed * 31 + out_.rounds.size();
    how.record_at = last ? 0.0 : flat;
    // A jump decorrelates one part in d.
    const auto d = static_cast<double>(source_.dimension());
    how.moves = std::max(how.moves, d / 4.0);
    how.last_moves = std::max(how.last_moves, d);
    how.most_moves = std::max(how.most_moves, static_cast<std::int64_t>(4.0 * d));
    how.most_last_moves = std::max(how.most_last_moves, static_cast<std::int64_t>(10.0 * d));
    return anneal(*start, base, target, how, progress_);
  }

  const SimulationProblem& problem_;
  const NleOptions& options_;
  const InferenceBudget& budget_;
  Progress& progress_;
  SimulationSource source_;
  SimulationPosterior out_;
  std::shared_ptr<ConditionalEstimator> estimator_;
  SimulatedPairs pairs_;
  std::vector<std::uint8_t> whole_;
  Array2 pool_, flat_pool_;
  std::uint64_t proposed_ = 0, noised_ = 0;
};

}  // namespace

Result<void> NleOptions::validate() const {
  if (auto good = estimator.validate(); !good) return good;
  OptionRanges ranges;
  ranges.need(draws >= 4 && draws <= 10'000'000, "draws", static_cast<double>(draws), "between 4 and 1e7");
  ranges.need(rounds >= 1 && rounds <= 100, "rounds", static_cast<double>(rounds), "between 1 and 100");
  ranges.need(flat_share >= 0.0 && prior_share >= 0.0 && flat_share + prior_share <= 1.0, "flat_share", flat_share,
              "with prior_share between 0 and 1");
  ranges.need(particles >= 4, "particles", static_cast<double>(particles), "4 or above");
  ranges.need(pilot >= 16, "pilot", static_cast<double>(pilot), "16 or above");
  ranges.need(sampling_share >= 0.0 && sampling_share < 1.0, "sampling_share", sampling_share, "at least 0, below 1");
  return std::move(ranges).result();
}

Result<SimulationPosterior> nle(const SimulationProblem& problem, const NleOptions& options,
                                const InferenceBudget& budget, Progress& progress) {
  if (auto good = options.validate(); !good) return fail(good.error());
  HILLOCK_CHECK(problem.observed.size() == problem.simulator->statistics().size(),
                "an observation with another number of statistics than the simulator's");
  return Nle(problem, options, budget, progress).run();
}

}  // namespace hillock::infer
