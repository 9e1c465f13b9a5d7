#pragma once
/// Conditional densities q(y | c) that networks represent.

#include "nn/tape.hpp"

namespace hillock::nn {

/// A tape with a place for y, one for c, and log q at its end. Parameters are kept outside: one density serves many
/// members of an ensemble.
class ConditionalDensity {
 public:
  virtual ~ConditionalDensity() = default;
  [[nodiscard]] const Tape& tape() const { return tape_; }
  [[nodiscard]] Var y() const { return y_; }
  [[nodiscard]] Var context() const { return context_; }  ///< of one row that counts for nothing where there is none
  [[nodiscard]] Var log_density() const { return log_density_; }  ///< one row
  [[nodiscard]] std::size_t dimension() const { return tape_.rows(y_); }
  [[nodiscard]] std::size_t context_dimension() const { return tape_.rows(context_); }

  /// How many independent standard normals, and uniforms behind them, one draw takes.
  [[nodiscard]] virtual std::size_t normals() const = 0;
  [[nodiscard]] virtual std::size_t uniforms() const { return 0; }
  /// y (in the pass) from c (there) and noise[k][sample], rows `pass.extent().stride` apart. A draw depends on its own
  /// noise alone.
  virtual void draw(Pass& pass, std::span<const float> parameters, const float* noise) const = 0;

 protected:
  Tape tape_;
  Var y_, context_, log_density_;
};

}  // namespace hillock::nn
