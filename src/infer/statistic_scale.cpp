#include "infer/statistic_scale.hpp"

#include <algorithm>
#include <cmath>

namespace hillock::infer {
namespace {

constexpr double wide = 30.0;         // 99 % over 1 % of a positive statistic that is put on a log scale
constexpr double heavy = 8.0;         // outer over inner half width; a normal distribution has 3.4
constexpr double least_share = 1e-6;  // of a log scale's median: what is not above 0 is put there

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

StatisticMap map_of(const Array2& pilot, std::size_t column) {
  StatisticMap m;
  std::vector<double> values;
  values.reserve(pilot.rows);
  for (std::size_t r = 0; r < pilot.rows; ++r) {
    const double x = pilot(r, column);
    if (std::isfinite(x)) values.push_back(x);
    else m.sometimes_undefined = true;
  }
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
  } else if (inner > 0.0 && outer > heavy * inner) {
    m.shape = StatisticMap::Shape::asinh;
    m.width = inner;
  }
  double sum = 0.0, squares = 0.0;
  for (const double x : values) sum += shaped(m, x);
  m.mean = sum / static_cast<double>(values.size());
  for (const double x : values) squares += std::pow(shaped(m, x) - m.mean, 2);
  m.sd = std::sqrt(squares / static_cast<double>(values.size()));
  if (!(m.sd > 0.0) || !std::isfinite(m.sd)) m.constant = true;
  return m;
}

}  // namespace

double StatisticMap::operator()(double x) const { return (shaped(*this, x) - mean) / sd; }

StatisticScale StatisticScale::of(const Array2& pilot) {
  std::vector<StatisticMap> maps;
  for (std::size_t c = 0; c < pilot.cols; ++c) maps.push_back(map_of(pilot, c));
  return from(std::move(maps));
}

StatisticScale StatisticScale::from(std::vector<StatisticMap> maps) {
  StatisticScale out;
  out.maps_ = std::move(maps);
  for (std::size_t c = 0; c < out.maps_.size(); ++c) {
    if (!out.maps_[c].constant) out.varying_.push_back(c);
    if (out.maps_[c].sometimes_undefined) out.undefined_.push_back(c);
  }
  out.columns_ = out.varying_.size() + out.undefined_.size();
  return out;
}

void StatisticScale::fill(std::span<const double> x, std::span<double> out, double far) const {
  for (std::size_t k = 0; k < varying_.size(); ++k) {
    const double scaled = maps_[varying_[k]](x[varying_[k]]);
    out[k] = std::isfinite(x[varying_[k]]) ? std::clamp(scaled, -far, far) : 0.0;
  }
  for (std::size_t k = 0; k < undefined_.size(); ++k)
    out[varying_.size() + k] = std::isfinite(x[undefined_[k]]) ? 0.0 : 1.0;
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
