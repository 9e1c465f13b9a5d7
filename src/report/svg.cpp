#include "report/svg.hpp"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

#include "base/error.hpp"
#include "report/escape.hpp"

namespace hillock::report {
namespace {

/// One decimal (a tenth of a pixel), without ".0" and "-0".
void append(std::string& out, double v) {
  HILLOCK_CHECK(std::isfinite(v), "a coordinate of a plot is not finite");
  const double tenths = std::round(10 * v);
  const auto whole = static_cast<long long>(tenths);
  if (whole % 10 == 0) fmt::format_to(std::back_inserter(out), "{}", whole / 10);
  else fmt::format_to(std::back_inserter(out), "{:.1f}", tenths / 10);
}
std::string xy(double v) {
  std::string out;
  append(out, v);
  return out;
}
std::string cls(std::string_view name) {
  return name.empty() ? std::string() : fmt::format(" class=\"{}\"", escape_html(name));
}
std::string close(std::string_view element, std::string_view tooltip) {
  if (tooltip.empty()) return "/>";
  return fmt::format("><title>{}</title></{}>", escape_html(tooltip), element);
}

}  // namespace

Svg::Svg(double width, double height, std::string_view title, std::string_view css_class)
    : text_(fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\"{}>", xy(width), xy(height),
                        escape_html(title), cls(css_class))) {}

void Svg::rect(double x, double y, double width, double height, std::string_view css_class, std::string_view tooltip) {
  text_ += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"{}{}", xy(x), xy(y), xy(width), xy(height),
                       cls(css_class), close("rect", tooltip));
}
void Svg::line(double x1, double y1, double x2, double y2, std::string_view css_class) {
  text_ +=
      fmt::format("<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"{}/>", xy(x1), xy(y1), xy(x2), xy(y2), cls(css_class));
}
void Svg::circle(double x, double y, double radius, std::string_view css_class, std::string_view tooltip) {
  text_ += fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"{}\"{}{}", xy(x), xy(y), xy(radius), cls(css_class),
                       close("circle", tooltip));
}
void Svg::path(std::string_view d, std::string_view css_class) {
  if (!d.empty()) text_ += fmt::format("<path d=\"{}\"{}/>", d, cls(css_class));
}
void Svg::text(double x, double y, std::string_view text, std::string_view css_class, std::string_view anchor) {
  const std::string at = anchor == "start" ? std::string() : fmt::format(" text-anchor=\"{}\"", anchor);
  text_ += fmt::format("<text x=\"{}\" y=\"{}\"{}{}>{}</text>", xy(x), xy(y), at, cls(css_class), escape_html(text));
}
void Svg::vertical_text(double x, double y, std::string_view text, std::string_view css_class) {
  text_ += fmt::format("<text transform=\"translate({} {}) rotate(-90)\" text-anchor=\"middle\"{}>{}</text>", xy(x),
                       xy(y), cls(css_class), escape_html(text));
}
void Svg::open_group(std::string_view css_class, std::string_view attributes) {
  text_ += fmt::format("<g{}{}{}>", cls(css_class), attributes.empty() ? "" : " ", attributes);
}
void Svg::close_group() { text_ += "</g>"; }

void Svg::axes(const Frame& f, const Scale& x, const Scale& y, std::string_view x_label, std::string_view y_label,
               int x_ticks, int y_ticks) {
  for (const Tick& t : ticks(x, x_ticks)) {
    const double at = x(t.value);
    line(at, f.top, at, f.bottom(), "grid");
    text(at, f.bottom() + 13, t.label, "tick", "middle");
  }
  for (const Tick& t : ticks(y, y_ticks)) {
    const double at = y(t.value);
    line(f.left, at, f.right(), at, "grid");
    text(f.left - 5, at + 3.5, t.label, "tick", "end");
  }
  line(f.left, f.bottom(), f.right(), f.bottom(), "axis");
  line(f.left, f.top, f.left, f.bottom(), "axis");
  if (!x_label.empty()) text(f.left + f.width / 2, f.bottom() + 29, x_label, "label", "middle");
  if (!y_label.empty()) vertical_text(11, f.top + f.height / 2, y_label, "label");
}

std::string Svg::str() const { return text_ + "</svg>"; }

std::string polyline(std::span<const double> x, std::span<const double> y) {
  HILLOCK_CHECK(x.size() == y.size(), "a line of a plot has unlike numbers of x and y");
  std::string out;
  bool down = false;
  bool alone = false;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!std::isfinite(x[i]) || !std::isfinite(y[i])) {
      if (alone) out += "h0";
      down = alone = false;
      continue;
    }
    out += down ? 'L' : 'M';
    append(out, x[i]);
    out += ',';
    append(out, y[i]);
    alone = !down;
    down = true;
  }
  if (alone) out += "h0";
  return out;
}

std::string band(std::span<const double> x, std::span<const double> low, std::span<const double> high) {
  HILLOCK_CHECK(x.size() == low.size() && x.size() == high.size(), "a band of a plot has unlike numbers of points");
  const auto good = [&](std::size_t i) {
    return std::isfinite(x[i]) && std::isfinite(low[i]) && std::isfinite(high[i]);
  };
  std::string out;
  for (std::size_t i = 0; i < x.size();) {
    if (!good(i)) {
      ++i;
      continue;
    }
    std::size_t end = i;
    while (end < x.size() && good(end)) ++end;
    out += polyline(x.subspan(i, end - i), high.subspan(i, end - i));
    for (std::size_t j = end; j-- > i;) {
      out += 'L';
      append(out, x[j]);
      out += ',';
      append(out, low[j]);
    }
    out += 'Z';
    i = end;
  }
  return out;
}

std::string nothing(std::string_view sentence) {
  return fmt::format("<p class=\"nothing\">{}</p>", escape_html(sentence));
}

std::string figure(std::string_view drawing, std::string_view caption, std::string_view css_class) {
  return fmt::format("<figure{}>{}{}</figure>\n", cls(css_class), drawing,
                     caption.empty() ? "" : fmt::format("<figcaption>{}</figcaption>", escape_html(caption)));
}

}  // namespace hillock::report
