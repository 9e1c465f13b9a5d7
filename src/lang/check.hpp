#pragma once
/// Units and types of expressions, by Brian 2's rules (differences: docs/language.md), and the values of expressions
/// without names.
///
/// An expression with an unknown part is itself unknown and causes no further message.

#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "ir/op.hpp"
#include "lang/ast.hpp"
#include "lang/problems.hpp"
#include "units/unit.hpp"

namespace hillock::lang {

/// What is known about a sub-expression.
struct Value {
  bool known = true;           ///< false: it has a reported mistake inside
  bool any_dimension = false;  ///< a literal 0 or inf: takes the dimension that is wanted
  bool boolean = false;
  bool whole = false;  ///< a whole number by its form
  units::Dimension dimension;
  std::optional<double> number;  ///< its value where it is made of literals alone
  [[nodiscard]] static Value unknown() { return {false, false, false, false, {}, {}}; }
  [[nodiscard]] static Value of(const units::Dimension& d) { return {true, false, false, false, d, {}}; }
};

/// What a name in an expression means there. `nullopt`: there is no such name here, and nothing is reported yet.
using Resolve = std::function<std::optional<Value>(std::string_view name, Extent at)>;

class Checker {
 public:
  Checker(const Ast& ast, Problems& problems) : ast_(ast), problems_(problems) {}

  /// The value of `expr`; its mistakes are reported.
  Value check(const Expr& expr, const Resolve& resolve);
  /// The same, and it must have `wanted`: `what` names the whole ("the equation for 'v'"); `hint`, where given, makes
  /// the advice.
  Value check(const Expr& expr, const Resolve& resolve, const units::Dimension& wanted, std::string_view what,
              const std::function<std::string()>& hint = {});
  /// The same, and it must be true or false.
  Value check_condition(const Expr& expr, const Resolve& resolve, std::string_view what);

  /// Names to suggest for unknown ones.
  std::vector<std::string> known_names;
  /// What tables give, by their names.
  std::unordered_map<std::string_view, units::Dimension> tables;
  /// Divisions by a number that is 0.
  std::vector<Extent> divided_by_zero;
  /// May the expressions at hand hold noise? Those of equations may.
  bool noise_allowed = false;
  /// May they call random functions? What is evaluated once in a step may.
  bool random_allowed = false;

 private:
  const Ast& ast_;
  Problems& problems_;
  std::vector<Value> values_;  // of the nodes of the expression at hand
  std::unordered_set<std::string> reported_;
  std::unordered_set<std::string_view> drawn_;  // random functions in the expression at hand

  Value name(const ExprNode& node, const Resolve& resolve);
  Value unary(const ExprNode& node, const Value& a);
  Value binary(const ExprNode& node, const Value& a, const Value& b);
  Value power(const ExprNode& node, const Value& a, const Value& b);
  Value call(const ExprNode& node, std::uint32_t first);
  Value unknown_name(const ExprNode& node, std::string_view text);
  [[nodiscard]] std::string quote(Extent at) const;
  [[nodiscard]] std::string in_words(const Value& value) const;
  bool first_report(std::string_view text);
};

/// The op that a function of the language stands for, where it is one (`timestep` and the random ones are not).
[[nodiscard]] const ir::OpInfo* function_op(std::string_view name);
/// The op of an operator of the language.
[[nodiscard]] ir::Op operator_op(Operator op);

}  // namespace hillock::lang
