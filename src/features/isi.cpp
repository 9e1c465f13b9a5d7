/// Single intervals between spikes, and how they are spread.

#include <limits>

#include "features/spikes.hpp"

namespace hillock::features {

using ir::NodeId;
using ir::Op;

Reading isi(Stream& s) {
  ir::Algebra& al = s.algebra();
  const double number = s.argument("number", 1.0);
  const NodeId ends = al.make(Op::land, s.spike(), al.make(Op::eq, counted_spikes(s), al.number(number)));
  const NodeId length = s.changed_when(s.of_spikes("interval " + std::to_string(static_cast<long>(number))), 0.0, ends,
                                       [&](NodeId) { return al.sub(s.spike_time(), last_spike(s)); });
  return decided_by(s, length, number + 1.0);
}

Reading isi_fraction_between(Stream& s) {
  ir::Algebra& al = s.algebra();
  const double infinity = std::numeric_limits<double>::infinity();
  const double low = s.argument("low", -infinity), high = s.argument("high", infinity);
  const NodeId another = al.make(Op::land, s.spike(), al.make(Op::gt, counted_spikes(s), al.number(0.5)));
  const std::string name =
      "intervals from " + std::to_string(std::hash<double>{}(low)) + " to " + std::to_string(std::hash<double>{}(high));
  const NodeId count = s.changed_when(s.of_spikes(name), 0.0, another, [&](NodeId now) {
    const NodeId length = al.sub(s.spike_time(), last_spike(s));
    const NodeId in_bin =
        al.make(Op::land, al.make(Op::ge, length, al.number(low)), al.make(Op::lt, length, al.number(high)));
    return al.add(now, al.make(Op::to_real, in_bin));
  });
  return at_least(s, al.div(count, al.sub(counted_spikes(s), al.number(1.0))), 2.0);
}

}  // namespace hillock::features
