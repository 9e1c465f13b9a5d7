/// Power in a band: the periodogram summed over the frequencies of the window's discrete Fourier transform,
///
///     P = sum_k S(k r) r   over k >= 1 with low <= k r < high,   r = 1/(N h)
///
/// as numpy's rfft gives it. Bands that cover all frequencies add up to the variance (Parseval). With another r
/// (`resolution`) it is the integral of S by rectangles of that width.

#include "features/band.hpp"
#include "features/feature.hpp"
#include "features/periodogram.hpp"

namespace hillock::features {

using ir::NodeId;
using ir::Op;

Reading band_power(Stream& s) {
  ir::Algebra& al = s.algebra();
  const double r = s.argument("resolution", 1.0);
  const Band band = frequencies_between(s.argument("low", 0.0), s.argument("high", 0.0), r);
  NodeId sum = al.number(0.0);
  for (std::int64_t k = band.first; k < band.end; ++k) sum = al.add(sum, periodogram(s, static_cast<double>(k) * r));
  return {al.mul(sum, al.number(r)), {{al.make(Op::lt, s.samples(), al.number(1.5)), Undefined::empty_window}}};
}

}  // namespace hillock::features
