#include "study/requirement.hpp"

#include <fmt/format.h>
#include <array>

namespace hillock::study {
namespace {

constexpr std::array statuses{verify::Status::invalid, verify::Status::unidentifiable, verify::Status::misspecified,
                              verify::Status::consistent, verify::Status::supported};

}  // namespace

Result<verify::Status> parse_status(std::string_view text) {
  std::vector<std::string> names;
  for (const verify::Status status : statuses) {
    if (verify::to_string(status) == text) return status;
    names.emplace_back(verify::to_string(status));
  }
  const std::string near = nearest(text, names);
  return fail("status-unknown", fmt::format("\"{}\" is no status", text), "--require",
              near.empty() ? fmt::format("one of {}", fmt::join(names, ", ")) : fmt::format("--require {}", near));
}

Result<void> require_status(verify::Status wanted, const verify::Verdict& found) {
  if (found.status >= wanted) return {};
  return fail(
      "requirement-not-met",
      fmt::format("the verdict is {}, but {} is required", verify::to_string(found.status), verify::to_string(wanted)),
      found.study);
}

}  // namespace hillock::study
