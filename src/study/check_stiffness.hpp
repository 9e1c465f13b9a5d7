#pragma once
/// How fast the fastest part of a model is, along a run, and what step an explicit integrator can take.

#include <complex>
#include <span>

#include "base/error.hpp"
#include "ir/model.hpp"
#include "sim/experiment.hpp"

namespace hillock::study {

struct Stiffness {
  std::complex<double> eigenvalue;  ///< 1/s: the largest of the Jacobian df/dx, by modulus
  double at = 0.0;                  ///< seconds: when
  /// The longest steps (seconds) at which every eigenvalue that decays, decays: |R(h lambda)| <= 1 with the method's
  /// polynomial R. Infinite where none decays.
  double euler = 0.0, rk2 = 0.0, rk4 = 0.0;
};

/// Along the experiment's time, at up to 500 samples. Error code "stiffness-unknown": too many states, or a run that
/// is nowhere finite.
[[nodiscard]] Result<Stiffness> stiffness(const ir::Model& model, const sim::Experiment& experiment,
                                          std::span<const double> parameters);

}  // namespace hillock::study
