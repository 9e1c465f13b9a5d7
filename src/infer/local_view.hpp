#pragma once
/// Inputs of a network seen from near: for each column that varies much less where the answer lies than everywhere, a
/// second column asinh((c - m) / s), with m the median and s the spread (normal-consistent median absolute deviation)
/// there.
///
/// A network whose inputs have unit spread is smooth on that scale. Where a posterior is a thirtieth of the prior wide,
/// what the data tell of its parameters is a corner of a corner for it: of SLCP's fourth observation it saw a scale of
/// 0.03 as one of 0.3, and an eighth of the posterior's draws lay where the likelihood is 10^-8 of its top. The
/// transform is linear near m, and logarithmic far from it, so that pairs from everywhere can be learnt from, too.

#include <cstdint>
#include <span>
#include <vector>

#include "base/array.hpp"

namespace hillock::infer {

class LocalView {
 public:
  /// No second columns.
  LocalView() = default;
  /// From rows where the answer lies. Of columns with unit spread everywhere, those with less than half of it there.
  [[nodiscard]] static LocalView of(const Array2& c);
  /// From what `numbers` gave, of `columns` columns; false where it fits none.
  [[nodiscard]] static bool from(std::span<const double> numbers, std::size_t columns, LocalView& out);

  /// How many columns are added.
  [[nodiscard]] std::size_t size() const { return seen_.size(); }
  /// The added columns of one row.
  void add(std::span<const double> c, std::span<double> out) const;
  /// Slopes by the added columns go to those by `c`.
  void chain(std::span<const double> c, std::span<const double> by_added, std::span<double> by_c) const;
  /// Column, centre and spread of each.
  [[nodiscard]] std::vector<double> numbers() const;

 private:
  struct Seen {
    std::size_t column = 0;
    double centre = 0.0, spread = 1.0;
  };
  std::vector<Seen> seen_;
};

}  // namespace hillock::infer
