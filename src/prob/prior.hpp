#pragma once
/// One prior distribution of one parameter, and its map to the unconstrained scale.
///
/// Everything is in the parameter's SI unit. A parameter x with support (lower, upper) is searched and sampled as an
/// unconstrained number u in R:
///
/// | family                        | arguments                     | support      | x(u)                              |
/// |-------------------------------|-------------------------------|--------------|-----------------------------------|
/// | uniform(lower, upper)         | bounds                        | finite       | lower + (upper-lower) logistic(u) |
/// | loguniform(lower, upper)      | bounds > 0                    | finite       | lower (upper/lower)^logistic(u)   |
/// | normal(mean, sd)              |                               | R            | u                                 |
/// | lognormal(median, sd_log)     | median > 0, sd of log x       | (0, inf)     | exp(u)                            |
/// | halfnormal(sd)                | sd of the unfolded normal     | (0, inf)     | exp(u)                            |
/// | exponential(mean)             |                               | (0, inf)     | exp(u)                            |
///
/// `normal`, `lognormal`, `halfnormal` and `exponential` may be conditional (conditional.hpp), as x(u) does not depend
/// on their arguments.
///
/// The density of u is p(x(u)) |dx/du|; under `uniform` and `loguniform` it is the standard logistic density.
/// (Stan Reference Manual, "Constraint transforms", gives the same maps.)

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/rng.hpp"

namespace hillock::prob {

enum class Family : std::uint8_t { uniform, loguniform, normal, lognormal, halfnormal, exponential };

[[nodiscard]] std::string_view to_string(Family family);
/// Every family's name, for help and suggestions.
[[nodiscard]] const std::vector<std::string>& family_names();

/// The map u -> x at one point.
struct Transformed {
  double x;           ///< inside [lower, upper] and finite, for every finite u
  double dx_du;       ///< >= 0, finite; underflows to 0 far out
  double log_dx_du;   ///< log |dx/du|, finite even where dx_du underflows
  double dlog_dx_du;  ///< d(log |dx/du|)/du
};

/// A log density and its derivative.
struct LogSlope {
  double value;
  double derivative;
};

class Prior {
 public:
  /// @param family     a name of the table above
  /// @param arguments  in SI
  /// @param where      the key or parameter that errors name
  /// Error codes: "prior-family", "prior-arguments", "prior-not-finite", "prior-bounds", "prior-not-positive". All at
  /// once.
  [[nodiscard]] static Result<Prior> make(std::string_view family, std::span<const double> arguments,
                                          std::string_view where = {});

  /// The same for numbers that are computed: nothing where `make` would have errors.
  [[nodiscard]] static std::optional<Prior> of(Family family, std::span<const double> arguments);

  [[nodiscard]] Family family() const { return family_; }
  /// As given: two numbers, or one.
  [[nodiscard]] std::span<const double> arguments() const { return {arguments_, arity_}; }

  /// log p(x); -inf outside the support, also for NaN.
  [[nodiscard]] double log_density(double x) const;
  [[nodiscard]] double cdf(double x) const;
  /// The x with cdf(x) = p, for p in [0, 1]: 0 and 1 give the ends of the support, all between
  /// something strictly inside finite bounds (two adjacent doubles as bounds have no inside: one of them).
  [[nodiscard]] double quantile(double p) const;
  /// One uniform number, through the quantile function: draws are monotone in it.
  [[nodiscard]] double sample(Rng& rng) const { return quantile(rng.uniform()); }
  [[nodiscard]] double mean() const;
  [[nodiscard]] double variance() const;
  [[nodiscard]] double lower() const;  ///< -inf where open
  [[nodiscard]] double upper() const;  ///< +inf where open
  /// Variance of u under the prior: what a contraction on the unconstrained scale is measured against.
  [[nodiscard]] double unconstrained_variance() const;

  /// -inf at or below the lower end of the support, +inf at or above the upper one.
  [[nodiscard]] double to_unconstrained(double x) const;
  [[nodiscard]] double to_constrained(double u) const { return transform(u).x; }
  [[nodiscard]] Transformed transform(double u) const;
  /// log p(x(u)) + log |dx/du| and its derivative in u. Never NaN for a finite u; -inf only where the true value is
  /// below the least double (a half-line family with x beyond 1e150 scales).
  [[nodiscard]] LogSlope log_density_unconstrained(double u) const;
  /// Its derivatives in the arguments, of a family whose map u -> x does not depend on them (not `uniform` and
  /// `loguniform`). 0 for an argument that there is not.
  [[nodiscard]] std::array<double, 2> argument_slopes(double u) const;

  /// x with cdf(x) = Phi(z), computed from the nearer tail: rising in z, finite, strictly inside the support for every
  /// finite z. (The half lines end at the least normal number.)
  [[nodiscard]] double from_standard_normal(double z) const;
  /// Its inverse; -inf at or below the lower end of the support, +inf at or above the upper one.
  [[nodiscard]] double to_standard_normal(double x) const;
  /// log dx/dz where x belongs to z.
  [[nodiscard]] double log_dx_dz(double x, double z) const;

 private:
  Prior(Family family, std::span<const double> arguments);

  Family family_;
  std::size_t arity_;
  double arguments_[2];
  double log_lower_ = 0.0;  ///< loguniform: log(lower)
  double width_ = 1.0;      ///< uniform: upper - lower; loguniform: log(upper/lower)
};

}  // namespace hillock::prob
