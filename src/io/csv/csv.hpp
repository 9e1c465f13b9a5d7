#pragma once
/// Tables as text: one header line with names and units, one line per sample.
///
///     # made with the amplifier in voltage clamp
///     time (ms),command [mV],current_nA
///     0.0,-80,-0.0021
///
/// Columns are separated by commas, tabs or semicolons (found from the header). Lines that begin with '#' are
/// comments; where no header line stands above the numbers, the last comment may be one (numpy.savetxt writes it so).
/// Names and numbers may be quoted; a byte order mark and CRLF are accepted. Numbers have a decimal point.

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "data/recording.hpp"

namespace hillock::io {

/// The columns as arrays of one dimension, called <name>_<unit>: "time (ms)" and "time [ms]" become time_ms,
/// "membrane potential (µV)" membrane_potential_uV, "T (°C)" T_C; "voltage_mV" stays. Values are as written, in the
/// unit written.
/// Error codes, with line, column and caret; at most 20 are kept:
///   "csv-empty"      no text, or no samples     "csv-header"     no header line, an unnamed column, an open quote
///   "csv-name-twice" two columns of one name    "csv-ragged"     a line with more or fewer fields than the header
///   "csv-number"     a field that is no number  "csv-decimal-comma"  a number with a comma
///   "csv-encoding"   NUL bytes, UTF-16
[[nodiscard]] Result<data::ArrayFile> parse_csv(std::string_view text, const std::string& path);
[[nodiscard]] Result<data::ArrayFile> read_csv(const std::string& path);

}  // namespace hillock::io
