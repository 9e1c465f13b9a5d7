#pragma once
/// NumPy's .npz: a zip archive of .npy files, stored (numpy.savez) or deflated (numpy.savez_compressed).

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "data/recording.hpp"

namespace hillock::io {

/// The arrays of an archive, in its order; every array that cannot be read is an error, all at once.
/// Error codes, besides those of `parse_npy`:
///   "file-empty"     no bytes               "npz-not-zip"   not a zip archive
///   "npz-truncated"  the archive's end is missing            "npz-damaged"  a member that does not unpack, a wrong
///   checksum, encryption or an unknown compression           "npz-empty"    an archive without a .npy
///   "npz-too-large"  members that claim more than the file can hold: 256 MiB, or 200 times the file if that is more
///   "npz-name-twice" two arrays of one name
[[nodiscard]] Result<data::ArrayFile> parse_npz(std::string_view bytes, const std::string& path);
[[nodiscard]] Result<data::ArrayFile> read_npz(const std::string& path);

/// A deflated archive of the arrays. The same arrays give the same bytes: its members carry no time.
[[nodiscard]] std::string format_npz(const std::vector<data::Array>& arrays);
[[nodiscard]] Result<void> write_npz(const std::string& path, const std::vector<data::Array>& arrays);

}  // namespace hillock::io
