#pragma once
/// A first look at a posterior by importance sampling, before the chains.
///
/// The information at the mode is a poor metric where a posterior bends. Draws from a normal distribution that is a
/// little wider than the Laplace approximation, weighted by the density, tell the posterior's covariance and its bends;
/// a second round of draws, from the bent normal of the first, tells them well. Sums only, no gradients: a few seconds
/// of chains saved for a fraction of one.
///
/// Truncated weights (Ionides 2008, J. Comput. Graph. Stat. 17:295); effective draws as Kish 1965.

#include <cstdint>

#include "base/array.hpp"
#include "infer/bent_normal.hpp"
#include "infer/laplace.hpp"
#include "infer/target.hpp"

namespace hillock::infer {

struct PilotOptions {
  std::uint64_t seed = 1;
  std::size_t draws = 4096;        ///< of a round
  std::size_t chains = 4;          ///< starts wanted
  double width = 1.15;             ///< a normal so much wider covers the bends it does not know
  double good_per_dimension = 20;  ///< effective draws for a usable covariance: right to 2/sqrt(20 d) each way
};

struct Pilot {
  BentNormal map;          ///< the Laplace approximation's where the weights were too uneven
  Array2 starts;           ///< chains x d, in u: nearly draws from the posterior
  double effective = 0.0;  ///< draws' worth of the weights of the last round
  bool good = false;       ///< `map` is worth more than the Laplace approximation
};

/// Evaluates `target` at up to 2 x `draws` points. Error code "covariance-not-positive".
[[nodiscard]] Result<Pilot> pilot(LogDensity& target, const Laplace& laplace, const PilotOptions& options);

}  // namespace hillock::infer
