#pragma once
/// From a file's named arrays to a recording: which array is time, which are channels, in which units.

#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "data/recording.hpp"

namespace hillock::data {

/// One quantity that the user wants from the file.
struct Wanted {
  std::string name;                 ///< what the recording calls it: "V"
  std::string array;                ///< what the file calls it: "voltage_mV"
  std::optional<units::Unit> unit;  ///< of the array; none: from the array's name (`unit_from_name`)
};

struct Assembly {
  std::string time;                      ///< the array of times; empty: the only array called "time" or "time_<unit>"
  std::optional<units::Unit> time_unit;  ///< none: from the array's name
  std::vector<Wanted> channels;          ///< arrays as long as the time
  std::vector<Wanted> constants;         ///< arrays of one number
};

/// The recording, or all that stands in its way. Error codes, each naming the array: "array-missing" (with the nearest
/// name and what the file holds), "time-missing", "unit-missing", "unit-mismatch" (a time that is no time),
/// "array-length", "array-dimensions" (a channel of several dimensions), "constant-not-scalar", "time-not-increasing",
/// "not-a-number" (NaN or infinity, with the sample, its time and how many there are), "sweep-short".
[[nodiscard]] Result<Recording> assemble(const ArrayFile& file, const Assembly& assembly);

/// What `assemble` would take if it were asked for everything: the time, each array as long as the time as a channel,
/// each single number as a constant, where their names carry a unit. Channels are called by the array's name without
/// the unit: "voltage" for voltage_mV.
[[nodiscard]] Result<Assembly> assembly_of_everything(const ArrayFile& file);

}  // namespace hillock::data
