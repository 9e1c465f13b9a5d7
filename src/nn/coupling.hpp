#pragma once
/// Coupling flows: each step mixes the dimensions by an invertible linear map in LU form, then transforms one half of
/// them by splines whose parameters a residual network finds from the other half (Durkan, Bekasov, Murray and
/// Papamakarios 2019, "Neural spline flows", sections 3 and 4.1). As in flow.hpp an affine transform stands before each
/// spline. A density and a draw take one pass each.

#include "nn/density.hpp"
#include "nn/operations/invertible_linear.hpp"
#include "nn/operations/transform.hpp"

namespace hillock::nn {

struct CouplingOptions {
  std::size_t dimension = 1;
  std::size_t context = 0;
  std::size_t steps = 5;
  std::size_t hidden = 50;
  std::size_t blocks = 2;
  SplineShape shape = {};
  EmbeddingShape embedding = {};
};

class Coupling : public ConditionalDensity {
 public:
  explicit Coupling(const CouplingOptions& options);
  [[nodiscard]] std::size_t normals() const override { return dimension(); }
  void draw(Pass& pass, std::span<const float> parameters, const float* noise) const override;

 private:
  /// turned -> mixed (LU) -> halves kept, moved -> u -> out = (kept, moved)
  struct Step {
    InvertibleLinear map;
    std::optional<Var> kept;  ///< none: one dimension
    Var p, u, bends, moved;
    std::size_t kept_rows = 0;
    std::size_t from = 0, to = 0;  ///< the network's operations
  };
  Transform affine_, bend_;
  std::vector<Step> steps_;
};

}  // namespace hillock::nn
