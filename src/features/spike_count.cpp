/// How many spikes, and how many per time.

#include <limits>

#include "features/spikes.hpp"

namespace hillock::features {

using ir::NodeId;
using ir::Op;

NodeId counted_spikes(Stream& s) {
  ir::Algebra& al = s.algebra();
  return s.carried(s.of_spikes("spikes"), 0.0,
                   [&](NodeId now) { return al.add(now, al.select(s.spike(), al.number(1.0), al.number(0.0))); });
}

NodeId failed(Stream& s) {
  ir::Algebra& al = s.algebra();
  const NodeId size = al.make(Op::abs, s.last_value());
  return al.make(Op::lnot, al.make(Op::lt, size, al.number(std::numeric_limits<double>::infinity())));
}

Reading at_least(Stream& s, NodeId value, double spikes) {
  ir::Algebra& al = s.algebra();
  const NodeId too_few = al.make(Op::lt, counted_spikes(s), al.number(spikes - 0.5));
  return {value, {{failed(s), Undefined::not_finite}, {too_few, Undefined::too_few_spikes}}};
}

Reading decided_by(Stream& s, NodeId value, double spikes) {
  ir::Algebra& al = s.algebra();
  Reading out = at_least(s, value, spikes);
  const NodeId too_few = out.exceptions[1].when;
  out.exceptions[0].when = al.make(Op::land, out.exceptions[0].when, too_few);
  out.decided = al.make(Op::lnot, too_few);
  return out;
}

Reading spike_count(Stream& s) { return {counted_spikes(s), {{failed(s), Undefined::not_finite}}}; }

Reading spike_rate(Stream& s) {
  ir::Algebra& al = s.algebra();
  // From the first sample of the window to the last one, and as much as one sample stands for.
  const NodeId n = s.samples();
  const NodeId first = s.carried(
      "first time", 0.0, [&](NodeId now) { return al.select(al.make(Op::lt, n, al.number(0.5)), s.time(), now); });
  const NodeId last = s.carried("last time", 0.0, [&](NodeId now) { return al.select(s.inside(), s.time(), now); });
  const NodeId gaps = al.sub(n, al.number(1.0));
  const NodeId length = al.mul(al.sub(last, first), al.div(n, gaps));
  return {al.div(counted_spikes(s), length),
          {{al.make(Op::lt, n, al.number(1.5)), Undefined::empty_window}, {failed(s), Undefined::not_finite}}};
}

}  // namespace hillock::features
