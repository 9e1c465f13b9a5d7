#pragma once
/// What an expression changes with while the model runs: for the places that ask for something that stands still.

#include <cstdint>
#include <string>
#include <vector>

#include "lang/names.hpp"

namespace hillock::lang {

/// Up to two different things that an expression changes with: entities (states and inputs), or one of the constants.
struct Varies {
  static constexpr std::uint32_t nothing = 0xFFFFFFFFU, time = 0xFFFFFFFEU, step = 0xFFFFFFFDU, spike = 0xFFFFFFFCU,
                                 chance = 0xFFFFFFFBU;
  std::uint32_t first = nothing, second = nothing;
  void add(std::uint32_t what) {
    if (what == nothing || what == first || what == second) return;
    if (first == nothing) first = what;
    else if (second == nothing) second = what;
  }
  void add(const Varies& other) { add(other.first), add(other.second); }
  /// Something other than `allowed`, or nothing.
  [[nodiscard]] std::uint32_t other_than(std::uint32_t allowed) const { return first != allowed ? first : second; }
};

class Variation {
 public:
  /// `order`: constants and sub-expressions, each after those it needs.
  Variation(const Ast& ast, const Names& names, const std::vector<std::uint32_t>& order);

  [[nodiscard]] Varies of(const Expr& expr) const;
  /// The name of what `Varies` counts, cut where it is long.
  [[nodiscard]] std::string name(std::uint32_t what) const;

 private:
  const Ast& ast_;
  const Names& names_;
  std::vector<Varies> by_entity_;
};

}  // namespace hillock::lang
