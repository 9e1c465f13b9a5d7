#include "infer/sample_covariance.hpp"

#include "base/error.hpp"

namespace hillock::infer {

SampleCovariance sample_covariance(const Array2& points) {
  HILLOCK_CHECK(points.rows > 0, "a covariance of no points");
  const std::size_t d = points.cols;
  const auto n = static_cast<double>(points.rows);
  SampleCovariance out{std::vector<double>(d, 0.0), Array2(d, d)};
  for (std::size_t k = 0; k < points.rows; ++k)
    for (std::size_t j = 0; j < d; ++j) out.mean[j] += points(k, j) / n;
  for (std::size_t k = 0; k < points.rows; ++k)
    for (std::size_t i = 0; i < d; ++i)
      for (std::size_t j = 0; j < d; ++j)
        out.covariance(i, j) += (points(k, i) - out.mean[i]) * (points(k, j) - out.mean[j]) / n;
  return out;
}

}  // namespace hillock::infer
