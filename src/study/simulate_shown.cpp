#include "study/simulate_shown.hpp"

#include <algorithm>

namespace hillock::study {

ir::Model shown_model(const ir::Model& model) {
  ir::Model m = model;
  m.observations.clear();
  const ir::NodeId one = m.graph.constant(1.0);
  const auto add = [&](const std::string& name, ir::NodeId node, const units::Unit& unit) {
    if (m.graph[node].type != ir::Type::real) node = m.graph.make(ir::Op::to_real, node);
    m.observations.push_back({name, ir::NoiseFamily::normal, node, one, ir::no_node, unit, {}});
  };
  for (const ir::SymbolId id : m.inputs) add(m.symbol(id).name, m.graph.symbol(id), m.symbol(id).unit);
  for (const ir::State& s : m.states) add(m.symbol(s.symbol).name, m.graph.symbol(s.symbol), m.symbol(s.symbol).unit);
  for (const ir::Definition& d : m.definitions) add(d.name, d.node, d.unit);
  for (const ir::Observation& o : model.observations)
    if (std::none_of(m.observations.begin(), m.observations.end(), [&](auto& e) { return e.channel == o.channel; }))
      add(o.channel, o.mean, o.unit);
  return m;
}

}  // namespace hillock::study
