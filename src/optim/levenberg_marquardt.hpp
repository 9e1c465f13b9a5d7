#pragma once
/// Levenberg-Marquardt from many starts, advancing together as one batch.
///
/// Minimises F(x) = 1/2 sum z_i(x)^2 over R^d. Each step solves (A + lambda D) s = -g with A = J^T J, g = J^T z and D
/// diagonal (Marquardt 1963), so that it does not depend on the units of x. D is the diagonal of A, kept from falling
/// by more than a factor `scale_memory` per step (More 1978 uses 1: never). Where `max_step` is finite, the step
/// minimises the damped model inside the box |s_i| <= max_step, which is what keeps logit coordinates from running
/// into the flats. lambda is driven by the gain ratio (Nielsen 1999). A trial whose cost is NaN, infinite or no lower
/// is refused and the damping raised; so a wall of infinite cost stops a start that leans on it: give a joint condition
/// as a residual that grows with the violation instead.
///
/// All active starts are evaluated in one batch per round; one start's path does not depend on the others. The same
/// engine, with F = -log p and A = a Fisher information, is the damped Newton method of `infer/mode.hpp`.

#include <cstdint>
#include <limits>
#include <vector>

#include "base/array.hpp"
#include "base/error.hpp"
#include "base/progress.hpp"
#include "optim/minimum.hpp"
#include "optim/problem.hpp"

namespace hillock::optim {

/// What F is measured in, which decides what "small" means.
enum class CostScale : std::uint8_t {
  residuals,  ///< a sum of squares: tolerances are relative to F
  nats,       ///< a negative log density, up to a constant: tolerances are absolute
};

/// A pull towards known ground that is gone at the end: while its weight w lasts, a start minimises
/// F(x) + w/2 F_k sum_i ((x_i - centre_i) / spread_i)^2 with F_k the cost at its current point, and every accepted step
/// multiplies w by `decay` until w < `end`, then w = 0. It keeps coordinates that have no influence yet from running
/// away while the others settle (Tikhonov continuation). Minima are those of F alone. `residuals` only.
struct Pull {
  double weight = 0.0;  ///< 0: none. 1e-2 is sensible for fits on unconstrained scale
  double decay = 0.5;
  double end = 1e-7;
  std::vector<double> centre;  ///< d numbers, e.g. u of the prior median; empty: 0
  std::vector<double> spread;  ///< d numbers > 0, e.g. the prior sd of u; empty: 1
};

struct LevenbergMarquardtOptions {
  int max_iterations = 300;          ///< rounds per start, refused steps included
  double cost_tolerance = 1e-8;      ///< done when a full Gauss-Newton step would lower F by less than this (x F)
  double gradient_tolerance = 1e-9;  ///< done when no column of J has a cosine with z above this (`residuals` only)
  double step_tolerance = 1e-12;     ///< given up when all |s_i| <= this x (|x_i| + this)
  double creep = 0.0;  ///< given up when 20 rounds without a pull lower F by less than this x F (`residuals` only)
  double initial_damping = 1e-2;                              ///< lambda, relative to D
  double max_step = std::numeric_limits<double>::infinity();  ///< per coordinate; on logit scale 0.5 to 1 is sensible
  double scale_memory = 0.0;                                  ///< 0: D = diag(A); 1: D never falls
  Pull pull;
  CostScale scale = CostScale::residuals;

  /// Error code "option-range", one for each option that is out of range.
  [[nodiscard]] Result<void> validate() const;
};

/// @param starts  n x d, n >= 1
/// Same starts, same bits, as long as `problem` gives a point the same bits in any batch.
[[nodiscard]] Result<Minima> levenberg_marquardt(LeastSquares& problem, const Array2& starts,
                                                 const LevenbergMarquardtOptions& options, Progress& progress);

}  // namespace hillock::optim
