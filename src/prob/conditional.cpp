#include "prob/conditional.hpp"

namespace hillock::prob {

std::optional<Prior> given(const Entry& entry, std::span<const double> x) {
  if (const auto* fixed = std::get_if<Prior>(&entry)) return *fixed;
  const auto& conditional = std::get<Conditional>(entry);
  std::vector<double> parents;
  for (const std::size_t k : conditional.given) parents.push_back(x[k]);
  double arguments[2] = {0.0, 0.0};
  const std::size_t count = arity(conditional.family);
  conditional.arguments->evaluate(1, parents, std::span(arguments, count), {});
  return Prior::of(conditional.family, std::span(arguments, count));
}

}  // namespace hillock::prob
