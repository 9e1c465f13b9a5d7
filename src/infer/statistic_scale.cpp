#include "infer/statistic_scale.hpp"

#include <algorithm>
#include <cmath>

namespace hillock::infer {
namespace {

constexpr double wide = 30.0;         // 99 % over 1 % of a positive statistic that is put on a log scale
constexpr double heavy = 8.0;         // outer over inner half width; a normal distribution has 3.4
constexpr double extreme = 30.0;      // the largest over the outer half width; 10^5 values of a normal one have 2
constexpr double least_share = 1e-6;  // of a log scale's median: what is not above 0 is put there

constexpr std::size_t most_parts = 8;         // of a trace, whose means stand beside it
constexpr std::size_t most_pooled = 400'000;  // values of a block that a scale is found from

double quantile(const std::vector<double>& sorted, double p) {
  return sorted[static_cast<std::size_t>(p * static_cast<double>(sorted.size() - 1) + 0.5)];
}

double shaped(const StatisticMap& m, double x) {
  switch (m.shape) {
    case StatisticMap::Shape::linear: return x;
    case StatisticMap::Shape::log: return std::log(std::max(x, least_share * m.centre));
    case StatisticMap::Shape::asinh: return std::asinh((x - m.centre) / m.width);
  }
  return x;
}

StatisticMap map_of(std::vector<double> values, bool sometimes_undefined, Tails tails) {
  StatisticMap m;
  m.sometimes_undefined = sometimes_undefined;
  if (values.empty()) {
    m.constant = true;
    return m;
  }
  std::ranges::sort(values);
  m.low = values.front(), m.high = values.back();
  m.whole = std::ranges::all_of(values, [](double x) { return x == std::floor(x) && std::abs(x) < 1e15; });
  const double median = quantile(values, 0.5);
  m.centre = median;
  if (m.low == m.high) {
    m.constant = true;
    return m;
  }
  const double low = quantile(values, 0.01), high = quantile(values, 0.99);
  const double inner = std::max(median - quantile(values, 0.25), quantile(values, 0.75) - median);
  const double outer = std::max(median - low, high - median);
  if (m.low > 0.0 && high > wide * low) {
    m.shape = StatisticMap::Shape::log;
  } else if (tails == Tails::bent && inner > 0.0 && outer > heavy * inner) {
    m.shape = StatisticMap::Shape::asinh;
    m.width = inner;
  } else if (tails == Tails::straight && outer > 0.0 && std::max(m.high - median, median - m.low) > extreme * outer) {
    m.shape = StatisticMap::Shape::asinh;
    m.width = outer;
  }
  double sum = 0.0, squares = 0.0;
  for (const double x : values) sum += shaped(m, x);
  m.mean = sum / static_cast<double>(values.size());
  for (const double x : values) squares += std::pow(shaped(m, x) - m.mean, 2);
  m.sd = std::sqrt(squares / static_cast<double>(values.size()));
  if (!(m.sd > 0.0) || !std::isfinite(m.sd)) m.constant = true;
  return m;
}

StatisticMap map_of(const Array2& pilot, std::size_t column, Tails tails) {
  std::vector<double> values;
  values.reserve(pilot.rows);
  for (std::size_t r = 0; r < pilot.rows; ++r)
    if (std::isfinite(pilot(r, column))) values.push_back(pilot(r, column));
  const bool undefined = values.size() < pilot.rows;
  return map_of(std::move(values), undefined, tails);
}

/// One for all items of a feature. A trial that was not made is no undefined value.
StatisticMap shared_map(const Array2& pilot, const StatisticLayout& layout, std::size_t feature, Tails tails) {
  std::vector<double> values;
  bool undefined = false;
  const std::size_t every = std::max<std::size_t>(1, pilot.rows * layout.items / most_pooled);
  for (std::size_t r = 0; r < pilot.rows; r += every)
    for (std::size_t i = 0; i < layout.items; ++i) {
      const double x = pilot(r, layout.block[i * layout.features + feature]);
      if (std::isfinite(x)) values.push_back(x);
      else undefined = undefined || layout.kind == Embedding::trace || layout.there(pilot.row(r), i);
    }
  return map_of(std::move(values), undefined, tails);
}

}  // namespace

double StatisticMap::operator()(double x) const { return (shaped(*this, x) - mean) / sd; }

double StatisticMap::inverse(double scaled) const {
  const double v = mean + sd * scaled;
  switch (shape) {
    case Shape::linear: return v;
    case Shape::log: return std::exp(v);
    case Shape::asinh: return centre + width * std::sinh(v);
  }
  return v;
}

StatisticScale StatisticScale::of(const Array2& pilot, const StatisticLayout& layout, Tails tails) {
  std::vector<StatisticMap> maps(pilot.cols);
  std::vector<std::uint8_t> in_block(pilot.cols, 0);
  for (const std::size_t s : layout.block) in_block[s] = 1;
  for (std::size_t c = 0; c < pilot.cols; ++c)
    if (in_block[c] == 0) maps[c] = map_of(pilot, c, tails);
  for (std::size_t f = 0; f < layout.features; ++f) {
    const StatisticMap shared = shared_map(pilot, layout, f, tails);
    for (std::size_t i = 0; i < layout.items; ++i) maps[layout.block[i * layout.features + f]] = shared;
  }
  return from(std::move(maps), layout);
}

StatisticScale StatisticScale::from(std::vector<StatisticMap> maps, StatisticLayout layout) {
  StatisticScale out;
  out.maps_ = std::move(maps);
  out.layout_ = std::move(layout);
  const StatisticLayout& l = out.layout_;
  std::vector<std::uint8_t> in_block(out.maps_.size(), 0);
  for (const std::size_t s : l.block) in_block[s] = 1;
  for (std::size_t c = 0; c < out.maps_.size(); ++c) {
    if (in_block[c] != 0) continue;
    if (!out.maps_[c].constant) out.varying_.push_back(c);
    if (out.maps_[c].sometimes_undefined) out.undefined_.push_back(c);
  }
  out.shape_.plain = out.columns_ = out.varying_.size() + out.undefined_.size();
  if (l.kind == Embedding::none) return out;
  for (std::size_t f = 0; f < l.features; ++f) {
    const StatisticMap& m = out.maps_[l.block[f]];
    if (!m.constant) out.block_varying_.push_back(f);
    if (m.sometimes_undefined) out.block_undefined_.push_back(f);
  }
  const bool set = l.kind == Embedding::set;
  const std::size_t each = out.block_varying_.size() + out.block_undefined_.size();
  if (each == 0) return out;
  out.parts_ = set ? 1 : std::min(most_parts, l.items);
  out.shape_.plain += out.parts_ * out.block_varying_.size() + (set ? 1 : 0);
  out.shape_.kind = l.kind, out.shape_.items = l.items, out.shape_.features = each;
  out.columns_ = out.shape_.plain + l.items * each + (set ? l.items : 0);
  return out;
}

void StatisticScale::fill(std::span<const double> x, std::span<double> out, double far) const {
  for (std::size_t k = 0; k < varying_.size(); ++k) {
    const double scaled = maps_[varying_[k]](x[varying_[k]]);
    out[k] = std::isfinite(x[varying_[k]]) ? std::clamp(scaled, -far, far) : 0.0;
  }
  for (std::size_t k = 0; k < undefined_.size(); ++k)
    out[varying_.size() + k] = std::isfinite(x[undefined_[k]]) ? 0.0 : 1.0;
  if (shape_.kind != Embedding::none) fill_block(x, out.subspan(varying_.size() + undefined_.size()), far);
}

void StatisticScale::fill_block(std::span<const double> x, std::span<double> out, double far) const {
  const bool set = shape_.kind == Embedding::set;
  const std::size_t vary = block_varying_.size(), each = shape_.features, items = shape_.items;
  const std::span<double> means = out.first(parts_ * vary), rows = out.subspan(means.size() + (set ? 1 : 0));
  std::ranges::fill(means, 0.0);
  std::size_t trials = 0;
  std::vector<std::size_t> defined(means.size(), 0);
  for (std::size_t i = 0; i < items; ++i) {
    const std::size_t part = i * parts_ / items;
    const bool there = !set || layout_.there(x, i);
    trials += there ? 1 : 0;
    for (std::size_t k = 0; k < each; ++k) {
      const std::size_t s =
          layout_.block[i * layout_.features + (k < vary ? block_varying_[k] : block_undefined_[k - vary])];
      const bool finite = std::isfinite(x[s]);
      double& to = rows[i * each + k];
      if (k >= vary) {
        to = there && !finite ? 1.0 : 0.0;
        continue;
      }
      to = finite ? std::clamp(maps_[s](x[s]), -far, far) : 0.0;
      means[part * vary + k] += to;
      defined[part * vary + k] += finite ? 1 : 0;
    }
    if (set) rows[items * each + i] = there ? 1.0 : 0.0;
  }
  for (std::size_t k = 0; k < means.size(); ++k) means[k] /= static_cast<double>(std::max<std::size_t>(defined[k], 1));
  // The number of trials is spread evenly, mostly: its logarithm is near mean 0 and spread 1 so.
  if (set)
    out[means.size()] =
        std::log(static_cast<double>(std::max<std::size_t>(trials, 1)) / static_cast<double>(items)) + 1.0;
}

Array2 StatisticScale::inputs(const Array2& x, double far) const {
  Array2 out(x.rows, columns_);
  for (std::size_t r = 0; r < x.rows; ++r) fill(x.row(r), out.row(r), far);
  return out;
}

std::vector<double> StatisticScale::inputs(std::span<const double> x, double far) const {
  std::vector<double> out(columns_);
  fill(x, out, far);
  return out;
}

}  // namespace hillock::infer
