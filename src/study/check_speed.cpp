#include "study/check_speed.hpp"

#include <fmt/format.h>

#include <cmath>
#include <ctime>

#include "sim/simulator.hpp"
#include "study/code_cache.hpp"
#include "study/feature_text.hpp"
#include "study/simulate_integrator.hpp"

namespace hillock::study {
namespace {

constexpr double interval = 1e-4, duration = 0.1, enough = 0.01, too_long = 3.0;  // seconds
constexpr std::size_t lanes = 64;                                                 // vectors are full at every width

/// Of this process, which does nothing else meanwhile.
double cpu_time() { return static_cast<double>(std::clock()) / static_cast<double>(CLOCKS_PER_SEC); }

}  // namespace

Result<Speed> measure_speed(const SimulateSetup& setup, const std::string& cache) {
  sim::Experiment e = setup.experiment;
  e.interval = interval;
  e.samples = static_cast<std::size_t>(std::llround(duration / interval)) + 1;
  e.mask.assign(e.samples, 1);
  auto integrator = taken_integrator(setup.model, e, setup.parameters, "");
  if (!integrator) return fail(std::move(integrator.error()));
  auto backend = sim::choose_backend("auto");
  if (!backend) return fail(std::move(backend.error()));
  sim::ProgramRequest request{sim::Purpose::features, integrator->name, {}, {}};
  const std::string& first = setup.model.symbol(setup.model.states.front().symbol).name;
  for (const char* name : {"mean", "sd"}) {
    auto columns = parse_feature(fmt::format("{}({})", name, first), setup.model, {e.start, e.interval, e.samples});
    if (!columns) return fail(std::move(columns.error()));
    request.features.push_back(columns->front().request);
  }
  auto batch =
      sim::Batch::create(setup.model, e, request, {.backend = *backend, .threads = 1, .store = code_store(cache)});
  if (!batch) return fail(std::move(batch.error()));
  Array2 points(lanes, setup.parameters.size());
  for (std::size_t k = 0; k < lanes; ++k) std::ranges::copy(setup.parameters, points.row(k).begin());
  double start = cpu_time();
  const auto stop = [&] { return cpu_time() - start > too_long; };
  (void)batch->features(points, stop);  // compiles, and warms what is kept
  Speed out{integrator->name, std::string(sim::to_string(*backend)), 0.0, 0.0, duration, interval, 0};
  if (stop()) return fail("speed-unknown", fmt::format("{} simulations take more than {:g} s", lanes, too_long));
  start = cpu_time();
  double spent = 0.0;
  do {
    (void)batch->features(points);
    out.simulations += lanes;
    spent = cpu_time() - start;
  } while (spent < enough);
  out.simulations_per_s = static_cast<double>(out.simulations) / spent;
  out.step_ns = 1e9 / (out.simulations_per_s * static_cast<double>(e.samples - 1));
  return out;
}

void say_speed(const SimulateSetup& setup, const std::string& cache, std::string& text, nlohmann::ordered_json& json) {
  const auto speed = measure_speed(setup, cache);
  if (!speed) {
    text += fmt::format("speed here\n  unknown: {}\n", speed.error().front().message);
    json["speed"] = nullptr;
    return;
  }
  text += fmt::format(
      "speed here, a core ({})\n  {:<22} {:.3g} simulations of {:g} ms in steps of {:g} ms a second, {:.3g} ns a "
      "step\n",
      speed->backend, speed->integrator, speed->simulations_per_s, speed->duration * 1e3, speed->interval * 1e3,
      speed->step_ns);
  json["speed"] = {{"integrator", speed->integrator},
                   {"backend", speed->backend},
                   {"simulations_per_s", speed->simulations_per_s},
                   {"step_ns", speed->step_ns},
                   {"duration_ms", speed->duration * 1e3},
                   {"step_ms", speed->interval * 1e3},
                   {"simulations", speed->simulations}};
}

}  // namespace hillock::study
