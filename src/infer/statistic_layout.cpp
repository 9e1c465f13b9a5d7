#include "infer/statistic_layout.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/option_ranges.hpp"

namespace hillock::infer {
namespace {

constexpr std::size_t most_items = 4096, most_features = 512;  // as nn/embedding.hpp has them, with marks

}  // namespace

StatisticLayout StatisticLayout::of(Embedding kind, std::size_t first, std::size_t items, std::size_t features) {
  StatisticLayout out{kind, items, features, std::vector<std::size_t>(items * features)};
  std::iota(out.block.begin(), out.block.end(), first);
  return out;
}

Result<void> StatisticLayout::validate(std::size_t statistics) const {
  if (kind == Embedding::none) return {};
  const bool set = kind == Embedding::set;
  OptionRanges ranges;
  ranges.need(items >= 1 && items <= most_items, set ? "trials" : "samples of a trace", static_cast<double>(items),
              "between 1 and 4096");
  ranges.need(features >= 1 && features <= most_features, set ? "statistics of a trial" : "channels of a trace",
              static_cast<double>(features), "between 1 and 512");
  if (auto good = std::move(ranges).result(); !good) return good;
  std::vector<std::uint8_t> taken(statistics, 0);
  bool fits = block.size() == items * features;
  for (const std::size_t s : block) {
    fits = fits && s < statistics && taken[s] == 0;
    if (fits) taken[s] = 1;
  }
  if (!fits)
    return fail("statistics-layout",
                std::to_string(items) + " x " + std::to_string(features) +
                    " statistics belong together, and the list of them has others, or one of them twice");
  return {};
}

bool StatisticLayout::there(std::span<const double> x, std::size_t item) const {
  return std::ranges::any_of(std::span(block).subspan(item * features, features),
                             [&](std::size_t s) { return std::isfinite(x[s]); });
}

std::size_t StatisticLayout::present(std::span<const double> x) const {
  std::size_t out = 0;
  for (std::size_t i = 0; i < items; ++i) out += there(x, i) ? 1 : 0;
  return out;
}

void StatisticLayout::keep_first(std::span<double> x, std::size_t count) const {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < items; ++i) {
    if (!there(x, i) || ++kept <= count) continue;
    for (std::size_t f = 0; f < features; ++f) x[block[i * features + f]] = std::numeric_limits<double>::quiet_NaN();
  }
}

Result<std::vector<double>> StatisticLayout::complete(std::span<const double> x, std::size_t statistics) const {
  std::vector<double> out(x.begin(), x.end());
  const bool trials = kind == Embedding::set;
  // Fewer trials can be told from a wrong number of statistics only where there is nothing else.
  if (trials && block.size() == statistics && x.size() % features == 0) {
    if (x.size() > statistics)
      return fail("trials-count",
                  "found " + std::to_string(x.size() / features) + " trials, and the posterior was learnt for up to " +
                      std::to_string(items),
                  "observed", "learn it for more: trials=" + std::to_string(x.size() / features));
    out.resize(statistics, std::numeric_limits<double>::quiet_NaN());
  }
  if (out.size() != statistics)
    return fail("statistics-count",
                "found " + std::to_string(x.size()) + " values, expected " +
                    (trials ? std::to_string(features) + " for each of up to " + std::to_string(items) + " trials"
                            : std::to_string(statistics) + ", one for each statistic"));
  if (trials && present(out) == 0)
    return fail("trials-count", "no trial has a value", "observed", "a row of numbers for each trial that was made");
  return out;
}

}  // namespace hillock::infer
