#pragma once
/// `hillock simulate`: one trace of a model.

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
  std::string model;                     ///< path of the model file
  std::vector<Assignment> set;           ///< parameters and constants: "60 msiemens/cm**2"
  std::vector<Assignment> inputs;        ///< an expression of t: "-80 mV", "10*mV*sin(0.1/ms*t)"
  std::optional<QuantityText> duration;  ///< none: 1 s
  std::optional<QuantityText> dt;        ///< none: 0.1 ms
  std::string integrator = "exponential_euler";
  std::string out;          ///< .csv or .npz; empty: only the answer
  std::int64_t seed = 1;    ///< of noise in the equations, below 2^52
  std::string events;       ///< "grid" or "located"; empty: grid, but located where derivatives are asked for
  std::string sensitivity;  ///< parameters to differentiate by: "all" or "tau, g_Na"; empty: none
  RunOptions run;
};

/// Runs the model once. The answer names each output with its range and, with `out`, the file written.
[[nodiscard]] Result<Answer> simulate_model(const SimulateOptions& options, Progress& progress);

}  // namespace hillock::study
