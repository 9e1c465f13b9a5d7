/// The integral over the window by the trapezoidal rule: each pair of neighbouring samples that are both inside.

#include "features/feature.hpp"

namespace hillock::features {

using ir::NodeId;
using ir::Op;

Reading area(Stream& s) {
  ir::Algebra& al = s.algebra();
  const NodeId before = s.previous_value();
  const NodeId second = al.make(Op::land, s.inside(), al.make(Op::gt, s.samples(), al.number(0.5)));
  const NodeId gap = al.sub(s.time(), s.previous_time());
  const NodeId sum = s.carried("area", 0.0, [&](NodeId now) {
    const NodeId piece = al.mul(gap, al.mul(al.number(0.5), al.add(before, s.value())));
    return al.select(second, al.add(now, al.add(piece, s.moved_jump([&](const Stream::Sample& one) {
      return al.mul(gap, al.mul(one.weight, one.value));
    }))),
                     now);
  });
  return {sum, {{al.make(Op::lt, s.samples(), al.number(1.5)), Undefined::empty_window}}};
}

}  // namespace hillock::features
