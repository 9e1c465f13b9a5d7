#pragma once
/// A line over one axis, for a terminal: braille dots, two by four in a character, with ticks at round values.

#include <span>
#include <string>

namespace hillock::report {

struct TerminalPlot {
  std::string y_label;  ///< with its unit: "v [mV]"
  std::string x_label;
  std::span<const double> x;           ///< increasing
  std::span<const double> y;           ///< as many; NaN leaves a gap
  std::span<const double> marks = {};  ///< places on the x axis, drawn above: spikes
  bool x_log = false;
  int width = 80;   ///< columns of the terminal, at least 40
  int height = 12;  ///< rows of dots, at least 3
};

/// Lines of at most `width` columns, ending in a newline; nothing where no value is finite. However many samples a
/// column stands for, all of what they reach is drawn.
[[nodiscard]] std::string draw(const TerminalPlot& plot);

}  // namespace hillock::report
