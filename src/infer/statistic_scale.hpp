#pragma once
/// Statistics as networks see them: each on a scale of its own, near mean 0 and spread 1, found from a pilot sample.
///
/// Columns that span orders of magnitude go through log, heavy-tailed ones through asinh, the others stay as they are;
/// then the mean is taken off and the result divided by the standard deviation. The maps are monotone and depend on no
/// parameter, so a posterior does not change by them. A statistic that never varied says nothing and becomes 0.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/array.hpp"

namespace hillock::infer {

/// One statistic's scale.
struct StatisticMap {
  enum class Shape : std::uint8_t { linear, log, asinh };
  Shape shape = Shape::linear;
  double centre = 0.0, width = 1.0;  ///< asinh((x - centre) / width)
  double mean = 0.0, sd = 1.0;       ///< after that
  bool constant = false;             ///< it had one value, `centre`
  bool whole = false;                ///< whole numbers only
  bool sometimes_undefined = false;
  double low = 0.0, high = 0.0;  ///< the extremes of the pilot sample
  /// Scaled; NaN for NaN. A value outside a log's range is as far out as the least one that it was made for.
  [[nodiscard]] double operator()(double x) const;
};

class StatisticScale {
 public:
  /// @param pilot  [simulation][statistic], NaN where undefined
  static StatisticScale of(const Array2& pilot);
  static StatisticScale from(std::vector<StatisticMap> maps);

  [[nodiscard]] std::size_t size() const { return maps_.size(); }
  [[nodiscard]] const StatisticMap& operator[](std::size_t i) const { return maps_[i]; }
  /// Columns of what `inputs` gives: one for each statistic that varies, and one more for each that may be undefined.
  [[nodiscard]] std::size_t columns() const { return columns_; }
  /// Rows as a network takes them: an undefined value is 0, with 1 in its own column; values are cut at +-`far`.
  [[nodiscard]] Array2 inputs(const Array2& x, double far = 12.0) const;
  [[nodiscard]] std::vector<double> inputs(std::span<const double> x, double far = 12.0) const;
  /// Which statistics the columns are of; those of undefined values come last.
  [[nodiscard]] const std::vector<std::size_t>& varying() const { return varying_; }

 private:
  void fill(std::span<const double> x, std::span<double> out, double far) const;
  std::vector<StatisticMap> maps_;
  std::vector<std::size_t> varying_, undefined_;
  std::size_t columns_ = 0;
};

}  // namespace hillock::infer
