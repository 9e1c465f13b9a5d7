#pragma once
/// A learnt posterior that is kept: drawn from and evaluated again, on any observation where it is amortised, without
/// the simulator.
///
/// Plain versioned data (nn/saved_network.hpp). Of `npe` and `tsnpe` it is the density that they learn; of `tsnpe`, cut
/// to the region that its simulations came from. Of `nle` and `nre` it is the likelihood of the observation (`nre`: up
/// to a constant): draws are annealed from the prior anew, and the density is normalised by the evidence that the
/// annealing of the fit found. The priors depend on no other parameter, since those that do are formulas of a model.

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/array.hpp"
#include "base/error.hpp"
#include "infer/conditional_estimator.hpp"
#include "infer/simulation_posterior.hpp"
#include "infer/statistic_scale.hpp"
#include "prob/parameter_space.hpp"

namespace hillock::infer {

class SavedPosterior {
 public:
  /// Error codes "posterior-not-saved": another method, priors with conditions, several trials by nle, or nothing
  /// learnt.
  [[nodiscard]] static Result<SavedPosterior> of(const SimulationPosterior& posterior,
                                                 const prob::ParameterSpace& space, std::vector<std::string> statistics,
                                                 std::vector<double> observed);
  [[nodiscard]] std::string to_bytes() const;
  /// Errors: those of nn::network_from_bytes and ConditionalEstimator::load; "network-damaged".
  [[nodiscard]] static Result<SavedPosterior> from_bytes(std::string_view bytes, const std::string& where);

  [[nodiscard]] const prob::ParameterSpace& space() const { return *space_; }
  [[nodiscard]] const std::vector<std::string>& statistics() const { return statistics_; }
  [[nodiscard]] const std::vector<double>& observed() const { return observed_; }
  [[nodiscard]] bool amortised() const { return amortised_; }

  [[nodiscard]] const StatisticLayout& layout() const { return scale_.layout(); }

  /// Draws number `first` ... (SI) of the posterior given `x`; of trials, x may have any number that it was learnt for.
  /// Of a learnt likelihood, and of a density that is cut, draws of one call belong together: those of another `first`
  /// are other draws, of which none is among them. Errors: those of StatisticLayout::complete; "not-amortised": another
  /// observation than the one that it was learnt for; of a learnt likelihood those of draw_learnt_posterior, and
  /// "annealing-capped"; of a cut density "draws-outside".
  [[nodiscard]] Result<Array2> draw(std::span<const double> x, std::size_t count, std::uint64_t seed,
                                    std::uint64_t first = 0) const;
  /// log p(theta | x) of parameters in SI; -inf outside the prior. Errors as above.
  [[nodiscard]] Result<std::vector<double>> log_density(const Array2& parameters, std::span<const double> x) const;
  /// Of some thousand draws (always the same ones) that with the highest density, given the data of the fit.
  [[nodiscard]] Result<std::vector<double>> map() const;

 private:
  SavedPosterior() = default;
  Result<std::vector<double>> complete(std::span<const double> x) const;
  std::string method_;
  bool amortised_ = false;
  std::shared_ptr<const prob::ParameterSpace> space_;
  std::vector<std::string> statistics_;
  std::vector<double> observed_;
  StatisticScale scale_;
  LearntDensity density_;  ///< of parameters given statistics; or, without an estimator, ...
  std::shared_ptr<const PosteriorLikelihood> likelihood_;  ///< ... theirs
  double log_evidence_ = 0.0;
};

}  // namespace hillock::infer
