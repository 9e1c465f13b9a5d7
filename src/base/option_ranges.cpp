#include "base/option_ranges.hpp"

#include <cstdio>
#include <string>
#include <utility>

namespace hillock {

void OptionRanges::need(bool good, std::string_view name, double value, std::string_view range) {
  if (good) return;
  char found[32];
  std::snprintf(found, sizeof found, "%g", value);
  std::string text = "`";
  text.append(name).append("` must be ").append(range).append(", found ").append(found);
  errors_.push_back(Error{"option-range", std::move(text), std::nullopt, std::string(name), ""});
}

Result<void> OptionRanges::result() && {
  if (!errors_.empty()) return fail(std::move(errors_));
  return {};
}

}  // namespace hillock
