#include "infer/nearest_attainable.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/rng.hpp"
#include "infer/sample_covariance.hpp"

namespace hillock::infer {
namespace {

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

constexpr double least_variance = 1e-6;  // of a column among the simulations near by: copies of a column
// Variances of what is attainable, over that of the simulations near by along the sheet, of which the most probable is
// taken: where the simulations end is no end of what the model can do. The sheet gets longer by it, not thicker: a
// combination that no simulation has is no more attainable farther out.
constexpr double reaches[] = {1.0, 9.0, 81.0};
// An axis with this share of the longest one's variance lies along the sheet; a thinner one less, with the square.
constexpr double along = 0.1;
// Variances of an error, of which the most probable is taken: from the spread of all simulations on, which gets small
// in late rounds where an error does not.
constexpr double slabs[] = {1.0, 9.0, 81.0};
constexpr double penalty = 3.0, whole_penalty = 14.0;  // nats, for an error of a statistic, and of a whole number
// Of a whole number's distance: where so many simulations have the data's count, it is they that are near. Among
// others, that all have 19 spikes, 20 would be infinitely far away.
constexpr double whole_weight = 10.0;
constexpr Eigen::Index most_enumerated = 10;  // statistics, of which all sets are looked at
constexpr int searches = 3;                   // for the simulations near to what is attainable, not to the data

struct Neighbours {
  Vector mean;
  Matrix covariance;
};

Vector as_vector(std::span<const double> x) {
  return Eigen::Map<const Vector>(x.data(), static_cast<Eigen::Index>(x.size()));
}

/// Of the `near` simulations nearest to a point; `without` is none of them.
/// @param weight  [column] of the distance
Neighbours neighbours(const Array2& simulated, const Vector& weight, const Vector& at, std::size_t near,
                      std::size_t without) {
  std::vector<std::pair<double, std::size_t>> distance;
  distance.reserve(simulated.rows);
  for (std::size_t k = 0; k < simulated.rows; ++k)
    if (k != without) distance.emplace_back((as_vector(simulated.row(k)) - at).cwiseProduct(weight).squaredNorm(), k);
  std::ranges::nth_element(distance, distance.begin() + static_cast<std::ptrdiff_t>(near - 1));
  Array2 points(near, simulated.cols);
  for (std::size_t i = 0; i < near; ++i) std::ranges::copy(simulated.row(distance[i].second), points.row(i).begin());
  const SampleCovariance found = sample_covariance(points);
  Neighbours out{as_vector(found.mean), Matrix(at.size(), at.size())};
  for (std::size_t j = 0; j < found.covariance.rows; ++j)
    out.covariance.row(static_cast<Eigen::Index>(j)) = as_vector(found.covariance.row(j)).transpose();
  out.covariance.diagonal().array() += least_variance;
  return out;
}

double squared_distance(const Neighbours& n, const Vector& at) {
  return (at - n.mean).dot(n.covariance.ldlt().solve(at - n.mean));
}

/// What simulations near by vary along.
class Sheet {
 public:
  explicit Sheet(const Matrix& covariance) : axes_(covariance) {
    const auto variance = axes_.eigenvalues().array();
    share_ = (variance / (along * variance.maxCoeff())).min(1.0).square();
  }
  Vector onto(const Vector& x) const {
    return axes_.eigenvectors() * (share_ * (axes_.eigenvectors().transpose() * x).array()).matrix();
  }
  /// The covariance of a sheet whose variances along itself are `reach` times as large.
  Matrix longer(double reach) const {
    const Vector variance = axes_.eigenvalues().array() * (1.0 + (reach - 1.0) * share_);
    return axes_.eigenvectors() * variance.asDiagonal() * axes_.eigenvectors().transpose();
  }

 private:
  Eigen::SelfAdjointEigenSolver<Matrix> axes_;
  Eigen::ArrayXd share_;  // of each axis, how far it lies along the sheet: 0-1
};

/// log p(off | which statistics the model fails in), up to a constant; and the most probable error then.
struct Explanation {
  double score = -std::numeric_limits<double>::infinity();
  Vector error;
};

class Explanations {
 public:
  Explanations(const Neighbours& near, const Vector& middle, const Vector& y, std::span<const std::uint8_t> whole)
      : off_(y - near.mean), whole_(whole) {
    // Those nearest to data outside all simulations are an edge of them, thin towards the data; but simulations vary
    // from their middle to that edge.
    const Sheet edge(near.covariance);
    const Vector from_middle = edge.onto(near.mean - middle);
    const Sheet sheet(near.covariance + from_middle * from_middle.transpose());
    for (std::size_t i = 0; i < std::size(reaches); ++i) covariance_[i] = sheet.longer(reaches[i]);
  }

  Explanation of(const std::vector<std::uint8_t>& failing) const {
    Explanation best;
    for (const Matrix& covariance : covariance_)
      for (const double slab : slabs)
        if (Explanation e = of(failing, covariance, slab); e.score > best.score) best = std::move(e);
    return best;
  }
  /// The best of all sets of statistics.
  Explanation best_of_all() const {
    const auto d = static_cast<std::size_t>(off_.size());
    Explanation best;
    std::vector<std::uint8_t> failing(d);
    for (std::uint32_t set = 0; set < (1U << d); ++set) {
      for (std::size_t j = 0; j < d; ++j) failing[j] = (set >> j) & 1U;
      if (Explanation e = of(failing); e.score > best.score) best = std::move(e);
    }
    return best;
  }
  /// One after the other, while that explains more.
  Explanation best_by_steps() const {
    std::vector<std::uint8_t> failing(static_cast<std::size_t>(off_.size()), 0);
    Explanation best = of(failing);
    for (bool better = true; better;) {
      better = false;
      std::size_t add = 0;
      for (std::size_t j = 0; j < failing.size(); ++j) {
        if (failing[j] != 0) continue;
        failing[j] = 1;
        if (Explanation e = of(failing); e.score > best.score) best = std::move(e), add = j, better = true;
        failing[j] = 0;
      }
      if (better) failing[add] = 1;
    }
    return best;
  }

 private:
  Explanation of(const std::vector<std::uint8_t>& failing, const Matrix& covariance, double slab) const {
    Matrix all = covariance;
    double prior = 0.0;
    for (std::size_t j = 0; j < failing.size(); ++j) {
      if (failing[j] == 0) continue;
      all(static_cast<Eigen::Index>(j), static_cast<Eigen::Index>(j)) += slab;
      prior -= !whole_.empty() && whole_[j] != 0 ? whole_penalty : penalty;
    }
    const Eigen::LLT<Matrix> factor(all);
    const Vector solved = factor.solve(off_);
    Explanation out;
    out.score = prior - 0.5 * off_.dot(solved) - factor.matrixLLT().diagonal().array().log().sum();
    out.error = Vector::Zero(off_.size());
    for (std::size_t j = 0; j < failing.size(); ++j)
      if (failing[j] != 0) out.error[static_cast<Eigen::Index>(j)] = slab * solved[static_cast<Eigen::Index>(j)];
    return out;
  }

  Matrix covariance_[std::size(reaches)];
  Vector off_;
  std::span<const std::uint8_t> whole_;
};

Vector likely_error(const Neighbours& near, const Vector& middle, const Vector& y,
                    std::span<const std::uint8_t> whole) {
  const Explanations explanations(near, middle, y, whole);
  return (y.size() <= most_enumerated ? explanations.best_of_all() : explanations.best_by_steps()).error;
}

}  // namespace

NearestAttainable nearest_attainable(const Array2& simulated, std::span<const double> observed,
                                     std::span<const std::uint8_t> whole, const AttainableOptions& options) {
  NearestAttainable out;
  out.inputs.assign(observed.begin(), observed.end());
  const std::size_t n = simulated.rows, d = observed.size();
  const std::size_t near =
      std::max({options.least_near, 10 * d, static_cast<std::size_t>(options.near_share * static_cast<double>(n))});
  if (d == 0 || n < 2 * near) return out;
  out.asked = true;
  const Vector y = as_vector(observed);
  Vector weight = Vector::Ones(y.size());
  for (std::size_t j = 0; j < whole.size(); ++j)
    if (whole[j] != 0) weight[static_cast<Eigen::Index>(j)] = whole_weight;
  const double squared = squared_distance(neighbours(simulated, weight, y, near, n), y);
  out.distance = std::sqrt(squared);
  // With simulations near the data, as thick as the sheet is there.
  std::vector<std::pair<double, std::size_t>> by_distance(n);
  for (std::size_t k = 0; k < n; ++k) by_distance[k] = {(as_vector(simulated.row(k)) - y).squaredNorm(), k};
  std::ranges::nth_element(by_distance, by_distance.begin() + static_cast<std::ptrdiff_t>(n / 2));
  Rng rng(options.seed, stream_id("nearest_attainable"));
  std::size_t as_far = 0;
  for (std::size_t i = 0; i < options.compared; ++i) {
    const std::size_t k = by_distance[rng.below(n / 2 + 1)].second;
    const Vector at = as_vector(simulated.row(k));
    as_far += squared_distance(neighbours(simulated, weight, at, near, k), at) >= squared ? 1 : 0;
  }
  out.p = static_cast<double>(as_far + 1) / static_cast<double>(options.compared + 1);
  out.misfit = out.p <= options.level;
  if (!out.misfit) return out;
  const Vector middle = as_vector(sample_covariance(simulated).mean);
  Vector x = y;
  for (int i = 0; i < searches; ++i) x = y - likely_error(neighbours(simulated, weight, x, near, n), middle, y, whole);
  out.inputs.assign(x.data(), x.data() + x.size());
  return out;
}

}  // namespace hillock::infer
