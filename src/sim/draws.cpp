#include "sim/draws.hpp"

#include <array>

namespace hillock::sim {
namespace {

using ir::NodeId;
using ir::Op;

constexpr double apart_from_noise = 0x1p51;  // added to the number of the simulation

/// Two rows share a block of two numbers: `pair` counts blocks, `odd` chooses.
void define_at(StepContext& context, NodeId pair, NodeId odd) {
  const ir::Model& model = context.model();
  ir::Program& p = context.program();
  ir::Algebra& al = context.algebra();
  for (const ir::Draw& draw : model.draws) {
    const NodeId counter = al.add(al.mul(pair, al.number(model.streams)), al.number(draw.stream));
    const NodeId lane = al.add(p.parameter(lane_parameter(model)), al.number(apart_from_noise));
    const std::array<NodeId, 3> address{counter, lane, p.parameter(seed_parameter(model))};
    const NodeId a = al.g.make(draw.normal ? Op::normal_a : Op::random_a, address);
    const NodeId b = al.g.make(draw.normal ? Op::normal_b : Op::random_b, address);
    context.define(draw.symbol, al.select(odd, b, a));
  }
}

}  // namespace

void define_draws(StepContext& context) {
  if (context.model().draws.empty()) return;
  ir::Program& p = context.program();
  const Layout layout(context.model());
  define_at(context, p.column(layout.row_pair()),
            context.algebra().make(Op::gt, p.column(layout.row_odd()), context.algebra().number(0.5)));
}

void define_first_draws(StepContext& context) {
  ir::Algebra& al = context.algebra();
  define_at(context, al.number(0.0), al.g.boolean(false));
}

}  // namespace hillock::sim
