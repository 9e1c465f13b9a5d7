#include "sim/model_size.hpp"

#include <string>
#include <vector>

namespace hillock::sim {

std::size_t model_operations(const ir::Model& model) {
  std::vector<ir::NodeId> roots;
  const auto want = [&](ir::NodeId id) {
    if (id != ir::no_node) roots.push_back(id);
  };
  for (const ir::State& s : model.states) want(s.derivative), want(s.init);
  for (const ir::Definition& d : model.definitions) want(d.node);
  for (const ir::Observation& o : model.observations) want(o.mean), want(o.sd), want(o.tau);
  if (model.spiking) {
    want(model.spiking->threshold), want(model.spiking->refractory);
    for (const ir::Reset& r : model.spiking->resets) want(r.value);
  }
  std::size_t count = 0;
  for (const ir::NodeId id : ir::reachable(model.graph, roots)) {
    const ir::Op op = model.graph[id].op;
    if (op != ir::Op::constant && op != ir::Op::symbol) ++count;
  }
  return count;
}

Result<void> small_enough_to_run(const ir::Model& model) {
  const std::size_t size = model_operations(model);
  if (size <= most_operations) return {};
  return fail("model-too-large",
              std::to_string(model.states.size()) + " states and " + std::to_string(size) +
                  " operations in the equations: what runs has at most " + std::to_string(most_operations),
              model.name, "fewer equations; a model here is one compartment");
}

}  // namespace hillock::sim
