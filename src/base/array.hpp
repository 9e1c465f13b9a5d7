#pragma once
/// A dense row-major matrix of doubles: the shape in which batches travel between rooms.

#include <cstddef>
#include <span>
#include <vector>

namespace hillock {

/// `rows` x `cols` doubles, row-major. A batch of n points in d dimensions has n rows and d columns.
struct Array2 {
  std::size_t rows = 0;
  std::size_t cols = 0;
  std::vector<double> values;

  Array2() = default;
  Array2(std::size_t rows_in, std::size_t cols_in, double fill = 0.0)
      : rows(rows_in), cols(cols_in), values(rows_in * cols_in, fill) {}

  double& operator()(std::size_t r, std::size_t c) { return values[r * cols + c]; }
  double operator()(std::size_t r, std::size_t c) const { return values[r * cols + c]; }
  std::span<double> row(std::size_t r) { return {values.data() + r * cols, cols}; }
  std::span<const double> row(std::size_t r) const { return {values.data() + r * cols, cols}; }
  std::vector<double> column(std::size_t c) const {
    std::vector<double> out(rows);
    for (std::size_t r = 0; r < rows; ++r) out[r] = (*this)(r, c);
    return out;
  }
};

}  // namespace hillock
