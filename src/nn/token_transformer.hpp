#pragma once
/// A transformer over the joint distribution of y and c that can condition on any subset of them (Gloeckler et al.
/// 2024, "All-in-one simulation-based inference", sections 3.1 to 3.3), as a velocity field (velocity.hpp) instead of a
/// score.
///
/// Every row of y and of c is a token: its value, its name (learnt), whether it is given. In training each sample has
/// another random set of given tokens; the others are carried. Tokens of c should be of about unit variance, as those
/// of y.

#include "nn/velocity.hpp"

namespace hillock::nn {

struct TokenTransformerOptions {
  std::size_t dimension = 1;
  std::size_t context = 0;    ///< dimension + context: at most 512
  std::size_t features = 32;  ///< of a token; `heads` divide them
  std::size_t heads = 4;
  std::size_t blocks = 3;
  std::size_t hidden = 64;  ///< units of a block's second part
  std::size_t ode_steps = 16;
  double posterior_share = 0.5;  ///< of the samples in training, how many have all of c given and nothing else; the
                                 ///< others: nothing, all of y, or each token with probability 0.3 or 0.7
};

class TokenTransformer : public VelocityDensity {
 public:
  explicit TokenTransformer(const TokenTransformerOptions& options);
  [[nodiscard]] std::size_t objective_normals() const override { return tokens(); }
  [[nodiscard]] std::size_t objective_uniforms() const override { return 2 + tokens(); }
  void randomise(Pass& pass, const float* noise) const override;

  /// Tokens of y, then those of c.
  [[nodiscard]] std::size_t tokens() const { return tape_.rows(state_); }
  /// y and c, those of them that are not `given` drawn from noise[token][sample] given the others (in the pass). A pass
  /// of given tokens alone stays as it is.
  void draw_given(Pass& pass, std::span<const float> parameters, const std::vector<bool>& given,
                  const float* noise) const;
  /// The log density of those that are not given, at their values in the pass, given the others.
  void evaluate_given(Pass& pass, std::span<const float> parameters, const std::vector<bool>& given,
                      float* log_q) const;

 protected:
  void condition(Pass& pass) const override;

 private:
  /// The state and what is said of it; the rows that are not given.
  std::vector<std::size_t> place(Pass& pass, const std::vector<bool>& given) const;
  [[nodiscard]] std::span<float> token(Pass& pass, std::size_t i) const {
    return i < dimension() ? pass.row(y_, i) : pass.row(context_, i - dimension());
  }
  double posterior_share_;
  Var given_, weight_;  ///< 1 or 0
};

}  // namespace hillock::nn
