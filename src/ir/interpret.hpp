#pragma once
/// The interpreter: one op after another, in plain C++. It is the truth that compiled code is tested against, and
/// it runs where LLVM is absent.

#include <cstdint>
#include <span>
#include <vector>

#include "ir/graph.hpp"

namespace hillock::ir {

/// 2^(j/16) for j in 0..15, correctly rounded: the table behind Op::exp2_table in every back end.
[[nodiscard]] double exp2_table_entry(int j);

/// The bits of the first number above sqrt(1/2): where Op::mantissa2_near begins in every back end.
inline constexpr std::uint64_t above_sqrt_half = 0x3FE6A09E667F3BCEULL;

/// The value of one op. Elementary functions are the C library's; primitives are exact (see op.hpp).
[[nodiscard]] double apply(Op op, double a, double b, double c);

/// The same in single precision, for the nodes of that type; arguments and value are floats held in doubles. Operations
/// of arithmetic round once, to a float.
[[nodiscard]] double apply_single(Op op, double a, double b, double c);

/// The value of `root`; `symbol_values` is indexed by SymbolId. Booleans are 0 or 1.
[[nodiscard]] double evaluate(const Graph& graph, NodeId root, std::span<const double> symbol_values);

/// Evaluates the same roots many times without allocating.
class Evaluator {
 public:
  Evaluator(const Graph& graph, std::span<const NodeId> roots);
  /// out[i] is the value of root i.
  void run(std::span<const double> symbol_values, std::span<double> out);

 private:
  struct Step {
    Op op;
    bool single;
    std::uint32_t args[3];
    std::uint32_t symbol;
    double value;
  };
  std::vector<Step> steps_;
  std::vector<std::uint32_t> roots_;
  std::vector<double> values_;
};

}  // namespace hillock::ir
