#pragma once
/// Mixture density networks (Bishop 1994): a residual network gives the weights, means and full covariances of a
/// mixture of normal densities. With one component it is a normal density whose mean and covariance depend on c, and it
/// begins as the standard normal density.

#include "nn/density.hpp"

namespace hillock::nn {

struct MixtureOptions {
  std::size_t dimension = 1;  ///< at most 64
  std::size_t context = 0;
  std::size_t components = 8;  ///< at most 64
  std::size_t hidden = 50;
  std::size_t blocks = 2;
  EmbeddingShape embedding = {};
};

class Mixture : public ConditionalDensity {
 public:
  explicit Mixture(const MixtureOptions& options);
  [[nodiscard]] std::size_t normals() const override { return dimension(); }
  [[nodiscard]] std::size_t uniforms() const override { return 1; }
  void draw(Pass& pass, std::span<const float> parameters, const float* noise) const override;

 private:
  std::size_t components_;
  Var p_;
  std::size_t network_ = 0;  ///< operations up to p
};

}  // namespace hillock::nn
