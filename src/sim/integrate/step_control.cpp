#include "sim/integrate/step_control.hpp"

namespace hillock::sim {

using ir::NodeId;
using ir::Op;

ir::Adaptive control_step(StepContext& context, std::span<const NodeId> x, std::span<const NodeId> next,
                          std::span<const NodeId> error, int order) {
  ir::Algebra& al = context.algebra();
  NodeId total = al.number(0.0);  // mean square over the states: a NaN anywhere stays one
  for (std::size_t i = 0; i < x.size(); ++i) {
    const NodeId size = al.make(Op::max, al.make(Op::abs, x[i]), al.make(Op::abs, next[i]));
    const NodeId allowed = al.add(al.number(step_tolerance), al.mul(al.number(step_tolerance), size));
    const NodeId ratio = al.div(al.make(Op::abs, context.hold(i, error[i], al.number(0.0))), allowed);
    total = al.add(total, al.mul(ratio, ratio));
  }
  ir::Adaptive control;
  const NodeId worst = al.mul(total, al.number(1.0 / static_cast<double>(x.size())));
  control.error = worst;
  const NodeId usable = al.make(Op::lt, worst, al.number(1e10));
  const NodeId tame = al.make(Op::max, al.select(usable, worst, al.number(1.0)), al.number(1e-20));
  const NodeId root = al.make(Op::exp, al.mul(al.number(-0.5 / order), al.make(Op::log, tame)));
  const NodeId factor =
      al.make(Op::max, al.make(Op::min, al.mul(al.number(0.9), root), al.number(5.0)), al.number(0.2));
  control.factor = al.select(usable, factor, al.number(0.2));
  return control;
}

NodeId factor_of_shortened(StepContext& context, const ir::Adaptive& control) {
  ir::Algebra& al = context.algebra();
  const NodeId fraction = context.fraction(), offered = context.offered(), one = al.number(1.0);
  const NodeId good = al.make(Op::le, control.error, one);
  const NodeId cut = al.make(Op::lt, fraction, offered);
  return al.select(al.make(Op::land, cut, good), one, al.mul(al.div(fraction, offered), control.factor));
}

}  // namespace hillock::sim
