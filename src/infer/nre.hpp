#pragma once
/// Neural ratio estimation: `nre`, and with rounds of proposals `snre`.
///
/// The ratio p(x|z)/p(x) is learnt by contrastive learning (ratio_estimator.hpp: Durkan, Murray and Papamakarios 2020;
/// Hermans, Begy and Louppe 2020), the posterior is N(z; 0, I) times the ratio at the observation, and is drawn from by
/// likelihood_sampler.hpp. Rounds are those of SNRE (Durkan 2020, algorithm 1): each proposes from the posterior so
/// far, and learns from the pairs of all rounds. With one round the ratio is amortised: good for any observation.
///
/// Simulations are stored and learnt from with early stopping, or (`fresh`) each is learnt from once, block by block,
/// with memory that does not grow: the way where simulating costs less than learning.
///
/// Where seconds are the budget, each round has its share of them, half for simulations and half for learning (what
/// that leaves over is for the next round's simulations), and the last tenth is for drawing.
///
/// Where simulations fail is learnt too (failure_region.hpp): log P(well | z) enters the likelihood, and the excluded
/// region is left out of proposals, and then of the posterior, with the mass that is lost bounded and reported. The
/// first fifth of the simulations (`pilot`) finds it.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/array.hpp"
#include "base/error.hpp"
#include "base/progress.hpp"
#include "infer/failure_region.hpp"
#include "infer/likelihood_sampler.hpp"
#include "infer/ratio_estimator.hpp"
#include "infer/simulation_posterior.hpp"
#include "infer/simulation_source.hpp"
#include "infer/statistic_scale.hpp"

namespace hillock::infer {

struct NreOptions {
  std::uint64_t simulations = 10'000;  ///< of all rounds together, failed ones too
  std::size_t rounds = 1;
  bool fresh = false;            ///< each simulation is learnt from once; of one round
  std::size_t block = 4096;      ///< simulations, of `fresh`
  double pilot = 0.2;            ///< of the first round's simulations, run before failures are learnt from
  bool correct_failures = true;  ///< false: P(well | z) is left out, and the posterior is that of another model
  std::size_t most_epochs = 500;
  RatioOptions ratio = {};  ///< seed and threads are the problem's
  FailureOptions failure = {};
  LikelihoodSamplerOptions sampler = {};
  /// Those of all its parts, all at once.
  [[nodiscard]] Result<void> validate() const;
};

/// The likelihood that was learnt, up to a constant, without the simulator.
class NrePosterior {
 public:
  StatisticScale scale;
  RatioEstimator ratio;
  std::shared_ptr<const FailureRegion> failure;   ///< null: its factor is left out
  std::shared_ptr<const FailureRegion> left_out;  ///< where proposals never were, by its excluded(); null: nowhere

  /// log p(x, well | z) up to a constant in x; -inf in what was left out. Gradient where not null.
  void log_likelihood(const Array2& z, std::span<const double> x, std::span<double> value,
                      Array2* by_z = nullptr) const;
  /// Draws of the posterior given x. Prior draws and joint conditions are the source's. Errors: sample_likelihood's.
  [[nodiscard]] Result<LikelihoodDraws> draw(SimulationSource& source, std::span<const double> x,
                                             const LikelihoodSamplerOptions& options, Progress& progress) const;
};

struct NreRound {
  std::uint64_t simulations = 0, failed = 0;
  std::uint64_t left_out = 0;  ///< proposals in the excluded region, which were not simulated
  StoredTraining training;     ///< of a stored set
};

struct NreResult {
  explicit NreResult(NrePosterior learnt) : posterior(std::move(learnt)) {}
  NrePosterior posterior;
  LikelihoodDraws draws;  ///< empty where the run was stopped before; NrePosterior::draw makes them later
  std::vector<NreRound> rounds;
  std::vector<double> blocks;  ///< `fresh`: the mean objective of each block before it was learnt from
  SimulationTally tally{0};
  /// Of all z; it says how well it knows, or why nothing was learnt. Null only where a run was stopped before.
  std::shared_ptr<const FailureRegion> failure;
  LostMass lost;                      ///< what leaving the excluded region out costs: all 0 where nothing is left out
  std::vector<std::string> constant;  ///< statistics that never varied, and are as observed: not used
  std::vector<std::string> misfit;    ///< statistics that never varied, and are not as observed
  std::vector<std::string> outside;   ///< the observation lies beyond all simulations, or is undefined where none was
  bool complete = false;              ///< false: stopped
};

/// Errors: the options'; check_observation's; the simulator's; "simulations-failed"; "statistics-constant";
/// "too-few-simulations"; "prior-conditions"; "excluded-everywhere": proposals lie in the excluded region, however many
/// are drawn; "interrupted": before anything was learnt; sample_likelihood's.
/// @param budget  its seconds; simulations are the options', that many at most
[[nodiscard]] Result<NreResult> nre(const SimulationProblem& problem, const NreOptions& options, Progress& progress,
                                    const InferenceBudget& budget = {});

}  // namespace hillock::infer
