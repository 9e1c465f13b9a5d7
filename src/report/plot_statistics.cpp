/// Each statistic of the data among simulations before and after the fit. Rows are standardised to the prior
/// predictive interval, so that they share one axis. Made of boxes, not drawn: names and numbers keep their size on a
/// small screen.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/escape.hpp"
#include "report/format.hpp"
#include "report/plot.hpp"
#include "report/scale.hpp"
#include "report/svg.hpp"

namespace hillock::report {
namespace {

constexpr std::size_t most_open = 24;  // rows that are seen at once; all misfits are
constexpr std::size_t most_rows = 400;
constexpr double farthest = 4;  // half widths from the middle; what lies beyond is an arrow at the edge

/// (value - middle) / half of an interval.
struct Standard {
  double middle = not_computed, half = not_computed;
  [[nodiscard]] bool usable() const { return std::isfinite(middle) && std::isfinite(half) && half > 0; }
  [[nodiscard]] double operator()(double value) const { return (value - middle) / half; }
};

Standard standard(double low, double high) { return {low + 0.5 * (high - low), 0.5 * (high - low)}; }

/// By the prior predictive interval; where that has no width, by that of the predictions.
Standard standard_of(const verify::StatisticSummary& s) {
  const Standard prior = standard(s.prior_q025, s.prior_q975);
  return prior.usable() ? prior : standard(s.predicted_q025, s.predicted_q975);
}

std::string span(std::string_view css_class, double from, double to, std::string_view what) {
  return fmt::format("<i class=\"{}\" style=\"left:{:.2f}%;width:{:.2f}%\" title=\"{}\"></i>", css_class, from,
                     std::max(0.0, to - from), escape_html(what));
}

/// One short stroke a draw, in thousandths of the width.
std::string rug(const std::vector<double>& draws, const Standard& z, const Scale& x, int top, int bottom,
                std::string_view css_class) {
  std::string d;
  for (const double v : draws) {
    const double at = x(z(v));
    if (!std::isnan(at) && at >= 0 && at <= 100) d += fmt::format("M{:.0f},{}V{}", 10 * at, top, bottom);
  }
  return d.empty() ? "" : fmt::format("<path class=\"{}\" d=\"{}\"/>", css_class, d);
}

std::string in_words(const verify::StatisticSummary& s) {
  const std::string unit = pretty_unit(s.unit).empty() ? "" : " " + pretty_unit(s.unit);
  std::string out = std::isfinite(s.observed) ? within(s.observed, s.predicted_q025, s.predicted_q975) + unit
                                              : std::string("no value in the data");
  if (s.constant) return out + "; it never varied";
  out += std::isfinite(s.predicted_q025) ? "; predicted " + interval(s.predicted_q025, s.predicted_q975) + unit
                                         : std::string("; not predicted");
  if (s.predicted_undefined > 0)
    out += fmt::format(", without a value in {} of simulations", percent(s.predicted_undefined));
  if (std::isfinite(s.given)) out += fmt::format("; the posterior was given {}", number(s.given, 4));
  return out;
}

std::string track(const verify::StatisticSummary& s, const StatisticDraws* draws, const Scale& x,
                  const std::string& grid) {
  const Standard z = standard_of(s);
  if (!z.usable()) return "<span class=\"stat-track\" aria-hidden=\"true\">" + grid + "</span>";
  std::string out = "<span class=\"stat-track\" aria-hidden=\"true\">" + grid;
  if (draws != nullptr) {
    const std::string both =
        rug(draws->prior, z, x, 1, 10, "rug-prior") + rug(draws->predicted, z, x, 14, 23, "rug-predicted");
    if (!both.empty())
      out += "<svg class=\"rug\" viewBox=\"0 0 1000 24\" preserveAspectRatio=\"none\">" + both + "</svg>";
  }
  const auto bar = [&](double low, double high, std::string_view css_class, std::string_view what) {
    const double from = x.clamped(z(low));
    const double to = x.clamped(z(high));
    if (!std::isnan(from) && !std::isnan(to))
      out += span(css_class, from, to, fmt::format("{}: {}", what, interval(low, high)));
  };
  bar(s.prior_q025, s.prior_q975, "stat-prior", "before the fit, 95 %");
  bar(s.predicted_q025, s.predicted_q975, "stat-predicted", "after the fit, 95 %");
  if (const double at = x.clamped(z(s.predicted_median)); !std::isnan(at)) out += span("stat-median", at, at, "median");
  if (const double at = z(s.observed); std::isfinite(at)) {
    const std::string_view beyond = at < x.low ? " beyond" : at > x.high ? " beyond right" : "";
    out += fmt::format("<i class=\"stat-observed{}\" style=\"left:{:.2f}%\" title=\"{}\"></i>", beyond, x.clamped(at),
                       escape_html("in the data: " + number(s.observed, 4)));
  }
  return out + "</span>";
}

}  // namespace

std::string plot_statistics(const Document& document) {
  const auto& all = document.verdict.simulated.statistics;
  if (all.empty()) return {};
  // Misfits are always shown; of the others (a trace has a hundred samples) some, the rest behind one line.
  std::vector<std::size_t> rows;
  std::vector<std::size_t> folded;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i < most_open || !verify::fits(all[i])) rows.push_back(i);
    else if (i < most_rows) folded.push_back(i);
  }

  Range range = no_range();
  range.include(-1.1), range.include(1.1);
  for (const verify::StatisticSummary& s : all) {
    const Standard z = standard_of(s);
    if (!z.usable()) continue;
    for (const double v : {s.observed, s.predicted_q025, s.predicted_q975})
      if (std::isfinite(v)) range.include(1.03 * std::clamp(z(v), -farthest, farthest));
  }
  const Scale x = make_scale(range.low, range.high, false, 0, 100);
  std::string grid;
  std::string axis;
  for (const Tick& t : ticks(x, 5)) {
    grid += fmt::format("<i class=\"stat-grid\" style=\"left:{:.2f}%\"></i>", x(t.value));
    axis += fmt::format("<i style=\"left:{:.2f}%\">{}</i>", x(t.value), escape_html(t.label));
  }

  std::string out =
      "<h3>Statistics of the data</h3>\n<p class=\"stat-legend\"><span><i class=\"stat-prior\"></i> before the fit "
      "(prior predictive, 95 %)</span> <span><i class=\"stat-predicted\"></i> after the fit (posterior predictive, "
      "95 %)</span> <span><i class=\"stat-observed\"></i> in the data</span></p>\n<div class=\"statistics\">";
  std::string misfits;
  const auto add = [&](std::size_t i) {
    const verify::StatisticSummary& s = all[i];
    const bool good = verify::fits(s);
    if (!good) misfits += (misfits.empty() ? "" : ", ") + s.name;
    const StatisticDraws* draws =
        i < document.simulated.statistics.size() ? &document.simulated.statistics[i] : nullptr;
    out += fmt::format(
        "<div class=\"stat-row{}\"><span class=\"stat-name\">{}{}</span>{}<span class=\"stat-value\">{}</span></div>\n",
        good ? "" : " misfit", escape_html(s.name), good ? "" : " <span class=\"role\">does not fit</span>",
        track(s, draws, x, grid), escape_html(in_words(s)));
  };
  for (const std::size_t i : rows) add(i);
  if (!folded.empty()) {
    out += fmt::format("<details class=\"stat-more\"><summary>{} more, which fit</summary>\n", folded.size());
    for (const std::size_t i : folded) add(i);
    out += "</details>\n";
  }
  out += "<div class=\"stat-row stat-axis\" aria-hidden=\"true\"><span></span><span class=\"stat-ticks\">" + axis +
         "</span><span></span></div></div>\n";
  std::string caption =
      "Every row is scaled by its own prior predictive interval: −1 and 1 are its ends. Thin strokes are single "
      "simulations. An arrow at the edge: the data lie further out.";
  if (!misfits.empty()) caption += " Outside their predictive intervals: " + misfits + ".";
  if (const std::size_t here = rows.size() + folded.size(); here < all.size())
    caption += fmt::format(" {} more statistics, which all fit, are in verdict.json.", all.size() - here);
  return out + fmt::format("<p class=\"caption\">{}</p>\n", escape_html(caption));
}

}  // namespace hillock::report
