#pragma once
/// Linear equations M u = b as straight lines of expressions, for a pattern of zeros that is known beforehand.

#include <span>
#include <vector>

#include "ir/algebra.hpp"

namespace hillock::sim {

/// M = L U without exchange of rows: for matrices 1 - h J with a step h that is controlled. Where a pivot comes out
/// near 0, what is solved is large or NaN, and the step control takes a smaller step, with which M approaches 1.
class SparseSolve {
 public:
  /// `matrix` by rows; the constant 0 is what is never anything else. The order of elimination is Markowitz's (1957,
  /// Manage. Sci. 3:255) on the diagonal: the fewest products first, so that a membrane comes after its gates.
  SparseSolve(ir::Algebra& algebra, std::vector<std::vector<ir::NodeId>> matrix);
  [[nodiscard]] std::vector<ir::NodeId> solve(std::vector<ir::NodeId> b) const;

 private:
  ir::Algebra& al_;
  std::vector<std::vector<ir::NodeId>> m_;               ///< U, and L below it in the order of elimination
  std::vector<ir::NodeId> inverse_;                      ///< of the pivots
  std::vector<std::vector<std::size_t>> lower_, upper_;  ///< by pivot: the rows below it and the columns after it
  std::vector<std::size_t> order_;
};

}  // namespace hillock::sim
