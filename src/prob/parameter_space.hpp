#pragma once
/// Named parameters with their priors: the point in parameter space, as batches.
///
/// A batch of n points is an n x d Array2, columns in the order of the names. `u` is unconstrained, `x` is in SI, `z`
/// is standard normal: under the prior the coordinates of z are independent normal numbers, whatever the priors are. A
/// prior may depend on parameters before it (conditional.hpp); the maps x(u) never do.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/array.hpp"
#include "base/error.hpp"
#include "prob/conditional.hpp"

namespace hillock::prob {

class ParameterSpace {
 public:
  /// Error code "parameter-twice" for every name given more than once. One prior per name.
  [[nodiscard]] static Result<ParameterSpace> make(std::vector<std::string> names, const std::vector<Prior>& priors);
  /// The same with priors that may depend on parameters before them. Error codes, all at once: also
  /// "prior-conditional" (a family whose arguments must be numbers), "prior-order" (reads itself or a later one).
  [[nodiscard]] static Result<ParameterSpace> make_joint(std::vector<std::string> names, std::vector<Entry> priors);

  [[nodiscard]] std::size_t size() const { return names_.size(); }
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  [[nodiscard]] std::optional<std::size_t> find(std::string_view name) const;

  [[nodiscard]] bool independent() const { return independent_; }  ///< no conditional prior
  [[nodiscard]] bool conditional(std::size_t i) const { return std::holds_alternative<Conditional>(entries_[i]); }
  [[nodiscard]] const Entry& entry(std::size_t i) const { return entries_[i]; }
  /// Of a parameter whose prior depends on nothing (checked: see `conditional`, `marginal.hpp`).
  [[nodiscard]] const Prior& prior(std::size_t i) const;
  /// The prior of parameter i where the parameters before it are those of `x`; nothing where its arguments are none.
  [[nodiscard]] std::optional<Prior> prior_given(std::size_t i, std::span<const double> x) const {
    return given(entries_[i], x);
  }
  /// Every parameter at the median of its prior, given those before it: the point z = 0.
  [[nodiscard]] std::vector<double> centre() const;

  // What belongs to the family alone: conditional or not.
  [[nodiscard]] Family family(std::size_t i) const { return maps_[i].family(); }
  [[nodiscard]] double lower(std::size_t i) const { return maps_[i].lower(); }
  [[nodiscard]] double upper(std::size_t i) const { return maps_[i].upper(); }
  [[nodiscard]] Transformed transform(std::size_t i, double u) const { return maps_[i].transform(u); }
  [[nodiscard]] double to_constrained(std::size_t i, double u) const { return maps_[i].to_constrained(u); }
  [[nodiscard]] double to_unconstrained(std::size_t i, double x) const { return maps_[i].to_unconstrained(x); }

  [[nodiscard]] Array2 to_constrained(const Array2& u) const;
  /// -inf or +inf where x is at or beyond an end of the support.
  [[nodiscard]] Array2 to_unconstrained(const Array2& x) const;
  /// dx_i/du_i: the Jacobian is diagonal, its diagonal is a row.
  [[nodiscard]] Array2 jacobian(const Array2& u) const;
  /// value[k] = log prior density of u.row(k) on the unconstrained scale; gradient, where not null, is n x d. Where the
  /// arguments of a conditional prior are none, -inf, with gradient 0.
  void log_density_unconstrained(const Array2& u, std::span<double> value, Array2* gradient) const;
  /// `count` prior draws x. Row k depends on the seed and on first + k alone. Finite also where the arguments of a
  /// conditional prior are none: such a row has log density -inf.
  [[nodiscard]] Array2 sample(std::uint64_t seed, std::uint64_t first, std::size_t count) const;

  /// x(z), with prior.hpp's map for each parameter given those before it: for z ~ N(0, I) these are prior draws. Every
  /// x is finite and strictly inside its support for finite z. `log_slope`, where not empty, gets log |dx/dz| of every
  /// row, by which densities are carried over: log p(x) = log N(z) - log |dx/dz|. Where the arguments of a conditional
  /// prior are none it is +inf (so that density is 0).
  [[nodiscard]] Array2 from_standard_normal(const Array2& z, std::span<double> log_slope = {}) const;
  /// z(x), its inverse. -inf or +inf where x is at or beyond an end of its support; `log_slope` is +inf there too.
  [[nodiscard]] Array2 to_standard_normal(const Array2& x, std::span<double> log_slope = {}) const;

  /// Minus the second derivatives of the log prior density at u, d x d: central differences of its gradient (h = 1e-3;
  /// relative error 1e-6).
  [[nodiscard]] Array2 curvature(std::span<const double> u) const;
  /// Adds, for every conditional prior, what its second derivatives are on average over its own parameter: a positive
  /// semi-definite matrix, the Fisher information about a parameter and those that its prior reads. d x d, u scale.
  void add_conditional_information(std::span<const double> u, Array2& information) const;

 private:
  ParameterSpace(std::vector<std::string> names, std::vector<Entry> entries);

  std::vector<std::string> names_;
  std::vector<Entry> entries_;
  std::vector<Prior> maps_;  ///< the prior, or some member of its family
  bool independent_ = true;
};

}  // namespace hillock::prob
