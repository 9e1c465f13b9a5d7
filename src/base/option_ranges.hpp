#pragma once
/// Checks a struct of options, number by number, and says everything that is out of range at once.

#include <string_view>

#include "base/error.hpp"

namespace hillock {

class OptionRanges {
 public:
  /// Remembers, unless `good`, that the option `name` must be `range` ("above 0", "between 0 and 1") and is `value`.
  void need(bool good, std::string_view name, double value, std::string_view range);
  /// Error code "option-range", one for each option that is out of range.
  [[nodiscard]] Result<void> result() &&;

 private:
  Errors errors_;
};

}  // namespace hillock
