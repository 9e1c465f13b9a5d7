#include <array>

#include "features/feature.hpp"

namespace hillock::features {
namespace {

using Of = Argument::Of;

constexpr std::array<Argument, 1> crossing{
    {{"threshold", Of::quantity, false, "a spike is a crossing from below; -20 mV for a voltage"}}};
constexpr std::array<Argument, 2> nth{
    {{"number", Of::number, true, "which one, from 1"},
     {"threshold", Of::quantity, false, "a spike is a crossing from below; -20 mV for a voltage"}}};
constexpr std::array<Argument, 2> one_of{
    {{"threshold", Of::quantity, false, "a spike is a crossing from below; -20 mV for a voltage"},
     {"number", Of::number, false, "of one spike, from 1; if not given, the mean"}}};
constexpr std::array<Argument, 3> onset{
    {{"threshold", Of::quantity, false, "a spike is a crossing from below; -20 mV for a voltage"},
     {"slope", Of::rate, false, "the steepness at which a spike begins; 10 mV/ms for a voltage"},
     {"number", Of::number, false, "of one spike, from 1; if not given, the mean"}}};
constexpr std::array<Argument, 3> lengths{
    {{"low", Of::time, false, "from here on; 0 if not given"},
     {"high", Of::time, false, "to below here; infinity if not given"},
     {"threshold", Of::quantity, false, "a spike is a crossing from below; -20 mV for a voltage"}}};
constexpr std::array<Argument, 2> between{{{"low", Of::quantity, false, "from here on; minus infinity if not given"},
                                           {"high", Of::quantity, false, "to below here; infinity if not given"}}};
constexpr std::array<Argument, 1> at{{{"at", Of::time, false, "a time at which there is a sample"}}};
constexpr std::array<Argument, 1> lag{{{"lag", Of::number, true, "in samples, 1 to 256"}}};
constexpr std::array<Argument, 1> frequency{
    {{"frequency", Of::frequency, true, "in Hz; best a whole number of periods in the window"}}};

constexpr std::array<Argument, 3> band{
    {{"low", Of::frequency, true, "from here on, in Hz"},
     {"high", Of::frequency, true, "to below here, in Hz; at most half the sampling rate"},
     {"resolution", Of::frequency, false,
      "between the frequencies that are summed; one over the window if not given"}}};

constexpr std::array<Feature, 31> table{{
    {"spike_count", Gives::number, "How many spikes.", crossing, spike_count, true, Feature::Of::spikes},
    {"spike_rate", Gives::rate, "Spikes per time, over the samples of the window.", crossing, spike_rate, true,
     Feature::Of::spikes},
    {"latency", Gives::time, "From the start of the window (or of the run) to the first spike.", crossing, latency,
     false, Feature::Of::spikes},
    {"spike_time", Gives::time, "When one of the spikes was.", nth, spike_time, false, Feature::Of::spikes},
    {"last_spike_time", Gives::time, "When the last spike was.", crossing, last_spike_time, false, Feature::Of::spikes},
    {"isi_mean", Gives::time, "Mean interval between spikes.", crossing, isi_mean, false, Feature::Of::spikes},
    {"isi_cv", Gives::number, "Coefficient of variation of the intervals: their sd (n - 1) over their mean.", crossing,
     isi_cv, false, Feature::Of::spikes},
    {"isi_adaptation", Gives::number,
     "Adaptation index: mean of (next - this)/(next + this) over successive intervals.", crossing, isi_adaptation,
     false, Feature::Of::spikes},
    {"isi_local_variation", Gives::number,
     "Local variation: 3 times the mean of ((next - this)/(next + this))^2 over successive intervals.", crossing,
     isi_local_variation, false, Feature::Of::spikes},
    {"isi", Gives::time, "One of the intervals between spikes.", nth, isi, false, Feature::Of::spikes},
    {"isi_fraction_between", Gives::number, "Share of the intervals in [low, high): one bin of their histogram.",
     lengths, isi_fraction_between, true, Feature::Of::spikes},
    {"spike_peak", Gives::quantity, "Maxima of the spikes.", one_of, spike_peak, false, Feature::Of::crossings},
    {"spike_trough", Gives::quantity, "Minima between spikes.", one_of, spike_trough, false, Feature::Of::crossings},
    {"spike_width", Gives::time, "Time above the threshold, interpolated.", one_of, spike_width, false,
     Feature::Of::crossings},
    {"spike_onset", Gives::quantity,
     "Value at which spikes begin: where the slope last came to `slope` before the threshold.", onset, spike_onset,
     false, Feature::Of::crossings},
    {"spike_amplitude", Gives::quantity, "Peak minus onset.", onset, spike_amplitude, false, Feature::Of::crossings},
    {"half_width", Gives::time, "Time above half the height from onset to peak, interpolated.", onset, half_width,
     false, Feature::Of::crossings},
    {"ahp_depth", Gives::quantity, "Onset minus the minimum that follows, of spikes with another one after.", onset,
     ahp_depth, false, Feature::Of::crossings},
    {"mean", Gives::quantity, "Mean.", {}, mean},
    {"sd", Gives::quantity, "Standard deviation (of the samples, 1/n).", {}, sd},
    {"variance", Gives::squared, "Variance (1/n).", {}, variance},
    {"skewness", Gives::number, "Third central moment over sd^3.", {}, skewness},
    {"kurtosis", Gives::number, "Fourth central moment over variance^2, less 3.", {}, kurtosis},
    {"minimum", Gives::quantity, "Smallest value.", {}, minimum, false, Feature::Of::samples},
    {"maximum", Gives::quantity, "Largest value.", {}, maximum, false, Feature::Of::samples},
    {"value", Gives::quantity, "One sample: at a time, or the first of the window.", at, value, false,
     Feature::Of::samples},
    {"area", Gives::times_time, "Integral over time, by the trapezoidal rule.", {}, area},
    {"fraction_between", Gives::number, "Share of the samples in [low, high): one bin of a histogram.", between,
     fraction_between, true, Feature::Of::samples},
    {"autocorrelation", Gives::number, "Correlation of samples a lag apart, about the mean of the window.", lag,
     autocorrelation, false, Feature::Of::samples},
    {"spectral_density", Gives::density, "One-sided power spectral density at a frequency (periodogram of the window).",
     frequency, spectral_density},
    {"band_power", Gives::squared, "Power at frequencies in [low, high): the periodogram summed over them.", band,
     band_power},
}};

}  // namespace

std::string_view to_string(Undefined why) {
  switch (why) {
    case Undefined::none: return "defined";
    case Undefined::not_finite: return "not-finite";
    case Undefined::empty_window: return "empty-window";
    case Undefined::too_few_spikes: return "too-few-spikes";
    case Undefined::no_variation: return "no-variation";
    case Undefined::no_onset: return "no-onset";
    case Undefined::crowded: return "crowded";
  }
  return "defined";
}

std::string_view to_string(NoSlope why) {
  switch (why) {
    case NoSlope::none:
    case NoSlope::no_value: return "";
    case NoSlope::not_finite: return "not-finite";
    case NoSlope::no_variation: return "no-variation";
    case NoSlope::grazing: return "grazing";
    case NoSlope::at_edge: return "at-edge";
    case NoSlope::jumps: return "jumps";
  }
  return "";
}

std::span<const Feature> registry() { return table; }

const Feature* find_feature(std::string_view name) {
  for (const Feature& row : table)
    if (row.name == name) return &row;
  return nullptr;
}

units::Dimension dimension_of(const Feature& feature, const units::Dimension& d) {
  const units::Dimension time = units::find_unit("second")->dimension;
  switch (feature.gives) {
    case Gives::number: return {};
    case Gives::quantity: return d;
    case Gives::squared: return d * d;
    case Gives::time: return time;
    case Gives::rate: return units::Dimension{} / time;
    case Gives::times_time: return d * time;
    case Gives::density: return d * d * time;
  }
  return {};
}

units::Dimension dimension_of(const Argument& argument, const units::Dimension& d) {
  const units::Dimension time = units::find_unit("second")->dimension;
  switch (argument.of) {
    case Argument::Of::quantity: return d;
    case Argument::Of::time: return time;
    case Argument::Of::rate: return d / time;
    case Argument::Of::frequency: return units::Dimension{} / time;
    case Argument::Of::number: return {};
  }
  return {};
}

}  // namespace hillock::features
