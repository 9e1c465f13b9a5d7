#include "study/check_spike_step.hpp"

#include <cmath>

#include "sim/simulator.hpp"
#include "sim/step_cost.hpp"

namespace hillock::study {
namespace {

constexpr double steps[] = {1e-4, 5e-5, 2e-5, 1e-5, 5e-6, 2e-6};  // seconds
constexpr double finest = 5e-7;
/// Below this many operations the interpreter is done before a compiler would be.
constexpr double worth_compiling = 1e7;

class Runner {
 public:
  Runner(const ir::Model& model, const sim::Experiment& experiment, std::span<const double> parameters)
      : model_(model), experiment_(experiment), point_(1, parameters.size()) {
    duration_ = static_cast<double>(experiment.samples - 1) * experiment.interval;
    std::copy(parameters.begin(), parameters.end(), point_.values.begin());
    // Spikes are all that is asked for.
    model_.observations.clear();
    const ir::NodeId one = model_.graph.constant(1.0);
    model_.observations.push_back({"1", ir::NoiseFamily::normal, one, one, ir::no_node, {}, {}});
  }

  /// Spike times in seconds.
  Result<std::vector<double>> run(std::string_view integrator, double step) {
    sim::Experiment e = experiment_;
    e.interval = step;
    e.samples = static_cast<std::size_t>(std::llround(duration_ / step)) + 1;
    e.mask.assign(e.samples, 1);
    const auto cost = sim::step_cost(model_, integrator);
    if (!cost) return fail(cost.error());
    const double operations =
        static_cast<double>(cost->every_step + cost->when_inputs_change) * static_cast<double>(e.samples);
    sim::Backend backend = sim::Backend::interpreter;
    if (operations > worth_compiling) backend = *sim::choose_backend("auto");
    auto batch = sim::Batch::create(model_, e, {sim::Purpose::trace, integrator, {}}, {backend, 1});
    if (!batch) return fail(std::move(batch.error()));
    std::vector<double> out;
    batch->outputs(point_, [&](std::size_t, std::span<const double> values) {
      const std::size_t stride = batch->program().outputs_per_sample, kept = batch->program().spike_times;
      for (std::size_t s = 0; s + 1 < e.samples; ++s)
        for (double n = values[s * stride + 2]; n < values[(s + 1) * stride + 2]; n += 1.0)
          out.push_back(kept == 0 ? e.time_of(s) : values[(s + 1) * stride + 3 + static_cast<std::size_t>(n) % kept]);
    });
    return out;
  }

 private:
  ir::Model model_;
  const sim::Experiment& experiment_;
  Array2 point_;
  double duration_ = 0.0;
};

SpikesAtStep compared(double step, const std::vector<double>& spikes, const std::vector<double>& converged) {
  SpikesAtStep out{step, spikes.size(), 0.0, false};
  if (spikes.size() != converged.size()) return out;
  for (std::size_t i = 0; i < spikes.size(); ++i) out.moved = std::max(out.moved, std::fabs(spikes[i] - converged[i]));
  out.good = out.moved <= spike_tolerance;
  return out;
}

}  // namespace

Result<std::optional<SpikeSteps>> spike_steps(const ir::Model& model, const sim::Experiment& experiment,
                                              std::span<const double> parameters) {
  if (!model.spiking || model.random()) return std::nullopt;
  Runner runner(model, experiment, parameters);
  SpikeSteps out;
  std::vector<double> converged;
  if (auto located = runner.run("rodas4", 1e-3)) {
    out.converged = "rodas4";
    converged = std::move(*located);
  } else {
    for (const char* integrator : {"exact", "rk4", "exponential_midpoint"})
      if (auto fine = runner.run(integrator, finest)) {
        out.converged = std::string(integrator) + " at 0.0005 ms";
        converged = std::move(*fine);
        break;
      }
    if (out.converged.empty()) return std::nullopt;
  }
  out.spikes = converged.size();
  if (converged.empty()) return out;
  for (const char* integrator : {"exact", "exponential_euler", "exponential_midpoint", "rk4"}) {
    SpikeStep row{integrator, {}};
    for (const double step : steps) {
      auto spikes = runner.run(integrator, step);
      if (!spikes) break;  // it cannot take the model: said elsewhere
      row.tried.push_back(compared(step, *spikes, converged));
      if (row.tried.back().good) break;
    }
    if (!row.tried.empty()) out.integrators.push_back(std::move(row));
  }
  return out;
}

}  // namespace hillock::study
