#include "study/model_simulator.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

#include "base/parallel.hpp"
#include "base/rng.hpp"
#include "features/trace_reader.hpp"
#include "sim/recorded.hpp"
#include "study/recorded_channel.hpp"

namespace hillock::study {
namespace {

using features::Undefined;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Reasons are the features' own, in their order, and one more.
constexpr std::array undefined_reasons{Undefined::not_finite,   Undefined::empty_window, Undefined::too_few_spikes,
                                       Undefined::no_variation, Undefined::no_onset,     Undefined::crowded};
std::uint16_t code_of(Undefined why) {
  const auto found = std::ranges::find(undefined_reasons, why);
  return why == Undefined::none ? std::uint16_t{0}
                                : static_cast<std::uint16_t>(1 + (found - undefined_reasons.begin()));
}
std::uint16_t code_of(sim::Ending ending) {
  switch (ending) {
    case sim::Ending::well: return 0;
    case sim::Ending::not_finite: return code_of(Undefined::not_finite);
    case sim::Ending::step_limit: return static_cast<std::uint16_t>(1 + undefined_reasons.size());
  }
  return 0;
}

}  // namespace

struct ModelSimulator::State {
  std::vector<Statistic> statistics;
  std::vector<std::string> names;
  sim::RunOptions run;

  /// Statistics that the loop itself makes.
  std::optional<sim::Batch> features;
  std::vector<std::size_t> of_features;  ///< by request: which statistic

  /// Statistics of what the loop puts out at kept samples.
  std::optional<sim::Batch> records;
  std::vector<RecordedChannel> channels;  ///< by what is put out
  std::vector<std::size_t> kept;          ///< by kept sample: which sample of the experiment
  struct Pick {
    std::size_t statistic, channel, kept;
  };
  std::vector<Pick> picks;
  std::optional<features::TraceReader> reader;
  std::vector<std::size_t> of_reader;  ///< by request: which statistic

  [[nodiscard]] Result<void> plan(const ir::Model& model, const sim::Experiment& experiment,
                                  const std::string& integrator, sim::Precision precision);
  std::size_t channel(const ir::Model& model, const sim::Experiment& experiment, const std::string& name);

  [[nodiscard]] double value(const sim::Record& record, std::size_t channel, std::size_t at,
                             std::uint64_t number) const;
  void take_records(const Array2& parameters, std::uint64_t first, infer::Simulations& answer,
                    std::vector<sim::Ending>& endings, const sim::Each& each, const std::function<bool()>& stop) const;
};

std::size_t ModelSimulator::State::channel(const ir::Model& model, const sim::Experiment& experiment,
                                           const std::string& name) {
  for (std::size_t c = 0; c < channels.size(); ++c)
    if (channels[c].name == name) return c;
  channels.push_back(RecordedChannel::of(model, experiment.samples, name));
  return channels.size() - 1;
}

Result<void> ModelSimulator::State::plan(const ir::Model& model, const sim::Experiment& experiment,
                                         const std::string& integrator, sim::Precision precision) {
  for (std::size_t i = 0; i < experiment.samples; ++i)
    if (experiment.mask[i] != 0) kept.push_back(i);
  // What belongs to a trace comes out of the loop sample by sample, and features beside it are of the same samples.
  const bool of_records = std::ranges::all_of(statistics, [](const Statistic& s) { return s.sample.has_value(); }) ||
                          std::ranges::any_of(statistics, [](const Statistic& s) { return !s.trace.empty(); });
  const auto drawn_afterwards = [&](const std::string& name) {
    return std::ranges::any_of(model.observations, [&](const ir::Observation& o) {
      return o.channel == name && !sim::noise_in_loop(o.family);
    });
  };
  std::vector<features::Request> in_loop, of_traces;
  for (std::size_t s = 0; s < statistics.size(); ++s) {
    const Statistic& statistic = statistics[s];
    const std::string& quantity = statistic.request.quantity;
    if (!of_records && !drawn_afterwards(quantity)) {
      in_loop.push_back(statistic.request);
      of_features.push_back(s);
      continue;
    }
    const std::size_t c = channel(model, experiment, quantity);
    if (statistic.sample) {
      const auto place = std::ranges::lower_bound(kept, *statistic.sample);
      picks.push_back({s, c, static_cast<std::size_t>(place - kept.begin())});
    } else {
      of_traces.push_back(statistic.request);
      of_reader.push_back(s);
    }
  }
  const auto make = [&](sim::ProgramRequest request, std::optional<sim::Batch>& into) -> Result<void> {
    request.integrator = integrator;
    request.precision = precision;
    request.recorded = true;
    auto batch = sim::Batch::create(model, experiment, request, run);
    if (!batch) return fail(std::move(batch.error()));
    into = std::move(*batch);
    return {};
  };
  if (!in_loop.empty()) {
    for (features::Request& request : in_loop)
      complete_resolution(request, experiment.start, experiment.interval, experiment.samples);
    sim::ProgramRequest request;
    request.purpose = sim::Purpose::features;
    request.features = std::move(in_loop);
    if (auto made = make(std::move(request), features); !made) return made;
  }
  if (!channels.empty()) {
    sim::ProgramRequest request;
    request.purpose = sim::Purpose::recorded;
    for (const RecordedChannel& c : channels) request.record.push_back(c.name);
    if (auto made = make(std::move(request), records); !made) return made;
  }
  if (!of_traces.empty()) {
    std::vector<std::string> columns;
    for (const RecordedChannel& c : channels) columns.push_back(c.name);
    const sim::BuiltProgram& built = records->program();
    reader.emplace(features::TraceGrid{experiment.start, experiment.interval, experiment.mask,
                                       built.spike_outputs.has_value(), built.program.adaptive.has_value()},
                   columns, of_traces);
  }
  return {};
}

/// A channel at a kept sample, of simulation `number`.
double ModelSimulator::State::value(const sim::Record& record, std::size_t channel, std::size_t at,
                                    std::uint64_t number) const {
  return channels[channel].value(record, records->program().recorded[channel], at, kept[at], run.seed, number);
}

void ModelSimulator::State::take_records(const Array2& parameters, std::uint64_t first, infer::Simulations& answer,
                                         std::vector<sim::Ending>& endings, const sim::Each& each,
                                         const std::function<bool()>& stop) const {
  struct Reading {  // of one thread
    features::TraceReader::Run run;
    std::vector<features::Value> values;
  };
  const auto threads = static_cast<std::size_t>(run.threads > 0 ? run.threads : default_threads());
  std::vector<std::optional<Reading>> readings(threads);
  const std::size_t count = statistics.size();
  const std::optional<std::size_t> spikes = records->program().spike_outputs;
  const auto take = [&](std::size_t worker, std::size_t k, const sim::Record& record) {
    if (record.ending != sim::Ending::well) endings[k] = record.ending;
    for (const Pick& pick : picks) {
      const double x = value(record, pick.channel, pick.kept, first + k);
      const bool finite = std::isfinite(x);
      answer.x(k, pick.statistic) = finite ? x : nan;
      answer.undefined[k * count + pick.statistic] = finite ? std::uint16_t{0} : code_of(Undefined::not_finite);
    }
    if (!reader) return;
    std::optional<Reading>& mine = readings[worker];
    if (!mine)
      mine.emplace(Reading{features::TraceReader::Run(*reader), std::vector<features::Value>(of_reader.size())});
    for (std::size_t at = 0; at < kept.size(); ++at) {
      for (std::size_t c = 0; c < channels.size(); ++c) mine->run.value(at, c) = value(record, c, at, first + k);
      if (spikes) mine->run.set_spikes(at, record(at, *spikes), record(at, *spikes + 1));
    }
    mine->run.read(mine->values);
    for (std::size_t r = 0; r < of_reader.size(); ++r) {
      answer.x(k, of_reader[r]) = mine->values[r].value;
      answer.undefined[k * count + of_reader[r]] = code_of(mine->values[r].why);
    }
  };
  records->records(parameters, take, stop, each);
}

ModelSimulator::ModelSimulator(std::unique_ptr<State> state) : state_(std::move(state)) {}
ModelSimulator::ModelSimulator(ModelSimulator&&) noexcept = default;
ModelSimulator& ModelSimulator::operator=(ModelSimulator&&) noexcept = default;
ModelSimulator::~ModelSimulator() = default;

Result<ModelSimulator> ModelSimulator::create(const ResolvedStudy& study, const ir::Model& model,
                                              const sim::Experiment& experiment, const sim::RunOptions& run) {
  auto statistics = statistics_of(study, model, experiment);
  if (!statistics) return fail(std::move(statistics.error()));
  auto state = std::make_unique<State>();
  state->statistics = std::move(*statistics);
  for (const Statistic& s : state->statistics) state->names.push_back(s.name);
  state->run = run;
  const auto precision = sim::precision_called(study.model.precision);
  if (!precision) return fail(precision.error());
  if (auto planned = state->plan(model, experiment, study.model.integrator, *precision); !planned)
    return fail(std::move(planned.error()));
  return ModelSimulator(std::move(state));
}

const std::vector<std::string>& ModelSimulator::statistics() const { return state_->names; }
const std::vector<Statistic>& ModelSimulator::described() const { return state_->statistics; }

std::vector<std::string> ModelSimulator::reasons() const {
  std::vector<std::string> out;
  for (const Undefined why : undefined_reasons) out.emplace_back(features::to_string(why));
  out.emplace_back("step-limit");
  return out;
}

Result<void> ModelSimulator::run(const Array2& parameters, std::uint64_t first, infer::Simulations& answer,
                                 const std::function<bool()>& stop) {
  const State& s = *state_;
  const std::size_t count = s.statistics.size();
  HILLOCK_CHECK(first + parameters.rows < (std::uint64_t{1} << 51U), "simulations beyond 2^51");
  // Memory that is there already is used again: every number of it is written below.
  if (answer.x.rows != parameters.rows || answer.x.cols != count) answer.reset(parameters.rows, count);
  std::ranges::fill(answer.failed, std::uint16_t{0});
  std::vector<std::size_t> numbers(parameters.rows);
  for (std::size_t k = 0; k < numbers.size(); ++k) numbers[k] = first + k;
  const sim::Each each{{}, numbers};
  std::vector<sim::Ending> endings(parameters.rows, sim::Ending::well);
  if (s.features) {
    sim::FeatureTable table = s.features->features(parameters, stop, each);
    endings = std::move(table.ending);
    for (std::size_t k = 0; k < parameters.rows; ++k)
      for (std::size_t r = 0; r < s.of_features.size(); ++r) {
        answer.x(k, s.of_features[r]) = table.values(k, r);
        answer.undefined[k * count + s.of_features[r]] = code_of(table.why[k * s.of_features.size() + r]);
      }
  }
  if (s.records && !(stop && stop())) s.take_records(parameters, first, answer, endings, each, stop);
  if (stop && stop()) return fail("interrupted", "stopped before the simulations were done", "simulate");
  for (std::size_t k = 0; k < parameters.rows; ++k) {
    if (endings[k] == sim::Ending::well) continue;
    const auto undefined = std::span(answer.undefined).subspan(k * count, count);
    // What was decided before the end stands.
    if (std::ranges::find(undefined, code_of(Undefined::not_finite)) == undefined.end()) continue;
    answer.failed[k] = code_of(endings[k]);
    std::ranges::fill(undefined, answer.failed[k]);
    std::ranges::fill(answer.x.row(k), nan);
  }
  return {};
}

std::uint64_t simulation_seed(std::int64_t study_seed) {
  const auto seed = static_cast<std::uint64_t>(study_seed);
  constexpr std::uint64_t limit = std::uint64_t{1} << 52U;
  return seed < limit ? seed : Rng(seed, stream_id("simulation seed")).bits() % limit;
}

}  // namespace hillock::study
