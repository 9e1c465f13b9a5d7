#pragma once
/// Neural likelihood estimation: a conditional density q(statistics | parameters) learnt from simulations, and draws of
/// prior times likelihood.
///
/// In rounds it is sequential neural likelihood (Papamakarios, Sterratt & Murray 2019, algorithm 1): simulations come
/// from the posterior so far, and some from the prior, of stored ones those near that posterior. Any proposal is right:
/// the loss is the likelihood's. With stored simulations each round learns anew, from all of them: the scales, the
/// regression that the density begins with (regression_start.hpp) and the validation are those of the simulations near
/// the posterior so far, where the likelihood has to be right. Where every pair is new (no limit of simulations, or one
/// beyond `stored`), up to three quick rounds of stored ones say first where the posterior lies; one network then goes
/// on learning over the rounds that are left.
///
/// Networks are pooled by the mean of their log densities, tails of statistics stay straight, and what never varies
/// near the data but does elsewhere is kept: all against posterior mass that nothing supports (docs/decisions/0018).
///
/// Where every statistic is one of two neighbouring whole numbers the likelihood is a probability, by a masked network
/// (nn/bernoulli.hpp; Boelts et al. 2022). Other whole-number statistics are made continuous by uniform noise in
/// training, and their probability is the mean density over such noise (Uria, Murray & Larochelle 2013, section 5.1).
/// Statistics that the observation lacks are left out; simulations in which one that it has is undefined are left out,
/// and counted; the probability of an answer with all of them is learnt too, and is a factor of the likelihood
/// (failure_region.hpp).

#include "infer/simulation_posterior.hpp"

namespace hillock::infer {

struct NleOptions {
  /// `density` may be "auto": of stored simulations the kind that held-out ones are for (density_choice.hpp).
  EstimatorOptions estimator{.rate = 3e-3};
  std::size_t draws = 10'000;
  std::size_t rounds = 5;        ///< with fresh pairs, those that locate the posterior among them
  double prior_share = 0.1;      ///< of a round's proposals
  std::size_t particles = 2000;  ///< between rounds
  std::string sampler =
      "auto";  ///< of the last draws: "smc", "slice", "nuts"; auto: smc up to 20 parameters, else nuts
  std::uint64_t stored = 300'000;
  std::size_t most_epochs = 1000;
  std::size_t pilot = 20'000;    ///< simulations that fresh pairs' scales and regression are found from
  double sampling_share = 0.15;  ///< of a budget in seconds, kept for draws
  [[nodiscard]] Result<void> validate() const;
};

/// Error codes: those of the simulator; "simulations-failed"; "prior-conditions"; "option-range"; "nothing-observed"
/// where the observation has no statistic that varies; "embedding-method" (a layout); "trials-undefined" (a trial lacks
/// a statistic that the first one has, or the other way round).
[[nodiscard]] Result<SimulationPosterior> nle(const SimulationProblem& problem, const NleOptions& options,
                                              const InferenceBudget& budget, Progress& progress);

}  // namespace hillock::infer
