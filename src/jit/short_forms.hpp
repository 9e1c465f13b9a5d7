#pragma once
/// Forms for which an instruction set has shorter code than their operations one by one; the same bits.

#include <array>

#include "ir/graph.hpp"
#include "jit/kernel.hpp"

namespace hillock::jit {

class ShortForms {
 public:
  /// `wanted`: false has every node as it is.
  ShortForms(const ir::Graph& graph, Isa isa, bool wanted) : g_(graph), isa_(isa), wanted_(wanted) {}

  /// What the code of a node reads: its arguments, or what stands for them in a shorter form.
  [[nodiscard]] std::array<ir::NodeId, 3> operands(ir::NodeId id) const;
  /// Whether a node reads the magic sum of its argument (exp2_table) or exponent (scale2_normal): adding 1.5*2^52, or
  /// 1.5*2^48 for sixteenths, leaves a whole number in the low bits, and the difference that recovers it is not needed.
  [[nodiscard]] bool reads_magic(ir::NodeId id) const;

 private:
  [[nodiscard]] ir::NodeId magic_sum(ir::NodeId id) const;
  [[nodiscard]] ir::NodeId without(ir::NodeId id, double magic) const;

  const ir::Graph& g_;
  Isa isa_;
  bool wanted_;
};

}  // namespace hillock::jit
