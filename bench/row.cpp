#include "row.hpp"

#include <fmt/format.h>

namespace hillock::bench {

std::optional<double> Row::ratio() const {
  if (!peer_value || *peer_value == 0.0) return std::nullopt;
  return value / *peer_value;
}

std::string Row::target() const {
  const char* suffix = of_ratio ? " x peer" : "";
  if (target_low && target_high) return fmt::format("{:g} to {:g}{}", *target_low, *target_high, suffix);
  if (target_low) return fmt::format(">= {:g}{}", *target_low, suffix);
  if (target_high) return fmt::format("<= {:.6g}{}", *target_high, suffix);
  return "";
}

std::optional<bool> Row::met() const {
  if (!target_low && !target_high) return std::nullopt;
  const std::optional<double> held = of_ratio ? ratio() : std::optional(value);
  if (!held) return false;
  // A NaN fails both comparisons: what was not measured is not met.
  return (!target_low || *held >= *target_low) && (!target_high || *held <= *target_high);
}

}  // namespace hillock::bench
