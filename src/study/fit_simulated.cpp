#include "study/fit_simulated.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <limits>
#include <map>

#include "base/parallel.hpp"
#include "infer/choose_method.hpp"
#include "infer/relevant_statistics.hpp"
#include "infer/saved_posterior.hpp"
#include "infer/simulation_method.hpp"
#include "prob/marginal.hpp"
#include "report/page.hpp"
#include "report/terminal.hpp"
#include "study/begin_run.hpp"
#include "study/fit_certify.hpp"
#include "study/posterior_axis.hpp"
#include "study/remembered_simulations.hpp"
#include "study/simulated_checks.hpp"
#include "study/simulated_files.hpp"
#include "study/simulated_float32.hpp"
#include "study/simulated_traces.hpp"
#include "study/stop.hpp"
#include "verify/rules.hpp"
#include "verify/verdict_json.hpp"

namespace hillock::study {
namespace {

constexpr std::uint64_t default_simulations = 100'000;
constexpr std::size_t most_pilot = 5000;  // simulations that the choice of a method is made from
constexpr double checks_share = 0.08;     // of a budget in seconds
constexpr double exact_share = 0.25;      // of it, for draws of the exact posterior, where these are asked for
constexpr std::size_t shown_traces = 3;

using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// How often its most frequent value is among them all.
double atom_share(std::vector<double> values) {
  const std::size_t all = std::max<std::size_t>(1, values.size());
  std::erase_if(values, [](double x) { return !std::isfinite(x); });  // counted elsewhere
  std::ranges::sort(values);
  std::size_t most = 0;
  for (std::size_t k = 0, first = 0; k < values.size(); ++k) {
    if (values[k] != values[first]) first = k;
    most = std::max(most, k - first + 1);
  }
  return static_cast<double>(most) / static_cast<double>(all);
}

class SimulatedFit {
 public:
  SimulatedFit(const ResolvedStudy& study, const RunOptions& options, Progress& progress)
      : study_(study), options_(options), progress_(progress) {}

  Result<FitOutcome> run() {
    auto opened = SimulatedProblem::open(study_, options_, progress_);
    if (!opened) return fail(std::move(opened.error()));
    opened_ = std::move(*opened);
    problem_ = opened_.get();
    std::vector<std::pair<std::string, std::string>> looks{{study_.train().name, problem_->data_sha256()}};
    auto begun = begin_run(study_, options_, options_.isa, looks);
    if (!begun) return fail(std::move(begun.error()));
    run_.emplace(std::move(*begun));
    // Answers of slow simulators are kept, so that `--resume` goes on with them.
    RememberedSimulations::Store store;
    store.load = [this](const std::string& name) {
      auto bytes = run_->folder.load_checkpoint(name);
      return bytes && *bytes ? **bytes : std::string();
    };
    store.save = [this](const std::string& name, const std::string& bytes) {
      (void)run_->folder.save_checkpoint(name, bytes);  // a full disk costs a later run time, not this one its answer
    };
    remembered_.emplace(problem_->simulator(), std::move(store));
    if (auto found = search(); !found) {
      // Simulations that all fail are a finding, and the verdict says so with the reasons counted.
      const bool finding =
          std::ranges::any_of(found.error(), [](const Error& e) { return e.code == "simulations-failed"; });
      if (!finding) return fail(std::move(found.error()));
      verdict_.simulated.method = choice_.method;
      for (const Error& e : found.error()) verdict_.not_done.push_back("the posterior: " + e.message);
      verdict_.partial = true;
      posterior_.method = choice_.method;
    }
    if (progress_.should_stop() && posterior_.z.rows == 0) return partial();
    certify_draws();
    return conclude();
  }

  Result<SimulatedFound> find(const SimulatedProblem& problem) {
    problem_ = &problem;
    if (auto found = search(); !found) return fail(std::move(found.error()));
    certify_draws();
    if (!progress_.should_stop())
      if (auto checks = check(); !checks) return fail(std::move(checks.error()));
    if (progress_.should_stop()) return fail("interrupted", "the fit was stopped");
    finish_verdict();
    return SimulatedFound{std::move(posterior_), std::move(verdict_)};
  }

 private:
  [[nodiscard]] std::size_t draws() const { return static_cast<std::size_t>(study_.search.draws); }

  Result<void> search() {
    asked_ = problem_->problem();
    if (remembered_) asked_.simulator = &*remembered_;
    const auto begun = Clock::now();
    if (auto chosen = choose(); !chosen) return chosen;
    auto found = infer();
    verdict_.cost.search_s = seconds_since(begun);
    if (!found) return fail(std::move(found.error()));
    posterior_ = std::move(*found);
    if (!left_out_.empty()) posterior_.notes.push_back(left_out_);
    return {};
  }

  /// Holds the draws against the exact posterior, where there is one; replaces them where that is asked for.
  void certify_draws() {
    const auto begun = Clock::now();
    std::optional<double> limit;
    if (options_.budget) limit = std::max(0.02 * *options_.budget, *options_.budget - seconds_since(start_));
    WithBudget limited(progress_, limit);
    certified_ = certify(study_, options_, *problem_, posterior_, limited);
    if (!certified_.not_done.empty()) {
      verdict_.partial = true;
      verdict_.not_done.push_back(certified_.not_done);
    }
    if (run_) keep_network();
    if (certified_.exact && study_.verify.certify == "exact") {
      certified_.replaced = true;
      posterior_ = std::move(*certified_.exact);
      certified_.exact.reset();
    }
    posterior_.notes.insert(posterior_.notes.end(), certified_.notes.begin(), certified_.notes.end());
    verdict_.cost.gradients = certified_.gradients;
    verdict_.cost.posterior_s = seconds_since(begun);
  }

  /// Did NUTS take the learnt draws' place?
  [[nodiscard]] bool by_chains() const { return certified_.mixing.has_value(); }

  /// The draws that are shown and checked: those of the exact posterior, where there are any.
  [[nodiscard]] const infer::SimulationPosterior& shown() const {
    return certified_.exact ? *certified_.exact : posterior_;
  }

  Result<void> choose() {
    choice_.method = study_.search.method;
    const infer::SimulationMethod* named = infer::simulation_method(choice_.method);  // null: auto
    const bool takes = named == nullptr || named->takes == infer::TakesLayout::embedded ||
                       (named->takes == infer::TakesLayout::trials && asked_.layout.kind == infer::Embedding::set);
    if (!takes)
      if (auto good = infer::no_embedding(asked_, choice_.method); !good) {
        for (Error& e : good.error()) e.where = "search.method";
        return good;
      }
    const bool timed = options_.budget.has_value();
    budget_.simulations = study_.search.simulations > 0 ? static_cast<std::uint64_t>(study_.search.simulations)
                                                        : (timed ? 0 : default_simulations);
    // What a simulation costs, and what statistics are like. The pilot is the method's own first simulations: the
    // choice knows nothing beyond the budget.
    infer::SimulationSource source(asked_);
    std::size_t wanted = most_pilot;
    if (budget_.simulations > 0)
      wanted = static_cast<std::size_t>(std::clamp<std::uint64_t>(budget_.simulations / 5, 16, most_pilot));
    auto z = source.prior(wanted);
    if (!z) return fail(std::move(z.error()));
    infer::SimulatedPairs pairs;
    // Where time is the budget, in parts: a slow simulator shows after the first ones.
    for (std::size_t done = 0; done < wanted;) {
      const std::size_t part = timed ? std::min(done == 0 ? std::size_t{16} : 7 * done, wanted - done) : wanted;
      Array2 some(part, z->cols);
      std::copy_n(z->row(done).data(), some.values.size(), some.values.data());
      const auto begun = Clock::now();
      if (auto ran = source.run(some, pairs, progress_); !ran) return fail(std::move(ran.error()));
      const double spent = seconds_since(begun);
      done += part;
      verdict_.simulated.simulation_us = 1e6 * spent / static_cast<double>(part);
      if (timed && spent > 0.5) break;
    }
    infer::MethodFacts facts;
    facts.parameters = problem_->space().size();
    facts.simulations = budget_.simulations;
    facts.seconds = timed ? *options_.budget : 0.0;
    facts.embedded = asked_.layout.kind != infer::Embedding::none;
    facts.amortised =
        asked_.layout.kind == infer::Embedding::set && asked_.layout.present(asked_.observed) < asked_.layout.items;
    facts.simulation_s = 1e-6 * verdict_.simulated.simulation_us;
    const infer::StatisticScale scale = infer::StatisticScale::of(pairs.x);
    facts.statistics = scale.varying().size();
    std::vector<std::uint8_t> relevant;
    facts.relevant_statistics = facts.statistics;
    if (facts.statistics > infer::most_likelihood_statistics) {
      relevant = infer::relevant_statistics(pairs.z, pairs.x, 1e-3, infer::most_likelihood_statistics);
      facts.relevant_statistics = static_cast<std::size_t>(std::ranges::count(relevant, 1));
    }
    facts.binary = facts.statistics > 0;
    for (const std::size_t j : scale.varying()) {
      facts.binary = facts.binary && scale[j].whole && scale[j].high - scale[j].low == 1.0;
      facts.whole_statistics += scale[j].whole && scale[j].high - scale[j].low < 5000.0 ? 1 : 0;
      facts.observation_complete = facts.observation_complete && std::isfinite(asked_.observed[j]);
    }
    std::size_t lacking = 0;
    for (std::size_t k = 0; k < pairs.x.rows; ++k) {
      bool missing = false;
      for (const std::size_t j : scale.varying()) missing = missing || !std::isfinite(pairs.x(k, j));
      lacking += missing ? 1 : 0;
    }
    if (pairs.x.rows > 0) facts.undefined_share = static_cast<double>(lacking) / static_cast<double>(pairs.x.rows);
    for (const std::size_t j : scale.varying())
      facts.atom_share = std::max(facts.atom_share, atom_share(pairs.x.column(j)));
    const infer::MethodChoice best = infer::choose_method(facts);
    choice_ = best;
    if (named == nullptr) {
      verdict_.simulated.why_method = best.why;
    } else {
      choice_.method = named->name;
      choice_.density = named->density;
      choice_.rounds = named->rounds;
    }
    // Its rule is for few statistics: the others are left out, as if the data lacked them.
    if (choice_.method == "nle" && facts.relevant_statistics > 0 && facts.relevant_statistics < facts.statistics) {
      for (const std::size_t j : scale.varying()) {
        if (relevant[j]) continue;
        asked_.observed[j] = std::numeric_limits<double>::quiet_NaN();
        for (std::vector<double>& trial : asked_.more_trials) trial[j] = std::numeric_limits<double>::quiet_NaN();
      }
      left_out_ = fmt::format(
          "{} of {} statistics are left out: in {} simulations of the prior they depended on no parameter, as far as "
          "correlations of ranks and of their squares tell",
          facts.statistics - facts.relevant_statistics, facts.statistics, pairs.z.rows);
    }
    if (study_.search.rounds > 0 && infer::simulation_method(choice_.method)->sequential)
      choice_.rounds = static_cast<std::size_t>(study_.search.rounds);
    if (study_.search.density != "auto") choice_.density = study_.search.density;
    if (study_.search.members > 0) choice_.members = static_cast<std::size_t>(study_.search.members);
    const double afterwards = checks_share + (study_.verify.certify == "exact" ? exact_share : 0.0);
    if (timed) budget_.seconds = std::max(0.1, *options_.budget * (1.0 - afterwards) - seconds_since(start_));
    const auto learning_start = Clock::now();
    budget_.elapsed = [learning_start] { return seconds_since(learning_start); };
    return {};
  }

  Result<infer::SimulationPosterior> infer() {
    const infer::SimulationMethod& method = *infer::simulation_method(choice_.method);
    infer::MethodSettings settings;
    settings.density = choice_.density;
    settings.rounds = choice_.rounds;
    settings.members = choice_.members;
    settings.batch = choice_.batch;
    settings.hidden = choice_.hidden;
    settings.draws = draws();
    settings.threads = options_.threads;
    settings.asked_rounds = study_.search.rounds > 0;
    settings.asked_members = study_.search.members > 0;
    settings.asked_density = study_.search.density != "auto";
    // Of trials, the likelihood of one is learnt.
    const auto of_one = method.takes == infer::TakesLayout::trials && asked_.layout.kind == infer::Embedding::set
                            ? problem_->problem_of_one_trial()
                            : std::nullopt;
    return method.infer(of_one ? *of_one : asked_, settings, budget_, progress_);
  }

  void describe_parameters() {
    const prob::ParameterSpace& space = problem_->space();
    const prob::Marginals marginals(space);
    const infer::SimulationPosterior& draws = shown();
    std::size_t best = 0;
    for (std::size_t k = 0; k < draws.log_density.size(); ++k)
      if (draws.log_density[k] > draws.log_density[best]) best = k;
    for (std::size_t j = 0; j < space.size(); ++j) {
      const units::Unit& unit = problem_->units()[j];
      verify::ParameterSummary p;
      p.name = space.names()[j];
      p.unit = unit.name;
      p.prior_q05 = unit.from_si(marginals.quantile(j, 0.05));
      p.prior_q95 = unit.from_si(marginals.quantile(j, 0.95));
      if (draws.z.rows > 0) {
        std::vector<double> sorted = draws.parameters.column(j);
        std::ranges::sort(sorted);
        const auto at = [&](double q) {
          return unit.from_si(sorted[static_cast<std::size_t>(q * static_cast<double>(sorted.size() - 1) + 0.5)]);
        };
        p.q05 = at(0.05), p.median = at(0.5), p.q95 = at(0.95);
        if (!draws.log_density.empty()) p.best = unit.from_si(draws.parameters(best, j));
        // Under the prior, z is standard normal.
        double mean = 0.0, square = 0.0;
        for (const double z : draws.z.column(j)) mean += z, square += z * z;
        const auto n = static_cast<double>(draws.z.rows);
        p.contraction = 1.0 - (square / n - mean * mean / (n * n));
      }
      if (by_chains()) {
        p.rhat = certified_.mixing->rhat[j];
        p.ess_bulk = certified_.mixing->ess_bulk[j], p.ess_tail = certified_.mixing->ess_tail[j];
      }
      verdict_.parameters.push_back(std::move(p));
    }
  }

  void describe_simulations(const SimulatedChecks& checks) {
    verify::Simulated& s = verdict_.simulated;
    s.method = posterior_.method;
    s.simulations = static_cast<std::int64_t>(posterior_.simulations);
    s.failed = static_cast<std::int64_t>(posterior_.failed);
    for (const infer::ReasonCount& f : posterior_.failures)
      s.failures.push_back({f.reason, static_cast<std::int64_t>(f.count)});
    for (const infer::UndefinedCount& u : posterior_.undefined)
      s.undefined.push_back({u.statistic + ": " + u.reason, static_cast<std::int64_t>(u.count)});
    for (const infer::InferenceRound& r : posterior_.rounds)
      s.rounds.push_back({r.proposal, static_cast<std::int64_t>(r.simulations), static_cast<std::int64_t>(r.failed),
                          r.objective, r.acceptance, r.capped, r.density});
    s.statistics = checks.statistics;
    s.observation_p = checks.observation_p;
    s.calibration = checks.calibration;
    s.amortised = posterior_.amortised;
    s.dropped_draws = posterior_.dropped_draws;
    s.kept = static_cast<std::int64_t>(posterior_.kept.count);
    if (s.kept > 0) s.kept_effective = posterior_.kept.effective, s.tolerance = posterior_.kept.tolerance;
    s.certified = certified_.certified;
    s.certified_by = certified_.by;
    s.not_exact = certified_.why;
    if (!certified_.weighed) return;
    s.effective_draws = certified_.weights.effective;
    s.pareto_k = certified_.weights.khat;
    s.distance = certified_.weights.distance;
    s.elsewhere = certified_.weights.elsewhere;
  }

  /// The recording, and simulations of draws from all over the posterior.
  Result<void> predict_traces(Progress& progress) {
    const std::size_t rows = shown().z.rows;
    if (rows == 0 || !study_.report.html) return {};
    Array2 few(std::min(shown_traces, rows), shown().parameters.cols);
    for (std::size_t k = 0; k < few.rows; ++k)
      std::ranges::copy(shown().parameters.row(k * rows / few.rows), few.row(k).begin());
    auto traces = predicted_traces(study_, options_, *problem_, few, progress);
    if (!traces) return fail(std::move(traces.error()));
    traces_ = std::move(*traces);
    return {};
  }

  report::Document document(const SimulatedChecks& checks) {
    report::Document d;
    d.title = study_.report.title.empty() ? study_.name : study_.report.title;
    d.study = study_.file;
    d.command = "hillock fit study.lock.toml";
    d.verdict = verdict_;
    if (problem_->model()) d.model_text = problem_->model()->source_text;
    const prob::ParameterSpace& space = problem_->space();
    const prob::Marginals marginals(space);
    const std::size_t rows = shown().z.rows;
    const std::size_t wanted = std::min<std::size_t>(rows, static_cast<std::size_t>(study_.report.pair_draws));
    if (wanted > 0) {
      d.posterior.draws = Array2(wanted, space.size());
      for (std::size_t j = 0; j < space.size(); ++j) {
        const units::Unit& unit = problem_->units()[j];
        for (std::size_t k = 0; k < wanted; ++k)
          d.posterior.draws(k, j) = unit.from_si(shown().parameters(k * rows / wanted, j));
        d.posterior.axes.push_back(posterior_axis(space, marginals, j, unit, verdict_.parameters[j].best));
      }
    }
    for (const infer::LearningPoint& p : posterior_.curve) {
      d.simulated.curve.simulations.push_back(static_cast<double>(p.simulations));
      d.simulated.curve.training.push_back(p.training);
      d.simulated.curve.validation.push_back(p.validation);
    }
    const auto column = [&](const Array2& x, std::size_t j) {
      std::vector<double> out;
      const std::size_t most = std::min<std::size_t>(x.rows, 500);
      for (std::size_t k = 0; k < most; ++k)
        out.push_back(problem_->statistics()[j].unit.from_si(x(k * x.rows / most, j)));
      return out;
    };
    for (const std::size_t j : checks.shown)
      d.simulated.statistics.push_back({column(checks.prior.x, j), column(checks.predicted.x, j)});
    d.simulated.ranks = checks.ranks;
    d.simulated.traces = std::move(traces_);
    for (const std::string& note : posterior_.notes) d.log.push_back({"posterior", note});
    for (const std::string& what : verdict_.not_done) d.log.push_back({"not done", what});
    return d;
  }

  void finish_verdict() {
    verify::Cost& cost = verdict_.cost;
    cost.simulations = verdict_.simulated.simulations;
    cost.threads = options_.threads > 0 ? options_.threads : default_threads();
    cost.wall_s = seconds_since(start_);
    if (run_) verdict_.provenance = provenance_of(*run_, study_.seed);
  }

  FitOutcome outcome(bool interrupted, bool report_there) {
    FitOutcome out;
    out.folder = run_->folder.path();
    out.interrupted = interrupted;
    out.answer.json = verify::to_json(verdict_);
    out.answer.text = report::render_terminal(verdict_, options_.color, options_.width,
                                              report_there ? run_->folder.path() : std::string());
    out.verdict = verdict_;
    return out;
  }

  void forget(const char* name) {
    std::error_code ignored;
    std::filesystem::remove(run_->folder.file(name), ignored);
  }

  Result<FitOutcome> partial() {
    verdict_.study = study_.name;
    verdict_.inference = "none";
    verdict_.status = verify::Status::invalid;
    verdict_.reasons.push_back({"interrupted", "The run ended before there was a posterior: nothing can be said yet."});
    verdict_.partial = true;
    verdict_.not_done.emplace_back("everything after the simulations");
    finish_verdict();
    forget("posterior.nc");
    forget("report.html");
    if (auto written = run_->folder.write("verdict.json", verify::to_json(verdict_)); !written)
      return fail(std::move(written.error()));
    return outcome(progress_.should_stop(), false);
  }

  /// What was learnt, where it answers again without the simulator. What a prior's joint conditions allow it could not
  /// say.
  void keep_network() {
    if (asked_.allowed) return;
    std::vector<std::string> names;
    for (const ShownStatistic& s : problem_->statistics()) names.push_back(s.name);
    auto saved = infer::SavedPosterior::of(posterior_, problem_->space(), std::move(names), asked_.observed);
    if (saved) network_.emplace(std::move(*saved));
  }

  /// posterior.network.
  Result<void> save_network() {
    if (network_) return run_->folder.write("posterior.network", network_->to_bytes());
    forget("posterior.network");
    return {};
  }

  /// Looks at what was learnt, and judges.
  Result<SimulatedChecks> check() {
    verdict_.study = study_.name;
    verdict_.inference = by_chains() ? "nuts" : posterior_.method;
    const bool interrupted = progress_.should_stop();
    if (!posterior_.complete) {
      verdict_.partial = true;
      verdict_.not_done.emplace_back("learning: it was stopped, and this is the posterior so far");
    }
    const auto begun = Clock::now();
    SimulatedCheckOptions how;
    how.predictive_simulations = static_cast<std::size_t>(study_.verify.predictive_draws);
    how.calibration_draws = static_cast<std::size_t>(study_.verify.calibration_draws);
    // The checks cost a part of the search: half of its simulations where these are the budget, so that the same
    // study gives the same bits; a tenth of its time where that is.
    double affordable = 0.5 * static_cast<double>(posterior_.simulations);
    if (budget_.seconds > 0.0) {
      const double each = 1e-6 * std::max(0.0, verdict_.simulated.simulation_us);
      affordable = std::min(1e9, 0.1 * std::max(1.0, verdict_.cost.search_s) / std::max(each, 1e-12));
    }
    // Tests of several statistics need more draws than an interval: a thousand, where they are quick.
    if (affordable >= 1000.0) how.predictive_simulations = std::max<std::size_t>(how.predictive_simulations, 1000);
    how.prior_simulations = std::clamp<std::size_t>(static_cast<std::size_t>(affordable), 200, 2000);
    Silent unstopped;
    auto checks = check_simulated(*problem_, shown(), how, interrupted ? static_cast<Progress&>(unstopped) : progress_);
    if (!checks) return fail(std::move(checks.error()));
    if (auto done = predict_traces(interrupted ? static_cast<Progress&>(unstopped) : progress_); !done)
      return fail(std::move(done.error()));
    if (study_.model.precision == "float32") {
      auto change = float32_change(study_, options_, *problem_, posterior_.parameters,
                                   interrupted ? static_cast<Progress&>(unstopped) : progress_);
      if (!change) return fail(std::move(change.error()));
      verdict_.numerics.float32_change = change->largest;
      if (!change->text.empty()) posterior_.notes.push_back(change->text);
    }
    describe_parameters();
    describe_simulations(*checks);
    verdict_.numerics.draws = static_cast<std::int64_t>(posterior_.z.rows);
    verdict_.numerics.divergences = certified_.divergences;
    verdict_.numerics.failed_predictive = static_cast<std::int64_t>(checks->failed_predictions);
    verdict_.numerics.predictive_draws =
        static_cast<std::int64_t>(checks->predicted.x.rows + checks->failed_predictions);
    if (const ir::Model* model = problem_->model()) {
      (void)model;
      verdict_.numerics.integrator = study_.model.integrator;
    }
    verify::judge(verdict_);
    verdict_.cost.verify_s = seconds_since(begun);
    return checks;
  }

  Result<FitOutcome> conclude() {
    const bool interrupted = progress_.should_stop();
    auto checks = check();
    if (!checks) return fail(std::move(checks.error()));
    const auto writing = Clock::now();
    const bool written = posterior_.z.rows > 0;
    if (written) {
      if (auto done = write_simulated_posterior(run_->folder.file("posterior.nc"), *problem_, posterior_, certified_,
                                                *checks, asked_.seed, run_->context.facts.version);
          !done)
        return fail(std::move(done.error()));
    } else {
      forget("posterior.nc");
    }
    if (auto done = save_network(); !done) return fail(done.error());
    finish_verdict();
    if (study_.report.html) {
      if (auto done = run_->folder.write("report.html", report::render_html(document(*checks))); !done)
        return fail(std::move(done.error()));
      verdict_.cost.report_s = seconds_since(writing);
      verdict_.cost.wall_s = seconds_since(start_);
    } else {
      forget("report.html");
    }
    if (auto done = run_->folder.write("verdict.json", verify::to_json(verdict_)); !done)
      return fail(std::move(done.error()));
    if (!interrupted) run_->folder.clear_checkpoints();
    return outcome(interrupted, written);
  }

  const ResolvedStudy& study_;
  const RunOptions& options_;
  Progress& progress_;
  Clock::time_point start_ = Clock::now();
  std::unique_ptr<SimulatedProblem> opened_;
  const SimulatedProblem* problem_ = nullptr;
  std::optional<RememberedSimulations> remembered_;
  infer::SimulationProblem asked_;
  std::optional<BegunRun> run_;
  infer::MethodChoice choice_;
  std::string left_out_;  // which statistics, and why
  infer::InferenceBudget budget_;
  infer::SimulationPosterior posterior_;
  Certified certified_;
  std::optional<infer::SavedPosterior> network_;
  std::vector<report::PredictedTraces> traces_;
  verify::Verdict verdict_;
};

}  // namespace

Result<FitOutcome> fit_simulated(const ResolvedStudy& study, const RunOptions& options, Progress& progress) {
  return SimulatedFit(study, options, progress).run();
}

Result<SimulatedFound> fit_simulated(const SimulatedProblem& problem, const ResolvedStudy& study,
                                     const RunOptions& options, Progress& progress) {
  return SimulatedFit(study, options, progress).find(problem);
}

}  // namespace hillock::study
