#include "ir/op.hpp"

#include <array>

#include "base/error.hpp"

namespace hillock::ir {
namespace {

using enum Type;
using U = UnitRule;

// One row per op, in the order of the enumeration (checked below).
constexpr std::array<OpInfo, op_count> table{{
    {Op::constant, "constant", 0, real, U::none, false, "A number."},
    {Op::symbol, "symbol", 0, real, U::none, false, "A name: a state, a parameter, an input, the time."},
    {Op::add, "+", 2, real, U::same, false, "Sum."},
    {Op::sub, "-", 2, real, U::same, false, "Difference."},
    {Op::mul, "*", 2, real, U::product, false, "Product."},
    {Op::div, "/", 2, real, U::quotient, false, "Quotient; always a real number."},
    {Op::neg, "-", 1, real, U::keeps, false, "Negation."},
    {Op::pow, "**", 2, real, U::power, false, "Power; a base with a dimension needs a constant exponent."},
    {Op::mod, "%", 2, real, U::same, false, "Remainder with the sign of the divisor: x - y*floor(x/y)."},
    {Op::floordiv, "//", 2, real, U::dimensionless, false, "floor(x/y) of pure numbers."},
    {Op::fma, "fma", 3, real, U::none, false, "a*b + c with one rounding."},
    {Op::lt, "<", 2, boolean, U::compare, false, "Less than; false where either side is NaN."},
    {Op::le, "<=", 2, boolean, U::compare, false, "Less than or equal; false where either side is NaN."},
    {Op::gt, ">", 2, boolean, U::compare, false, "Greater than; false where either side is NaN."},
    {Op::ge, ">=", 2, boolean, U::compare, false, "Greater than or equal; false where either side is NaN."},
    {Op::eq, "==", 2, boolean, U::compare, false, "Equal; false where either side is NaN."},
    {Op::ne, "!=", 2, boolean, U::compare, false, "Not equal; true where either side is NaN."},
    {Op::land, "and", 2, boolean, U::logic, false, "Both."},
    {Op::lor, "or", 2, boolean, U::logic, false, "Either or both."},
    {Op::lnot, "not", 1, boolean, U::logic, false, "Not."},
    {Op::select, "select", 3, real, U::choose, false, "The second argument where the first is true, else the third."},
    {Op::to_real, "to_real", 1, real, U::logic, false, "1 where true, else 0."},
    {Op::sin, "sin", 1, real, U::dimensionless, true, "Sine of an angle in radians."},
    {Op::cos, "cos", 1, real, U::dimensionless, true, "Cosine of an angle in radians."},
    {Op::tan, "tan", 1, real, U::dimensionless, true, "Tangent of an angle in radians."},
    {Op::sinh, "sinh", 1, real, U::dimensionless, true, "Hyperbolic sine."},
    {Op::cosh, "cosh", 1, real, U::dimensionless, true, "Hyperbolic cosine."},
    {Op::tanh, "tanh", 1, real, U::dimensionless, true, "Hyperbolic tangent."},
    {Op::arcsin, "arcsin", 1, real, U::dimensionless, true, "Inverse sine, in radians; NaN outside [-1, 1]."},
    {Op::arccos, "arccos", 1, real, U::dimensionless, true, "Inverse cosine, in radians; NaN outside [-1, 1]."},
    {Op::arctan, "arctan", 1, real, U::dimensionless, true, "Inverse tangent, in radians."},
    {Op::exp, "exp", 1, real, U::dimensionless, true, "Natural exponential."},
    {Op::log, "log", 1, real, U::dimensionless, true, "Natural logarithm; -inf at 0, NaN below."},
    {Op::log10, "log10", 1, real, U::dimensionless, true, "Logarithm to base 10."},
    {Op::expm1, "expm1", 1, real, U::dimensionless, true, "exp(x) - 1, exact near 0."},
    {Op::log1p, "log1p", 1, real, U::dimensionless, true, "log(1 + x), exact near 0."},
    {Op::exprel, "exprel", 1, real, U::dimensionless, true, "(exp(x) - 1)/x, and 1 at 0."},
    {Op::exprel_slope, "exprel_slope", 1, real, U::dimensionless, false, "The derivative of exprel; 1/2 at 0."},
    {Op::bernoulli, "bernoulli", 1, real, U::dimensionless, false, "x/(exp(x) - 1), and 1 at 0: 1/exprel(x)."},
    {Op::bernoulli_slope, "bernoulli_slope", 1, real, U::dimensionless, false,
     "The derivative of bernoulli; -1/2 at 0."},
    {Op::sqrt, "sqrt", 1, real, U::root, true, "Square root; NaN below 0."},
    {Op::ceil, "ceil", 1, real, U::keeps, true, "The smallest whole number not below x."},
    {Op::floor, "floor", 1, real, U::keeps, true, "The largest whole number not above x."},
    {Op::trunc, "int", 1, real, U::keeps, true, "x without its fraction (towards 0); of a condition: 1 or 0."},
    {Op::abs, "abs", 1, real, U::keeps, true, "Absolute value."},
    {Op::sign, "sign", 1, real, U::sign, true, "-1, 0 or 1."},
    {Op::clip, "clip", 3, real, U::same, true, "clip(x, low, high): x, but not below low nor above high."},
    {Op::min, "min", 2, real, U::same, true, "The smaller of two."},
    {Op::max, "max", 2, real, U::same, true, "The larger of two."},
    {Op::round_even, "round_even", 1, real, U::none, false, "The nearest whole number, ties to even."},
    {Op::scale2, "scale2", 2, real, U::none, false, "x * 2^n for whole n, rounded once."},
    {Op::scale2_normal, "scale2_normal", 2, real, U::none, false, "x * 2^floor(n) within the normal numbers."},
    {Op::exponent2, "exponent2", 1, real, U::none, false, "floor(log2 |x|)."},
    {Op::mantissa2, "mantissa2", 1, real, U::none, false, "|x| / 2^exponent2(x), in [1, 2)."},
    {Op::exponent2_near, "exponent2_near", 1, real, U::none, false, "n with x/2^n in (sqrt(1/2), sqrt 2]."},
    {Op::mantissa2_near, "mantissa2_near", 1, real, U::none, false, "x / 2^exponent2_near(x)."},
    {Op::exp2_table, "exp2_table", 1, real, U::none, false, "2^((n mod 16)/16) for whole n."},
    {Op::least, "least", 2, real, U::none, false, "a < b ? a : b."},
    {Op::most, "most", 2, real, U::none, false, "a > b ? a : b."},
    {Op::seldom, "seldom", 3, real, U::choose, false, "select, where the first is seldom true."},
    {Op::random_a, "random_a", 3, real, U::none, false, "A uniform number in (0, 1] at (counter, lane, seed)."},
    {Op::random_b, "random_b", 3, real, U::none, false, "Another one at the same address."},
    {Op::to_single, "to_single", 1, single, U::none, false, "The nearest number of single precision."},
    {Op::to_double, "to_double", 1, real, U::none, false, "A number of single precision, as a double."},
    {Op::normal_a, "normal_a", 3, real, U::none, false, "A standard normal number at (counter, lane, seed)."},
    {Op::normal_b, "normal_b", 3, real, U::none, false, "Another one at the same address."},
    {Op::stop_gradient, "stop_gradient", 1, real, U::keeps, false, "The argument, as if it were a constant."},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < table.size(); ++i)
    if (static_cast<std::size_t>(table[i].op) != i) return false;
  return true;
}
static_assert(in_order(), "a row of the op table is out of place");

}  // namespace

const OpInfo& info(Op op) { return table[static_cast<std::size_t>(op)]; }

std::span<const OpInfo> all_ops() { return table; }

const OpInfo* find_function(std::string_view name) {
  for (const OpInfo& row : table)
    if (row.written && row.name == name) return &row;
  return nullptr;
}

}  // namespace hillock::ir
