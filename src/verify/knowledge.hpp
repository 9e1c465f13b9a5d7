#pragma once
/// What is known, what is known to be unknown, and what was never asked: plain sentences from the numbers.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "verify/identifiability.hpp"
#include "verify/verdict.hpp"

namespace hillock::verify {

/// A quantity that was varied, or not: the command voltage, the temperature. NaN bounds: that stage did not happen.
struct Regime {
  std::string what;                                                ///< "command V"
  std::string unit;                                                ///< of the bounds
  double trained_low = not_computed, trained_high = not_computed;  ///< in the training data
  double tested_low = not_computed, tested_high = not_computed;    ///< in the gating held-out data
  double asked_low = not_computed,
         asked_high = not_computed;  ///< where the model claims to hold, e.g. a joint condition's range
};

struct KnowledgeOptions {
  double known_contraction = 0.9;  ///< variance down to a tenth: the interval is a third of the prior's
  double open_contraction = 0.5;   ///< below: the prior rules
  double rhat = 1.01;              ///< above: nothing is claimed
  double effective_draws = 400.0;  ///< below: nothing is claimed
  std::size_t combinations = 3;    ///< listed as sloppiest and as stiffest
  /// What the residual tests would have found (whiteness.hpp, `detectable_sine_amplitude`), in noise sd; NaN: not said.
  double detectable_amplitude = not_computed;
  double detectable_power = 0.9;
};

/// Fills every box. A parameter is known where its contraction is at least `known_contraction` and its chains agree
/// (R-hat and ESS that were not computed, as for a Laplace approximation, do not forbid). `found` may be null: no
/// combinations then. Regimes asked beyond both training and test become untested, and so do the kinds of held-out data
/// that were not tried.
[[nodiscard]] Knowledge knowledge(const std::vector<ParameterSummary>& parameters, const Identifiability* found,
                                  const std::vector<Regime>& regimes, const std::vector<Generalisation>& generalisation,
                                  const KnowledgeOptions& options = {});

}  // namespace hillock::verify
