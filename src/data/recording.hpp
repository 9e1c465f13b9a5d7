#pragma once
/// Recordings: what was measured, when, in which units.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "units/unit.hpp"

namespace hillock::data {

/// A named array as a file holds it: numbers without a meaning yet. Row-major; `shape` empty for a scalar.
struct Array {
  std::string name;
  std::vector<std::size_t> shape;
  std::vector<double> values;
};

/// What a file reader returns: its named arrays, and the sha256 of the bytes.
struct ArrayFile {
  std::string path;
  std::string sha256;  ///< hex
  std::vector<Array> arrays;
  [[nodiscard]] const Array* find(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> names() const;
};

/// One measured or commanded quantity, sampled at the times of its sweep. Values are in SI.
struct Channel {
  std::string name;
  units::Unit unit;            ///< the unit of the file, for display
  std::vector<double> values;  ///< SI
};

/// Samples at common times. Times are seconds, strictly increasing.
struct Sweep {
  std::vector<double> time;
  std::vector<Channel> channels;
  [[nodiscard]] const Channel* find(std::string_view name) const;
};

/// A file's worth of sweeps with its constants (a temperature, a capacitance), in SI.
struct Recording {
  std::string source;  ///< path as given
  std::string sha256;
  std::vector<Sweep> sweeps;
  std::map<std::string, double> constants;
};

/// The unit that an array's name carries by convention: `time_ms`, `voltage_mV`, `current_nA`, `temperature_C`
/// (the part after the last underscore, where it names a unit; C and degC are degrees Celsius).
[[nodiscard]] std::optional<units::Unit> unit_from_name(std::string_view array_name);

/// The uniform sampling interval in seconds, to the precision that the times carry (float32 times of a 0.1 ms grid
/// give 1e-4), or an error that names the first interval that departs from it.
[[nodiscard]] Result<double> sampling_interval(const Sweep& sweep);

}  // namespace hillock::data
