#pragma once
/// Neural posterior estimation: a conditional density q(parameters | statistics) learnt from simulations.
///
/// `npe`: simulations of the prior; the estimator is the posterior of any observation (amortised). Papamakarios &
/// Murray 2016 (eq. 5 with the prior as proposal); Lueckmann et al. 2017; Greenberg, Nonnenmacher & Macke 2019.
///
/// `tsnpe`: truncated sequential NPE (Deistler, Goncalves & Macke 2022, algorithm 1): in each round simulations come
/// from the prior cut to the region where the density so far is above its `epsilon` quantile (truncated_prior.hpp says
/// what else holds of it), so the loss needs no correction. Draws of the last density are cut to its region, too:
/// nothing leaks. Where the model cannot quite do the data, the network is given the nearest statistics that it can
/// (nearest_attainable.hpp). All loops are capped.
///
/// Statistics that belong together, a trace or i.i.d. trials, go through an embedding that is learnt with the density
/// (Radev, Mertens, Voss, Ardizzone & Köthe 2020, "BayesFlow"; for trials Zaheer et al. 2017, "Deep sets"). Trials that
/// were not made are masked: one posterior holds for any number of them.
///
/// All on the scale on which the prior is standard normal. Statistics without a value are inputs with a mark of their
/// own, not dropped rows. Simulations that failed tell nothing about a recording that did not fail: they are left out,
/// which is right for data that exist, and counted.

#include "infer/simulation_posterior.hpp"

namespace hillock::infer {

struct NpeOptions {
  EstimatorOptions estimator;
  std::size_t draws = 10'000;
  std::size_t rounds = 1;          ///< above 1: tsnpe
  double epsilon = 1e-3;           ///< of the posterior's mass, outside the region
  double most_cut = 0.97;          ///< of the simulations in a round's region, outside the next one
  bool robust = true;              ///< rounds condition on what the model can do (nearest_attainable.hpp)
  std::uint64_t stored = 300'000;  ///< so many simulations are stored and learnt from many times; more are fresh
  std::size_t most_epochs = 1000;  ///< of a stored set
  std::size_t pilot = 20'000;      ///< fresh simulations that scales are found from, at most
  double sampling_share = 0.06;    ///< of a budget in seconds, kept for draws
  /// Under a budget in seconds alone: where a simulation costs more than so many passes of learning over it,
  /// simulations are stored and learnt from with early stopping, in rounds of so many seconds.
  double costly = 4.0;
  bool rounds_from_time = false;  ///< their number: about one for 1000 simulations, 2 to 14; `rounds` says whether more
                                  ///< than one
  double timed_rate = 2e-3;       ///< of learning then: there are few steps
  std::string timed_density = "maf";  ///< of the same reason; empty: `estimator.density`
  std::size_t timed_members = 2;      ///< of the last round, which learn beside each other
  double timed_sampling_share = 0.03;
  double simulating_share = 0.6;  ///< of the seconds of such a round
  double last_share = 0.3;        ///< of all of them, for the last round
  [[nodiscard]] Result<void> validate() const;
};

/// Error codes: those of the simulator and of the layout; "simulations-failed"; "prior-conditions"; "option-range";
/// "trials-count" (data without a trial); "density-shape" (a kind that takes no embedding).
[[nodiscard]] Result<SimulationPosterior> npe(const SimulationProblem& problem, const NpeOptions& options,
                                              const InferenceBudget& budget, Progress& progress);

}  // namespace hillock::infer
