#pragma once
/// From data to the page: a linear or logarithmic axis with its ticks.

#include <span>
#include <string>
#include <vector>

namespace hillock::report {

/// Maps [low, high] to [from, to] (pixels; `to` may be less than `from`). Build it with `make_scale`.
struct Scale {
  double low = 0, high = 1;
  bool log = false;
  double from = 0, to = 1;
  /// Values outside [low, high] go outside [from, to]. A value that the axis cannot show (NaN, or <= 0 on a log axis)
  /// gives NaN.
  [[nodiscard]] double operator()(double value) const;
  /// The same, held within [from, to].
  [[nodiscard]] double clamped(double value) const;
};

/// An axis over [low, high]. Without a finite range it is [0, 1]; a range without width is widened by a tenth of the
/// value. A log axis needs low > 0, else it becomes linear.
[[nodiscard]] Scale make_scale(double low, double high, bool log, double from, double to);

struct Tick {
  double value = 0;
  std::string label;  ///< all labels of one axis are different
};
/// About `wanted` ticks at round values (1, 2, 5 times a power of ten; decades on a wide log axis), within the axis.
[[nodiscard]] std::vector<Tick> ticks(const Scale& scale, int wanted);

/// Smallest and largest finite value; {NaN, NaN} where there is none.
struct Range {
  double low = 0, high = 0;
  [[nodiscard]] bool empty() const { return !(low <= high); }
  void include(double value);
};
[[nodiscard]] Range no_range();
[[nodiscard]] Range range_of(std::span<const double> values);

}  // namespace hillock::report
