#include "inference/cell.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>

namespace hillock::bench {

std::string Budget::name() const {
  return seconds > 0.0 ? fmt::format("{:g}s", seconds) : fmt::format("{}", simulations);
}

Result<Budget> parse_budget(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  const std::string unit = end;
  const bool number = end != text.c_str() && std::isfinite(value) && value > 0.0;
  if (number && unit == "s" && value <= 1e6) return Budget{0, value};
  if (number && unit.empty() && value >= 1.0 && value <= 1e12 && value == std::floor(value))
    return Budget{static_cast<std::uint64_t>(value), 0.0};
  return fail("bench-budget", fmt::format("\"{}\" is no budget", text), "",
              "a number of simulations (1000, 1e5) or of seconds (60s)");
}

std::string Cell::folder() const {
  return fmt::format("{}/{}_{}_threads_{}/observation_{}", task, method, budget.name(), threads, observation);
}

std::string Cell::title() const {
  return fmt::format(
      "{}, {}, observation {}", task,
      budget.seconds > 0.0 ? fmt::format("{:g} s", budget.seconds) : fmt::format("{} simulations", budget.simulations),
      observation);
}

}  // namespace hillock::bench
