#include "infer/local_view.hpp"

#include <algorithm>
#include <cmath>

namespace hillock::infer {
namespace {

constexpr double narrow = 0.5;          // of the spread everywhere
constexpr double narrowest = 1e-6;      // a column that does not vary there has no scale
constexpr std::size_t least_rows = 50;  // for a median
constexpr double mad_to_sd = 1.4826;    // of a normal distribution: 1 / Phi^-1(3/4)

double median(std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

}  // namespace

LocalView LocalView::of(const Array2& c) {
  LocalView out;
  if (c.rows < least_rows) return out;
  std::vector<double> column(c.rows);
  for (std::size_t i = 0; i < c.cols; ++i) {
    for (std::size_t k = 0; k < c.rows; ++k) column[k] = c(k, i);
    const double centre = median(column);
    for (double& v : column) v = std::abs(v - centre);
    const double spread = mad_to_sd * median(column);
    if (spread < narrow && spread > narrowest) out.seen_.push_back({i, centre, spread});
  }
  return out;
}

bool LocalView::from(std::span<const double> numbers, std::size_t columns, LocalView& out) {
  out.seen_.clear();
  if (numbers.size() % 3 != 0) return false;
  for (std::size_t i = 0; i < numbers.size(); i += 3) {
    if (!(numbers[i] >= 0.0 && numbers[i] < static_cast<double>(columns)) || !std::isfinite(numbers[i + 1]) ||
        !(numbers[i + 2] > 0.0) || !std::isfinite(numbers[i + 2]))
      return false;
    out.seen_.push_back({static_cast<std::size_t>(numbers[i]), numbers[i + 1], numbers[i + 2]});
  }
  return true;
}

void LocalView::add(std::span<const double> c, std::span<double> out) const {
  for (std::size_t i = 0; i < seen_.size(); ++i)
    out[i] = std::asinh((c[seen_[i].column] - seen_[i].centre) / seen_[i].spread);
}

void LocalView::chain(std::span<const double> c, std::span<const double> by_added, std::span<double> by_c) const {
  for (std::size_t i = 0; i < seen_.size(); ++i)
    by_c[seen_[i].column] += by_added[i] / std::hypot(c[seen_[i].column] - seen_[i].centre, seen_[i].spread);
}

std::vector<double> LocalView::numbers() const {
  std::vector<double> out;
  for (const Seen& s : seen_) out.insert(out.end(), {static_cast<double>(s.column), s.centre, s.spread});
  return out;
}

}  // namespace hillock::infer
