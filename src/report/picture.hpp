#pragma once
/// A picture that stands alone, for papers and slides: lines over one axis, a panel for each quantity, as SVG.

#include <string>
#include <vector>

namespace hillock::report {

struct PictureLine {
  std::string label;           ///< with its unit: "v [mV]"
  std::vector<double> values;  ///< as many as `x`; NaN leaves a gap
};

struct Picture {
  std::string title;
  std::string x_label;
  std::vector<double> x;
  bool x_log = false;
  bool dots = false;  ///< mark every point: values that were computed one by one
  std::vector<PictureLine> lines;
  std::vector<double> marks;  ///< places on the x axis, drawn above the first panel: spikes
};

/// Long lines are thinned to the extremes of what a pixel holds. A line without a finite value says so in its panel.
[[nodiscard]] std::string draw(const Picture& picture);

}  // namespace hillock::report
