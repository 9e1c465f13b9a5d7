#include "lang/check_noise.hpp"

#include "ir/algebra.hpp"
#include "ir/derive.hpp"

namespace hillock::lang {
namespace {

class NoiseCheck {
 public:
  explicit NoiseCheck(const ir::Model& model) : model_(model) {}

  Errors take() {
    if (model_.noises.empty()) return {};
    for (const ir::State& state : model_.states) {
      const ir::Symbol& symbol = model_.symbol(state.symbol);
      nowhere_in(state.init, "the initial value of '" + symbol.name + "'", symbol.span);
    }
    for (const ir::Observation& o : model_.observations)
      for (const ir::NodeId node : {o.mean, o.sd, o.tau}) nowhere_in(node, "what is observed", o.span);
    for (const ir::Requirement& r : model_.requirements)
      nowhere_in(r.expression, "a condition on the parameters", r.span);
    if (model_.spiking) {
      nowhere_in(model_.spiking->threshold, "a threshold", model_.spiking->span);
      nowhere_in(model_.spiking->refractory, "a refractory period", model_.spiking->span);
      for (const ir::Reset& reset : model_.spiking->resets) nowhere_in(reset.value, "a reset", model_.spiking->span);
    }
    for (const ir::Event& event : model_.events) {
      nowhere_in(event.condition, "the condition of an event", event.span);
      for (const ir::Reset& reset : event.resets) nowhere_in(reset.value, "an event", event.span);
    }
    for (const ir::Held& held : model_.held) {
      const ir::Symbol& symbol = model_.symbol(held.symbol);
      nowhere_in(held.value, "'" + symbol.name + "', which is constant over dt,", symbol.span);
    }
    for (const ir::SymbolId noise : model_.noises) linear(noise);
    return std::move(errors_);
  }

 private:
  const ir::Model& model_;
  Errors errors_;

  void nowhere_in(ir::NodeId node, const std::string& what, const Span& span) {
    if (node == ir::no_node) return;
    for (const ir::SymbolId noise : model_.noises) {
      if (!ir::depends_on(model_.graph, node, noise)) continue;
      errors_.push_back({"noise-misplaced", what + " holds the noise '" + model_.symbol(noise).name + "'", span, "",
                         "noise drives differential equations; give this one a state that it drives"});
      return;
    }
  }

  void linear(ir::SymbolId noise) {
    const std::string& name = model_.symbol(noise).name;
    const ir::State* first = nullptr;
    for (const ir::State& state : model_.states) {
      if (!ir::depends_on(model_.graph, state.derivative, noise)) continue;
      const ir::Symbol& symbol = model_.symbol(state.symbol);
      ir::Graph graph = model_.graph;
      ir::Algebra algebra(graph);
      const ir::NodeId at = graph.symbol(noise);
      const ir::NodeId slope = ir::gradient(algebra, state.derivative, std::span(&at, 1))[0];
      for (const ir::SymbolId other : model_.noises)
        if (ir::depends_on(graph, slope, other)) {
          errors_.push_back({"noise-not-linear", "d" + symbol.name + "/dt is not linear in the noise '" + name + "'",
                             symbol.span, "", "a drift, plus factors without noise times noise"});
          break;
        }
      if (first != nullptr && name == "xi")
        errors_.push_back(
            {"noise-shared",
             "'xi' stands in d" + model_.symbol(first->symbol).name + "/dt and in d" + symbol.name + "/dt", symbol.span,
             "", "xi_1 in one and xi_2 in the other; one name twice is one and the same noise"});
      first = &state;
    }
  }
};

}  // namespace

Errors noise_mistakes(const ir::Model& model) { return NoiseCheck(model).take(); }

}  // namespace hillock::lang
