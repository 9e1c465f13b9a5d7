/// The share of the samples between two levels.

#include "features/spikes.hpp"

namespace hillock::features {

using ir::NodeId;
using ir::Op;

Reading fraction_between(Stream& s) {
  ir::Algebra& al = s.algebra();
  const double infinity = std::numeric_limits<double>::infinity();
  const double low = s.argument("low", -infinity), high = s.argument("high", infinity);
  const NodeId in_bin =
      al.make(Op::land, al.make(Op::ge, s.value(), al.number(low)), al.make(Op::lt, s.value(), al.number(high)));
  const std::string name =
      "between " + std::to_string(std::hash<double>{}(low)) + " and " + std::to_string(std::hash<double>{}(high));
  const NodeId count =
      s.carried(name, 0.0, [&](NodeId now) { return al.add(now, al.select(in_bin, s.weight(), al.number(0.0))); });
  return {
      al.div(count, s.samples()),
      {{al.make(Op::lt, s.samples(), al.number(0.5)), Undefined::empty_window}, {failed(s), Undefined::not_finite}}};
}

}  // namespace hillock::features
