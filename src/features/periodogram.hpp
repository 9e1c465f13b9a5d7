#pragma once
/// One-sided periodogram at a frequency f, of N samples an interval h apart with mean m:
///
///     S(f) = (2 h/N) |sum_k (x_k - m) exp(-2 pi i f t_k)|^2
///
/// whose integral over f from 0 to 1/(2h) is the variance (Brillinger 1975, section 5.2).

#include "features/stream.hpp"

namespace hillock::features {

/// S(f) of the window.
[[nodiscard]] ir::NodeId periodogram(Stream& stream, double frequency);

}  // namespace hillock::features
