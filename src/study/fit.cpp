#include "study/fit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>

#include "base/parallel.hpp"
#include "report/page.hpp"
#include "report/terminal.hpp"
#include "sim/choose_integrator.hpp"
#include "sim/simulator.hpp"
#include "study/begin_run.hpp"
#include "study/bind_model.hpp"
#include "study/code_cache.hpp"
#include "study/fit_document.hpp"
#include "study/fit_files.hpp"
#include "study/fit_simulated.hpp"
#include "study/fit_verify.hpp"
#include "study/parameter_space.hpp"
#include "study/stop.hpp"
#include "verify/baselines.hpp"
#include "verify/verdict_json.hpp"

namespace hillock::study {
namespace {

constexpr double search_share = 0.5;              // of a budget
constexpr double posterior_share = 0.6;           // of what the search has left
constexpr std::int64_t most_rough_draws = 10000;  // of an approximation; it is not better than these
constexpr std::int64_t chain_draws = 250;         // by default
constexpr std::int64_t simulated_draws = 10000;
constexpr double gradients_a_draw = 6.0;  // NUTS on a nearly Gaussian posterior, a safe guess

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void append(Errors& to, Errors&& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

/// The priors of the model's parameters, or what is missing for a search.
Result<prob::ParameterSpace> space_to_search(const ir::Model& model, const std::string& file) {
  Errors errors;
  auto space = parameter_space(model);
  if (!space) append(errors, std::move(space.error()));
  if (model.observations.empty())
    errors.push_back({"no-observation", "the model does not say what is recorded", std::nullopt, file,
                      "observe I ~ normal(g*(V - E), sigma)"});
  else if (sim::mechanism_parameters(model).empty())
    errors.push_back({"nothing-to-fit", "no parameter has an influence on what is recorded", std::nullopt, file,
                      "param g : uS ~ loguniform(1e-3 uS, 10 uS), used in the mean of an observation"});
  if (!errors.empty()) return fail(std::move(errors));
  return space;
}

struct Searched {
  ir::Model model;
  prob::ParameterSpace space;
};

class Fitting {
 public:
  Fitting(const ResolvedStudy& study, const RunOptions& options, Progress& progress)
      : study_(study), options_(options), progress_(progress) {}

  Result<FitOutcome> run() {
    if (auto ready = prepare(); !ready) return fail(std::move(ready.error()));
    if (auto done = find_best(); !done) return fail(std::move(done.error()));
    if (interrupted() || search_->best.empty()) return partial("the search");
    if (auto done = find_posterior(); !done) return fail(std::move(done.error()));
    if (interrupted()) return partial("the posterior");
    return conclude();
  }

 private:
  [[nodiscard]] bool interrupted() const { return progress_.should_stop(); }
  [[nodiscard]] std::uint64_t seed() const { return static_cast<std::uint64_t>(study_.seed); }
  [[nodiscard]] double budget_left() const { return *options_.budget - seconds_since(start_); }

  /// Everything that can be wrong with the input is found here, before anything is computed.
  Result<void> prepare() {
    Errors errors;
    auto backend = sim::choose_backend(options_.isa);
    if (!backend) append(errors, std::move(backend.error()));
    for (const DataSplit& split : study_.data)
      if (split.holds == "statistics")
        errors.push_back(
            split.origin.error("data-unfit",
                               fmt::format("{} holds statistics, and search.method \"{}\" compares traces",
                                           split.file.given, study_.search.method),
                               "a method that only simulates, such as npe, nle, nre or abc_smc; or a recording"));
    auto model = bind_model(study_);
    if (!model) append(errors, std::move(model.error()));
    else {
      auto space = space_to_search(*model, study_.model.file.absolute);
      if (!space) append(errors, std::move(space.error()));
      auto splits = load_experiments(study_, *model);
      if (!splits) append(errors, std::move(splits.error()));
      else evidence_.splits = std::move(*splits);
      if (space) model_.emplace(Searched{std::move(*model), std::move(*space)});
    }
    if (!errors.empty()) return fail(std::move(errors));

    std::vector<std::pair<std::string, std::string>> looks;
    for (const LoadedSplit& split : evidence_.splits) looks.emplace_back(split.name, split.sha256);
    auto begun = begin_run(study_, options_, sim::to_string(*backend), looks);
    if (!begun) return fail(std::move(begun.error()));
    run_.emplace(std::move(*begun));
    folder_ = &run_->folder;

    target_.model = &model_->model;
    target_.space = &model_->space;
    target_.mechanism = sim::mechanism_parameters(model_->model);
    target_.experiment = evidence_.splits.front().experiment;
    if (model_->model.observations.size() > 1)  // several channels count alike: each in units of its range
      for (const auto& [channel, values] : target_.experiment.observed) {
        const double range = verify::kept_range(values, target_.experiment.mask);
        target_.experiment.weights[channel] = range > 0.0 ? 1.0 / range : 1.0;
      }
    if (study_.model.precision != "float64")
      return fail("precision-unfit", "float32 is not for likelihoods: their differences would be rounding",
                  "model.precision", "float64, or a search.method that learns from simulations");
    target_.integrator = study_.model.integrator;
    if (target_.integrator == "auto") {
      auto chosen = sim::choose_integrator(model_->model);
      if (!chosen) return fail(std::move(chosen.error()));
      target_.integrator = chosen->name;
    }
    target_.run = {*backend, options_.threads};
    target_.run.store = code_store(options_.cache);
    const auto compile_start = std::chrono::steady_clock::now();
    auto problem = SquaresProblem::create(target_);
    if (!problem) return fail(std::move(problem.error()));
    problem_.emplace(std::move(*problem));
    verdict_.cost.compile_s = seconds_since(compile_start);
    evidence_.study = &study_;
    evidence_.target = &target_;
    evidence_.problem = &*problem_;
    return {};
  }

  Result<void> find_best() {
    const auto begun = std::chrono::steady_clock::now();
    auto kept = folder_->load_checkpoint("search");
    if (!kept) return fail(std::move(kept.error()));
    if (*kept) {
      auto read = search_from_text(**kept);
      if (!read) return fail(std::move(read.error()));
      search_.emplace(std::move(*read));
    } else {
      std::optional<double> limit;
      if (options_.budget) limit = search_share * budget_left();
      WithBudget limited(progress_, limit);
      auto found = search(*problem_, target_, study_.search, seed(), limited);
      if (!found) return fail(std::move(found.error()));
      search_.emplace(std::move(*found));
      if (search_->stopped && !interrupted()) not_done("the search ended at its share of the budget");
      // Only a search that ended by itself is worth keeping: another run must end with the same bits.
      if (!search_->stopped)
        if (auto saved = folder_->save_checkpoint("search", to_text(*search_)); !saved)
          return fail(std::move(saved.error()));
    }
    evidence_.search = &*search_;
    verdict_.cost.search_s = seconds_since(begun);
    if (search_->best.empty()) return {};
    auto best = with_noise_from_residuals(target_, search_->best);
    if (!best) return fail(std::move(best.error()));
    evidence_.best = std::move(*best);
    evidence_.mode = evidence_.best;
    return {};
  }

  Result<void> find_posterior() {
    if (study_.search.posterior == "none") return {};
    const auto begun = std::chrono::steady_clock::now();
    auto density = Posterior::create(target_);
    if (!density) return fail(std::move(density.error()));
    density_.emplace(std::move(*density));
    evidence_.density = &*density_;
    std::string method = study_.search.posterior;
    SearchOptions rough = study_.search;  // where NUTS does not fit into the budget
    rough.draws = std::min(rough.draws, std::max<std::int64_t>(1, most_rough_draws / rough.chains));
    bool instead = false;
    std::optional<double> limit;
    if (options_.budget) {
      limit = posterior_share * budget_left();
      if (method == "nuts" && nuts_estimate() > *limit) {
        method = "laplace";
        instead = true;
        not_done("NUTS: it would not have fitted into the budget; a Laplace approximation stands in for it");
      }
    }
    Errors trouble;
    Checkpoints checkpoints;
    checkpoints.load = [&](const std::string& name) -> std::string {
      auto bytes = folder_->load_checkpoint(name);
      if (!bytes) append(trouble, std::move(bytes.error()));
      return bytes && *bytes ? **bytes : std::string();
    };
    checkpoints.save = [&](const std::string& name, const std::string& bytes) {
      if (auto saved = folder_->save_checkpoint(name, bytes); !saved) append(trouble, std::move(saved.error()));
    };
    if (method == "laplace") limit.reset();  // quick, and worth nothing away from the mode
    WithBudget limited(progress_, limit);
    auto sampled = sample_posterior(target_, *density_, evidence_.best, instead ? rough : study_.search, method, seed(),
                                    checkpoints, limited);
    if (!trouble.empty()) return fail(std::move(trouble));
    if (!sampled) {
      // A fit without a posterior is still a finding: the verdict says that there is none, and why.
      for (const Error& error : sampled.error()) not_done("the posterior: " + error.message);
      return {};
    }
    posterior_.emplace(std::move(*sampled));
    if (!posterior_->complete && !interrupted()) {
      // Some draws of some chains are no sample. A Laplace approximation is honest about being one.
      not_done("NUTS: the budget ended first; a Laplace approximation stands in for it");
      auto approximate =
          sample_posterior(target_, *density_, evidence_.best, rough, "laplace", seed(), checkpoints, progress_);
      if (!approximate) return fail(std::move(approximate.error()));
      posterior_.emplace(std::move(*approximate));
    }
    evidence_.posterior = &*posterior_;
    evidence_.mode.clear();
    for (std::size_t j = 0; j < posterior_->mode.size(); ++j)
      evidence_.mode.push_back(model_->space.to_constrained(j, posterior_->mode[j]));
    verdict_.cost.posterior_s = seconds_since(begun);
    return {};
  }

  double nuts_estimate() {
    Array2 points(static_cast<std::size_t>(study_.search.chains), model_->space.size());
    for (std::size_t k = 0; k < points.rows; ++k)
      for (std::size_t j = 0; j < points.cols; ++j) points(k, j) = model_->space.to_unconstrained(j, evidence_.best[j]);
    std::vector<double> value(points.rows);
    Array2 gradient;
    const auto begun = std::chrono::steady_clock::now();
    density_->evaluate(points, value, &gradient);
    return seconds_since(begun) * gradients_a_draw * static_cast<double>(study_.search.warmup + study_.search.draws);
  }

  /// Files of an earlier run do not stay beside a verdict that they do not belong to.
  void forget(const char* name) {
    std::error_code ignored;
    std::filesystem::remove(folder_->file(name), ignored);
  }

  void not_done(const std::string& what) {
    verdict_.partial = true;
    verdict_.not_done.push_back(what);
  }

  void finish_verdict() {
    verify::Cost& cost = verdict_.cost;
    cost.simulations = target_.simulations;
    cost.gradients = target_.gradients;
    cost.threads = options_.threads > 0 ? options_.threads : default_threads();
    cost.wall_s = seconds_since(start_);
    verdict_.provenance = provenance_of(*run_, study_.seed);
  }

  FitOutcome outcome(bool was_interrupted) {
    FitOutcome out;
    out.folder = folder_->path();
    out.interrupted = was_interrupted;
    out.answer.json = verify::to_json(verdict_);
    // A run that ended early has no report to point at.
    const std::string where = posterior_written_ ? folder_->path() : std::string();
    out.answer.text = report::render_terminal(verdict_, options_.color, options_.width, where);
    out.verdict = verdict_;
    return out;
  }

  /// Stopped before there was anything to judge: what is done stays in the checkpoints.
  Result<FitOutcome> partial(const std::string& during) {
    verdict_.study = study_.name;
    verdict_.inference = "none";
    verdict_.status = verify::Status::invalid;
    verdict_.reasons.push_back({"interrupted", "The run ended during " + during + ": nothing can be said yet."});
    not_done("everything after " + during);
    finish_verdict();
    forget("posterior.nc");
    forget("report.html");
    if (auto written = folder_->write("verdict.json", verify::to_json(verdict_)); !written)
      return fail(std::move(written.error()));
    return outcome(interrupted());
  }

  Result<FitOutcome> conclude() {
    auto begun = std::chrono::steady_clock::now();
    auto exhibits = verify_fit(evidence_, verdict_, progress_);
    if (!exhibits) return fail(std::move(exhibits.error()));
    verdict_.cost.verify_s = seconds_since(begun);
    if (interrupted()) return partial("the checks");
    begun = std::chrono::steady_clock::now();
    progress_.begin("report", 0.0);
    posterior_written_ = posterior_ && posterior_->points.rows > 0;
    if (posterior_written_) {
      PosteriorFile file;
      file.model = &model_->model;
      file.space = &model_->space;
      file.posterior = &*posterior_;
      for (std::size_t s = 0; s < evidence_.splits.size(); ++s) {
        file.splits.push_back(&evidence_.splits[s]);
        file.predictions.push_back(&exhibits->predictions[s]);
      }
      file.seed = seed();
      file.version = run_->context.facts.version;
      if (auto written = write_posterior(folder_->file("posterior.nc"), file); !written)
        return fail(std::move(written.error()));
    } else {
      forget("posterior.nc");
    }
    verdict_.cost.report_s = seconds_since(begun);
    finish_verdict();
    if (study_.report.html) {
      const std::string html = report::render_html(make_document(evidence_, *exhibits, verdict_));
      if (auto written = folder_->write("report.html", html); !written) return fail(std::move(written.error()));
      verdict_.cost.report_s = seconds_since(begun);
      verdict_.cost.wall_s = seconds_since(start_);
    } else {
      forget("report.html");
    }
    // Last: where there is a verdict, everything else is there too.
    if (auto written = folder_->write("verdict.json", verify::to_json(verdict_)); !written)
      return fail(std::move(written.error()));
    folder_->clear_checkpoints();
    return outcome(false);
  }

  const ResolvedStudy& study_;
  const RunOptions& options_;
  Progress& progress_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::optional<Searched> model_;
  std::optional<BegunRun> run_;
  const RunFolder* folder_ = nullptr;
  Target target_;
  std::optional<SquaresProblem> problem_;
  std::optional<Posterior> density_;
  std::optional<SearchResult> search_;
  std::optional<PosteriorResult> posterior_;
  Evidence evidence_;
  verify::Verdict verdict_;
  bool posterior_written_ = false;
};

}  // namespace

Result<FitOutcome> fit(const ResolvedStudy& study, const RunOptions& options, Progress& progress) {
  const bool simulated = is_simulation_method(study.search.method);
  ResolvedStudy whole = study;  // with the numbers that depend on the method
  if (whole.search.draws == 0) whole.search.draws = simulated ? simulated_draws : chain_draws;
  if (simulated) return fit_simulated(whole, options, progress);
  return Fitting(whole, options, progress).run();
}

}  // namespace hillock::study
