#include "sim/spikes.hpp"

namespace hillock::sim {
namespace {

using ir::NodeId;
using ir::Op;
using Stage = Layout::Stage;

constexpr double long_ago = -1e4;  // seconds: Brian 2's last spike of a cell that never spiked

/// Is this `refractory` a condition? Symbols are no booleans, so the model's graph tells.
bool is_condition(const ir::Model& model) {
  const NodeId period = model.spiking->refractory;
  return period != ir::no_node && model.graph[period].type == ir::Type::boolean;
}

}  // namespace

Spikes::Spikes(StepContext& context) : context_(context) {
  const ir::Model& model = context.model();
  ir::Program& p = context.program();
  ir::Algebra& al = context.algebra();
  if (model.spiking) {
    last_ = p.carry("last spike", al.number(long_ago));
    count_ = p.carry("spikes", al.number(0.0));
    if (is_condition(model) || (model.not_refractory && model.spiking->refractory != ir::no_node))
      free_ = p.carry("not refractory", al.number(1.0));
  }
  for (const ir::Event& event : model.events) event_counts_.push_back(p.carry(event.name, al.number(0.0)));
  between_steps();
}

void Spikes::define_at_start(StepContext& context) {
  const ir::Model& model = context.model();
  if (model.last_spike) context.define(*model.last_spike, context.algebra().number(long_ago));
  if (model.not_refractory) context.define(*model.not_refractory, context.algebra().number(1.0));
}

void Spikes::define(NodeId last_spike, NodeId not_refractory) {
  const ir::Model& model = context_.model();
  if (model.last_spike) context_.define(*model.last_spike, last_spike);
  if (model.not_refractory) context_.define(*model.not_refractory, not_refractory);
}

void Spikes::between_steps() {
  if (!context_.model().spiking) return;
  ir::Program& p = context_.program();
  define(p.carried(last_), free_ ? p.carried(*free_) : context_.algebra().number(1.0));
}

void Spikes::begin() {
  const ir::Model& model = context_.model();
  if (!model.spiking || model.spiking->refractory == ir::no_node) return;
  ir::Program& p = context_.program();
  ir::Algebra& al = context_.algebra();
  const NodeId period = context_.expression(model.spiking->refractory, context_.state_values(), Stage::start);
  if (is_condition(model)) {
    const NodeId was_free = al.make(Op::gt, p.carried(*free_), al.number(0.5));
    not_refractory_ = al.make(Op::lor, was_free, al.make(Op::lnot, period));
  } else {
    const NodeId since = al.sub(p.column(Layout(model).time(Stage::start)), p.carried(last_));
    not_refractory_ =
        al.make(Op::ge, ir::whole_steps(al, since, context_.step()), ir::whole_steps(al, period, context_.step()));
  }
  context_.move_while(not_refractory_);
  define(p.carried(last_), al.make(Op::to_real, not_refractory_));
}

std::vector<NodeId> Spikes::advance(const std::vector<NodeId>& next) {
  const ir::Model& model = context_.model();
  ir::Program& p = context_.program();
  ir::Algebra& al = context_.algebra();
  NodeId spike = al.g.boolean(false);
  if (model.spiking) {
    spike = context_.expression(model.spiking->threshold, next, Stage::start);
    if (not_refractory_ != ir::no_node) spike = al.make(Op::land, spike, not_refractory_);
    const NodeId now = p.column(Layout(model).time(Stage::start));
    const NodeId last = al.select(spike, now, p.carried(last_));
    p.advance.push_back({last_, last});
    count(*count_, spike);
    NodeId free = al.number(1.0);
    if (not_refractory_ != ir::no_node)
      free = al.make(Op::to_real, al.make(Op::land, not_refractory_, al.make(Op::lnot, spike)));
    if (free_) p.advance.push_back({*free_, free});
    define(last, free);
  }
  std::vector<NodeId> happened;
  for (std::size_t e = 0; e < model.events.size(); ++e) {
    happened.push_back(context_.expression(model.events[e].condition, next, Stage::start));
    count(event_counts_[e], happened.back());
  }
  std::vector<NodeId> after = next;
  if (model.spiking) after = assign(model.spiking->resets, spike, after);
  for (std::size_t e = 0; e < model.events.size(); ++e) after = assign(model.events[e].resets, happened[e], after);
  return after;
}

void Spikes::count(std::uint32_t carried, NodeId happened) {
  ir::Algebra& al = context_.algebra();
  const NodeId before = context_.program().carried(carried);
  context_.program().advance.push_back({carried, al.add(before, al.select(happened, al.number(1.0), al.number(0.0)))});
}

std::vector<NodeId> Spikes::assign(const std::vector<ir::Reset>& resets, NodeId where,
                                   const std::vector<NodeId>& states) {
  std::vector<NodeId> after = states;
  for (const ir::Reset& reset : resets)
    after[reset.state] =
        context_.algebra().select(where, context_.expression(reset.value, states, Stage::start), states[reset.state]);
  return after;
}

}  // namespace hillock::sim
