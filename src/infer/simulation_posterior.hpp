#pragma once
/// What a likelihood-free method is given to spend, and what it gives back.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/array.hpp"
#include "infer/conditional_estimator.hpp"
#include "infer/learnt_density.hpp"
#include "infer/posterior_likelihood.hpp"
#include "infer/simulation_source.hpp"
#include "infer/statistic_scale.hpp"

namespace hillock::infer {

/// Simulations, seconds, or both: what ends first. With seconds alone simulations are free, and every pair is fresh.
struct InferenceBudget {
  std::uint64_t simulations = 0;    ///< 0: no limit
  double seconds = 0.0;             ///< 0: no limit
  std::function<double()> elapsed;  ///< seconds since the start; asked only where `seconds` is a limit
};

/// Where learning was after some simulations.
struct LearningPoint {
  std::uint64_t simulations = 0;
  double training = 0.0;    ///< mean log density of pairs in training
  double validation = 0.0;  ///< of pairs never trained on (fresh ones: before they were)
};

/// What a stored set taught, epoch by epoch; the last point is of the states that were kept.
inline void append_learning(std::vector<LearningPoint>& curve, std::uint64_t simulations,
                            const StoredTraining& learnt) {
  for (std::size_t e = 0; e < learnt.training.size(); ++e)
    curve.push_back({simulations, learnt.training[e], learnt.validation[e]});
  if (!learnt.training.empty()) curve.push_back({simulations, learnt.training.back(), learnt.kept});
}

/// One round of a sequential method; a method that is not sequential has one.
struct InferenceRound {
  std::string proposal;  ///< "prior", "truncated prior", "posterior so far"
  std::uint64_t simulations = 0;
  std::uint64_t failed = 0;
  double objective = 0.0;    ///< validation, of what was kept at its end
  double acceptance = 1.0;   ///< of the proposal's own draws; of nle: of the particles' moves after it
  bool capped = false;       ///< a loop of the proposal ended at its cap
  std::string density = {};  ///< the kind that was learnt (nn/densities.hpp); empty: none
};

/// Of approximate Bayesian computation: the simulations that the draws repeat.
struct KeptSimulations {
  std::size_t count = 0;
  double effective = 0.0;  ///< draws' worth of their weights
  double tolerance = 0.0;  ///< the largest distance from the data
};

struct SimulationPosterior {
  std::string method;
  Array2 z;                         ///< draws, standard normal under the prior
  Array2 parameters;                ///< the same in SI
  std::vector<double> log_density;  ///< of z, as the method sees it; up to a constant where `normalised` is false
  bool normalised = false;
  bool amortised = false;  ///< the estimator holds for any observation of the prior predictive
  std::shared_ptr<const ConditionalEstimator> estimator;
  StatisticScale scale;
  /// What the estimator was given instead of the data's, where the model cannot do those; empty: the data's.
  std::vector<double> attainable;
  std::vector<double> given;  ///< [statistic] the same in the statistics' units; NaN: the data's. Empty: all the data's
  /// Where the simulations of the last round came from, and the draws lie; null: anywhere.
  std::shared_ptr<const CutRegion> region;
  double inside_share = 1.0;  ///< of the estimator's density, in `region`
  /// Of a method that learns it; null where the prior has joint conditions, which are formulas of a model.
  std::shared_ptr<const PosteriorLikelihood> likelihood;
  double log_evidence = 0.0;  ///< of prior times `likelihood`
  std::vector<InferenceRound> rounds;
  std::vector<LearningPoint> curve;
  std::uint64_t simulations = 0, failed = 0;
  KeptSimulations kept;  ///< none: the method learns a density
  std::vector<ReasonCount> failures;
  std::vector<UndefinedCount> undefined;
  std::int64_t dropped_draws = 0;  ///< that the joint conditions of the prior do not allow
  bool complete = true;            ///< false: it was stopped, and this is what there was
  std::vector<std::string> notes;
  /// Where `estimator` is a density of the parameters.
  [[nodiscard]] LearntDensity density() const { return {estimator, scale, attainable, region, inside_share}; }
};

}  // namespace hillock::infer
