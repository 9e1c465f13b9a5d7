/// Columns that never change become numbers: those with the same bits in every row, NaN included.

#include <bit>

#include "ir/algebra.hpp"
#include "ir/passes/rewrite.hpp"

namespace hillock::ir {

void fold_constant_columns(Program& program, const Timeline& timeline) {
  std::vector<bool> constant(timeline.columns, timeline.rows > 0);
  std::vector<double> value(timeline.columns);
  std::vector<std::uint32_t> open;  // columns that may be constant, as far as the rows so far tell
  for (std::uint32_t c = 0; c < timeline.columns; ++c) {
    const auto known = timeline.source ? timeline.source->constant(c) : std::nullopt;
    if (known) value[c] = *known;
    else open.push_back(c);
  }
  timeline.each_block([&](Rows rows, std::span<const double> values, std::span<const std::uint8_t>) {
    if (rows.begin == 0)
      for (const std::uint32_t c : open) value[c] = values[c];
    std::erase_if(open, [&](std::uint32_t c) {
      for (std::size_t i = c; i < values.size(); i += timeline.columns)
        if (std::bit_cast<std::uint64_t>(values[i]) != std::bit_cast<std::uint64_t>(value[c])) {
          constant[c] = false;
          return true;
        }
      return false;
    });
    return !open.empty();
  });
  rewrite_program(program, [&](Graph& g, NodeId, const Node& node, std::span<const NodeId> args) {
    if (node.op == Op::symbol) {
      const Variable& v = program.variables[index(node.symbol)];
      if (v.source == Source::column && constant[v.index]) return g.constant(value[v.index]);
    }
    if (node.op == Op::constant || node.op == Op::symbol) return same_node(g, node, args);
    Algebra algebra(g);
    return algebra.make(node.op, args);
  });
}

}  // namespace hillock::ir
