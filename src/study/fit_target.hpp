#pragma once
/// The model and one recording as inference sees them: sums of squares and log densities over unconstrained points.
/// Here, and only here, simulation meets inference.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/progress.hpp"
#include "infer/target.hpp"
#include "ir/model.hpp"
#include "optim/problem.hpp"
#include "prob/parameter_space.hpp"
#include "sim/simulator.hpp"

namespace hillock::study {

/// The joint conditions of a prior (`require ...`), checked point by point. A range is checked at 33 places, its ends
/// among them.
class Requirements {
 public:
  explicit Requirements(const ir::Model& model, const std::map<std::string, double>& constants);
  ~Requirements();
  Requirements(Requirements&&) noexcept;
  /// Is the parameter set (SI, the model's order) allowed? One object serves one thread.
  [[nodiscard]] bool hold(std::span<const double> parameters);
  [[nodiscard]] bool any() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Everything about one model on one recording that the search and the posterior share.
struct Target {
  const ir::Model* model = nullptr;
  const prob::ParameterSpace* space = nullptr;  ///< all parameters, the model's order
  std::vector<std::uint32_t> mechanism;         ///< parameters that the mean depends on
  sim::Experiment experiment;
  std::string integrator;
  sim::RunOptions run;
  std::int64_t simulations = 0;  ///< counted: forward runs without derivatives
  std::int64_t gradients = 0;    ///< with derivatives
};

/// 1/2 sum of weighted squares over the mechanism's parameters, unconstrained. The other parameters do not matter to
/// it.
class SquaresProblem final : public optim::LeastSquares {
 public:
  [[nodiscard]] static Result<SquaresProblem> create(Target& target);
  [[nodiscard]] std::size_t dimension() const override { return target_->mechanism.size(); }
  void cost(const Array2& points, std::span<double> cost) override;
  void linearise(const Array2& points, std::span<double> cost, Array2& gradient, Array2& normal) override;

  /// True: a point where a joint condition of the prior does not hold has an infinite cost.
  bool walls = false;
  /// The same with points in SI, all parameters: sums of squares (not halved), no walls.
  void sums_of_squares(const Array2& parameters, std::span<double> sums, const Progress* progress = nullptr);
  /// Mechanism coordinates as full parameter sets; the rest at the median of its prior (given the medians of what
  /// that reads).
  [[nodiscard]] Array2 full(const Array2& mechanism_points) const;

 private:
  SquaresProblem(Target& target, sim::Batch squares, sim::Batch linearised)
      : target_(&target),
        squares_(std::move(squares)),
        linearised_(std::move(linearised)),
        requirements_(*target.model, target.experiment.constants) {}
  void raise_walls(const Array2& parameters, std::span<double> cost);
  Target* target_;
  sim::Batch squares_;
  sim::Batch linearised_;
  Requirements requirements_;
};

/// log posterior over all parameters, unconstrained, with its gradient; -inf where a joint condition is not met or
/// the simulation fails.
class Posterior final : public infer::LogDensity {
 public:
  /// What it is made for, each with what stands before it. Less is compiled for less.
  enum class Answers : std::uint8_t { densities, gradients, information };
  [[nodiscard]] static Result<Posterior> create(Target& target, Answers most = Answers::information);
  [[nodiscard]] std::size_t dimension() const override { return target_->space->size(); }
  void evaluate(const Array2& points, std::span<double> value, Array2* gradient) override;
  /// log p(data | parameters) of each row (SI); -inf where the simulation fails or a joint condition is not met. Once
  /// `stop` is true, the rest is -inf.
  void log_likelihood(const Array2& parameters, std::span<double> value, const std::function<bool()>& stop = {});
  /// The information at one point: sum of the likelihood's expected information (u scale), d x d.
  [[nodiscard]] Array2 information(std::span<const double> point);
  /// The observed one: minus the second derivatives of the log likelihood (u scale), exact. Of a model that the data
  /// contradict, or that bends within its error bars, it is not the expected one. Error codes: sim::Curvature's.
  [[nodiscard]] Result<Array2> observed_information(std::span<const double> point);

 private:
  explicit Posterior(Target& target) : target_(&target), requirements_(*target.model, target.experiment.constants) {}
  Target* target_;
  std::optional<sim::Batch> density_, gradient_, fisher_;
  Requirements requirements_;
};

}  // namespace hillock::study
