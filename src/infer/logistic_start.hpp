#pragma once
/// Where learning the probabilities of binary data begins: a logistic regression of each on the context.

#include <vector>

#include "base/array.hpp"

namespace hillock::infer {

struct LogisticStart {
  std::vector<double> weights;  ///< [label][context], row-major
  std::vector<double> bias;     ///< [label]
};

/// By iteratively reweighted least squares (McCullagh & Nelder 1989, section 4.4), each label on its own, with a normal
/// prior of standard deviation 1 on the weights (of a context near unit variance), so that perfect separation has an
/// answer too. A part of the rows, from all over, where they are many.
/// @param y  [row][label], 0 or 1
/// @param c  [row][context]
[[nodiscard]] LogisticStart logistic_start(const Array2& y, const Array2& c, int threads);

}  // namespace hillock::infer
