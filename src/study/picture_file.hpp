#pragma once
/// Pictures as files: `.svg`, or the same drawing as `.png`.

#include <string>

#include "base/error.hpp"
#include "report/picture.hpp"

namespace hillock::study {

/// Does the name of a file ask for a picture?
[[nodiscard]] bool is_picture(std::string_view path);

/// Error codes: "png-absent", those of io/whole_file.hpp.
[[nodiscard]] Result<void> write_picture(const std::string& path, const report::Picture& picture);

}  // namespace hillock::study
