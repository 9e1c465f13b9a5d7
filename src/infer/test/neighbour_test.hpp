#pragma once
/// A classifier two-sample test (Lopez-Paz & Oquab 2017) by nearest neighbours: can a draw's sample be told from those
/// around it? 0.5: no.

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/array.hpp"

namespace hillock::infer {

/// Held-out accuracy of a vote of the 15 nearest, on the scale of a's standard deviations. Even rows are learnt from,
/// odd ones are tested: with n rows in each sample the accuracy's standard error is 0.5 / sqrt(n).
inline double neighbour_accuracy(const Array2& a, const Array2& b) {
  constexpr std::size_t votes = 15;
  std::vector<double> sd(a.cols, 0.0), mean(a.cols, 0.0);
  for (std::size_t j = 0; j < a.cols; ++j) {
    for (const double x : a.column(j)) mean[j] += x / static_cast<double>(a.rows);
    for (const double x : a.column(j)) sd[j] += (x - mean[j]) * (x - mean[j]) / static_cast<double>(a.rows);
    sd[j] = std::sqrt(sd[j]);
  }
  std::size_t right = 0, tested = 0;
  for (const bool of_a : {true, false}) {
    const Array2& own = of_a ? a : b;
    for (std::size_t k = 1; k < own.rows; k += 2) {
      std::vector<std::pair<double, int>> near;
      for (const Array2* set : {&a, &b})
        for (std::size_t m = 0; m < set->rows; m += 2) {
          double d = 0.0;
          for (std::size_t j = 0; j < a.cols; ++j) d += std::pow((own(k, j) - (*set)(m, j)) / sd[j], 2);
          near.emplace_back(d, set == &a ? 1 : 0);
        }
      std::partial_sort(near.begin(), near.begin() + votes, near.end());
      int for_a = 0;
      for (std::size_t i = 0; i < votes; ++i) for_a += near[i].second;
      right += (for_a > static_cast<int>(votes) / 2) == of_a ? 1 : 0;
      ++tested;
    }
  }
  return static_cast<double>(right) / static_cast<double>(tested);
}

}  // namespace hillock::infer
