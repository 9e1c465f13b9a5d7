#pragma once
/// How fast a model runs on this machine.

#include <nlohmann/json.hpp>
#include <string>

#include "base/error.hpp"
#include "study/simulate_setup.hpp"

namespace hillock::study {

struct Speed {
  std::string integrator, backend;
  double simulations_per_s = 0.0;         ///< of one thread
  double step_ns = 0.0;                   ///< of a simulation; of adaptive integrators: a row
  double duration = 0.0, interval = 0.0;  ///< of a simulation, seconds
  std::size_t simulations = 0;            ///< how many were timed
};

/// Simulates 100 ms in steps of 0.1 ms with the integrator that `hillock simulate` takes, its mean and sd measured as
/// it goes, again and again for 10 ms of CPU time. Compiling is not in it; code is looked for in the folder `cache`.
/// Error codes: "speed-unknown" (it takes too long), those of sim::Batch::create.
[[nodiscard]] Result<Speed> measure_speed(const SimulateSetup& setup, const std::string& cache);

/// Adds it to an answer.
void say_speed(const SimulateSetup& setup, const std::string& cache, std::string& text, nlohmann::ordered_json& json);

}  // namespace hillock::study
