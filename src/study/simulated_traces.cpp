#include "study/simulated_traces.hpp"

#include <utility>

#include "sim/simulator.hpp"
#include "study/code_cache.hpp"
#include "study/model_simulator.hpp"
#include "study/recorded_channel.hpp"

namespace hillock::study {
namespace {

constexpr std::size_t first_number = std::size_t{1} << 47U;  // simulations of learning, pilot and checks are elsewhere

}  // namespace

Result<std::vector<report::PredictedTraces>> predicted_traces(const ResolvedStudy& study, const RunOptions& options,
                                                              const SimulatedProblem& problem, const Array2& shown,
                                                              const Progress& progress) {
  std::vector<report::PredictedTraces> out;
  const ir::Model* model = problem.model();
  if (model == nullptr || model->observations.empty() || study.train().holds == "statistics") return out;
  sim::Experiment everywhere = problem.splits().front().experiment;
  everywhere.mask.assign(everywhere.samples, 1);
  const std::size_t n = everywhere.samples;
  if (shown.rows * n * model->observations.size() > most_trace_numbers) return out;
  auto backend = sim::choose_backend(options.isa);
  if (!backend) return fail(std::move(backend.error()));
  sim::RunOptions run{*backend, options.threads, simulation_seed(study.seed), code_store(options.cache)};
  run.stop = [&progress] { return progress.should_stop(); };
  run.simulations = static_cast<double>(shown.rows);
  sim::ProgramRequest request;
  request.purpose = sim::Purpose::recorded;
  request.integrator = study.model.integrator;
  request.recorded = true;
  for (const ir::Observation& o : model->observations) request.record.push_back(o.channel);
  auto batch = sim::Batch::create(*model, everywhere, request, run);
  if (!batch) return fail(std::move(batch.error()));

  std::vector<RecordedChannel> channels;
  for (const ir::Observation& o : model->observations) {
    channels.push_back(RecordedChannel::of(*model, n, o.channel));
    report::PredictedTraces& traces = out.emplace_back();
    traces.name = o.channel;
    traces.unit = o.unit.name;
    traces.traces = Array2(shown.rows, n);
    for (std::size_t i = 0; i < n; ++i) traces.time_ms.push_back(1e3 * everywhere.time_of(i));
    for (const double x : everywhere.observed.at(o.channel)) traces.observed.push_back(o.unit.from_si(x));
  }
  std::vector<std::size_t> numbers;
  for (std::size_t k = 0; k < shown.rows; ++k) numbers.push_back(first_number + k);
  const bool done = batch->records(shown,
                                   [&](std::size_t, std::size_t k, const sim::Record& record) {
                                     for (std::size_t c = 0; c < channels.size(); ++c)
                                       for (std::size_t i = 0; i < n; ++i)
                                         out[c].traces(k, i) = model->observations[c].unit.from_si(channels[c].value(
                                             record, batch->program().recorded[c], i, i, run.seed, numbers[k]));
                                   },
                                   run.stop, {{}, numbers});
  if (!done) out.clear();
  return out;
}

}  // namespace hillock::study
