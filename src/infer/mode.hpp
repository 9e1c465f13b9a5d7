#pragma once
/// The mode of a log density, by a damped Newton method with a supplied information matrix (Fisher scoring).
///
/// With an information matrix that is positive semi-definite everywhere (Fisher information of the likelihood plus the
/// prior's precision), every damped step is uphill. The engine is `optim::levenberg_marquardt` with F = -log p: all
/// starts advance as one batch, refused steps raise the damping, flat coordinates are reported.

#include <functional>

#include "base/array.hpp"
#include "base/error.hpp"
#include "base/progress.hpp"
#include "infer/target.hpp"
#include "optim/minimum.hpp"

namespace hillock::infer {

/// fisher.row(k) = information at points.row(k), d*d, row-major, symmetric positive semi-definite.
using FisherFn = std::function<void(const Array2& points, Array2& fisher)>;

struct ModeOptions {
  int max_iterations = 100;  ///< rounds per start
  double tolerance = 1e-8;   ///< done when a full Newton step would gain less than this (nats)
  double initial_damping = 1e-3;
  double max_step = 5.0;  ///< per coordinate and step, on the unconstrained scale

  /// Error code "option-range".
  [[nodiscard]] Result<void> validate() const;
};

/// @param starts  n x d
/// `Minimum::cost` is -log p. `Minimum::decrement` is what a full Newton step would still gain.
[[nodiscard]] Result<optim::Minima> find_mode(LogDensity& target, const FisherFn& fisher, const Array2& starts,
                                              const ModeOptions& options, Progress& progress);

}  // namespace hillock::infer
