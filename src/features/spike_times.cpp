/// When spikes were.

#include <cmath>

#include "features/spikes.hpp"

namespace hillock::features {

using ir::NodeId;
using ir::Op;

NodeId first_spike(Stream& s) {
  ir::Algebra& al = s.algebra();
  const NodeId none_yet = al.make(Op::lt, counted_spikes(s), al.number(0.5));
  return s.changed_when(s.of_spikes("first spike"), 0.0, al.make(Op::land, s.spike(), none_yet),
                        [&](NodeId) { return s.spike_time(); });
}

NodeId last_spike(Stream& s) {
  return s.changed_when(s.of_spikes("last spike"), 0.0, s.spike(), [&](NodeId) { return s.spike_time(); });
}

Reading latency(Stream& s) {
  ir::Algebra& al = s.algebra();
  NodeId start = al.number(s.window().from);
  if (!std::isfinite(s.window().from)) {
    const NodeId first = al.make(Op::lt, s.samples(), al.number(0.5));
    start = s.carried("start", 0.0, [&](NodeId now) { return al.select(first, s.time(), now); });
  }
  return decided_by(s, al.sub(first_spike(s), start), 1.0);
}

Reading spike_time(Stream& s) {
  ir::Algebra& al = s.algebra();
  const double number = s.argument("number", 1.0);
  const NodeId before = al.make(Op::eq, counted_spikes(s), al.number(number - 1.0));
  const NodeId time = s.changed_when(s.of_spikes("spike " + std::to_string(static_cast<long>(number))), 0.0,
                                     al.make(Op::land, s.spike(), before), [&](NodeId) { return s.spike_time(); });
  return decided_by(s, time, number);
}

Reading last_spike_time(Stream& s) { return at_least(s, last_spike(s), 1.0); }

}  // namespace hillock::features
