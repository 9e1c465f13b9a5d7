#include "report/terminal_plot.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/error.hpp"
#include "report/escape.hpp"
#include "report/scale.hpp"

namespace hillock::report {
namespace {

constexpr int dots_across = 2, dots_down = 4;
/// Unicode's braille patterns: the bit of the dot at [row][column], above U+2800.
constexpr int dot_bit[dots_down][dots_across] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};

/// A text cut into what takes one column each: its code points.
std::vector<std::string> cells(std::string_view text) {
  std::vector<std::string> out;
  for (const char c : text)
    if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U || out.empty()) out.emplace_back(1, c);
    else out.back() += c;
  return out;
}
int columns_of(std::string_view text) { return static_cast<int>(cells(text).size()); }

std::string joined(const std::vector<std::string>& row) {
  std::string out;
  for (const std::string& cell : row) out += cell;
  return out.substr(0, out.find_last_not_of(' ') + 1);
}

std::string utf8(int code) {
  return {static_cast<char>(0xE0 | (code >> 12)), static_cast<char>(0x80 | ((code >> 6) & 0x3F)),
          static_cast<char>(0x80 | (code & 0x3F))};
}

class Canvas {
 public:
  Canvas(int columns, int rows)
      : columns_(columns),
        rows_(rows),
        bits_(static_cast<std::size_t>(columns * rows)),
        low_(static_cast<std::size_t>(columns * dots_across), std::numeric_limits<double>::infinity()),
        high_(low_.size(), -std::numeric_limits<double>::infinity()) {}

  /// What a straight line between two points reaches in each column of dots; in dots, from the left and from the top.
  void line(double x0, double y0, double x1, double y1) {
    const int last = columns_ * dots_across - 1;
    const int from = std::clamp(static_cast<int>(std::floor(x0)), 0, last);
    const int to = std::clamp(static_cast<int>(std::floor(x1)), from, last);
    for (int c = from; c <= to; ++c) {
      const auto at = [&](double x) {
        const double share = x1 > x0 ? std::clamp((x - x0) / (x1 - x0), 0.0, 1.0) : 1.0;
        return y0 + (y1 - y0) * share;
      };
      const double a = c == from ? y0 : at(c), b = c == to ? y1 : at(c + 1);
      const auto i = static_cast<std::size_t>(c);
      low_[i] = std::min({low_[i], a, b});
      high_[i] = std::max({high_[i], a, b});
    }
  }
  /// The rows, from the top.
  std::vector<std::string> lines() {
    const int dots = rows_ * dots_down - 1;
    for (std::size_t i = 0; i < low_.size(); ++i) {
      if (!(low_[i] <= high_[i])) continue;
      const int from = std::clamp(static_cast<int>(std::floor(low_[i])), 0, dots);
      const int to = std::clamp(static_cast<int>(std::floor(high_[i])), from, dots);
      const int column = static_cast<int>(i);
      for (int y = from; y <= to; ++y)
        bits_[static_cast<std::size_t>((y / dots_down) * columns_ + column / dots_across)] |=
            dot_bit[y % dots_down][column % dots_across];
    }
    std::vector<std::string> out(static_cast<std::size_t>(rows_));
    for (int y = 0; y < rows_; ++y) {
      for (int x = 0; x < columns_; ++x) {
        const int bits = bits_[static_cast<std::size_t>(y * columns_ + x)];
        out[static_cast<std::size_t>(y)] += bits == 0 ? " " : utf8(0x2800 + bits);
      }
      std::string& row = out[static_cast<std::size_t>(y)];
      row.erase(row.find_last_not_of(' ') + 1);
    }
    return out;
  }

 private:
  int columns_, rows_;
  std::vector<int> bits_;
  std::vector<double> low_, high_;  ///< by column of dots
};

}  // namespace

std::string draw(const TerminalPlot& plot) {
  HILLOCK_CHECK(plot.x.size() == plot.y.size(), "a plot with as many places as values");
  const Range across = range_of(plot.x), up = range_of(plot.y);
  if (across.empty() || up.empty()) return {};
  const int rows = std::max(plot.height, 3);
  Scale y = make_scale(up.low, up.high, false, rows * dots_down - 0.001, 0.0);
  const std::vector<Tick> y_ticks = ticks(y, std::max(rows / 3, 2));
  int label_width = 0;
  for (const Tick& t : y_ticks) label_width = std::max(label_width, columns_of(t.label));
  const int columns = std::max(plot.width, 40) - label_width - 3;  // two spaces before, the axis after
  const Scale x = make_scale(across.low, across.high, plot.x_log, 0.0, columns * dots_across - 0.001);

  Canvas canvas(columns, rows);
  for (std::size_t i = 0; i < plot.x.size(); ++i) {
    const double px = x(plot.x[i]), py = y(plot.y[i]);
    if (!std::isfinite(px) || !std::isfinite(py)) continue;
    canvas.line(px, py, px, py);
    if (i == 0) continue;
    const double bx = x(plot.x[i - 1]), by = y(plot.y[i - 1]);
    if (std::isfinite(bx) && std::isfinite(by)) canvas.line(bx, by, px, py);
  }

  const std::string margin(static_cast<std::size_t>(label_width) + 2, ' ');
  std::string out = margin + " " + clean_utf8(plot.y_label) + "\n";
  if (!plot.marks.empty()) {
    std::vector<std::string> line(static_cast<std::size_t>(columns), " ");
    for (const double mark : plot.marks) {
      const double at = x(mark) / dots_across;
      if (at >= 0.0 && at < columns) line[static_cast<std::size_t>(at)] = "╷";
    }
    out += margin + " " + joined(line) + "\n";
  }
  const std::vector<std::string> lines = canvas.lines();
  for (int r = 0; r < rows; ++r) {
    std::string label;
    for (const Tick& t : y_ticks)
      if (static_cast<int>(std::floor(y(t.value) / dots_down)) == r) label = t.label;
    const auto pad = static_cast<std::size_t>(label_width - columns_of(label));
    out +=
        "  " + std::string(pad, ' ') + label + (label.empty() ? "│" : "┤") + lines[static_cast<std::size_t>(r)] + "\n";
  }
  // The axis, and under it as many of the ticks' numbers as have room.
  std::vector<std::string> axis(static_cast<std::size_t>(columns), "─");
  std::vector<std::string> numbers(static_cast<std::size_t>(columns), " ");
  int taken = -1;
  for (const Tick& t : ticks(x, std::max(columns / 12, 2))) {
    const int at = std::clamp(static_cast<int>(std::floor(x(t.value) / dots_across)), 0, columns - 1);
    axis[static_cast<std::size_t>(at)] = "┬";
    const std::vector<std::string> label = cells(t.label);
    const int length = static_cast<int>(label.size());
    const int begin = std::clamp(at - length / 2, 0, std::max(0, columns - length));
    if (begin <= taken || length > columns) continue;
    std::ranges::copy(label, numbers.begin() + begin);
    taken = begin + length;
  }
  out += margin + "└" + joined(axis) + "\n";
  out += margin + " " + joined(numbers) + "\n";
  const auto middle = static_cast<std::size_t>(std::max(0, (columns - columns_of(plot.x_label)) / 2));
  return out + margin + " " + std::string(middle, ' ') + clean_utf8(plot.x_label) + "\n";
}

}  // namespace hillock::report
