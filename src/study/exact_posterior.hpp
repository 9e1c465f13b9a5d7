#pragma once
/// The posterior by the model's own likelihood, for a study whose posterior is learnt from simulations: where there is
/// one, of the very numbers that its statistics are.
///
/// Statistics that are recorded samples have the likelihood of those samples. Statistics that sum a recording up (a
/// mean, a number of spikes) have another, which nobody has written down: that of the whole recording is of another
/// posterior, one that knows more, and nothing is certified by it.

#include <memory>
#include <span>

#include "base/progress.hpp"
#include "infer/target.hpp"
#include "study/fit_target.hpp"
#include "study/resolved.hpp"
#include "study/run_options.hpp"
#include "study/simulated_problem.hpp"

namespace hillock::study {

class ExactPosterior final : public infer::LogDensity {
 public:
  /// Error code "no-exact-likelihood": there is none, and its message says why, as the rest of a sentence.
  /// "interrupted": `progress` said stop. `problem` and `progress` must live as long as this.
  [[nodiscard]] static Result<std::unique_ptr<ExactPosterior>> open(const ResolvedStudy& study,
                                                                    const RunOptions& options,
                                                                    const SimulatedProblem& problem,
                                                                    const Progress& progress);

  /// log p(z | data) + constant of each row, z standard normal under the prior (prob::ParameterSpace): the same
  /// constant as that of a normalised prior. -inf: none. Once `progress` says stop, the rest is -inf.
  void log_density(const Array2& z, std::span<double> value, const Progress& progress);

  // What NUTS sees: the same on the unconstrained scale, with gradients.
  /// Compiles them. Errors as above.
  [[nodiscard]] Result<void> want_gradients();
  [[nodiscard]] std::size_t dimension() const override { return target_.space->size(); }
  void evaluate(const Array2& points, std::span<double> value, Array2* gradient) override;
  [[nodiscard]] Array2 unconstrained(const Array2& z) const;
  [[nodiscard]] Array2 standard_normal(const Array2& unconstrained) const;

  [[nodiscard]] std::int64_t simulations() const { return target_.simulations; }
  [[nodiscard]] std::int64_t gradients() const { return target_.gradients; }

 private:
  ExactPosterior() = default;
  Result<void> compile(Posterior::Answers answers);
  ir::Model model_;  ///< that of the problem, with those channels alone that have statistics
  Target target_;
  std::optional<Posterior> density_;
};

}  // namespace hillock::study
