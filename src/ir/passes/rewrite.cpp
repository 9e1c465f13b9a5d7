#include "ir/passes/rewrite.hpp"

#include <algorithm>

namespace hillock::ir {

Dependence Dependences::compute(NodeId id) const {
  const Node& node = graph_[id];
  Dependence out;
  if (node.op == Op::symbol) {
    const Variable& v = variables_[index(node.symbol)];
    out.parameter = v.source == Source::parameter;
    out.carried = v.source != Source::parameter && v.source != Source::column;
    if (v.source == Source::column) out.columns.push_back(v.index);
    return out;
  }
  for (const NodeId arg : node.args) {
    if (arg == no_node) continue;
    const Dependence& d = known_[index(arg)];
    out.parameter |= d.parameter;
    out.carried |= d.carried;
    std::vector<std::uint32_t> both;
    std::set_union(out.columns.begin(), out.columns.end(), d.columns.begin(), d.columns.end(),
                   std::back_inserter(both));
    out.columns = std::move(both);
  }
  return out;
}

std::vector<NodeId> gather_roots(const Program& program) {
  std::vector<NodeId> all(program.init);
  for (const Assignment& a : program.observe) all.push_back(a.value);
  for (const Assignment& a : program.advance) all.push_back(a.value);
  all.insert(all.end(), program.outputs.begin(), program.outputs.end());
  if (program.adaptive)
    for (const NodeId id : program.adaptive->roots()) all.push_back(id);
  return all;
}

void scatter_roots(std::span<const NodeId> all, Program& program) {
  std::size_t i = 0;
  for (NodeId& id : program.init) id = all[i++];
  for (Assignment& a : program.observe) a.value = all[i++];
  for (Assignment& a : program.advance) a.value = all[i++];
  for (NodeId& id : program.outputs) id = all[i++];
  if (program.adaptive) {
    program.adaptive->error = all[i++];
    program.adaptive->factor = all[i++];
    if (program.adaptive->taken != no_node) program.adaptive->taken = all[i++];
  }
}

}  // namespace hillock::ir
