#pragma once
/// Named parameters with independent priors: the point in parameter space, as batches.
///
/// A batch of n points is an n x d Array2, columns in the order of the names. `u` is unconstrained, `x` is in SI.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/array.hpp"
#include "base/error.hpp"
#include "prob/prior.hpp"

namespace hillock::prob {

class ParameterSpace {
 public:
  /// Error code "parameter-twice" for every name given more than once. One prior per name.
  [[nodiscard]] static Result<ParameterSpace> make(std::vector<std::string> names, std::vector<Prior> priors);

  [[nodiscard]] std::size_t size() const { return names_.size(); }
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  [[nodiscard]] const Prior& prior(std::size_t i) const { return priors_[i]; }
  [[nodiscard]] std::optional<std::size_t> find(std::string_view name) const;

  [[nodiscard]] Array2 to_constrained(const Array2& u) const;
  /// -inf or +inf where x is at or beyond an end of the support.
  [[nodiscard]] Array2 to_unconstrained(const Array2& x) const;
  /// dx_i/du_i: the Jacobian is diagonal, its diagonal is a row.
  [[nodiscard]] Array2 jacobian(const Array2& u) const;
  /// value[k] = log prior density of u.row(k) on the unconstrained scale; gradient, where not null, is n x d.
  void log_density_unconstrained(const Array2& u, std::span<double> value, Array2* gradient) const;
  /// `count` prior draws x. Row k depends on the seed and on first + k alone.
  [[nodiscard]] Array2 sample(std::uint64_t seed, std::uint64_t first, std::size_t count) const;

 private:
  ParameterSpace(std::vector<std::string> names, std::vector<Prior> priors)
      : names_(std::move(names)), priors_(std::move(priors)) {}

  std::vector<std::string> names_;
  std::vector<Prior> priors_;
};

}  // namespace hillock::prob
