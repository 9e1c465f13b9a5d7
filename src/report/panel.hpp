#pragma once
/// A plot against the time of a data set: what trace, command and residuals have in common.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "report/document.hpp"
#include "report/format.hpp"
#include "report/scale.hpp"
#include "report/svg.hpp"

namespace hillock::report {

/// Ranges [first, last) of samples left out. Empty `keep`: none.
struct Gap {
  std::size_t first = 0, last = 0;
};
[[nodiscard]] std::vector<Gap> gaps_of(std::span<const std::uint8_t> keep);
/// The values where keep == wanted, NaN elsewhere. Empty `keep` keeps all.
[[nodiscard]] std::vector<double> only(std::span<const double> values, std::span<const std::uint8_t> keep, bool wanted);
/// As given, else observed - best, else empty.
[[nodiscard]] std::vector<double> residuals_of(const DataSet& set);
[[nodiscard]] bool has_command(const DataSet& set);

/// Use: include() everything that sets the scale; if not empty(), begin(), draw, finish().
class Panel {
 public:
  /// @param height  of the drawing; its width is 760
  /// @param time_labels  whether the time axis carries numbers (the lowest panel of a data set)
  Panel(const DataSet& set, double height, std::string y_label, bool time_labels);
  void include(std::span<const double> values);
  void include_value(double value);
  [[nodiscard]] bool empty() const;
  void begin(std::string_view title);
  void shade_left_out();
  void line(std::span<const double> values, std::string_view css_class);
  void band(std::span<const double> low, std::span<const double> high, std::string_view css_class);
  void level(double value);
  /// The drawing alone, for a figure that the script leaves as it is.
  [[nodiscard]] std::string drawing() const;
  /// @param kind  "trace", "command", "residual": what the script puts in the drawing's place
  [[nodiscard]] std::string finish(std::string_view kind, std::size_t index, std::string_view caption) const;

  [[nodiscard]] std::int64_t left_out() const { return left_out_; }
  [[nodiscard]] std::int64_t not_finite() const;

 private:
  const DataSet* set_;
  double height_;
  std::string y_label_;
  bool time_labels_;
  Range values_;
  Range times_;
  std::vector<Gap> gaps_;
  std::int64_t left_out_ = 0;
  std::size_t per_bin_ = 1;
  std::vector<double> x_;  // of the decimated samples, on the page
  Frame frame_;
  Scale time_scale_, value_scale_;
  Svg svg_;
};

}  // namespace hillock::report
