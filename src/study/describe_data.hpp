#pragma once
/// `hillock data`: what is in a data file, and the lines of a study that use it.

#include <string>

#include "base/error.hpp"
#include "data/recording.hpp"
#include "study/answer.hpp"

namespace hillock::study {

/// Reads the file and describes it. Error codes are those of io/recording_reader.hpp.
[[nodiscard]] Result<Answer> describe_data(const std::string& path);

/// The same for arrays in memory. `path` is repeated in the study lines.
[[nodiscard]] Answer describe_arrays(const data::ArrayFile& file, const std::string& path);

}  // namespace hillock::study
