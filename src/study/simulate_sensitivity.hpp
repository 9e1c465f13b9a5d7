#pragma once
/// `hillock simulate --sensitivity`: how traces, spike times and the rate move with the parameters.

#include <functional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "data/recording.hpp"
#include "sim/simulator.hpp"
#include "study/simulate.hpp"

namespace hillock::study {

/// The parameters (by place) that "all" or "tau, g_Na" names. Error code "name-unknown": also of a constant, which has
/// no derivative.
[[nodiscard]] Result<std::vector<std::uint32_t>> parameters_called(const ir::Model& model, const std::string& names);

/// Where spikes are: as `events` says, and where derivatives are asked for, at their own times. Error codes:
/// "events-unknown", "events-unfit" (derivatives of spikes on the grid).
[[nodiscard]] Result<sim::Events> events_for(const SimulateOptions& options, const ir::Model& model);

/// "mV/ms", "mV/(nA*ms)": the unit of a derivative.
[[nodiscard]] std::string unit_of_slope(const std::string& of, const std::string& by);

/// The mean rate between the first spike and the last, (n - 1)/(t_n - t_1), and its derivatives: the count over the
/// duration has none.
struct RateSlopes {
  double rate = 0.0;           ///< 1/s; 0 where there are fewer than two spikes
  std::vector<double> slopes;  ///< by parameter; empty there
};
[[nodiscard]] RateSlopes rate_slopes(const sim::SpikeTrain& spikes, std::size_t parameters);

/// Derivatives of one simulation; numbers are in the units of the model's symbols.
class Sensitivity {
 public:
  /// Before anything runs: error code "value-range" where derivatives of so many traces would not fit into memory.
  [[nodiscard]] static Result<void> affordable(std::size_t traces, std::size_t samples, std::size_t parameters);
  /// Simulates `model` (whose observations are the traces) at `point`. Error codes: the simulator's, "interrupted".
  [[nodiscard]] static Result<Sensitivity> compute(const ir::Model& model, const sim::Experiment& experiment,
                                                   const std::vector<double>& point, sim::ProgramRequest request,
                                                   const sim::RunOptions& options, const std::function<bool()>& stop);

  [[nodiscard]] std::string json() const;  ///< one JSON object
  [[nodiscard]] std::string text() const;
  /// One array for each trace or list of spike times and each parameter: "d_v_mV_d_tau_ms".
  [[nodiscard]] std::vector<data::Array> arrays() const;

 private:
  struct Named {
    std::string name, unit;
  };
  struct Slope {
    Named of;
    std::size_t parameter;
    std::vector<double> values;
  };
  [[nodiscard]] std::string unit(const Named& of, std::size_t parameter) const;
  std::vector<Named> parameters_;
  std::vector<double> values_;
  std::vector<Slope> traces_;
  std::vector<std::vector<double>> spike_slopes_;  ///< [parameter][spike], ms per unit
  bool spiking_ = false;
  std::string edges_;  ///< a note on parameters that move them
  sim::SpikeTrain spikes_;
  RateSlopes rate_;
};

/// What a trouble means, in a sentence; empty for none.
[[nodiscard]] std::string sentence(sim::EventTrouble trouble);

}  // namespace hillock::study
