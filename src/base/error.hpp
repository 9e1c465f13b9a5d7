#pragma once
/// What went wrong, as a value: found, expected, where, and what to try.
///
/// A user's mistake is an `Error` inside a `Result`; several mistakes of one input travel together, so that a
/// person sees all of them at once. Our own mistakes are `HILLOCK_CHECK` failures (exit code 70).

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hillock {

/// A place in a text that the user wrote. Lines and columns count from 1; `column` counts bytes.
struct Span {
  std::string file;       ///< as the user named it
  int line = 0;           ///< 0: the whole file
  int column = 0;         ///< 0: the whole line
  int length = 1;         ///< bytes to underline
  std::string line_text;  ///< the line itself, for the caret; shortened by `render` where it is long
};

/// One mistake.
struct Error {
  std::string code;          ///< stable, kebab-case: "unit-mismatch", "file-missing", ...
  std::string message;       ///< what was found and what was expected, one sentence
  std::optional<Span> span;  ///< where, in a text
  std::string where;         ///< where, otherwise: a key ("data.train.file") or a path; may be empty
  std::string hint;          ///< what to try; may be empty
};

using Errors = std::vector<Error>;

/// A value, or every mistake that stood in its way.
template <class T>
using Result = std::expected<T, Errors>;

/// A failed result with one error.
[[nodiscard]] inline std::unexpected<Errors> fail(Error error) { return std::unexpected(Errors{std::move(error)}); }
[[nodiscard]] inline std::unexpected<Errors> fail(std::string code, std::string message, std::string where = {},
                                                  std::string hint = {}) {
  return fail(Error{std::move(code), std::move(message), std::nullopt, std::move(where), std::move(hint)});
}
[[nodiscard]] inline std::unexpected<Errors> fail(Errors errors) { return std::unexpected(std::move(errors)); }

/// The text a person reads: `file:line:column: error: message`, the line, a caret, the hint.
[[nodiscard]] std::string render(const Error& error);
[[nodiscard]] std::string render(const Errors& errors);

/// The candidate nearest to `name` by edit distance, or empty when none is near enough to be a likely slip.
[[nodiscard]] std::string nearest(std::string_view name, const std::vector<std::string>& candidates);

/// Thrown by HILLOCK_CHECK: a bug in Hillock, never the user's mistake. `main` turns it into exit code 70.
struct Bug {
  std::string what;
};
[[noreturn]] void bug(const char* file, int line, const std::string& what);

}  // namespace hillock

/// Our own invariant. Its failure is a bug in Hillock and says so.
#define HILLOCK_CHECK(condition, what)                            \
  do {                                                            \
    if (!(condition)) ::hillock::bug(__FILE__, __LINE__, (what)); \
  } while (false)
