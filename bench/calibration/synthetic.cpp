#include "calibration/synthetic.hpp"

#include <algorithm>
#include <cmath>

#include "base/rng.hpp"
#include "io/npz/npz.hpp"

namespace hillock::bench {
namespace {

constexpr double scatter = 0.15;
constexpr double sigma_in_trace = 1e-12;  // a trace has the mean; any sd will do

/// The example's joint condition: the fastest of each rate between 1.67e-5 and 1000 per ms from -120 to 60 mV.
bool allowed(const std::array<double, 9>& p) {
  const std::array<double, 4> fastest = {p[0] * std::exp(p[1] * 60.0), p[2] * std::exp(p[3] * 120.0),
                                         p[4] * std::exp(p[5] * 60.0), p[6] * std::exp(p[7] * 120.0)};
  return std::ranges::all_of(fastest, [](double k) { return k >= 1.67e-5 && k <= 1000.0; });
}

}  // namespace

Result<Synthesiser> Synthesiser::create(const ir::Model& model, const std::string& folder, int cell) {
  auto backend = sim::choose_backend("auto");
  if (!backend) return fail(std::move(backend.error()));
  std::vector<Command> commands;
  for (const Protocol protocol : {Protocol::sine_wave, Protocol::action_potential}) {
    auto recording = read_herg(folder, cell, protocol);
    if (!recording) return fail(std::move(recording.error()));
    std::ranges::fill(recording->mask, std::uint8_t{1});  // the study leaves out what it will
    recording->current_na.clear();
    auto experiment = herg_experiment(*recording, protocol);
    if (!experiment) return fail(std::move(experiment.error()));
    auto batch = sim::Batch::create(model, *experiment, {sim::Purpose::trace, "exponential_euler", {}}, {*backend, 1});
    if (!batch) return fail(std::move(batch.error()));
    commands.push_back({std::move(*recording), std::move(*batch)});
  }
  return Synthesiser(std::move(commands));
}

std::vector<double> Synthesiser::mean_na(Protocol protocol, const std::array<double, 9>& p) const {
  const sim::Batch& trace = commands_[static_cast<std::size_t>(protocol)].trace;
  Array2 point(1, p.size() + 1);
  std::ranges::copy(herg_si(p), point.values.begin());
  point(0, p.size()) = sigma_in_trace;
  const std::size_t outputs = trace.program().outputs_per_sample;
  std::vector<double> current;
  trace.outputs(point, [&](std::size_t, std::span<const double> values) {
    for (std::size_t i = 0; i < values.size(); i += outputs) current.push_back(1e9 * values[i]);
  });
  return current;
}

Truth Synthesiser::draw_truth(const std::vector<PublishedFit>& published, std::uint64_t seed, std::uint64_t k) const {
  const PublishedFit& fit = published[k % published.size()];
  Truth truth;
  truth.cell = fit.cell;
  const auto [low, high] = std::ranges::minmax(mean_na(Protocol::sine_wave, fit.p));
  truth.sigma_na = fit.error * (high - low);
  Rng rng(seed, stream_id("calibration truth"), k);
  do {
    for (std::size_t j = 0; j < fit.p.size(); ++j) truth.p[j] = fit.p[j] * std::exp(scatter * rng.normal());
  } while (!allowed(truth.p));
  return truth;
}

Result<void> Synthesiser::write(const std::string& path, Protocol protocol, const Truth& truth, double rho,
                                std::uint64_t seed, std::uint64_t k) const {
  const HergRecording& recording = commands_[static_cast<std::size_t>(protocol)].recording;
  std::vector<double> current = mean_na(protocol, truth.p);
  Rng rng(seed, stream_id(protocol == Protocol::sine_wave ? "calibration sine" : "calibration action potential"), k);
  double noise = rng.normal();  // stationary from the first sample on
  for (double& value : current) {
    value += truth.sigma_na * noise;
    noise = rho * noise + std::sqrt(1.0 - rho * rho) * rng.normal();
  }
  const std::size_t n = current.size();
  return io::write_npz(path, {{"time_ms", {n}, recording.time_ms},
                              {"voltage_mV", {n}, recording.voltage_mv},
                              {"current_nA", {n}, std::move(current)},
                              {"temperature_C", {}, {recording.temperature_c}}});
}

}  // namespace hillock::bench
