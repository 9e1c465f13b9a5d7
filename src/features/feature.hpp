#pragma once
/// The registry of features: one row each. A member of the family is a file here, a row in `registry.cpp`, and a case
/// in `test/features_test.cpp`.

#include <span>
#include <string_view>
#include <vector>

#include "features/stream.hpp"
#include "units/unit.hpp"

namespace hillock::features {

/// Why a feature of one simulation has no value.
enum class Undefined : std::uint8_t {
  none,            ///< it has one
  not_finite,      ///< the simulation blew up, or the trace has gaps
  empty_window,    ///< no samples in the window, or fewer than it takes
  too_few_spikes,  ///< fewer spikes than it takes
  no_variation,    ///< a moment of something constant
  no_onset,        ///< spikes that are nowhere as steep as a beginning must be
  crowded,         ///< more than one spike between two samples, of which only the last is seen
};
/// "too-few-spikes": the word in answers and files.
[[nodiscard]] std::string_view to_string(Undefined why);

/// Why a feature that has a value has no derivative there.
enum class NoSlope : std::uint8_t {
  none,          ///< it has one
  no_value,      ///< nor has it a value
  not_finite,    ///< the derivative is infinite or NaN
  no_variation,  ///< a spread at 0, where it has a corner
  grazing,       ///< the trace touches the threshold: a spike is about to appear or to go
  at_edge,       ///< a spike at the edge of the window: whether it counts is undecided
  jumps,         ///< the value jumps at spikes, and what is read of single samples jumps when one of them passes
};
/// "grazing": the word in answers and files; of no_value none.
[[nodiscard]] std::string_view to_string(NoSlope why);

/// What stands at the end: the value in terms of carried variables, and when there is none. The first that holds
/// counts.
///
/// A sample outside of the window, be it no number, changes nothing that is read. A simulation that blows up inside the
/// window has no feature there, unless that was `decided` before: either the accumulators hold a NaN then, or an
/// exception reads `failed` (spikes.hpp).
struct Reading {
  struct Exception {
    ir::NodeId when;
    Undefined why;
  };
  /// When the value has a corner or a jump, so no derivative.
  struct Corner {
    ir::NodeId when;
    NoSlope why;
  };
  ir::NodeId value = ir::no_node;
  std::vector<Exception> exceptions;
  ir::NodeId decided = ir::no_node;  ///< once it holds, no later sample changes the reading; none: every one may
  std::vector<Corner> corners = {};
  std::vector<ir::NodeId> slopes = {};  ///< by parameter, once they were asked for
};

/// The unit of the result, from that of the quantity.
enum class Gives : std::uint8_t { number, quantity, squared, time, rate, times_time, density };

struct Argument {
  std::string_view name;
  enum class Of : std::uint8_t { quantity, time, rate, frequency, number } of;
  bool required;
  std::string_view sentence;
};

struct Feature {
  std::string_view name;
  Gives gives;
  std::string_view sentence;
  std::span<const Argument> arguments;  ///< besides `from` and `until`
  Reading (*read)(Stream&);
  bool counts = false;  ///< a count of something, or a share: its derivative is 0 wherever it has one
  /// Which crossings are spikes matters, be they the model's own or the trace's; or the trace's always.
  /// Or sums over samples; or what is read of single ones.
  enum class Of : std::uint8_t { sums, samples, spikes, crossings } of = Of::sums;
};

[[nodiscard]] std::span<const Feature> registry();
[[nodiscard]] const Feature* find_feature(std::string_view name);
/// Of the feature's value, where the quantity has dimension `d`.
[[nodiscard]] units::Dimension dimension_of(const Feature& feature, const units::Dimension& d);
/// Of an argument.
[[nodiscard]] units::Dimension dimension_of(const Argument& argument, const units::Dimension& d);

/// Where a feature of spikes has no derivative: at a spike that is about to appear, to go, or to leave the window.
void add_corners(Stream& stream, Feature::Of of, Reading& reading);  // corners.cpp

// The readers, by file.
Reading mean(Stream&);  // moments.cpp
Reading sd(Stream&);
Reading variance(Stream&);
Reading skewness(Stream&);
Reading kurtosis(Stream&);
Reading minimum(Stream&);  // extremes.cpp
Reading maximum(Stream&);
Reading value(Stream&);             // value.cpp
Reading area(Stream&);              // area.cpp
Reading fraction_between(Stream&);  // fraction.cpp
Reading spike_count(Stream&);       // spike_count.cpp
Reading spike_rate(Stream&);
Reading latency(Stream&);  // spike_times.cpp
Reading spike_time(Stream&);
Reading last_spike_time(Stream&);
Reading isi_mean(Stream&);  // intervals.cpp
Reading isi_cv(Stream&);
Reading isi_adaptation(Stream&);
Reading isi_local_variation(Stream&);
Reading isi(Stream&);  // isi.cpp
Reading isi_fraction_between(Stream&);
Reading spike_peak(Stream&);  // spike_shape.cpp
Reading spike_trough(Stream&);
Reading spike_width(Stream&);
Reading spike_onset(Stream&);
Reading spike_amplitude(Stream&);
Reading ahp_depth(Stream&);
Reading half_width(Stream&);        // half_width.cpp
Reading autocorrelation(Stream&);   // autocorrelation.cpp
Reading spectral_density(Stream&);  // spectral_density.cpp
Reading band_power(Stream&);        // band_power.cpp

}  // namespace hillock::features
