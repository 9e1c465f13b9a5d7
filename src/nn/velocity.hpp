#pragma once
/// Densities that are carried by a velocity field: what flow_matching.hpp and token_transformer.hpp share.
///
/// x(t) goes from a standard normal x(0) = z to x(1) by dx/dt = v(x, t), v a network. It is learnt by conditional flow
/// matching along straight paths x(t) = (1 - t) z + t y (Lipman et al. 2023, "Flow matching for generative modeling",
/// eqs. 9 and 20 to 23 with sigma_min = 0): v is the regression of y - z on x(t). The network learns what is left of it
/// after x (2 t - 1) / (t^2 + (1 - t)^2), the exact field of a standard normal y: one that says nothing gives the
/// standard normal density. Draws solve the equation by the classical Runge-Kutta method in a fixed number of steps;
/// log densities follow it backwards with the instantaneous change of variables, d log q/dt = -div v (Chen et al. 2018,
/// "Neural ordinary differential equations", eq. 8), the divergence exact, one backward run for each dimension.

#include <vector>

#include "nn/density.hpp"

namespace hillock::nn {

class VelocityDensity : public ConditionalDensity {
 public:
  [[nodiscard]] std::size_t normals() const override { return dimension(); }
  void draw(Pass& pass, std::span<const float> parameters, const float* noise) const override;
  void evaluate(Pass& pass, std::span<const float> parameters, float* log_q) const override;

 protected:
  static constexpr std::size_t time_rows = 8;  ///< Chebyshev polynomials of 2 t - 1, of degrees 1 to 8

  VelocityDensity(std::size_t ode_steps) : ode_steps_(ode_steps) { explicit_ = false; }
  /// With state_, time_ and what the network makes of them on the tape: the objective, over rows of weight above 0.
  /// @param left  what is learnt, rows as those of the state
  void finish(Var left, std::optional<Var> weight);
  /// Which rows of the state the density is of, and everything else that the network sees, before a draw or a density.
  virtual void condition(Pass& pass) const { (void)pass; }

  /// From t = 0 to 1, of the given rows of the state; the others stay.
  void carry(Pass& pass, std::span<const float> parameters, std::span<const std::size_t> rows) const;
  /// Log densities of the given rows of the state, the others given.
  void log_density_of(Pass& pass, std::span<const float> parameters, std::span<const std::size_t> rows,
                      float* log_q) const;
  /// Rows of a training pass: state and target of one dimension from its value, noise and times, all [sample].
  void straight_path(Pass& pass, std::size_t row, const float* value, const float* noise, const float* t) const;
  void write_time(Pass& pass, const float* t) const;

  Var state_, time_, target_;

 private:
  void set_time(Pass& pass, float t) const;
  /// v of the given rows at t, to v[row][sample]; its divergence where not null.
  void velocity(Pass& pass, std::span<const float> parameters, std::span<const std::size_t> rows, float t, float* v,
                float* divergence) const;
  std::size_t ode_steps_;
  Var left_;
  std::vector<Var> components_;  ///< rows of `left`, one each
  std::size_t network_ = 0;      ///< operations up to `left`
};

}  // namespace hillock::nn
