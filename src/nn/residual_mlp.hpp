#pragma once
/// A residual network of linear layers (He et al. 2016, "Identity mappings in deep residual networks", fig. 4e; the
/// conditioner of Durkan et al. 2019): a linear map, then blocks h + W2 f(W1 f(h)), f an activation, behind a layer
/// normalisation where asked for.

#include <optional>

#include "nn/tape.hpp"

namespace hillock::nn {

struct ResidualMlpOptions {
  std::size_t width = 50;
  std::size_t blocks = 2;
  Activation activation = Activation::silu;
  bool normalise = false;
  std::optional<Var> context;  ///< a second input
};

/// `width` rows, behind an activation.
Var residual_mlp(Tape& tape, Var x, const ResidualMlpOptions& options);

}  // namespace hillock::nn
