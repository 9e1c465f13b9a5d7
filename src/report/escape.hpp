#pragma once
/// Text from files made safe to stand in HTML.

#include <string>
#include <string_view>

namespace hillock::report {

/// Valid UTF-8 without control characters (except newline and tab): each offending byte, and each Unicode
/// direction override, becomes U+FFFD.
[[nodiscard]] std::string clean_utf8(std::string_view text);

/// `clean_utf8`, then & < > " ' as character references: safe as element content and in a quoted attribute.
[[nodiscard]] std::string escape_html(std::string_view text);

}  // namespace hillock::report
