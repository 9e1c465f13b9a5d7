#pragma once
/// From a model to the programs that inference needs: what is summed in the loop, so that no trace is stored.

#include <optional>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "features/readings.hpp"
#include "ir/model.hpp"
#include "ir/program.hpp"
#include "sim/dynamics.hpp"
#include "sim/feature_stops.hpp"

namespace hillock::sim {

/// What a program computes at the kept samples. z is the standardised residual of an observation, s its scale; for
/// ar1 noise both are those of the innovation, given the kept sample before (Uhlenbeck & Ornstein 1930: the exact
/// transition over the time that lies between).
enum class Purpose : std::uint8_t {
  squares,               ///< sum of (weight (x - mean))^2: carried `value`
  squares_linearised,    ///< and half its gradient J^T z, and J^T J
  log_density,           ///< sum of log p(x), of counts but for what data alone decide: carried `value`
  log_density_gradient,  ///< and its gradient
  fisher,                ///< sum of dz dz^T + dlog s dlog s^T: the expected information (Gaussian noise)
  /// Outputs per observation: mean, sd; then, where the model spikes, the spikes so far and, of adaptive integrators,
  /// the times of the last ones; then of each event how often it happened.
  trace,
  innovations,        ///< outputs per observation: z, log s
  scores,             ///< outputs: d log p(x) / d parameter, per kept sample
  features,           ///< what `ProgramRequest::features` asks for, over the kept samples
  feature_slopes,     ///< and its derivatives by parameters
  trace_slopes,       ///< outputs per observation: mean, d mean / d parameter
  spike_times,        ///< at every row: the spikes so far, when the last one was, `EventTrouble`. Located spikes only
  spike_time_slopes,  ///< and then d last spike / d parameter
  recorded,           ///< outputs: what `ProgramRequest::record` asks for, at kept samples
};

/// How a gradient of a sum is taken.
enum class Sweep : std::uint8_t {
  automatic,  ///< whichever takes fewer operations (`Batch` counts them)
  forward,    ///< tangents of the states, one for each parameter
  adjoint,    ///< backwards through the rows: a few times the simulation for any number of parameters
};

/// What states, and all that is computed of them in a step, are kept in.
enum class Precision : std::uint8_t {
  float64,
  /// IEEE's 32 bits, twice as many simulations at a time (ir/narrow.hpp). Times, counts, sums of features and random
  /// numbers stay in double. Of traces and features, by fixed steps with spikes on their grid.
  float32,
};
[[nodiscard]] std::string_view to_string(Precision precision);
/// "float64", "float32". Error code "precision-unknown".
[[nodiscard]] Result<Precision> precision_called(std::string_view name);

struct ProgramRequest {
  Purpose purpose = Purpose::squares;
  std::string_view integrator = "exponential_euler";
  std::vector<std::uint32_t> with_respect_to;    ///< parameters of the model, by place; empty: all
  std::vector<features::Request> features = {};  ///< their quantities are states, sub-expressions or observed channels
  Events events = Events::grid;
  Sweep sweep = Sweep::automatic;  ///< of log_density_gradient
  Precision precision = Precision::float64;
  bool pathwise = false;  ///< sums and gradients of a model with noise: given each simulation's own random numbers
  /// Of features: an observed channel is what is recorded of it, with its noise (recorded.hpp), and goes before a state
  /// or sub-expression of that name. Its noise must be one of the loop's.
  bool recorded = false;
  /// Of Purpose::recorded: observed channels, states or sub-expressions, likewise.
  std::vector<std::string> record = {};
};

/// What is put out of one quantity of Purpose::recorded.
struct RecordedOutput {
  std::size_t first = 0;  ///< its place among the outputs of a sample
  /// Of a channel whose noise is not one of the loop's: which observation. Its arguments are put out, as written.
  std::optional<std::size_t> drawn = {};
};

struct BuiltProgram {
  ir::Program program;
  std::vector<std::uint32_t> value;     ///< carried: the sum (one entry), or none
  std::vector<std::uint32_t> gradient;  ///< carried, by entry of with_respect_to
  std::vector<std::uint32_t> matrix;    ///< carried, lower triangle by rows: (0,0) (1,0) (1,1) (2,0) ...
  std::size_t outputs_per_sample = 0;
  std::size_t spike_times = 0;           ///< of a trace: how many of the last spikes' times are put out after the count
  features::Readings readings;           ///< by request
  std::vector<FeatureFate> fates;        ///< by request
  std::optional<std::uint32_t> trouble;  ///< of features: carried, where spikes are located: an `EventTrouble`
  std::size_t states = 0;                ///< the first carried variables
  std::vector<RecordedOutput> recorded = {};  ///< by entry of `record`
  /// Of Purpose::recorded, where the model spikes: outputs that say how many spikes there were so far and when the last
  /// one was.
  std::optional<std::size_t> spike_outputs = {};
};

/// Errors: "integrator-unknown", "integrator-unfit", "threshold-not-locatable", "no-observation", "not-yet-run",
/// "no-located-spikes", "precision-unfit", "name-unknown" (of a feature's quantity), "no-likelihood" (of a channel's
/// noise).
[[nodiscard]] Result<BuiltProgram> build_program(const ir::Model& model, const ProgramRequest& request);

/// The parameters that the mean of an observation depends on, through states or directly; the others belong to the
/// noise.
[[nodiscard]] std::vector<std::uint32_t> mechanism_parameters(const ir::Model& model);

}  // namespace hillock::sim
