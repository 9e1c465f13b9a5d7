#pragma once
/// The log density of a mixture of normal densities with full covariances (Bishop 1994, "Mixture density networks",
/// eqs. 22 and 23), by the triangular factor A of each precision A^T A.

#include "nn/tape.hpp"

namespace hillock::nn {

/// Rows of parameters of one component: its logit, means, logarithms of A's diagonal (kept within 7 of 0), A below the
/// diagonal row by row.
[[nodiscard]] constexpr std::size_t mixture_rows(std::size_t dimension) {
  return 1 + 2 * dimension + dimension * (dimension - 1) / 2;
}

/// One row: log q(y). p has `components` times mixture_rows(rows of y) rows; both at most 64.
Var mixture(Tape& tape, Var y, Var p, std::size_t components);

}  // namespace hillock::nn
