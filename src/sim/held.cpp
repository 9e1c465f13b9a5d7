#include "sim/held.hpp"

namespace hillock::sim {

using ir::NodeId;

Held::Held(StepContext& context) : context_(context) {
  const ir::Model& model = context.model();
  ir::Program& p = context.program();
  for (const ir::Held& held : model.held) {
    values_.push_back(context.expression(held.value, context.state_values(), Layout::Stage::start));
    context.define(held.symbol, values_.back());
  }
  for (const ir::Held& held : model.held) {
    // No bound program reads this symbol: `open` puts the value in its place.
    opaque_.push_back(p.graph.symbol(p.add_symbol(ir::Source::column, Layout::step())));
    context.define(held.symbol, opaque_.back());
  }
}

void Held::open(std::span<NodeId*> roots) {
  if (values_.empty()) return;
  ir::Graph& g = context_.program().graph;
  std::vector<NodeId> map(context_.program().variables.size(), ir::no_node);
  for (std::size_t i = 0; i < values_.size(); ++i) {
    map[index(g[opaque_[i]].symbol)] = values_[i];
    context_.define(context_.model().held[i].symbol, values_[i]);
  }
  std::vector<NodeId> old;
  for (const NodeId* root : roots) old.push_back(*root);
  const std::vector<NodeId> opened = ir::simplify(g, old, g, map);
  for (std::size_t i = 0; i < roots.size(); ++i) *roots[i] = opened[i];
}

}  // namespace hillock::sim
