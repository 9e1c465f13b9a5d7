#pragma once
/// How far a simulation is from the observation: the distance of approximate Bayesian computation (ABC).
///
/// Euclid's, after each statistic is divided by its spread over simulations: the median absolute deviation from their
/// median (as Prangle 2017, Bayesian Analysis 12:289, section 2.2), times 1.4826, which makes it the standard deviation
/// of a normal distribution. Where more than half of the simulations agree on a value, it is the mean absolute
/// deviation from the median, times sqrt(pi/2).
///
/// A statistic that has no value is no distance: a simulation that has a value where the observation has none, or none
/// where the observation has one, is infinitely far, for the observation *is* that there was none ("no spike"). Where
/// both have none, the statistic adds nothing.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/array.hpp"
#include "base/error.hpp"

namespace hillock::infer {

/// Statistics, by name, about which the distance has something to say.
struct DistanceNotes {
  /// The same in all simulations and in the observation: left out.
  std::vector<std::string> constant;
  /// The same in all simulations, but not in the observation: no parameters explain it. Left out, since it is as far
  /// from all.
  std::vector<std::string> misfit;
  /// The observation lies beyond all simulations.
  std::vector<std::string> outside;
};

/// Error codes, all at once: "observation-size", "observation-not-finite" (infinite; NaN is: no value).
[[nodiscard]] Result<void> check_observation(const std::vector<std::string>& statistics,
                                             std::span<const double> observed);

/// True where both have values for the same statistics; what is not finite in x is no value.
[[nodiscard]] bool comparable(std::span<const double> x, std::span<const double> observed);

class AbcDistance {
 public:
  /// @param observed  NaN: no value. Checked before.
  /// @param sample    simulations x statistics, from which the spreads are taken; not finite: no value. A statistic
  ///                  without two values is left out.
  AbcDistance(const std::vector<std::string>& statistics, std::span<const double> observed, const Array2& sample);

  /// +infinity where x is not comparable.
  [[nodiscard]] double operator()(std::span<const double> x) const;
  /// [statistic]; 0: left out.
  [[nodiscard]] const std::vector<double>& scale() const { return scale_; }
  /// True where no statistic is left that tells parameters apart.
  [[nodiscard]] bool empty() const;
  /// What to say then. Code "statistics-constant".
  [[nodiscard]] Error nothing_moves(std::uint64_t simulations) const;
  [[nodiscard]] const DistanceNotes& notes() const { return notes_; }

 private:
  std::vector<double> observed_, scale_;
  DistanceNotes notes_;
};

}  // namespace hillock::infer
