#pragma once
/// What every name of a model stands for: made by `declare`, completed by the checks, read by all that follows.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lang/ast.hpp"
#include "lang/check.hpp"
#include "lang/problems.hpp"
#include "units/unit.hpp"

namespace hillock::lang {

enum class Role : std::uint8_t { broken, state, definition, parameter, constant, input, declared };

/// "a state"
[[nodiscard]] std::string_view role_text(Role role);

/// A name that has a value while the model runs.
struct Entity {
  Role role = Role::broken;
  std::uint32_t statement = 0;  ///< where it gets its value
  std::string_view name;
  Value value;                               ///< dimension and type, where `known`
  units::Unit unit;                          ///< as written, or chosen for display
  std::optional<double> number;              ///< of a constant that depends on no other (SI)
  std::vector<std::uint32_t> needs;          ///< entities in its expression
  std::optional<std::uint32_t> init;         ///< a state's `init` statement
  std::vector<std::uint32_t> init_needs;     ///< entities in that
  std::optional<std::uint32_t> declaration;  ///< a statement `x : unit`
  /// A state without an equation: only resets and events change it.
  bool assigned = false;
  /// Of such a state: the entity, not found by name, that it starts from (`x : unit`, `param x ...` or `const x ...`).
  std::optional<std::uint32_t> starts_from;
  /// Made from other names, not given: a sub-expression, or a constant that depends on constants.
  [[nodiscard]] bool computed() const {
    return role == Role::definition || (role == Role::constant && !number.has_value());
  }
};

/// What stands after the ':' of a statement; no unit where that is none (reported).
struct WrittenUnit {
  std::optional<units::Unit> unit;
  bool boolean = false;
  bool whole = false;
};

/// `table NAME(t) = ...`: complete where nothing was reported.
struct Table {
  std::uint32_t statement = 0;
  units::Dimension dimension;
  std::vector<double> values;  ///< SI
  double interval = 0.0;       ///< seconds
};

struct Names {
  bool has_threshold = false;
  bool has_last_spike = false;   ///< does the model know `lastspike` and `not_refractory`?
  std::vector<Entity> entities;  ///< in the order of the text
  std::unordered_map<std::string_view, std::uint32_t> by_name;   ///< indices of `entities`
  std::unordered_map<std::string_view, std::uint32_t> channels;  ///< what is observed: statements
  std::unordered_map<std::string_view, Table> tables;
  std::unordered_map<std::string_view, WrittenUnit> units;  ///< by their text

  [[nodiscard]] const Entity* find(std::string_view name) const;
  [[nodiscard]] Entity* find(std::string_view name);
  /// The unit of a statement that declares a name.
  [[nodiscard]] WrittenUnit unit_of(const Ast& ast, const Statement& statement) const;
  /// The names to search for the nearest to one that does not exist: all, or those of one role.
  [[nodiscard]] std::vector<std::string> to_suggest(std::optional<Role> only = {}) const;
};

/// What names mean in expressions that are evaluated while the model runs. Keeps references to its arguments.
[[nodiscard]] Resolve while_running(const Names& names, Problems& problems);

/// "line 3"
[[nodiscard]] std::string line_of(const Ast& ast, Extent at);

/// A name as messages show it, long ones cut.
[[nodiscard]] std::string quoted(std::string_view name);

}  // namespace hillock::lang
