#pragma once
/// The report: one HTML file that needs nothing else.

#include <string>

#include "report/document.hpp"

namespace hillock::report {

/// The whole page. The same document gives the same bytes. No network: the page's own policy forbids it
/// (Content-Security-Policy: nothing but its own style sheet and the scripts with the listed hashes), and every text of
/// the document is escaped. Data sets: each vector of samples empty or as long as `time_ms` (else a bug).
[[nodiscard]] std::string render_html(const Document& document);

}  // namespace hillock::report
