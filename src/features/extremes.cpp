/// The smallest and the largest sample.

#include "features/feature.hpp"

namespace hillock::features {
namespace {

using ir::NodeId;
using ir::Op;

Reading extreme(Stream& s, bool largest) {
  ir::Algebra& al = s.algebra();
  const double infinity = std::numeric_limits<double>::infinity();
  const NodeId value = s.carried(largest ? "maximum" : "minimum", largest ? -infinity : infinity, [&](NodeId now) {
    return al.select(s.inside(), al.make(largest ? Op::max : Op::min, now, s.value()), now);
  });
  return {value, {{al.make(Op::lt, s.samples(), al.number(0.5)), Undefined::empty_window}}};
}

}  // namespace

Reading minimum(Stream& s) { return extreme(s, false); }
Reading maximum(Stream& s) { return extreme(s, true); }

}  // namespace hillock::features
