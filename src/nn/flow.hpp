#pragma once
/// Autoregressive normalising flows.
///
/// Each step is a masked network (MADE) whose outputs transform one dimension after the other: the masked
/// autoregressive flow (Papamakarios, Pavlakou and Murray 2017) where the transforms are affine, the autoregressive
/// neural spline flow (Durkan, Bekasov, Murray and Papamakarios 2019) where rational-quadratic splines follow the
/// affine ones (a spline is the identity outside its bound: the affine part brings there what is to be bent). The order
/// of the dimensions changes from step to step. One pass gives a density; a draw takes one pass a dimension.

#include <cstdint>
#include <memory>

#include "base/error.hpp"
#include "nn/density.hpp"
#include "nn/operations/transform.hpp"

namespace hillock::nn {

struct FlowOptions {
  std::size_t dimension = 1;
  std::size_t context = 0;
  std::size_t steps = 5;
  std::size_t hidden = 50;
  std::size_t blocks = 2;  ///< hidden-to-hidden layers
  bool residual = false;   ///< each block adds to what went in, instead of replacing it
  Activation activation = Activation::tanh;
  bool spline = false;  ///< a spline behind each affine transform
  SplineShape shape = {};
  std::uint64_t seed = 1;  ///< of the orders of the dimensions
  EmbeddingShape embedding = {};
};

class Flow : public ConditionalDensity {
 public:
  explicit Flow(const FlowOptions& options);
  [[nodiscard]] std::size_t normals() const override { return dimension(); }
  void draw(Pass& pass, std::span<const float> parameters, const float* noise) const override;

 private:
  struct Step {
    Var x, p, u, bends, z;           ///< u: between the affine part and the spline
    std::vector<std::size_t> order;  ///< x's row r is row order[r] of what goes in
    Var in;
    std::size_t from = 0, to = 0;  ///< the network's operations
  };
  bool spline_;
  Transform affine_, bend_;
  std::vector<Step> steps_;
};

}  // namespace hillock::nn
