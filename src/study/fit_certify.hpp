#pragma once
/// `verify.certify`: is a posterior that was learnt from simulations the exact one? docs/decisions/0015-certify.md.
///
/// "weights": the draws stay, and have weights beside them; what is shown is of the weighted draws, where they are
/// exact. "exact": draws that are not are replaced, by the weighted ones drawn again or else by NUTS from them.

#include <optional>
#include <string>
#include <vector>

#include "base/progress.hpp"
#include "infer/certify.hpp"
#include "infer/diagnostics.hpp"
#include "infer/simulation_posterior.hpp"
#include "study/resolved.hpp"
#include "study/run_options.hpp"
#include "study/simulated_problem.hpp"

namespace hillock::study {

struct Certified {
  std::string certified;  ///< "exact", "approximate", or "not possible: " and why
  std::string by;         ///< "weights", "nuts"; empty: by neither
  std::string why;        ///< where it is approximate
  infer::Certificate weights;
  bool weighed = false;  ///< `weights` is something
  /// The exact posterior's draws, equally weighted, where there are such: what is shown and checked.
  std::optional<infer::SimulationPosterior> exact;
  bool replaced = false;                ///< `exact` has taken the place of the learnt draws
  std::size_t chains = 1;               ///< of `exact`, chain-major
  std::optional<infer::Mixing> mixing;  ///< of those chains, where they are NUTS's
  std::int64_t divergences = 0;
  std::int64_t gradients = 0;  ///< evaluated
  std::vector<std::string> notes;
  std::string not_done;  ///< where it was stopped: what was not done
};

/// Never fails: what cannot be done is said. Once `progress` says stop, no draw is replaced.
[[nodiscard]] Certified certify(const ResolvedStudy& study, const RunOptions& options, const SimulatedProblem& problem,
                                const infer::SimulationPosterior& posterior, Progress& progress);

}  // namespace hillock::study
