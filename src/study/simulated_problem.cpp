#include "study/simulated_problem.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "io/recording_reader.hpp"
#include "study/bind_model.hpp"
#include "study/code_cache.hpp"
#include "study/external_parameters.hpp"
#include "study/external_simulator.hpp"
#include "study/model_simulator.hpp"
#include "study/parameter_space.hpp"
#include "study/statistics.hpp"

namespace hillock::study {
namespace {

constexpr std::array<std::string_view, 7> methods = {"auto", "npe", "tsnpe", "nle", "nre", "abc_rejection", "abc_smc"};

void append(Errors& to, Errors&& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

}  // namespace

bool is_simulation_method(std::string_view method) { return std::ranges::find(methods, method) != methods.end(); }

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
  if (auto good = check_observed(p->observed_, p->simulator_->statistics(), {"observed", {}}); !good)
    return fail(std::move(good.error()));
  for (const double x : p->observed_) p->why_undefined_.push_back(std::isfinite(x) ? "" : "not-measured");
  return p;
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
  simulator_ = std::make_unique<ModelSimulator>(std::move(*simulator));
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
  for (const data::Array& column : file->arrays) {
    if (column.values.size() != 1)
      return fail(study.train().file.origin.error(
          "statistics-rows", "\"" + column.name + "\" has " + std::to_string(column.values.size()) +
                                 " values, and the data of a program are one row: a value for each of its statistics"));
    observed_.push_back(column.values.front());
  }
  if (auto good = check_observed(observed_, (*simulator)->statistics(), study.train().file.origin); !good)
    return fail(std::move(good.error()));
  for (const double x : observed_) why_undefined_.push_back(std::isfinite(x) ? "" : "not-measured");
  data_sha256_ = file->sha256;
  units_ = parameters->units;
  space_.emplace(std::move(parameters->space));
  simulator_ = std::move(*simulator);
  return {};
}

infer::SimulationProblem SimulatedProblem::problem() const {
  infer::SimulationProblem out;
  out.simulator = simulator_.get();
  out.space = &*space_;
  out.observed = observed_;
  out.seed = seed_;
  out.threads = threads_;
  if (requirements_)
    out.allowed = [this](const Array2& parameters, std::span<std::uint8_t> allowed) {
      for (std::size_t k = 0; k < parameters.rows; ++k) allowed[k] = requirements_->hold(parameters.row(k)) ? 1 : 0;
    };
  return out;
}

}  // namespace hillock::study
