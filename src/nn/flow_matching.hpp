#pragma once
/// Flow matching posterior estimation (Lipman et al. 2023; Dax et al. 2023, "Flow matching for scalable
/// simulation-based inference"): a residual network gives the velocity of velocity.hpp from x(t), t and the context.

#include "nn/velocity.hpp"

namespace hillock::nn {

struct FlowMatchingOptions {
  std::size_t dimension = 1;
  std::size_t context = 0;
  std::size_t hidden = 64;
  std::size_t blocks = 3;
  std::size_t ode_steps = 16;  ///< Runge-Kutta steps of a draw or a density
  EmbeddingShape embedding = {};
};

class FlowMatching : public VelocityDensity {
 public:
  explicit FlowMatching(const FlowMatchingOptions& options);
  [[nodiscard]] std::size_t objective_normals() const override { return dimension(); }
  [[nodiscard]] std::size_t objective_uniforms() const override { return 1; }
  void randomise(Pass& pass, const float* noise) const override;
};

}  // namespace hillock::nn
