#include "sim/adaptive_spikes.hpp"

#include <algorithm>
#include <cmath>

#include "ir/derive.hpp"
#include "sim/integrate/step_control.hpp"

namespace hillock::sim {
namespace {

using ir::NodeId;
using ir::Op;

constexpr double long_ago = -1e4;      // seconds, as in `Spikes`
constexpr std::size_t kept_times = 4;  // spikes between two samples of a trace
constexpr int halvings = 30;
constexpr double near_end = 1e-6;  // of a step
constexpr double at_most = 1e-9;   // of a row: in shorter steps the states' rounding hides the crossing
constexpr double over = 1e-9;      // of a refractory period: what rounding leaves of it

bool is_condition(const ir::Model& model) {
  const NodeId period = model.spiking->refractory;
  return period != ir::no_node && model.graph[period].type == ir::Type::boolean;
}

}  // namespace

Result<void> AdaptiveSpikes::fits(const ir::Model& model, std::string_view integrator) {
  const bool still = std::ranges::any_of(model.states, [](const ir::State& s) { return s.unless_refractory; });
  if (!still || !is_condition(model)) return {};
  return fail(Error{"integrator-unfit",
                    std::string(integrator) +
                        " needs to know when equations that stand still go on, and here `refractory` is a condition",
                    model.spiking->span, "model.integrator", "a fixed step: exponential_midpoint or rk4"});
}

AdaptiveSpikes::AdaptiveSpikes(StepContext& context) : context_(context) {
  const ir::Model& model = context.model();
  ir::Program& p = context.program();
  ir::Algebra& al = context.algebra();
  last_ = p.carry("last spike", al.number(long_ago));
  count_ = p.carry("spikes", al.number(0.0));
  for (std::size_t k = 0; k < kept_times; ++k) times_.push_back(p.carry("time of a spike", al.number(long_ago)));
  if (is_condition(model) || (model.not_refractory && model.spiking->refractory != ir::no_node))
    free_ = p.carry("not refractory", al.number(1.0));
  between_steps();
}

void AdaptiveSpikes::define(NodeId last_spike, NodeId not_refractory) {
  const ir::Model& model = context_.model();
  if (model.last_spike) context_.define(*model.last_spike, last_spike);
  if (model.not_refractory) context_.define(*model.not_refractory, not_refractory);
}

void AdaptiveSpikes::between_steps() {
  ir::Program& p = context_.program();
  define(p.carried(last_), free_ ? p.carried(*free_) : context_.algebra().number(1.0));
}

void AdaptiveSpikes::begin() {
  const ir::Spiking& spiking = *context_.model().spiking;
  ir::Program& p = context_.program();
  ir::Algebra& al = context_.algebra();
  const NodeId start = context_.progress();
  const auto x = context_.state_values();
  not_refractory_ = al.g.boolean(true);
  waits_ = al.g.boolean(false);
  if (spiking.refractory != ir::no_node) {
    const NodeId period = context_.expression_at(spiking.refractory, x, start);
    if (is_condition(context_.model())) {
      const NodeId was_free = al.make(Op::gt, p.carried(*free_), al.number(0.5));
      not_refractory_ = al.make(Op::lor, was_free, al.make(Op::lnot, period));
    } else {
      const NodeId left = al.sub(period, al.sub(context_.time_at(start), p.carried(last_)));
      not_refractory_ = al.make(Op::le, left, al.mul(al.number(over), al.make(Op::abs, period)));
      waits_ = al.make(Op::gt, period, al.number(0.0));
      const NodeId rest = al.make(Op::min, context_.offered(), al.div(left, context_.step()));
      context_.shorten(al.select(not_refractory_, context_.offered(), rest));
    }
    context_.move_while(not_refractory_);
    define(p.carried(last_), al.make(Op::to_real, not_refractory_));
  }
  was_true_ = context_.expression_at(spiking.threshold, x, start);
}

std::vector<NodeId> AdaptiveSpikes::reset(const std::vector<NodeId>& values, NodeId fraction) {
  std::vector<NodeId> after = values;
  for (const ir::Reset& r : context_.model().spiking->resets)
    after[r.state] = context_.expression_at(r.value, values, fraction);
  return after;
}

NodeId AdaptiveSpikes::crossing(const std::vector<NodeId>& next) {
  // Hermite's cubic on (0, 1) for the states that the threshold reads: x + s (m0 + s (c + s d)) with the slopes m = h
  // f.
  const ir::Model& model = context_.model();
  ir::Algebra& al = context_.algebra();
  const auto x = context_.state_values();
  const NodeId start = context_.progress(), fraction = context_.fraction();
  const NodeId h = al.mul(context_.step(), fraction);
  const auto f0 = context_.derivatives_at(x, start);
  const auto f1 = context_.derivatives_at(next, al.add(start, fraction));
  std::vector<std::vector<NodeId>> cubic(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!ir::depends_on(model.graph, model.spiking->threshold, model.states[i].symbol)) continue;
    const NodeId rise = al.sub(next[i], x[i]);
    const NodeId m0 = al.mul(h, f0[i]), m1 = al.mul(h, f1[i]);
    const NodeId both = al.add(m0, m1);
    cubic[i] = {m0, al.sub(al.mul(al.number(3.0), rise), al.add(m0, both)), al.sub(both, al.mul(al.number(2.0), rise))};
  }
  NodeId low = al.number(0.0);  // the condition is false here
  for (int k = 1; k <= halvings; ++k) {
    const NodeId s = al.add(low, al.number(std::ldexp(1.0, -k)));
    std::vector<NodeId> there = next;
    for (std::size_t i = 0; i < x.size(); ++i)
      if (!cubic[i].empty()) {
        const NodeId inner = al.add(cubic[i][1], al.mul(s, cubic[i][2]));
        there[i] = al.add(x[i], al.mul(s, al.add(cubic[i][0], al.mul(s, inner))));
      }
    const NodeId crossed = context_.expression_at(model.spiking->threshold, there, al.add(start, al.mul(s, fraction)));
    low = al.select(crossed, low, s);
  }
  return al.add(low, al.number(std::ldexp(1.0, -halvings)));
}

std::vector<NodeId> AdaptiveSpikes::advance(const std::vector<NodeId>& next, ir::Adaptive& control) {
  const ir::Spiking& spiking = *context_.model().spiking;
  ir::Program& p = context_.program();
  ir::Algebra& al = context_.algebra();
  const auto both = [&](NodeId a, NodeId b) { return al.make(Op::land, a, b); };
  const auto no = [&](NodeId a) { return al.make(Op::lnot, a); };
  const NodeId zero = al.number(0.0), one = al.number(1.0);
  const NodeId start = context_.progress(), fraction = context_.fraction(), offered = context_.offered();
  const auto x = context_.state_values();
  const NodeId end = al.add(start, fraction);

  const NodeId good = al.make(Op::le, control.error, one);
  const NodeId rises =
      both(both(not_refractory_, no(was_true_)), both(good, context_.expression_at(spiking.threshold, next, end)));
  const NodeId where = crossing(next);
  const NodeId beyond = al.sub(one, where);  // of the trial step
  const NodeId here = al.make(Op::lor, al.make(Op::le, beyond, al.number(near_end)),
                              al.make(Op::le, al.mul(beyond, fraction), al.number(at_most)));
  const NodeId again = context_.expression_at(spiking.threshold, reset(x, start), start);
  const NodeId at_once = both(both(not_refractory_, was_true_), al.make(Op::lor, waits_, no(again)));
  const NodeId spike = al.make(Op::lor, at_once, both(rises, here));
  const NodeId retry = both(both(rises, no(here)), no(at_once));

  // What the trial is worth: nothing where it went beyond the crossing.
  const NodeId share = al.div(fraction, offered);
  const NodeId kept = factor_of_shortened(context_, control);
  const NodeId to_crossing = al.mul(share, al.add(where, al.number(0.5 * near_end)));
  control.factor = al.select(spike, al.div(one, offered), al.select(retry, to_crossing, kept));
  control.error = al.select(at_once, zero, al.select(retry, al.number(2.0), control.error));
  control.taken = al.select(at_once, zero, fraction);

  const NodeId when = al.select(at_once, start, end);
  const NodeId now = context_.time_at(when);
  p.advance.push_back({last_, al.select(spike, now, p.carried(last_))});
  p.advance.push_back({count_, al.add(p.carried(count_), al.select(spike, one, zero))});
  for (std::size_t k = 0; k < times_.size(); ++k) {
    const NodeId slot = al.make(Op::mod, p.carried(count_), al.number(static_cast<double>(times_.size())));
    const NodeId mine = both(spike, al.make(Op::eq, slot, al.number(static_cast<double>(k))));
    p.advance.push_back({times_[k], al.select(mine, now, p.carried(times_[k]))});
  }
  const bool ever = spiking.refractory != ir::no_node;
  const NodeId free = ever ? al.make(Op::to_real, both(not_refractory_, no(spike))) : one;
  if (free_) p.advance.push_back({*free_, free});
  define(al.select(spike, now, p.carried(last_)), free);

  std::vector<NodeId> before;
  for (std::size_t i = 0; i < x.size(); ++i) before.push_back(al.select(at_once, x[i], next[i]));
  std::vector<NodeId> after = reset(before, when);
  for (std::size_t i = 0; i < x.size(); ++i) after[i] = al.select(spike, after[i], next[i]);
  return after;
}

}  // namespace hillock::sim
