#pragma once
/// Linear maps, plain and masked, with an activation behind them.
///
/// y = f(b + W x + C c). With degrees it is the masked layer of MADE (Germain et al. 2015, eqs. 12 and 13): an output
/// of degree m sees the inputs of degrees at most m (`strict`: below m). Degrees must not fall from row to row, so that
/// what an output sees is a prefix of the inputs; products beyond are not made.

#include <optional>
#include <vector>

#include "nn/tape.hpp"

namespace hillock::nn {

struct LinearOptions {
  Activation activation = Activation::none;
  std::vector<std::size_t> input_degrees, output_degrees;  ///< both or none; each in rising order
  bool strict = false;
  std::optional<Var> context;  ///< c, seen by every output
  double gain = 1.0;           ///< weights are normal with standard deviation gain / sqrt(inputs seen); biases 0
};

/// y, of `outputs` rows.
Var linear(Tape& tape, Var x, std::size_t outputs, const LinearOptions& options = {});

/// Degrees of `units` hidden units over `dimensions`: 0 ... dimensions - 1, as equal in number as can be, rising. Those
/// of degree 0 see the context alone: through them it reaches the first dimension.
[[nodiscard]] std::vector<std::size_t> hidden_degrees(std::size_t units, std::size_t dimensions);

}  // namespace hillock::nn
