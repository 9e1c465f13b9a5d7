#pragma once
/// Static vector graphics for the page. Colours come from the page's style sheet by class, so that light, dark and
/// printed pages need one drawing.

#include <span>
#include <string>
#include <string_view>

#include "report/scale.hpp"

namespace hillock::report {

/// Where the axes of a plot lie inside its drawing.
struct Frame {
  double left = 0, top = 0, width = 0, height = 0;
  [[nodiscard]] double right() const { return left + width; }
  [[nodiscard]] double bottom() const { return top + height; }
};

/// A drawing under construction. Coordinates must be finite (a NaN here is a bug); text and labels are escaped.
class Svg {
 public:
  /// @param title  read out by screen readers, shown as a tooltip nowhere
  Svg(double width, double height, std::string_view title, std::string_view css_class = "plot");

  void rect(double x, double y, double width, double height, std::string_view css_class, std::string_view tooltip = {});
  void line(double x1, double y1, double x2, double y2, std::string_view css_class);
  void circle(double x, double y, double radius, std::string_view css_class, std::string_view tooltip = {});
  void path(std::string_view d, std::string_view css_class);
  /// @param anchor  "start", "middle", "end"
  void text(double x, double y, std::string_view text, std::string_view css_class = "",
            std::string_view anchor = "start");
  void vertical_text(double x, double y, std::string_view text, std::string_view css_class);
  void open_group(std::string_view css_class, std::string_view attributes = {});
  void close_group();
  /// The frame's outline, ticks and grid for both axes, and the axes' labels (with units) where not empty.
  void axes(const Frame& frame, const Scale& x, const Scale& y, std::string_view x_label, std::string_view y_label,
            int x_ticks = 5, int y_ticks = 4);

  [[nodiscard]] std::string str() const;

 private:
  std::string text_;
};

/// "M1.0,2.0L3.0,4.0...": a line through the points; NaN in either coordinate lifts the pen. A point alone between
/// gaps becomes a dot (round line caps).
[[nodiscard]] std::string polyline(std::span<const double> x, std::span<const double> y);

/// The area between two lines over the same x; a NaN in any coordinate ends one area and begins another.
[[nodiscard]] std::string band(std::span<const double> x, std::span<const double> low, std::span<const double> high);

/// What stands where a plot has nothing to show: one sentence, never an empty box.
[[nodiscard]] std::string nothing(std::string_view sentence);

/// A figure with its caption (plain text, escaped here).
[[nodiscard]] std::string figure(std::string_view drawing, std::string_view caption, std::string_view css_class = "");

}  // namespace hillock::report
