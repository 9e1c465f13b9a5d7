#include "sim/recorded.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "base/error.hpp"

namespace hillock::sim {
namespace {

using ir::NodeId;
using ir::Op;
using Stage = Layout::Stage;

constexpr double apart_from_steps = 0x1p51;  // added to the counter: that of noise and random functions is below

/// The channel's number at a sample: standard normal, or uniform in (0, 1]. Two channels share a block of two.
NodeId number_of(StepContext& context, std::size_t o, bool normal) {
  const ir::Model& model = context.model();
  ir::Program& p = context.program();
  ir::Algebra& al = context.algebra();
  p.parameters = std::max(p.parameters, seed_parameter(model) + 1);
  const double blocks = static_cast<double>((model.observations.size() + 1) / 2);
  const NodeId sample = al.mul(p.column(Layout(model).sample()), al.number(blocks));
  const NodeId counter = al.add(sample, al.number(apart_from_steps + static_cast<double>(o / 2)));
  const std::array<NodeId, 3> address{counter, p.parameter(lane_parameter(model)), p.parameter(seed_parameter(model))};
  const bool second = o % 2 == 1;
  const Op op = normal ? (second ? Op::normal_b : Op::normal_a) : (second ? Op::random_b : Op::random_a);
  return al.g.make(op, address);
}

/// Deviation from the mean: the exact transition from the kept sample before (programs.cpp has the same as a density).
NodeId coloured(StepContext& context, std::size_t o, NodeId sd) {
  const ir::Model& model = context.model();
  const ir::Observation& observation = model.observations[o];
  ir::Program& p = context.program();
  ir::Algebra& al = context.algebra();
  const NodeId tau = context.expression(observation.tau, context.state_values(), Stage::sample);
  const NodeId lag = al.div(p.column(Layout(model).gap(o)), tau);
  const NodeId share = al.neg(al.make(Op::expm1, al.mul(al.number(-2.0), lag)));
  const NodeId fresh = al.mul(al.mul(sd, al.make(Op::sqrt, share)), number_of(context, o, true));
  const std::uint32_t before = p.carry("noise of " + observation.channel, al.number(0.0));
  const NodeId now = al.add(al.mul(al.make(Op::exp, al.neg(lag)), p.carried(before)), fresh);
  p.observe.push_back({before, now});
  return now;
}

}  // namespace

bool noise_in_loop(ir::NoiseFamily family) {
  return family != ir::NoiseFamily::binomial && family != ir::NoiseFamily::poisson;
}

NodeId recorded_value(StepContext& context, std::size_t o) {
  const ir::Observation& observation = context.model().observations[o];
  HILLOCK_CHECK(noise_in_loop(observation.family), "noise that is not of the loop");
  ir::Algebra& al = context.algebra();
  const std::vector<NodeId> states = context.state_values();
  const auto at_sample = [&](NodeId root) { return context.expression(root, states, Stage::sample); };
  const NodeId nan = al.number(std::numeric_limits<double>::quiet_NaN());
  /// A standard deviation below 0 is a mistake of the parameters, 0 none.
  const auto spread = [&](NodeId sd) { return al.select(al.make(Op::ge, sd, al.number(0.0)), sd, nan); };
  switch (observation.family) {
    case ir::NoiseFamily::normal:
      return al.add(at_sample(observation.mean),
                    al.mul(spread(at_sample(observation.sd)), number_of(context, o, true)));
    case ir::NoiseFamily::ar1:
      return al.add(at_sample(observation.mean), coloured(context, o, spread(at_sample(observation.sd))));
    case ir::NoiseFamily::lognormal: {
      const NodeId log_deviation = al.mul(spread(at_sample(observation.arguments[1])), number_of(context, o, true));
      return al.mul(at_sample(observation.arguments[0]), al.make(Op::exp, log_deviation));
    }
    case ir::NoiseFamily::bernoulli: {
      const NodeId p = at_sample(observation.arguments[0]);
      const NodeId sensible = al.make(Op::land, al.make(Op::ge, p, al.number(0.0)), al.make(Op::le, p, al.number(1.0)));
      const NodeId happens = al.make(Op::to_real, al.make(Op::le, number_of(context, o, false), p));
      return al.select(sensible, happens, nan);
    }
    case ir::NoiseFamily::binomial:
    case ir::NoiseFamily::poisson: break;
  }
  return nan;
}

}  // namespace hillock::sim
