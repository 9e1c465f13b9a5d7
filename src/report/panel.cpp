#include "report/panel.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "report/decimate.hpp"
#include "report/escape.hpp"

namespace hillock::report {
namespace {

constexpr double width = 760;
constexpr std::size_t most_points = 1200;  // of a static drawing: about two to a pixel

}  // namespace

std::vector<Gap> gaps_of(std::span<const std::uint8_t> keep) {
  std::vector<Gap> out;
  for (std::size_t i = 0; i < keep.size();) {
    if (keep[i] != 0) {
      ++i;
      continue;
    }
    std::size_t end = i;
    while (end < keep.size() && keep[end] == 0) ++end;
    out.push_back({i, end});
    i = end;
  }
  return out;
}

std::vector<double> only(std::span<const double> values, std::span<const std::uint8_t> keep, bool wanted) {
  std::vector<double> out(values.begin(), values.end());
  for (std::size_t i = 0; i < out.size(); ++i)
    if ((keep.empty() || keep[i] != 0) != wanted) out[i] = std::numeric_limits<double>::quiet_NaN();
  return out;
}

std::vector<double> residuals_of(const DataSet& set) {
  if (!set.residuals.empty()) return set.residuals;
  if (set.observed.empty() || set.best.empty()) return {};
  std::vector<double> out(set.observed.size());
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = set.observed[i] - set.best[i];
  return out;
}

bool has_command(const DataSet& set) { return !set.command.empty(); }

Panel::Panel(const DataSet& set, double height, std::string y_label, bool time_labels)
    : set_(&set),
      height_(height),
      y_label_(std::move(y_label)),
      time_labels_(time_labels),
      values_(no_range()),
      times_(range_of(set.time_ms)),
      gaps_(gaps_of(set.keep)),
      svg_(width, height, "") {
  for (const Gap& g : gaps_) left_out_ += static_cast<std::int64_t>(g.last - g.first);
}

void Panel::include(std::span<const double> values) {
  for (const double v : values) values_.include(v);
}
void Panel::include_value(double value) { values_.include(value); }
bool Panel::empty() const { return values_.empty() || times_.empty(); }

std::int64_t Panel::not_finite() const {
  std::int64_t n = 0;
  for (const double v : set_->observed) n += std::isfinite(v) ? 0 : 1;
  return n;
}

void Panel::begin(std::string_view title) {
  svg_ = Svg(width, height_, title, "plot wide");
  frame_ = {62, 8, width - 62 - 12, height_ - 8 - (time_labels_ ? 38 : 8)};
  time_scale_ = make_scale(times_.low, times_.high, false, frame_.left, frame_.right());
  const double room = 0.04 * (values_.high - values_.low);
  value_scale_ = make_scale(values_.low - room, values_.high + room, false, frame_.bottom(), frame_.top);
  for (const Tick& t : ticks(value_scale_, height_ < 140 ? 3 : 5)) {
    const double at = value_scale_(t.value);
    svg_.line(frame_.left, at, frame_.right(), at, "grid");
    svg_.text(frame_.left - 5, at + 3.5, t.label, "tick", "end");
  }
  for (const Tick& t : ticks(time_scale_, 8)) {
    const double at = time_scale_(t.value);
    svg_.line(at, frame_.top, at, frame_.bottom(), "grid");
    if (time_labels_) svg_.text(at, frame_.bottom() + 13, t.label, "tick", "middle");
  }
  svg_.line(frame_.left, frame_.bottom(), frame_.right(), frame_.bottom(), "axis");
  svg_.line(frame_.left, frame_.top, frame_.left, frame_.bottom(), "axis");
  svg_.vertical_text(12, frame_.top + frame_.height / 2, y_label_, "label");
  if (time_labels_) svg_.text(frame_.left + frame_.width / 2, height_ - 6, "time (ms)", "label", "middle");

  per_bin_ = bin_size(set_->time_ms.size(), most_points);
  x_ = bin_times(set_->time_ms, per_bin_);
  for (double& x : x_) x = time_scale_(x);
}

void Panel::shade_left_out() {
  for (const Gap& g : gaps_) {
    const double from = time_scale_(set_->time_ms[g.first]);
    const double to = time_scale_(set_->time_ms[g.last - 1]);
    if (std::isnan(from) || std::isnan(to)) continue;
    svg_.rect(from, frame_.top, std::max(to - from, 0.5), frame_.height, "left-out");
  }
}

void Panel::line(std::span<const double> values, std::string_view css_class) {
  if (values.empty()) return;
  std::vector<double> y = min_max_bins(values, per_bin_);
  for (double& v : y) v = value_scale_.clamped(v);
  // One sample alone is a dot that can be seen.
  svg_.path(polyline(x_, y), x_.size() == 1 ? fmt::format("{} single", css_class) : std::string(css_class));
}

void Panel::band(std::span<const double> low, std::span<const double> high, std::string_view css_class) {
  if (low.empty() || high.empty()) return;
  std::vector<double> below = min_max_bins(low, per_bin_);
  std::vector<double> above = min_max_bins(high, per_bin_);
  for (double& v : below) v = value_scale_.clamped(v);
  for (double& v : above) v = value_scale_.clamped(v);
  svg_.path(report::band(x_, below, above), css_class);
}

void Panel::level(double value) {
  const double at = value_scale_.clamped(value);
  svg_.line(frame_.left, at, frame_.right(), at, "zero");
}

std::string Panel::drawing() const { return svg_.str(); }

std::string Panel::finish(std::string_view kind, std::size_t index, std::string_view caption) const {
  return fmt::format(
      "<figure class=\"panel\" data-set=\"{}\" data-panel=\"{}\" data-label=\"{}\"><div class=\"static\">{}</div>{}"
      "</figure>\n",
      index, kind, escape_html(y_label_), svg_.str(),
      caption.empty() ? "" : fmt::format("<figcaption>{}</figcaption>", escape_html(caption)));
}

}  // namespace hillock::report
