#pragma once
/// An invertible linear map by its LU factors (Kingma and Dhariwal 2018, "Glow", eq. 10; Durkan et al. 2019, section
/// 4.1): z = L U x + b, L with ones on its diagonal, U with exponentials. Which dimensions come first is for take_rows
/// to say.

#include <optional>

#include "nn/operations/transform.hpp"
#include "nn/tape.hpp"

namespace hillock::nn {

/// Where its parameters lie; what a draw needs.
struct InvertibleLinear {
  std::size_t dimension = 0;
  Block lower, upper, diagonal, bias;  ///< L below, U above its diagonal, row by row; logarithms of U's diagonal
  /// x from z, rows pass.extent().stride apart; x may be z.
  void inverse(const Pass& pass, std::span<const float> parameters, const float* z, float* x) const;
};

struct InvertedLinear {
  Transformed result;
  InvertibleLinear map;
};

/// z, and the log determinant (a row, added to `log_slope`). The identity at first, but for 0.01 of noise.
InvertedLinear invertible_linear(Tape& tape, Var x, std::optional<Var> log_slope);

}  // namespace hillock::nn
