#pragma once
/// NumPy's .npy format, versions 1.0 to 3.0 (numpy/lib/format.py, NEP 1).
///
/// Read are float16, float32, float64, all integers of 8 to 64 bits and bool, in both byte orders, C and Fortran
/// order, any number of dimensions including none. Everything becomes double, row-major; an integer that double
/// cannot hold (beyond 2^53) is an error, never rounded.

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "data/recording.hpp"

namespace hillock::io {

/// The array in the bytes of a .npy file. `name` becomes the array's name; `where` is the file, for errors.
/// Error codes:
///   "npy-empty"      no bytes               "npy-magic"       not a .npy file
///   "npy-version"    a version after 3.0    "npy-header"      a header that is not what numpy writes
///   "npy-truncated"  fewer bytes than the shape needs         "npy-length"  more of them
///   "npy-shape"      a shape whose size overflows             "npy-objects" Python objects (pickles are never read)
///   "npy-structured", "npy-complex", "npy-longdouble", "npy-text", "npy-dates"  types that are no real numbers
///   "number-too-large"  an integer beyond 2^53
[[nodiscard]] Result<data::Array> parse_npy(std::string_view bytes, const std::string& name, const std::string& where);

/// A .npy file (version 1.0, '<f8', C order) that holds the array.
[[nodiscard]] std::string format_npy(const data::Array& array);

/// A .npy file. Its one array is called like the file without its extension.
[[nodiscard]] Result<data::ArrayFile> read_npy(const std::string& path);
[[nodiscard]] Result<void> write_npy(const std::string& path, const data::Array& array);

}  // namespace hillock::io
