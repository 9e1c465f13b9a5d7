#pragma once
/// A likelihood that neural likelihood estimation has learnt (nle.hpp), and draws of the posterior that it makes with
/// the prior. The simulator is needed no more.

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/array.hpp"
#include "base/error.hpp"
#include "base/progress.hpp"
#include "infer/conditional_estimator.hpp"
#include "infer/failure_region.hpp"
#include "infer/likelihood_sampler.hpp"
#include "infer/parameter_inputs.hpp"
#include "infer/posterior_likelihood.hpp"
#include "infer/statistic_scale.hpp"
#include "prob/parameter_space.hpp"

namespace hillock::infer {

struct LearntLikelihood final : PosteriorLikelihood {
  explicit LearntLikelihood(const prob::ParameterSpace& space) : inputs(space) {}

  ParameterInputs inputs;
  std::shared_ptr<const ConditionalEstimator> estimator;  ///< q(statistics | parameters), of one trial
  StatisticScale scale;
  std::vector<std::uint8_t> whole;  ///< [statistic] 1: of whole numbers, made continuous by uniform noise
  bool labels = false;              ///< every statistic is one of two values, and `estimator` gives probabilities
  std::shared_ptr<const FailureRegion> failure;  ///< null: nothing has failed
  std::vector<std::vector<double>> trials;       ///< [trial][statistic] what was observed; NaN: was not
  std::uint64_t seed = 1;                        ///< of the noise

  /// Statistics as the estimator takes them. Whole ones have their noise already.
  [[nodiscard]] Array2 scaled(const Array2& x) const;
  /// Sum over trials of log q(trial, an answer | z_k), and its gradient where not null.
  void log_likelihood(const Array2& z, std::span<double> value, Array2* gradient = nullptr) const override;
  [[nodiscard]] std::string not_kept() const override;
  void save(nn::SavedNetwork& network) const override;
  /// Of one trial, `observed`. Error code "network-damaged", and those of FailureRegion::load.
  [[nodiscard]] static Result<std::shared_ptr<const LearntLikelihood>> load(
      const nn::SavedNetwork& network, const prob::ParameterSpace& space, const StatisticScale& scale,
      std::vector<double> observed, std::shared_ptr<const ConditionalEstimator> estimator, const std::string& where);

 private:
  void of_trial(std::size_t trial, const Array2& z, std::span<double> value, Array2* gradient) const;
};

/// Which rows of z the prior's joint conditions allow; null: all.
using AllowedRows = std::function<void(const Array2& z, std::span<std::uint8_t> allowed)>;

struct LearntPosteriorOptions {
  std::size_t draws = 10'000;
  std::string sampler = "auto";  ///< "smc", "slice", "nuts"; auto: smc up to 20 parameters, else nuts
  std::uint64_t seed = 1;        ///< of the sampler
  std::uint64_t annealing_seed = 1;
};

/// Particles that anneal: a jump decorrelates one part in d, so there are more of them in more dimensions.
[[nodiscard]] AnnealingOptions annealing_in(std::size_t dimension, std::uint64_t seed);

/// Draws of N(0, I) times the likelihood.
/// @param start  draws of the prior, enough for sample_likelihood
/// Errors: those of sample_likelihood.
[[nodiscard]] Result<LikelihoodDraws> draw_learnt_posterior(const PosteriorLikelihood& likelihood, const Array2& start,
                                                            const AllowedRows& allowed,
                                                            const LearntPosteriorOptions& options, Progress& progress);

}  // namespace hillock::infer
