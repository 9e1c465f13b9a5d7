#pragma once
/// Conditional densities q(y | c) that networks represent.

#include <optional>

#include "nn/embedding.hpp"
#include "nn/tape.hpp"

namespace hillock::nn {

/// A tape with a place for y, one for c, and an objective at its end. Parameters are kept outside: one density serves
/// many members of an ensemble.
class ConditionalDensity {
 public:
  virtual ~ConditionalDensity() = default;
  [[nodiscard]] const Tape& tape() const { return tape_; }
  [[nodiscard]] Var y() const { return y_; }
  [[nodiscard]] Var context() const { return context_; }  ///< of one row that counts for nothing where there is none
  [[nodiscard]] std::size_t dimension() const { return tape_.rows(y_); }
  [[nodiscard]] std::size_t context_dimension() const { return tape_.rows(context_); }

  /// What training makes large in the mean, one row.
  [[nodiscard]] Var objective() const { return objective_; }
  /// Whether the objective is log q(y | c) itself. Where not, it orders states of one network, but its values say
  /// nothing else; evaluate() gives log q, and needs a pass with slopes.
  [[nodiscard]] bool explicit_density() const { return explicit_; }
  /// log q on the tape, one row; of explicit densities only.
  [[nodiscard]] Var log_density() const;

  /// Whether y is labels, 0 or 1, and log q the logarithm of a probability.
  [[nodiscard]] virtual bool labels() const { return false; }
  /// Of labels: puts a linear map of c, logit = bias + weights c (row-major, y x c), where training begins.
  virtual void set_linear(std::span<float> parameters, std::span<const double> weights,
                          std::span<const double> bias) const {
    (void)parameters, (void)weights, (void)bias;
  }

  /// Random numbers of the objective: how many independent standard normals, and uniforms behind them, it takes for
  /// each sample. randomise() puts noise[k][sample], rows `pass.extent().stride` apart, where they belong, after y and
  /// c have been put into the pass.
  [[nodiscard]] virtual std::size_t objective_normals() const { return 0; }
  [[nodiscard]] virtual std::size_t objective_uniforms() const { return 0; }
  virtual void randomise(Pass& pass, const float* noise) const { (void)pass, (void)noise; }

  /// log q(y | c) of the samples in the pass, to log_q[sample]: pass.extent().samples of them.
  virtual void evaluate(Pass& pass, std::span<const float> parameters, float* log_q) const;
  /// The same, and its slopes by y and c, rows `pass.extent().stride` apart. By finite differences where the density is
  /// not explicit: they have an error of about 1e-3.
  void differentiate(Pass& pass, std::span<const float> parameters, float* log_q, float* by_y, float* by_c) const;

  /// How many independent standard normals, and uniforms behind them, one draw takes.
  [[nodiscard]] virtual std::size_t normals() const = 0;
  [[nodiscard]] virtual std::size_t uniforms() const { return 0; }
  /// y (in the pass) from c (there) and noise[k][sample], rows `pass.extent().stride` apart. A draw depends on its own
  /// noise alone.
  virtual void draw(Pass& pass, std::span<const float> parameters, const float* noise) const = 0;

 protected:
  /// Makes the places for y and c.
  /// @return what the network is to see of c; none where there is no context
  std::optional<Var> begin(std::size_t dimension, std::size_t context, const EmbeddingShape& embedding);
  /// Runs the embedding alone: once before a draw.
  void forward_embedding(Pass& pass, std::span<const float> parameters) const {
    pass.forward(parameters, 0, embedded_);
  }

  Tape tape_;
  Var y_, context_, objective_;
  bool explicit_ = true;
  std::size_t embedded_ = 0;  ///< operations of the embedding
};

}  // namespace hillock::nn
