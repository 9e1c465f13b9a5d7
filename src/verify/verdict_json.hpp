#pragma once
/// The verdict as a JSON document, schema `hillock.verdict/1`.
///
/// Keys in a fixed order; numbers with 12 significant digits (statistics do not carry more); a number that could not be
/// computed is null; an object of scalars stands on one line. Writing what was read gives the same bytes.

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "verify/verdict.hpp"

namespace hillock::verify {

[[nodiscard]] std::string to_json(const Verdict& verdict);

/// Every mistake at once, `where` being the place ("parameters[2].rhat"): "verdict-syntax", "verdict-schema" (not this
/// schema), "verdict-key-missing", "verdict-type". Keys that this version does not know are passed over.
[[nodiscard]] Result<Verdict> from_json(std::string_view text);

/// The JSON Schema (draft 2020-12) of the document: the text of src/verify/verdict.schema.json.
[[nodiscard]] std::string schema_json();

/// The table of keys in docs/verdict.md.
[[nodiscard]] std::string keys_markdown();

}  // namespace hillock::verify
