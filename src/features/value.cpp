/// One sample: the one at a time, or the first of the window.

#include "features/feature.hpp"

namespace hillock::features {

using ir::NodeId;
using ir::Op;

Reading value(Stream& s) {
  ir::Algebra& al = s.algebra();
  if (!s.has_argument("at")) {
    const NodeId missing = al.make(Op::lt, s.samples(), al.number(0.5));
    return {s.centre(), {{missing, Undefined::empty_window}}, al.make(Op::lnot, missing)};
  }
  // Whoever asks has made the time that of a sample, to the bit.
  const double at = s.argument("at");
  const NodeId here = al.make(Op::eq, s.time(), al.number(at));
  const std::string when = " at " + exact_text(at);
  const NodeId seen = s.carried("seen" + when, 0.0, [&](NodeId now) { return al.select(here, al.number(1.0), now); });
  const NodeId kept = s.carried("value" + when, 0.0, [&](NodeId now) { return al.select(here, s.value(), now); });
  const NodeId missing = al.make(Op::lt, seen, al.number(0.5));
  return {kept, {{missing, Undefined::empty_window}}, al.make(Op::lnot, missing)};
}

}  // namespace hillock::features
