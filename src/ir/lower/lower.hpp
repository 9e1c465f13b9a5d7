#pragma once
/// Elementary functions as expressions in primitive ops.
///
/// Every back end executes a primitive with the same IEEE rounding, so a lowered function gives the same bits in the
/// interpreter and in compiled code of any vector width. The expansions are straight lines (special cases by
/// `select`), accurate to 2 ulp over all doubles, with the special values of C99 (signed zeros, infinities, NaN).
/// Measured errors and op counts: docs/reference/math.md, checked by test/lower_test.cpp.
///
/// The domain is the op's own, with one exception: `mod` and `floordiv` of a quotient of 2^53 or more (see there).

#include <span>

#include "ir/graph.hpp"

namespace hillock::ir {

/// The primitive expansion of op(args); of a primitive, the node itself. Constants are folded on the way, so that
/// pow(x, 3) is x*x*x and pow(2.3, y) computes no logarithm.
[[nodiscard]] NodeId lower(Graph& graph, Op op, std::span<const NodeId> args);

/// The same of a library function of singles: at most 2 units in the last place of a single, over all of them.
[[nodiscard]] NodeId lower_single(Graph& graph, Op op, std::span<const NodeId> args);

[[nodiscard]] NodeId lower_exp(Graph& graph, NodeId x);
/// The same bits without a choice by the size of x: for what is itself on the rare side of one.
[[nodiscard]] NodeId lower_exp_anywhere(Graph& graph, NodeId x);
[[nodiscard]] NodeId lower_expm1(Graph& graph, NodeId x);
/// (e^x - 1)/x, 1 at 0; finite up to x = 716.3, where e^x alone overflows at 709.8.
[[nodiscard]] NodeId lower_exprel(Graph& graph, NodeId x);
[[nodiscard]] NodeId lower_exprel_slope(Graph& graph, NodeId x);
[[nodiscard]] NodeId lower_bernoulli(Graph& graph, NodeId x);
[[nodiscard]] NodeId lower_bernoulli_slope(Graph& graph, NodeId x);

[[nodiscard]] NodeId lower_log(Graph& graph, NodeId x);
[[nodiscard]] NodeId lower_log10(Graph& graph, NodeId x);
[[nodiscard]] NodeId lower_log1p(Graph& graph, NodeId x);

[[nodiscard]] NodeId lower_sin(Graph& graph, NodeId x);
[[nodiscard]] NodeId lower_cos(Graph& graph, NodeId x);
[[nodiscard]] NodeId lower_tan(Graph& graph, NodeId x);

[[nodiscard]] NodeId lower_sinh(Graph& graph, NodeId x);
[[nodiscard]] NodeId lower_cosh(Graph& graph, NodeId x);
[[nodiscard]] NodeId lower_tanh(Graph& graph, NodeId x);

[[nodiscard]] NodeId lower_arcsin(Graph& graph, NodeId x);
[[nodiscard]] NodeId lower_arccos(Graph& graph, NodeId x);
[[nodiscard]] NodeId lower_arctan(Graph& graph, NodeId x);

/// C99 pow, all special cases. The constant exponents -1, 0, 0.5, 1, 2, 3, 4 become products, a quotient or a root.
[[nodiscard]] NodeId lower_pow(Graph& graph, NodeId x, NodeId y);
/// Is y one of those exponents? With them `lower_pow` takes any precision.
[[nodiscard]] bool is_simple_power(const Graph& graph, NodeId y);

/// Python's x % y (sign of y), exact up to one rounding; NaN where |x/y| >= 2^53: an angle so far off is a blow-up.
[[nodiscard]] NodeId lower_mod(Graph& graph, NodeId x, NodeId y);
/// floor(x/y), the quotient rounded first.
[[nodiscard]] NodeId lower_floordiv(Graph& graph, NodeId x, NodeId y);
/// Of any precision, as `lower_min`, `lower_max` and `lower_clip` are.
[[nodiscard]] NodeId lower_sign(Graph& graph, NodeId x);
/// Box & Muller 1958 of random_a and random_b at the same address: the cosine's number, or the sine's.
[[nodiscard]] NodeId lower_normal(Graph& graph, std::span<const NodeId> address, bool sine);

[[nodiscard]] NodeId lower_min(Graph& graph, NodeId x, NodeId y);
[[nodiscard]] NodeId lower_max(Graph& graph, NodeId x, NodeId y);
[[nodiscard]] NodeId lower_clip(Graph& graph, NodeId x, NodeId low, NodeId high);

}  // namespace hillock::ir
