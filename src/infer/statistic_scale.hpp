#pragma once
/// Statistics as networks see them: each on a scale of its own, near mean 0 and spread 1, found from a pilot sample.
///
/// Columns that span orders of magnitude go through log, heavy-tailed ones through asinh, the others stay as they are;
/// then the mean is taken off and the result divided by the standard deviation. The maps are monotone and depend on no
/// parameter, so a posterior does not change by them. A statistic that never varied says nothing and becomes 0.
///
/// Where a density of the statistics is learnt, tails stay straight: a statistic whose spread depends on the parameters
/// has heavy tails over all of them, and a normal distribution that is wide on asinh's scale becomes two modes with a
/// gap between. What a density makes of the gap is large, relative to the truth, just where the data lie.
///
/// The samples of a trace have one scale together, or what differs between them would be lost in what all have, and a
/// network could not slide along it; so have the trials of a statistic. Beside them stands what can be said of them
/// without learning: means over eighths of a trace, the mean over trials and the logarithm of their number.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/array.hpp"
#include "infer/statistic_layout.hpp"

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
  /// The value that is scaled to this.
  [[nodiscard]] double inverse(double scaled) const;
};

/// What becomes of heavy tails. `straight`: only extremes far beyond a hundredth of the sample are drawn in.
enum class Tails : std::uint8_t { bent, straight };

class StatisticScale {
 public:
  /// @param pilot  [simulation][statistic], NaN where undefined
  /// @param layout  valid for as many statistics
  static StatisticScale of(const Array2& pilot, const StatisticLayout& layout = {}, Tails tails = Tails::bent);
  static StatisticScale from(std::vector<StatisticMap> maps, StatisticLayout layout = {});

  [[nodiscard]] std::size_t size() const { return maps_.size(); }
  [[nodiscard]] const StatisticMap& operator[](std::size_t i) const { return maps_[i]; }
  [[nodiscard]] const StatisticLayout& layout() const { return layout_; }
  /// Columns of what `inputs` gives: one for each feature that varies, one more for each that may be undefined, and
  /// those of `shape`.
  [[nodiscard]] std::size_t columns() const { return columns_; }
  /// How they belong together; none where nothing of a block varies.
  [[nodiscard]] const InputShape& shape() const { return shape_; }
  /// Rows as a network takes them: an undefined value is 0, with 1 in its own column; values are cut at +-`far`.
  [[nodiscard]] Array2 inputs(const Array2& x, double far = 12.0) const;
  [[nodiscard]] std::vector<double> inputs(std::span<const double> x, double far = 12.0) const;
  /// Which features the first columns are of; those of undefined values come next.
  [[nodiscard]] const std::vector<std::size_t>& varying() const { return varying_; }

 private:
  void fill(std::span<const double> x, std::span<double> out, double far) const;
  void fill_block(std::span<const double> x, std::span<double> out, double far) const;
  std::vector<StatisticMap> maps_;
  std::vector<std::size_t> varying_, undefined_;
  StatisticLayout layout_;
  std::vector<std::size_t> block_varying_, block_undefined_;  // features of the block
  InputShape shape_;
  std::size_t parts_ = 0;  // of a trace that means are taken over
  std::size_t columns_ = 0;
};

}  // namespace hillock::infer
