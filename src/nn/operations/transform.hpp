#pragma once
/// Elementwise invertible transforms whose parameters a network gives: the steps of a flow.
///
/// z_i = t(x_i; p_i), with log |dz/dx| added up in one row. Affine: z = (x - m) exp(-s) (Papamakarios et al. 2017,
/// "Masked autoregressive flow", eq. 4), s kept within a limit. Spline: monotone rational-quadratic (Durkan et al.
/// 2019).

#include <optional>

#include "nn/tape.hpp"

namespace hillock::nn {

struct Transform {
  bool spline = false;
  float limit = 7.0F;      ///< affine: of |s|
  SplineShape shape = {};  ///< spline
  /// Parameter rows for each row of x.
  [[nodiscard]] std::size_t parameters() const { return spline ? 3 * shape.bins - 1 : 2; }
  /// x from z, one row, by its parameter rows.
  void inverse(const Kernels& kernels, const float* z, const float* p, float* x, Extent e) const {
    if (spline) kernels.spline_inverse(shape, z, p, x, e);
    else kernels.affine_inverse(limit, z, p, x, e);
  }
};

struct Transformed {
  Var z;
  Var log_slope;  ///< one row
};

/// @param p          rows of parameters, those of row 0 of x first
/// @param log_slope  what is added to; none: 0
Transformed transform(Tape& tape, Var x, Var p, std::optional<Var> log_slope, const Transform& how);

}  // namespace hillock::nn
