#pragma once
/// Probabilities of binary vectors: log p(y | c) = sum over i of log p(y_i | y_<i, c), each a Bernoulli distribution
/// whose logit is a linear map of c plus a masked network of y and c (MADE: Germain, Gregor, Murray & Larochelle 2015,
/// eq. 8; for likelihoods of discrete data: Boelts, Lueckmann, Gao & Macke 2022).

#include "nn/density.hpp"

namespace hillock::nn {

struct BernoulliOptions {
  std::size_t dimension = 1;
  std::size_t context = 0;
  std::size_t hidden = 50;
  std::size_t blocks = 2;
  EmbeddingShape embedding = {};
};

class Bernoulli : public ConditionalDensity {
 public:
  explicit Bernoulli(const BernoulliOptions& options);
  [[nodiscard]] bool labels() const override { return true; }
  void set_linear(std::span<float> parameters, std::span<const double> weights,
                  std::span<const double> bias) const override;
  [[nodiscard]] std::size_t normals() const override { return 0; }
  [[nodiscard]] std::size_t uniforms() const override { return dimension(); }
  void draw(Pass& pass, std::span<const float> parameters, const float* noise) const override;

 private:
  Var logits_;
  std::size_t linear_at_ = 0, linear_weights_ = 0;  ///< parameters of the linear map, its bias behind them
  std::size_t network_ = 0;                         ///< operations up to the logits
};

}  // namespace hillock::nn
