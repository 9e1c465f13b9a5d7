#pragma once
/// Errors about a text that stands in a study: from places in the text to places in the study file.

#include <string_view>

#include "base/error.hpp"
#include "study/resolved.hpp"

namespace hillock::study {

/// `inner` are errors of a parser that was given `text`, which the study has at `origin`. A one-line text that stands
/// in the file as it is keeps its carets; else the whole value is underlined.
[[nodiscard]] Errors placed(Errors inner, std::string_view text, const Origin& origin);

}  // namespace hillock::study
