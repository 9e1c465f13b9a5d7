#pragma once
/// The op table: everything that can be computed, one row each.
///
/// A row gives arity, types, the rule for units, the derivative, the lowering to primitive ops, and a sentence for
/// the reference page. `op.cpp` holds the rows; value, derivative, domain and NaN tests run over all of them.

#include <cstdint>
#include <span>
#include <string_view>

namespace hillock::ir {

/// Values are doubles or booleans. (Brian 2's integers are doubles that hold whole numbers.) In programs that were told
/// to (narrow.hpp) some are single: IEEE's 32 bits.
enum class Type : std::uint8_t { real, boolean, single };

// clang-format off: a table, several to a line.
enum class Op : std::uint8_t {
  // leaves
  constant,
  symbol,
  // arithmetic (real)
  add,
  sub,
  mul,
  div,
  neg,
  pow,
  mod,
  floordiv,
  fma,
  // comparisons (real -> boolean) and logic
  lt,
  le,
  gt,
  ge,
  eq,
  ne,
  land,
  lor,
  lnot,
  select,   ///< select(condition, a, b)
  to_real,  ///< boolean as 0 or 1
  // elementary functions, Brian 2's names
  sin,
  cos,
  tan,
  sinh,
  cosh,
  tanh,
  arcsin,
  arccos,
  arctan,
  exp,
  log,
  log10,
  expm1,
  log1p,
  exprel,
  exprel_slope,     ///< the derivative of exprel
  bernoulli,        ///< x/(exp(x) - 1), the reciprocal of exprel: a model writes a/exprel(x)
  bernoulli_slope,  ///< the derivative of bernoulli
  sqrt,
  ceil,
  floor,
  trunc,
  abs,
  sign,
  clip,
  min,
  max,
  // primitives of lowered code only; a model cannot write them
  round_even,      ///< nearest integer, ties to even; |x| < 2^51
  scale2,          ///< x * 2^n, n integral, x in [2^-400, 2^400]: right also where the result overflows or is subnormal
  scale2_normal,   ///< x * 2^floor(n), n a multiple of 1/16, |n| <= 1015, x in [1/2, 4): nothing but the exponent
                   ///< changes
  exponent2,       ///< floor(log2 |x|) of a finite non-zero x (subnormals too), as a double
  mantissa2,       ///< |x| / 2^exponent2(x), in [1, 2)
  exponent2_near,  ///< of a normal x > 0: the whole number n for which x/2^n is in (sqrt(1/2), sqrt 2]
  mantissa2_near,  ///< x / 2^exponent2_near(x)
  exp2_table,      ///< 2^(j/16) for j = n mod 16, n integral
  least,           ///< a < b ? a : b: where a NaN is in it, b. What processors have for a minimum
  most,            ///< a > b ? a : b
  seldom,     ///< seldom(condition, a, b) = select: compiled code computes what only a needs where some lane wants it
  random_a,   ///< random_a(counter, lane, seed), whole numbers below 2^52: uniform in (0, 1], 52 bits of Philox4x32-10
  random_b,   ///< the same of its other half
  to_single,  ///< of a double, rounded to the nearest single
  to_double,  ///< of a single, exact
  // random numbers of programs, lowered to those; a model writes xi, rand(), randn()
  normal_a,  ///< normal_a(counter, lane, seed): standard normal, from one block (Box & Muller 1958)
  normal_b,  ///< the other one of that block
  // a mark for derivatives, gone in lowered code
  stop_gradient,  ///< the argument, as a constant: its derivative is 0
};
// clang-format on
inline constexpr int op_count = static_cast<int>(Op::stop_gradient) + 1;

/// How the unit of the result follows from the units of the arguments.
enum class UnitRule : std::uint8_t {
  none,  ///< leaves, primitives
  same,  ///< all arguments share a dimension, so does the result (add, min, clip, ...)
  product,
  quotient,
  power,
  keeps,          ///< the argument's dimension (neg, abs, floor)
  root,           ///< sqrt
  dimensionless,  ///< arguments and result are pure numbers (exp, sin, ...)
  compare,        ///< arguments share a dimension, result boolean
  logic,          ///< boolean arguments, boolean result
  sign,           ///< any dimension in, pure number out
  choose,         ///< select: condition boolean, the other two share a dimension
};

struct OpInfo {
  Op op;
  std::string_view name;  ///< function name in a model, or the operator sign
  int arity;
  Type result;
  UnitRule units;
  bool written;  ///< may a model call it by `name` (functions), as opposed to operators and primitives
  std::string_view sentence;
};

[[nodiscard]] const OpInfo& info(Op op);
[[nodiscard]] std::span<const OpInfo> all_ops();
/// The function a model may call by this name, or nullptr. `int` is `trunc`.
[[nodiscard]] const OpInfo* find_function(std::string_view name);

}  // namespace hillock::ir
