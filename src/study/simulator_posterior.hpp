#pragma once
/// A posterior that was learnt from simulations, to be asked: draws, densities, other observations. It needs the
/// simulator no more.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/array.hpp"
#include "base/error.hpp"
#include "infer/saved_posterior.hpp"
#include "infer/simulation_posterior.hpp"
#include "prob/parameter_space.hpp"
#include "units/unit.hpp"
#include "verify/verdict.hpp"

namespace hillock::study {

class SimulatorPosterior {
 public:
  /// All parameters are in SI, in the order of the names.
  SimulatorPosterior(prob::ParameterSpace space, std::vector<units::Unit> units, std::vector<std::string> statistics,
                     std::vector<double> observed, infer::SimulationPosterior posterior, verify::Verdict verdict,
                     std::uint64_t seed);

  [[nodiscard]] const std::vector<std::string>& names() const { return space_.names(); }
  /// "siemens", "1": what the numbers are in.
  [[nodiscard]] std::vector<std::string> units() const;
  [[nodiscard]] const std::vector<std::string>& statistics() const { return statistics_; }
  [[nodiscard]] const std::vector<double>& observed() const { return observed_; }
  /// That it holds for at most; 1 where there is one.
  [[nodiscard]] std::size_t trials() const;
  [[nodiscard]] const Array2& draws() const { return posterior_.parameters; }
  [[nodiscard]] const std::string& method() const { return posterior_.method; }
  /// Does it hold for any observation?
  [[nodiscard]] bool amortised() const { return posterior_.amortised && density(); }
  [[nodiscard]] std::string verdict_json() const;
  /// As infer::SavedPosterior reads them. Error codes: "posterior-not-saved".
  [[nodiscard]] Result<std::string> to_bytes() const;

  /// Draws `first` ... `first + count - 1` of the posterior given `observed` (empty: the data of the fit). A method
  /// without a density gives a random choice of its own draws, none of them twice; where more are asked for than there
  /// are, a learnt likelihood makes new ones. Of trials there may be any number that it was learnt for. Error codes:
  /// "statistics-count", "trials-count", "not-amortised" (other data), "too-few-draws".
  [[nodiscard]] Result<Array2> sample(std::size_t count, std::span<const double> observed, std::uint64_t seed,
                                      std::uint64_t first) const;
  /// log p(parameters | observed) of every row; -inf outside the prior. Error codes: "statistics-count",
  /// "not-amortised", "parameter-count", "no-density" (a method that has none).
  [[nodiscard]] Result<std::vector<double>> log_prob(const Array2& parameters, std::span<const double> observed) const;
  /// The draw where the posterior density of the parameters is highest. Error code "no-density".
  [[nodiscard]] Result<std::vector<double>> map() const;

 private:
  /// Is there a normalised density of the parameters, given data?
  [[nodiscard]] bool density() const { return posterior_.normalised && posterior_.estimator != nullptr; }
  /// A complete row of statistics; `observed` or, where it is empty, the data of the fit.
  [[nodiscard]] Result<std::vector<double>> complete(std::span<const double> observed) const;

  prob::ParameterSpace space_;
  std::vector<units::Unit> units_;
  std::vector<std::string> statistics_;
  std::vector<double> observed_;
  infer::SimulationPosterior posterior_;
  std::optional<infer::SavedPosterior> likelihood_;  ///< of nle
  verify::Verdict verdict_;
  std::uint64_t seed_;
};

}  // namespace hillock::study
