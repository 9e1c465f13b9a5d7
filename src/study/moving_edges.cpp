#include "study/moving_edges.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "sim/integrate/step.hpp"
#include "sim/own_jumps.hpp"

namespace hillock::study {

namespace {

constexpr std::size_t most_named = 6;

}  // namespace

std::string about_moving_edges(const ir::Model& model, std::string_view integrator, std::span<const std::uint32_t> of) {
  const sim::Integrator* found = sim::find_integrator(integrator);
  if (found != nullptr && found->adaptive) return "";
  std::vector<std::string> names;
  for (const std::uint32_t k : sim::parameters_of_edges(model))
    if (of.empty() || std::ranges::find(of, k) != of.end())
      names.push_back(model.symbol(model.parameters[k].symbol).name);
  if (names.empty()) return "";
  const bool one = names.size() == 1;
  if (names.size() > most_named) {
    const std::size_t more = names.size() - most_named;
    names.resize(most_named);
    names.back() += fmt::format(" and {} more", more);
  }
  return fmt::format(
      "{} {} an edge in time: with fixed steps the states are a staircase in {}, and derivatives leave the edge out "
      "(dopri5 and rodas4 end steps at it)",
      fmt::join(names, ", "), one ? "moves" : "move", one ? "it" : "them");
}

}  // namespace hillock::study
