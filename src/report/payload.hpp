#pragma once
/// The data that the page's script draws: the data sets, packed, as JSON in one script element.

#include <string>

#include "report/document.hpp"

namespace hillock::report {

/// JSON that is safe inside <script type="application/json"> ("<" is written \u003c). Series longer than a data set's
/// share of 400 000 points are sent as the smallest and largest value of each bin, and say so ("binned").
[[nodiscard]] std::string payload_json(const Document& document);

}  // namespace hillock::report
