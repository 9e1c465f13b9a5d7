#include "jit/code_key.hpp"

#include <bit>

namespace hillock::jit {
namespace {

class Writer {
 public:
  void number(std::uint64_t value) {
    for (unsigned byte = 0; byte < 8; ++byte) out_ += static_cast<char>((value >> (8U * byte)) & 0xFFU);
  }
  /// Node numbers are most of it, and small: seven bits a byte.
  void small(std::uint64_t value) {
    for (; value >= 0x80U; value >>= 7U) out_ += static_cast<char>((value & 0x7FU) | 0x80U);
    out_ += static_cast<char>(value);
  }
  void node(ir::NodeId id) { small(static_cast<std::uint32_t>(ir::index(id) + 1U)); }  // none is 0
  void nodes(const std::vector<ir::NodeId>& list) {
    small(list.size());
    for (const ir::NodeId id : list) node(id);
  }
  void assignments(const std::vector<ir::Assignment>& list) {
    small(list.size());
    for (const ir::Assignment& a : list) {
      small(a.carried);
      node(a.value);
    }
  }
  void phase(const ir::Loop::Phase& phase) {
    small(phase.groups.size());
    for (const ir::Group& group : phase.groups) {
      small(group.bit);
      nodes(group.nodes);
    }
    nodes(phase.nodes);
  }
  void graph(const ir::Graph& graph) {
    small(graph.size());
    for (std::uint32_t i = 0; i < graph.size(); ++i) {
      const ir::Node& each = graph[ir::NodeId{i}];
      small(static_cast<std::uint64_t>(each.op));
      small(static_cast<std::uint64_t>(each.type));
      for (const ir::NodeId arg : each.args) node(arg);
      if (each.op == ir::Op::constant) number(std::bit_cast<std::uint64_t>(each.value));
      if (each.op == ir::Op::symbol) small(ir::index(each.symbol));
    }
  }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

}  // namespace

std::string code_key(const ir::Loop& loop, const KernelOptions& options) {
  Writer w;
  w.small(static_cast<std::uint64_t>(options.isa));
  w.small(static_cast<std::uint64_t>(options.vectors));
  for (const bool part : {options.arrangement.short_forms, options.arrangement.usual_row, options.arrangement.order})
    w.small(part ? 1U : 0U);
  w.graph(loop.graph);
  w.small(loop.variables.size());
  for (const ir::Variable& v : loop.variables) {
    w.small(static_cast<std::uint64_t>(v.source));
    w.small(v.index);
  }
  w.small(loop.parameters);
  w.small(loop.columns);
  w.small(loop.carried);
  w.nodes(loop.prologue);
  w.nodes(loop.init);
  w.assignments(loop.observe);
  w.assignments(loop.advance);
  w.nodes(loop.outputs);
  w.phase(loop.observe_phase);
  w.phase(loop.advance_phase);
  w.small(loop.taped.size());
  for (const std::uint32_t c : loop.taped) w.small(c);
  w.small(loop.tape);
  w.small(loop.observe_last ? 1U : 0U);
  w.small(loop.single ? 1U : 0U);
  w.small(loop.adaptive ? 1U : 0U);
  if (loop.adaptive) {
    w.node(loop.adaptive->error);
    w.node(loop.adaptive->factor);
    w.node(loop.adaptive->taken);
    w.small(static_cast<std::uint64_t>(loop.adaptive->max_substeps));
  }
  return std::string(compiler_version()) + '\n' + w.take();
}

}  // namespace hillock::jit
