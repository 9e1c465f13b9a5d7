#pragma once
/// One door for all recordings: the format is found from the content, then from the name.

#include <string>

#include "base/error.hpp"
#include "data/recording.hpp"

namespace hillock::io {

/// The arrays of a .npz, a .npy or a table as text (.csv, .tsv, .txt, .dat). Error codes: those of the format's reader
/// and of `read_whole`; "format-unknown" for anything else, with the formats that are read.
[[nodiscard]] Result<data::ArrayFile> read_arrays(const std::string& path);

}  // namespace hillock::io
