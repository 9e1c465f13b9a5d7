#pragma once
/// What a simulation needs before it runs, from a model file and the command line: shared by single runs and sweeps.

#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "ir/model.hpp"
#include "prob/conditional.hpp"
#include "sim/experiment.hpp"
#include "study/simulate.hpp"

namespace hillock::study {

/// Values of one name in turn: `g=10:60:6` is 10, 20, ... 60; `g=1:1000:4:log` is 1, 10, 100, 1000.
struct Axis {
  std::string name;
  units::Unit unit;
  std::vector<double> values;              ///< SI
  std::optional<std::uint32_t> parameter;  ///< place among the model's parameters; none: how long the run is
};

/// A parameter without a value of its own whose prior depends on others: its value is the prior's median, given theirs.
struct ConditionalMedian {
  std::uint32_t parameter;
  prob::Entry prior;
};

struct SimulateSetup {
  ir::Model model;
  sim::Experiment experiment;              ///< as long as the longest run
  std::vector<double> parameters;          ///< SI, the model's order: --set, else the default, else the prior's median
  std::vector<ConditionalMedian> medians;  ///< in the model's order; they follow what is swept
  std::vector<Axis> axes;  ///< in the order of the command line; what they range over is a parameter of `model`
};

/// The samples of a run, its first and its last among them. As Brian 2 ends a run: at a whole number of steps where it
/// is one to 1e-4 of a step, else after the next one.
[[nodiscard]] std::size_t samples_in(double duration, double interval);

/// Gives `point` the medians that follow from its other parameters. Error code "prior-not-positive".
[[nodiscard]] Result<void> set_medians(const SimulateSetup& setup, std::span<double> point, const std::string& where);

/// Error codes: those of io/whole_file.hpp and lang/load.hpp, "value-range", "name-unknown", "unit-mismatch",
/// "parameter-without-value", "prior-not-positive", "input-missing", "nothing-to-simulate", "model-too-large",
/// "sweep-syntax", those of units/unit.hpp and lang/expression.hpp. All at once.
/// @param values_needed  false: parameters may be without a value (they are drawn)
[[nodiscard]] Result<SimulateSetup> set_up_simulation(const SimulateOptions& options, bool values_needed = true);

}  // namespace hillock::study
