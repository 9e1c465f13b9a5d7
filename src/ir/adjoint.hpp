#pragma once
/// Reverse mode of programs: the gradient of a sum over rows by any number of parameters, for a few times the cost of
/// the program.
///
/// With x the carried variables at a row and x' = F(x, p) what a phase makes of them, the derivatives of the final sum
/// by x obey lambda = F_x^T lambda', and each row adds F_p^T lambda' to the gradient (Griewank & Walther 2008, ch. 3).
/// The program that does this goes through the rows backwards and reads x from a tape that the program itself puts
/// down; how rows are cut into pieces that fit on a tape is the caller's business (checkpoints: ibid., ch. 12).
///
/// F depends on the parameters through its still parts, the largest expressions that read no x. Where a part reads no
/// column either, its adjoint is summed over the rows and multiplied with its own derivatives once at the end; else the
/// product is made at every row.

#include <optional>
#include <span>
#include <vector>

#include "ir/program.hpp"

namespace hillock::ir {

struct Adjoint {
  std::vector<std::uint32_t> taped;  ///< what the program has to put down (Program::taped)
  Program backward;                  ///< over the rows of `reversed`
  /// One row: its initial values are the gradient, by entry of `with_respect_to`. Its parameters are the program's,
  /// then the carried variables that `backward` ends with.
  Program gradient;
};

/// @param program    without adaptive steps, and with `fold_constant_columns` done
/// @param objective  a carried variable that `observe` adds terms to and nobody else reads
[[nodiscard]] Adjoint adjoint(const Program& program, std::uint32_t objective,
                              std::span<const std::uint32_t> with_respect_to);

/// The rows from the last to the first.
[[nodiscard]] Timeline reversed(const Timeline& timeline);
/// The first row alone, not observed: for `Adjoint::gradient`.
[[nodiscard]] Timeline first_row(const Timeline& timeline);

}  // namespace hillock::ir
