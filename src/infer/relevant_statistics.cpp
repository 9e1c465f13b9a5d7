#include "infer/relevant_statistics.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.hpp"
#include "prob/special.hpp"

namespace hillock::infer {
namespace {

using Column = std::vector<double>;

/// To mean 0 and length 1, so that a product is a correlation; empty where it doesn't vary.
Column standardised(Column v) {
  const auto n = static_cast<double>(v.size());
  const double mean = std::accumulate(v.begin(), v.end(), 0.0) / n;
  double square = 0.0;
  for (double& a : v) a -= mean, square += a * a;
  if (square < 1e-12 * n) return {};
  for (double& a : v) a /= std::sqrt(square);
  return v;
}

/// Normal scores of the finite values, ties sharing their mean rank; 0 for the others.
Column normal_scores(const Column& v) {
  std::vector<std::size_t> order;
  for (std::size_t k = 0; k < v.size(); ++k)
    if (std::isfinite(v[k])) order.push_back(k);
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) { return v[a] < v[b]; });
  Column out(v.size(), 0.0);
  const auto n = static_cast<double>(order.size());
  for (std::size_t first = 0; first < order.size();) {
    std::size_t last = first;
    while (last + 1 < order.size() && v[order[last + 1]] == v[order[first]]) ++last;
    const double rank = 0.5 * static_cast<double>(first + last) + 0.5;
    for (std::size_t k = first; k <= last; ++k) out[order[k]] = prob::normal_quantile(rank / n);
    first = last + 1;
  }
  return out;
}

/// The scores, their squares, and whether there is a value: those of them that vary.
std::vector<Column> features(const Column& v) {
  const Column scores = normal_scores(v);
  Column squares(v.size()), defined(v.size());
  for (std::size_t k = 0; k < v.size(); ++k) {
    squares[k] = scores[k] * scores[k];
    defined[k] = std::isfinite(v[k]) ? 1.0 : 0.0;
  }
  std::vector<Column> out;
  for (Column f : {standardised(scores), standardised(std::move(squares)), standardised(std::move(defined))})
    if (!f.empty()) out.push_back(std::move(f));
  return out;
}

/// The largest correlation, either sign, of one of `a` with one of `b`.
double strongest(const std::vector<Column>& a, const std::vector<Column>& b) {
  double most = 0.0;
  for (const Column& u : a)
    for (const Column& w : b) most = std::max(most, std::abs(std::inner_product(u.begin(), u.end(), w.begin(), 0.0)));
  return most;
}

}  // namespace

std::vector<std::uint8_t> relevant_statistics(const Array2& z, const Array2& x, double level, std::size_t most) {
  HILLOCK_CHECK(z.rows == x.rows && level > 0.0 && level < 1.0, "statistics of other simulations");
  std::vector<std::uint8_t> kept(x.cols, 0);
  if (x.rows < 3) return kept;
  std::vector<std::vector<Column>> statistics, news;
  for (std::size_t j = 0; j < x.cols; ++j) statistics.push_back(features(x.column(j)));
  for (std::size_t i = 0; i < z.cols; ++i) news.push_back(features(z.column(i)));
  // First with the parameters, then with what the pass before has kept.
  while (!news.empty() && static_cast<std::size_t>(std::ranges::count(kept, 1)) <= most) {
    std::size_t with = 0, tests = 0;
    for (const auto& f : news) with += f.size();
    for (std::size_t j = 0; j < x.cols; ++j) tests += kept[j] ? 0 : with * statistics[j].size();
    if (tests == 0) break;
    const double beyond = prob::normal_quantile(1.0 - level / (2.0 * static_cast<double>(tests))) /
                          std::sqrt(static_cast<double>(x.rows - 1));
    std::vector<std::size_t> found;
    for (std::size_t j = 0; j < x.cols; ++j) {
      if (kept[j]) continue;
      const auto linked = [&](const std::vector<Column>& f) { return strongest(statistics[j], f) > beyond; };
      if (std::ranges::any_of(news, linked)) found.push_back(j);
    }
    news.clear();
    for (const std::size_t j : found) kept[j] = 1, news.push_back(statistics[j]);
  }
  return kept;
}

}  // namespace hillock::infer
