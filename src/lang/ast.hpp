#pragma once
/// A model text as its statements, before any name has a meaning.
///
/// All expressions live in one array in post-order: the arguments of a node come before it, and one expression is a
/// contiguous run of nodes that ends with its root. So checking, lowering and measuring are loops, and no depth of
/// nesting can exhaust a stack.

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "lang/lexer.hpp"
#include "lang/source.hpp"

namespace hillock::lang {

enum class Operator : std::uint8_t {
  none,
  add,
  sub,
  mul,
  div,
  floordiv,
  mod,
  power,
  less,
  less_equal,
  greater,
  greater_equal,
  equal,
  not_equal,
  both,
  either,
  negative,
  positive,
  negation,
};

struct ExprNode {
  enum class Kind : std::uint8_t { number, quantity, boolean, name, unary, binary, call };
  Kind kind = Kind::number;
  Operator op = Operator::none;
  std::uint32_t a = 0;  ///< unary, binary: node; call: index of the first entry in `Ast::arguments`
  std::uint32_t b = 0;  ///< binary: node; call: number of arguments
  double value = 0.0;   ///< number, quantity (without its unit), boolean
  Extent at;            ///< the whole sub-expression
  Extent word;          ///< the name, the function's name, the quantity's unit, the number, the operator
};

/// Nodes [first, root] of `Ast::nodes`.
struct Expr {
  std::uint32_t first = 1;
  std::uint32_t root = 0;
  [[nodiscard]] bool given() const { return first <= root; }
};

/// `family(arguments)`
struct Distribution {
  Extent family;
  std::vector<Expr> arguments;
  Extent at;
};

/// An expression of a `require`, or its largest or smallest value.
struct RequiredItem {
  enum class Reduce : std::uint8_t { every, maximum, minimum };
  Reduce reduce = Reduce::every;
  Expr expression;
  Extent at;
};

/// `x op value` of a reset or an event.
struct ResetAssignment {
  Extent name;
  Operator op = Operator::none;  ///< none: plain `=`
  Expr value;
};

struct Statement {
  enum class Kind : std::uint8_t {
    ode,          ///< dNAME/dt = VALUE : UNIT (FLAGS)
    definition,   ///< NAME = VALUE : UNIT (FLAGS)
    declaration,  ///< NAME : UNIT (FLAGS)
    param,        ///< param NAME : UNIT [= VALUE] [~ DISTRIBUTION]
    constant,     ///< const NAME [: UNIT] = VALUE
    input,        ///< input NAME : UNIT
    init,         ///< init NAME = VALUE
    observe,      ///< observe NAME ~ DISTRIBUTION
    require,      ///< require ITEMS in [LOW, HIGH] [for NAME in [FROM, TO]]
    threshold,    ///< threshold VALUE
    reset,        ///< reset ASSIGNMENTS
    refractory,   ///< refractory VALUE
    event,        ///< event NAME VALUE
    on,           ///< on NAME ASSIGNMENTS
    dialect,      ///< dialect = "brian2"
    table,        ///< table NAME(t) = [VALUES] UNIT, dt = VALUE
  };
  Kind kind = Kind::ode;
  bool broken = false;  ///< has a syntax error (reported); only `name` and `unit`, where given, mean something
  Extent at;
  Extent name;  ///< empty where the statement has none
  Extent unit;  ///< the unit's text; empty where none is given
  Expr value;
  std::vector<Extent> flags;
  std::optional<Distribution> distribution;
  std::vector<RequiredItem> items;
  Expr low, high, from, to;
  std::vector<ResetAssignment> assignments;
  std::vector<Expr> values;
};

struct Ast {
  std::shared_ptr<const Source> source;
  std::vector<ExprNode> nodes;
  std::vector<std::uint32_t> arguments;  ///< of calls
  std::vector<Statement> statements;     ///< in the order of the text
  std::vector<Comment> comments;
  bool brian = false;  ///< `dialect = "brian2"`

  [[nodiscard]] std::string_view text(Extent at) const { return source->text(at); }
};

}  // namespace hillock::lang
