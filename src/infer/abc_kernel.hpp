#pragma once
/// How ABC-SMC moves a population: a mixture of normal distributions about its members.
///
/// Filippi et al. 2013 (see abc_smc.hpp). With weights w_i of all members and v_j of those that are expected to be in
/// the next generation (sum 1), about member i:
///   local (section 3.3):   S_i = sum_j v_j (u_j - u_i)(u_j - u_i)^T
///   global (section 3.1):  S = sum_i w_i S_i

#include <span>
#include <vector>

#include "base/array.hpp"
#include "base/rng.hpp"

namespace hillock::infer {

class AbcMixture {
 public:
  /// @param points  n x d, finite
  /// @param weight  [n], sum 1
  /// @param next    [n], whether a member is expected in the next generation; at least one of weight above 0
  AbcMixture(const Array2& points, std::vector<double> weight, const std::vector<bool>& next, bool local);

  /// False where the members lie in fewer than d dimensions: there is no density to weigh with.
  [[nodiscard]] bool usable() const { return usable_; }
  void draw(Rng& rng, std::span<double> out) const;
  /// log density at each row of `points`.
  [[nodiscard]] std::vector<double> log_density(const Array2& points) const;

 private:
  Array2 centres_;
  std::vector<double> cumulative_, log_weight_;
  std::vector<double> factors_;   ///< d x d lower triangles, one after the other: of each member, or one
  std::vector<double> log_norm_;  ///< of each factor
  bool usable_ = true;
};

}  // namespace hillock::infer
