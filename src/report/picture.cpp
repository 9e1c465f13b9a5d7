#include "report/picture.hpp"

#include <fmt/format.h>

#include <cmath>

#include "base/error.hpp"
#include "report/decimate.hpp"
#include "report/svg.hpp"

namespace hillock::report {
namespace {

constexpr double width = 720, panel_height = 150, gap = 40, left = 62, right = 16, top = 46, bottom = 44;
constexpr std::size_t most_points = 2400;  // two a pixel and a little more

/// The page's style sheet does not come along: what the classes mean is said here.
constexpr std::string_view style =
    "<style>text{fill:#4a5361;font:11px system-ui,sans-serif}text.label{fill:#1b1f26;font-size:12px}"
    "text.title{fill:#1b1f26;font-size:13px;font-weight:600}.grid{stroke:#e8ebef}.axis{stroke:#8b94a1}"
    "path{fill:none;stroke:#1f5fae;stroke-width:1.2;stroke-linejoin:round;stroke-linecap:round}"
    "circle{fill:#1f5fae}.mark{stroke:#b3261e;stroke-width:1.2}</style>";

void panel(Svg& svg, const Picture& picture, const PictureLine& line, const Frame& frame, const Scale& x, bool last) {
  const Range range = range_of(line.values);
  if (range.empty()) {
    svg.text(frame.left + 8, frame.top + frame.height / 2, line.label + ": no value", "label");
    return;
  }
  const Scale y = make_scale(range.low, range.high, false, frame.bottom(), frame.top);
  svg.text(frame.left, frame.top - 8, line.label, "label");
  svg.axes(frame, x, y, last ? picture.x_label : "", "", 7, 4);
  const std::size_t per_bin = bin_size(picture.x.size(), most_points);
  const std::vector<double> times = per_bin == 1 ? picture.x : bin_times(picture.x, per_bin);
  const std::vector<double> values = min_max_bins(line.values, per_bin);
  std::vector<double> px, py;
  for (std::size_t i = 0; i < values.size(); ++i) {
    px.push_back(x(times[i]));
    py.push_back(y(values[i]));
  }
  svg.path(polyline(px, py), "line");
  if (!picture.dots) return;
  for (std::size_t i = 0; i < px.size(); ++i)
    if (std::isfinite(px[i]) && std::isfinite(py[i])) svg.circle(px[i], py[i], 2.4, "dot");
}

}  // namespace

std::string draw(const Picture& picture) {
  HILLOCK_CHECK(!picture.lines.empty(), "a picture without lines");
  for (const PictureLine& line : picture.lines)
    HILLOCK_CHECK(line.values.size() == picture.x.size(), "a line of a picture has another length than its axis");
  const double count = static_cast<double>(picture.lines.size());
  const double height = top + count * panel_height + (count - 1) * gap + bottom;
  Svg svg(width, height, picture.title);
  svg.text(left, 16, picture.title, "title");
  const Range range = range_of(picture.x);
  const Scale x = make_scale(range.low, range.high, picture.x_log, left, width - right);
  for (const double mark : picture.marks)
    if (mark >= range.low && mark <= range.high) svg.line(x(mark), top - 4, x(mark), top + 4, "mark");
  for (std::size_t i = 0; i < picture.lines.size(); ++i) {
    const Frame frame{left, top + static_cast<double>(i) * (panel_height + gap), width - left - right, panel_height};
    panel(svg, picture, picture.lines[i], frame, x, i + 1 == picture.lines.size());
  }
  // As a file of its own it needs its namespace, a size and its style.
  std::string text = svg.str();
  const std::string_view element = "<svg ";
  text.replace(0, element.size(),
               fmt::format("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{:g}\" height=\"{:g}\" ", width, height));
  text.insert(text.find('>') + 1, fmt::format("{}<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>", style));
  return text + "\n";
}

}  // namespace hillock::report
