#pragma once
/// The hERG example as the benchmarks run it: its model, its two protocols, and the same in plain C++ as the truth.

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "ir/model.hpp"
#include "sim/experiment.hpp"

namespace hillock::bench {

/// One recording of the data set as it is in the file, and what is kept of it.
struct HergRecording {
  std::vector<double> time_ms, voltage_mv, current_na;
  double temperature_c = 0.0;
  data::Mask mask;
};

enum class Protocol : std::uint8_t { sine_wave, action_potential };

/// Samples to leave out, as the data set's README gives them: 50 from each of these on.
[[nodiscard]] std::span<const std::size_t> masked_from(Protocol protocol);

/// `folder`/cell_<k>_<protocol>.npz.
[[nodiscard]] Result<HergRecording> read_herg(const std::string& folder, int cell, Protocol protocol);

/// The recording as an experiment: the sine-wave command in closed form, the other as sampled.
[[nodiscard]] Result<sim::Experiment> herg_experiment(const HergRecording& recording, Protocol protocol);

/// The example's model text with white noise instead of correlated: `ar1(mean, sigma, tau)` becomes
/// `normal(mean, sigma)`, and tau goes. The example is read, so that there is one model.
[[nodiscard]] Result<std::string> white_noise_model(std::string_view example);
/// And without the gate r (no inactivation): what a fit must notice to be missing.
[[nodiscard]] Result<std::string> model_without_inactivation(std::string_view white);

/// p1 ... p9 (per ms, per mV, uS) in SI.
[[nodiscard]] std::array<double, 9> herg_si(const std::array<double, 9>& p);

/// Root mean square of model minus data over the kept samples, over the range of the data there, of the sine-wave
/// protocol: libm, one draw at a time, gates exact over each 0.1 ms at the command of its middle.
[[nodiscard]] double herg_error_reference(const HergRecording& recording, const std::array<double, 9>& p);

}  // namespace hillock::bench
