/// The spectrum at one frequency.

#include "features/feature.hpp"
#include "features/periodogram.hpp"

namespace hillock::features {

using ir::Op;

Reading spectral_density(Stream& s) {
  ir::Algebra& al = s.algebra();
  return {periodogram(s, s.argument("frequency", 1.0)),
          {{al.make(Op::lt, s.samples(), al.number(1.5)), Undefined::empty_window}}};
}

}  // namespace hillock::features
