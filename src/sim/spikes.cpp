#include "sim/spikes.hpp"

namespace hillock::sim {
namespace {

using ir::NodeId;
using ir::Op;
using Stage = Layout::Stage;

constexpr double long_ago = -1e4;  // seconds: Brian 2's last spike of a cell that never spiked

}  // namespace

Spikes::Spikes(StepContext& context) : context_(context) {
  const ir::Spiking& spiking = *context.model().spiking;
  ir::Program& p = context.program();
  ir::Algebra& al = context.algebra();
  last_ = p.carry("last spike", al.number(long_ago));
  count_ = p.carry("spikes", al.number(0.0));
  if (spiking.refractory == ir::no_node) return;
  const NodeId period = context.expression(spiking.refractory, context.state_values(), Stage::start);
  if (al.g[period].type == ir::Type::boolean) {
    free_ = p.carry("not refractory", al.number(1.0));
    const NodeId was_free = al.make(Op::gt, p.carried(*free_), al.number(0.5));
    not_refractory_ = al.make(Op::lor, was_free, al.make(Op::lnot, period));
  } else {
    const NodeId since = al.sub(p.column(Layout(context.model()).time(Stage::start)), p.carried(last_));
    not_refractory_ =
        al.make(Op::ge, ir::whole_steps(al, since, context.step()), ir::whole_steps(al, period, context.step()));
  }
  context.move_while(not_refractory_);
}

std::vector<NodeId> Spikes::advance(const std::vector<NodeId>& next) {
  const ir::Model& model = context_.model();
  const ir::Spiking& spiking = *model.spiking;
  ir::Program& p = context_.program();
  ir::Algebra& al = context_.algebra();
  NodeId spike = context_.expression(spiking.threshold, next, Stage::start);
  if (not_refractory_ != ir::no_node) spike = al.make(Op::land, spike, not_refractory_);
  std::vector<NodeId> after = next;
  for (const ir::Reset& reset : spiking.resets)
    after[reset.state] = al.select(spike, context_.expression(reset.value, next, Stage::start), next[reset.state]);
  const NodeId now = p.column(Layout(model).time(Stage::start));
  p.advance.push_back({last_, al.select(spike, now, p.carried(last_))});
  p.advance.push_back({count_, al.add(p.carried(count_), al.select(spike, al.number(1.0), al.number(0.0)))});
  if (free_) {
    const NodeId stays_free = al.make(Op::land, not_refractory_, al.make(Op::lnot, spike));
    p.advance.push_back({*free_, al.make(Op::to_real, stays_free)});
  }
  return after;
}

}  // namespace hillock::sim
