#pragma once
/// `hillock simulate`: one trace of a model, or a table of features of many runs.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/progress.hpp"
#include "study/answer.hpp"
#include "study/resolved.hpp"
#include "study/run_options.hpp"

namespace hillock::study {

/// NAME=TEXT from the command line, with the flag it came from for errors.
struct Assignment {
  std::string name;
  std::string text;
  Origin origin;
};

struct SimulateOptions {
  std::string model;                ///< path of the model file
  std::vector<Assignment> set;      ///< parameters and constants: "60 msiemens/cm**2", a sweep "10:60:6"
  std::vector<Assignment> initial;  ///< initial values of states: "-80 mV", a sweep
  std::vector<Assignment> inputs;   ///< an expression of t: "-80 mV", "10*mV*sin(0.1/ms*t)", a sweep of constant ones
  std::optional<QuantityText> duration;  ///< none: 1 s
  std::optional<Assignment> durations;   ///< a sweep instead: each run is measured over its own
  std::optional<QuantityText> dt;        ///< none: 0.1 ms
  std::string integrator;                ///< empty: exponential_euler, or where that cannot take the model, as "auto"
  std::vector<std::string> features;     ///< "mean(v, from=10 ms, until=110 ms)"; see docs/features.md
  std::int64_t draws = 0;                ///< so many parameter sets from the prior; 0: the values as they are
  std::int64_t trials = 1;               ///< runs of each parameter set, each with noise of its own
  std::string noise;                     ///< "own" of each run (or empty), or "common": trial k has the same everywhere
  std::string out;                       ///< .csv or .npz; empty: only the answer
  std::int64_t seed = 1;                 ///< of noise in the equations, below 2^52
  std::string events;       ///< "grid" or "located"; empty: grid, but located where derivatives are asked for
  std::string precision;    ///< "float64" or "float32"; empty: float64
  std::string sensitivity;  ///< parameters to differentiate by: "all" or "tau, g_Na"; empty: none
  RunOptions run;
};

/// Runs the model once, or, where there are sweeps, draws, trials or features, many times (simulate_many.hpp). The
/// answer names each output with its range and, with `out`, the file written.
[[nodiscard]] Result<Answer> simulate_model(const SimulateOptions& options, Progress& progress);

}  // namespace hillock::study
