#pragma once
/// Histograms of posterior draws and the outline of the prior, on a parameter's own scale.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "report/document.hpp"
#include "report/scale.hpp"

namespace hillock::report {

struct Histogram {
  double low = 0, high = 1;  ///< the shown range
  bool log = false;
  std::vector<double> density;  ///< per bin; integrates to one over the parameter (log: over its ln)
  double peak = 0;
  std::int64_t total = 0;    ///< finite draws
  std::int64_t dropped = 0;  ///< not finite, or not positive on a log scale
  [[nodiscard]] double edge(std::size_t bin) const;
};
/// Over the draws' range and a little more. On a log axis with a range under a factor of 1.3 the shown axis is linear.
[[nodiscard]] Histogram histogram(std::span<const double> draws, const PosteriorAxis& axis, std::size_t bins);

/// The prior's density at `value`, in the histogram's terms (per unit of the parameter, or of its ln where `log`).
/// NaN where the prior is not known.
[[nodiscard]] double prior_density(const PosteriorAxis& axis, double value, bool log);

/// A path along the prior's density over the range of `x`; empty where the prior is not known.
[[nodiscard]] std::string prior_outline(const PosteriorAxis& axis, const Scale& x, const Scale& y);

/// Pearson's correlation over the rows where both are finite; NaN under three rows or without spread.
[[nodiscard]] double correlation(std::span<const double> a, std::span<const double> b);

}  // namespace hillock::report
