#pragma once
/// Second derivatives of a log density by the parameters: exact, by the adjoint of its derivative along a direction.
///
/// One lane is one point and one direction; its result is the Hessian times the direction, for about twice the
/// adjoint's cost and memory whatever the number of parameters. The whole Hessian takes as many lanes as parameters.
///
/// Through located spikes and noise too; a model's random numbers are those of the point, whatever the direction.

#include <functional>
#include <memory>
#include <vector>

#include "base/array.hpp"
#include "sim/simulator.hpp"

namespace hillock::sim {

class Curvature {
 public:
  /// @param request  integrator, parameters, events, pathwise; its purpose does not count
  /// Error codes: those of `build_program`; "integrator-unfit" of integrators that choose their own steps;
  /// "jit-failed".
  [[nodiscard]] static Result<Curvature> create(const ir::Model& model, const Experiment& experiment,
                                                const ProgramRequest& request, const RunOptions& options);
  Curvature(Curvature&&) noexcept;
  Curvature& operator=(Curvature&&) noexcept;
  ~Curvature();

  /// The parameters that derivatives are taken by.
  [[nodiscard]] std::size_t dimension() const;
  /// Row k: the Hessian at points.row(k) (SI, all parameters of the model) times directions.row(k). Point k has the
  /// random numbers of address k. NaN where the simulation blew up; once `stop` is true, where it was not done.
  [[nodiscard]] Array2 products(const Array2& points, const Array2& directions,
                                const std::function<bool()>& stop = {}) const;
  /// Row k: the whole Hessian at points.row(k), row-major, exactly symmetric.
  [[nodiscard]] Array2 hessians(const Array2& points, const std::function<bool()>& stop = {}) const;
  /// Bytes that a thread works in.
  [[nodiscard]] std::size_t bytes() const;

 private:
  struct State;
  explicit Curvature(std::unique_ptr<State> state);
  /// Row k: the product for point `of[k]`.
  [[nodiscard]] Array2 run(const Array2& points, const std::vector<std::size_t>& of, const Array2& directions,
                           const std::function<bool()>& stop) const;
  std::unique_ptr<State> state_;
};

}  // namespace hillock::sim
