#pragma once
/// A model and an experiment, compiled: batches of parameter sets in, sums or traces out.

#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/array.hpp"
#include "base/error.hpp"
#include "jit/code_store.hpp"
#include "sim/experiment.hpp"
#include "sim/located_spikes.hpp"
#include "sim/programs.hpp"

namespace hillock::sim {

/// What runs the loops.
enum class Backend : std::uint8_t { interpreter, avx2, avx512 };
[[nodiscard]] std::string_view to_string(Backend backend);
/// "auto", "interpreter", "avx2", "avx512". Errors: "backend-unknown", "backend-absent" (this machine cannot run it).
[[nodiscard]] Result<Backend> choose_backend(std::string_view name);

struct RunOptions {
  Backend backend = Backend::interpreter;  ///< the interpreter has the same bits as compiled code
  int threads = 0;                         ///< 0: one per core. Never changes a bit of a result
  std::uint64_t seed = 1;  ///< of noise in the equations, below 2^52; simulation k has the numbers of (seed, k)
  std::shared_ptr<const jit::CodeStore> store = nullptr;  ///< of compiled loops; null: none
  /// About how many simulations there will be, where that is known: a few short ones are done by the interpreter before
  /// the compiler would be.
  double simulations = std::numeric_limits<double>::infinity();
  /// Asked while the rows of a long experiment are made; once true, there is no batch ("interrupted").
  std::function<bool()> stop = {};
  /// What `bind` and the compiler leave out, by name (ir/passes/pass.hpp, jit::Arrangement): to measure what it gains.
  /// Gradients backwards leave nothing out.
  std::vector<std::string_view> without = {};
};

/// How a simulation ended. One that has all that was asked of it may end before it would blow up.
enum class Ending : std::uint8_t {
  well,
  not_finite,  ///< a state became infinite or NaN
  /// An integrator that chooses its own steps needed more of them than ir::Adaptive allows; what blows up ends so too,
  /// in steps that become ever smaller.
  step_limit,
};

/// Features of many simulations.
struct FeatureTable {
  Array2 values;                         ///< [point][request], SI; NaN where there is none
  std::vector<features::Undefined> why;  ///< [point][request], row-major
  /// Of Purpose::feature_slopes: d value / d parameter, NaN where there is none, [point][request * parameters], and
  /// why: the feature's own reason, or what happened to the simulation's spikes.
  Array2 slopes = {};
  std::vector<features::NoSlope> no_slope = {};  ///< [point][request]
  std::vector<EventTrouble> trouble = {};        ///< [point]; where there is one, no slope is to be trusted
  std::vector<Ending> ending = {};               ///< [point]
};

/// The spikes of one simulation, where they are located.
struct SpikeTrain {
  std::vector<double> times;   ///< seconds, in order
  std::vector<double> slopes;  ///< [spike][parameter]: d time / d parameter; empty where they were not asked for
  EventTrouble trouble = EventTrouble::none;  ///< what makes times or slopes wrong from some spike on
  bool finite = true;                         ///< false: the simulation blew up
};

/// What one simulation put out at the kept samples.
struct Record {
  const double* first;
  std::size_t stride;
  std::size_t outputs;  ///< of a sample
  Ending ending;
  [[nodiscard]] double operator()(std::size_t kept_sample, std::size_t output) const {
    return first[(kept_sample * outputs + output) * stride];
  }
};

/// How simulations of one call differ beside their parameters. Empty: not at all.
struct Each {
  /// How many samples each one is, from 1 up to those of the experiment: its sums and features are those of that run.
  std::span<const std::size_t> samples;
  /// Whose random numbers each one has, instead of its own: those of (seed, noise). Below 2^51.
  std::span<const std::size_t> noise;
};

/// One program bound to one experiment. `run` is const and may be called from several threads.
class Batch {
 public:
  [[nodiscard]] static Result<Batch> create(const ir::Model& model, const Experiment& experiment,
                                            const ProgramRequest& request, const RunOptions& options);
  Batch(Batch&&) noexcept;
  Batch& operator=(Batch&&) noexcept;
  ~Batch();

  /// Sums. Row k of `points` is a parameter set in SI, in the model's order; carried(k, c) is its carried variable c.
  /// `stop` is asked by every thread every few milliseconds, inside long simulations too; once true, simulations that
  /// are not done are NaN.
  void sums(const Array2& points, Array2& carried, const std::function<bool()>& stop = {}, const Each& each = {}) const;
  /// Outputs at kept samples: `sink(k, values)` with values[sample * outputs_per_sample + o], called in order of k.
  /// Once `stop` is true, the sink is not called any more.
  void outputs(const Array2& points, const std::function<void(std::size_t, std::span<const double>)>& sink,
               const std::function<bool()>& stop = {}) const;

  /// Of Purpose::recorded: `sink(worker, k, record)` for every simulation, in any order and by several threads at once;
  /// `worker` is the thread's number, below the number of threads. Rows after the last kept sample are not run. Memory
  /// goes with the threads, not with the simulations. False where `stop`, asked every few milliseconds, became true.
  bool records(const Array2& points,
               const std::function<void(std::size_t worker, std::size_t k, const Record& record)>& sink,
               const std::function<bool()>& stop = {}, const Each& each = {}) const;

  /// What the features of a program of that purpose are. Memory grows by the table alone. Once `stop` is true, the rest
  /// is "not-finite". A simulation that cannot change them any more ends (lane_pool.hpp); no bit depends on that.
  [[nodiscard]] FeatureTable features(const Array2& points, const std::function<bool()>& stop = {},
                                      const Each& each = {}) const;
  /// Of Purpose::spike_times and spike_time_slopes: `sink(k, spikes)`, called in order of k. Memory goes with the
  /// spikes, not with the steps. Once `stop` is true, the sink is not called any more.
  void spikes(const Array2& points, const std::function<void(std::size_t, const SpikeTrain&)>& sink,
              const std::function<bool()>& stop = {}) const;

  [[nodiscard]] const BuiltProgram& program() const;
  [[nodiscard]] std::size_t carried_count() const;
  /// Are gradients taken backwards here?
  [[nodiscard]] bool backwards() const;
  [[nodiscard]] std::size_t kept_samples() const;

 private:
  struct State;
  static Result<void> take_backwards(const ir::Model& model, const ir::Timeline& timeline,
                                     const ProgramRequest& request, State& state);
  explicit Batch(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace hillock::sim
