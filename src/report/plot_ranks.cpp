/// Simulation-based calibration (Talts et al. 2018, arXiv:1804.06788): the rank of a known parameter among draws of the
/// posterior of its own simulation is uniform where the inference is right.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/format.hpp"
#include "report/plot.hpp"
#include "report/svg.hpp"

namespace hillock::report {
namespace {

constexpr std::size_t most_parameters = 24;

/// Smallest and largest count of one bar that are no surprise: the 2.5 % and 97.5 % quantiles of the binomial
/// distribution.
struct Band {
  std::int64_t low = 0, high = 0;
};
Band binomial_band(std::int64_t n, double p) {
  Band band{-1, n};
  double sum = 0;
  for (std::int64_t k = 0; k <= n; ++k) {
    const auto x = static_cast<double>(k);
    const auto all = static_cast<double>(n);
    sum += std::exp(std::lgamma(all + 1) - std::lgamma(x + 1) - std::lgamma(all - x + 1) + x * std::log(p) +
                    (all - x) * std::log1p(-p));
    if (band.low < 0 && sum >= 0.025) band.low = k;
    if (sum >= 0.975) {
      band.high = k;
      break;
    }
  }
  return {std::max<std::int64_t>(band.low, 0), band.high};
}

}  // namespace

std::string plot_ranks(const Document& document) {
  const Array2& ranks = document.simulated.ranks;
  if (ranks.rows == 0 || ranks.cols == 0) return {};
  const auto& parameters = document.verdict.parameters;
  std::string figures;
  for (std::size_t i = 0; i < std::min(ranks.cols, most_parameters); ++i) {
    const std::string name = i < parameters.size() ? parameters[i].name : fmt::format("parameter {}", i + 1);
    std::int64_t n = 0;
    for (std::size_t k = 0; k < ranks.rows; ++k) n += std::isfinite(ranks(k, i)) ? 1 : 0;
    if (n == 0) {
      figures += figure(nothing(name + ": no ranks."), "");
      continue;
    }
    const auto bins = static_cast<std::size_t>(std::clamp<std::int64_t>(n / 40, 4, 20));
    std::vector<std::int64_t> counts(bins, 0);
    for (std::size_t k = 0; k < ranks.rows; ++k)
      if (std::isfinite(ranks(k, i)))
        ++counts[std::min(static_cast<std::size_t>(std::clamp(ranks(k, i), 0.0, 1.0) * static_cast<double>(bins)),
                          bins - 1)];
    const Band band = binomial_band(n, 1.0 / static_cast<double>(bins));
    const std::int64_t top = std::max(*std::max_element(counts.begin(), counts.end()), band.high);
    const Frame f{10, 6, 200, 64};
    Svg svg(220, 102, fmt::format("{}: ranks of calibration", name));
    const Scale x = make_scale(0, 1, false, f.left, f.right());
    const Scale y = make_scale(0, 1.08 * static_cast<double>(top), false, f.bottom(), f.top);
    const auto at = [&](std::int64_t count) { return y.clamped(static_cast<double>(count)); };
    for (std::size_t b = 0; b < bins; ++b) {
      if (counts[b] == 0) continue;
      const double from = x(static_cast<double>(b) / static_cast<double>(bins));
      const bool outside = counts[b] < band.low || counts[b] > band.high;
      svg.rect(from, at(counts[b]), f.width / static_cast<double>(bins) - 0.6, f.bottom() - at(counts[b]),
               outside ? "histogram rank-out" : "histogram", count(counts[b]));
    }
    svg.rect(f.left, at(band.high), f.width, at(band.low) - at(band.high), "rank-band");
    for (const Tick& t : ticks(x, 2)) svg.text(x(t.value), f.bottom() + 12, t.label, "tick", "middle");
    svg.line(f.left, f.bottom(), f.right(), f.bottom(), "axis");
    svg.text(f.left + f.width / 2, f.bottom() + 27, name, "label", "middle");
    figures += "<figure>" + svg.str() + "</figure>";
  }
  std::string caption =
      "Ranks of known parameters among draws of their own simulation's posterior. Where the inference is right they "
      "are "
      "uniform, and about 19 of 20 bars end in the band. A hill: intervals too wide; a valley: too narrow; a slope: "
      "shifted.";
  if (ranks.cols > most_parameters)
    caption += fmt::format(" The first {} of {} parameters.", most_parameters, ranks.cols);
  return "<h3>Calibration</h3>\n<div class=\"marginals\">" + figures + "</div><p class=\"caption\">" + caption +
         "</p>\n";
}

}  // namespace hillock::report
