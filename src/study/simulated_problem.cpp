#include "study/simulated_problem.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "infer/simulation_method.hpp"
#include "io/recording_reader.hpp"
#include "study/bind_model.hpp"
#include "study/code_cache.hpp"
#include "study/external_parameters.hpp"
#include "study/external_simulator.hpp"
#include "study/model_simulator.hpp"
#include "study/parameter_space.hpp"
#include "study/statistics.hpp"
#include "study/trial_simulator.hpp"

namespace hillock::study {
namespace {

void append(Errors& to, Errors&& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

}  // namespace

bool is_simulation_method(std::string_view method) {
  return method == "auto" || infer::simulation_method(method) != nullptr;
}

Result<std::unique_ptr<SimulatedProblem>> SimulatedProblem::open(const ResolvedStudy& study, const RunOptions& options,
                                                                 Progress& progress) {
  std::unique_ptr<SimulatedProblem> p(new SimulatedProblem());
  p->seed_ = static_cast<std::uint64_t>(study.seed);
  p->threads_ = options.threads;
  auto opened = study.model.command.texts.empty() ? p->open_model(study, options, progress)
                                                  : p->open_program(study, options, progress);
  if (!opened) return fail(std::move(opened.error()));
  return p;
}

Result<std::unique_ptr<SimulatedProblem>> SimulatedProblem::make(SimulatedParts parts) {
  std::unique_ptr<SimulatedProblem> p(new SimulatedProblem());
  p->seed_ = parts.seed;
  p->threads_ = parts.threads;
  p->simulator_ = std::move(parts.simulator);
  p->space_.emplace(std::move(parts.space));
  p->units_ = std::move(parts.units);
  p->observed_ = std::move(parts.observed);
  for (const std::string& name : p->simulator_->statistics()) p->statistics_.push_back({name, units::Unit{}});
  for (const double x : p->observed_) p->why_undefined_.push_back(std::isfinite(x) ? "" : "not-measured");
  if (auto arranged = p->arrange(std::move(parts.embedding), {"observed", {}}); !arranged)
    return fail(std::move(arranged.error()));
  return p;
}

Result<void> SimulatedProblem::arrange(EmbeddingRequest r, const Origin& data) {
  const std::size_t each = statistics_.size(), rows = each > 0 ? observed_.size() / each : 0;
  if (rows <= 1 || observed_.size() != rows * each)
    if (auto good = check_observed(observed_, simulator_->statistics(), data); !good) return good;
  if (r.trials == 0) r.trials = rows;
  if (rows > r.trials)
    return fail(data.error("trials-count",
                           "the data are " + std::to_string(rows) + " trials, and the posterior is to hold for up to " +
                               std::to_string(r.trials),
                           "trials = " + std::to_string(rows) + ", or without that option: as many as there are"));
  auto layout = embedded_statistics(r);
  if (!layout) return fail(std::move(layout.error()));
  layout_ = std::move(*layout);
  if (r.trials == 1) return {};
  auto trials = std::make_unique<TrialSimulator>(std::move(simulator_), r.trials);
  one_trial_ = &trials->one();
  simulator_ = std::move(trials);
  const std::vector<ShownStatistic> one = statistics_;
  for (std::size_t t = 0; t < r.trials; ++t)
    for (std::size_t s = 0; s < each; ++s) {
      ShownStatistic in_trial{name_in_trial(one[s].name, t), one[s].unit};
      if (t == 0) statistics_[s] = std::move(in_trial);
      else statistics_.push_back(std::move(in_trial));
    }
  observed_.resize(statistics_.size(), std::numeric_limits<double>::quiet_NaN());
  why_undefined_.resize(statistics_.size(), "no-trial");
  if (layout_.kind == infer::Embedding::set && layout_.present(observed_) == 0)
    return fail(data.error("trials-count", "no trial of the data has a value"));
  return {};
}

Result<void> SimulatedProblem::open_model(const ResolvedStudy& study, const RunOptions& options, Progress& progress) {
  Errors errors;
  auto backend = sim::choose_backend(options.isa);
  if (!backend) append(errors, std::move(backend.error()));
  auto model = bind_model(study);
  if (!model) return append(errors, std::move(model.error())), fail(std::move(errors));
  auto space = study::parameter_space(*model);
  if (!space) append(errors, std::move(space.error()));
  auto splits = load_experiments(study, *model);
  if (!splits) append(errors, std::move(splits.error()));
  if (!errors.empty()) return fail(std::move(errors));
  splits_ = std::move(*splits);
  LoadedSplit& train = splits_.front();
  sim::RunOptions run{*backend, options.threads, simulation_seed(study.seed), code_store(options.cache)};
  run.stop = [&progress] { return progress.should_stop(); };
  auto simulator = ModelSimulator::create(study, *model, train.experiment, run);
  if (!simulator) return fail(std::move(simulator.error()));
  auto observed = observed_statistics(study.train(), train, simulator->described());
  if (!observed) return fail(std::move(observed.error()));
  observed_ = std::move(observed->values);
  why_undefined_ = std::move(observed->why);
  for (const Statistic& s : simulator->described()) statistics_.push_back({s.name, s.unit});
  for (const ir::Parameter& p : model->parameters) units_.push_back(model->symbol(p.symbol).unit);
  data_sha256_ = train.sha256;
  requirements_ = std::make_unique<Requirements>(*model, train.experiment.constants);
  if (!requirements_->any()) requirements_.reset();
  EmbeddingRequest embedding{study.search.embedding,
                             {},
                             false,
                             static_cast<std::size_t>(study.search.trials),
                             "observe.statistics = [\"trace(V)\"]"};
  for (const Statistic& s : simulator->described()) embedding.traces.push_back(s.trace);
  embedding.traces_asked = !study.observe.statistics.empty();
  simulator_ = std::make_unique<ModelSimulator>(std::move(*simulator));
  if (auto arranged = arrange(std::move(embedding), study.train().file.origin); !arranged) return arranged;
  space_.emplace(std::move(*space));
  model_.emplace(std::move(*model));
  return {};
}

Result<void> SimulatedProblem::open_program(const ResolvedStudy& study, const RunOptions& options, Progress& progress) {
  Errors errors;
  auto parameters = external_parameters(study);
  if (!parameters) append(errors, std::move(parameters.error()));
  auto file = io::read_arrays(study.train().file.absolute);
  if (!file) append(errors, std::move(file.error()));
  if (!errors.empty()) return fail(std::move(errors));
  auto simulator =
      ExternalSimulator::start(study, *parameters, options.threads, [&progress] { return progress.should_stop(); });
  if (!simulator) return fail(std::move(simulator.error()));
  for (const std::string& name : (*simulator)->statistics()) statistics_.push_back({name, units::Unit{}});
  const std::size_t rows = file->arrays.empty() ? 0 : file->arrays.front().values.size();
  for (const data::Array& column : file->arrays)
    if (column.values.size() != rows)
      return fail(study.train().file.origin.error(
          "statistics-rows", "\"" + column.name + "\" has " + std::to_string(column.values.size()) +
                                 " values where others have " + std::to_string(rows) +
                                 ": the data of a program are a row with its statistics, or one for each trial"));
  if (file->arrays.size() != statistics_.size()) {
    std::vector<double> first;
    for (const data::Array& column : file->arrays) first.push_back(rows > 0 ? column.values.front() : 0.0);
    if (auto good = check_observed(first, (*simulator)->statistics(), study.train().file.origin); !good) return good;
  }
  for (std::size_t row = 0; row < rows; ++row)
    for (const data::Array& column : file->arrays) observed_.push_back(column.values[row]);
  for (const double x : observed_) why_undefined_.push_back(std::isfinite(x) ? "" : "not-measured");
  data_sha256_ = file->sha256;
  units_ = parameters->units;
  space_.emplace(std::move(parameters->space));
  simulator_ = std::move(*simulator);
  EmbeddingRequest embedding{study.search.embedding, traces_by_name(simulator_->statistics()), false,
                             static_cast<std::size_t>(study.search.trials),
                             "statistics that are called v[0], v[1], ... in model.statistics or by the program"};
  return arrange(std::move(embedding), study.train().file.origin);
}

infer::SimulationProblem SimulatedProblem::problem() const {
  infer::SimulationProblem out;
  out.simulator = simulator_.get();
  out.space = &*space_;
  out.observed = observed_;
  out.layout = layout_;
  out.seed = seed_;
  out.threads = threads_;
  if (requirements_)
    out.allowed = [this](const Array2& parameters, std::span<std::uint8_t> allowed) {
      for (std::size_t k = 0; k < parameters.rows; ++k) allowed[k] = requirements_->hold(parameters.row(k)) ? 1 : 0;
    };
  return out;
}

std::optional<infer::SimulationProblem> SimulatedProblem::problem_of_one_trial() const {
  if (one_trial_ == nullptr) return std::nullopt;
  infer::SimulationProblem out = problem();
  out.simulator = one_trial_;
  out.layout = {};
  const std::size_t each = one_trial_->statistics().size();
  for (std::size_t t = 0; t < observed_.size() / each; ++t) {
    const auto trial = std::span(observed_).subspan(t * each, each);
    if (std::ranges::any_of(trial, [](double x) { return std::isfinite(x); }))
      out.more_trials.emplace_back(trial.begin(), trial.end());
  }
  if (out.more_trials.empty()) return std::nullopt;
  out.observed = std::move(out.more_trials.front());
  out.more_trials.erase(out.more_trials.begin());
  return out;
}

}  // namespace hillock::study
