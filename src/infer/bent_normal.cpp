#include "infer/bent_normal.hpp"

#include <Eigen/Cholesky>
#include <Eigen/Core>

#include <algorithm>
#include <cmath>

#include "base/rng.hpp"
#include "infer/bytes.hpp"

namespace hillock::infer {

namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Vector = Eigen::VectorXd;
using VectorView = Eigen::Map<const Vector>;
using MatrixView = Eigen::Map<const Matrix>;
constexpr std::string_view bytes_name = "hillock.bent_normal/1\n";
constexpr int most_bends = 3;

VectorView view(const std::vector<double>& v) { return {v.data(), static_cast<Eigen::Index>(v.size())}; }
VectorView view(std::span<const double> v) { return {v.data(), static_cast<Eigen::Index>(v.size())}; }
MatrixView view(const Array2& m) {
  return {m.values.data(), static_cast<Eigen::Index>(m.rows), static_cast<Eigen::Index>(m.cols)};
}
Eigen::Map<Matrix> view(Array2& m) {
  return {m.values.data(), static_cast<Eigen::Index>(m.rows), static_cast<Eigen::Index>(m.cols)};
}
std::vector<double> plain(const Vector& v) { return {v.begin(), v.end()}; }
Array2 plain(const Matrix& m) {
  Array2 out(static_cast<std::size_t>(m.rows()), static_cast<std::size_t>(m.cols()));
  view(out) = m;
  return out;
}

/// L with L L^T = s, or nothing.
std::optional<Matrix> root(const Matrix& s) {
  const Eigen::LLT<Matrix> llt(s);
  if (!s.allFinite() || llt.info() != Eigen::Success) return std::nullopt;
  return Matrix(llt.matrixL());
}

struct Bend {
  Vector driver, moved;
};

/// The bend that weighted points of mean 0 and covariance 1 show along `driver`: E[x_perp s^2], s = driver.x, whose
/// square the search makes as large as it can.
Vector bend_along(const Matrix& x, const Vector& weights, const Vector& driver) {
  const Vector s = x * driver;
  Vector out = x.transpose() * (weights.array() * s.array().square()).matrix();
  out -= driver.dot(out) * driver;
  return out;
}

/// The direction with the strongest bend: gradient ascent on |E[x_perp s^2]|^2 over the sphere, from each axis.
Bend strongest_bend(const Matrix& x, const Vector& weights) {
  const Eigen::Index d = x.cols();
  constexpr Eigen::Index most_starts = 24;
  constexpr int rough = 8;
  constexpr int fine = 60;
  const auto climb = [&](Vector v, int steps) {
    Vector moved = bend_along(x, weights, v);
    double step = 0.5;
    for (int k = 0; k < steps && step > 1e-3; ++k) {
      const Vector s = x * v;
      const Vector along = x * moved;
      Vector up = x.transpose() * (weights.array() * s.array() * along.array()).matrix();
      up -= v.dot(up) * v;
      const double length = up.norm();
      if (!(length > 0.0)) break;
      const Vector there = (v + step / length * up).normalized();
      const Vector moved_there = bend_along(x, weights, there);
      if (moved_there.squaredNorm() > moved.squaredNorm()) {
        v = there;
        moved = moved_there;
        step = std::min(1.0, 1.5 * step);
      } else {
        step *= 0.5;
      }
    }
    return Bend{v, moved};
  };
  Bend best{Vector::Unit(d, 0), Vector::Zero(d)};
  for (Eigen::Index start = 0; start < std::min(d, most_starts); ++start) {
    Bend found = climb(Vector::Unit(d, start), rough);
    if (found.moved.squaredNorm() > best.moved.squaredNorm()) best = std::move(found);
  }
  return climb(best.driver, fine);
}

}  // namespace

struct BentNormal::Layer {
  std::vector<double> shift;   ///< m
  Array2 factor;               ///< L, lower triangular
  std::vector<double> driver;  ///< v; empty where there is no bend
  std::vector<double> moved;   ///< c

  /// m + L x
  [[nodiscard]] Vector affine(const Vector& x) const {
    return view(shift) + view(factor).triangularView<Eigen::Lower>() * x;
  }
  /// y + sign c ((v.y)^2 - 1), in place
  void shear(Eigen::Ref<Vector> y, double sign) const {
    if (driver.empty()) return;
    const double s = view(driver).dot(y);
    y += sign * (s * s - 1.0) * view(moved);
  }
};

BentNormal::BentNormal() = default;
BentNormal::BentNormal(const BentNormal&) = default;
BentNormal::BentNormal(BentNormal&&) noexcept = default;
BentNormal& BentNormal::operator=(const BentNormal&) = default;
BentNormal& BentNormal::operator=(BentNormal&&) noexcept = default;
BentNormal::~BentNormal() = default;

std::size_t BentNormal::dimension() const { return layers_.front().shift.size(); }

Result<BentNormal> BentNormal::make(std::span<const double> mean, const Array2& covariance) {
  HILLOCK_CHECK(!mean.empty() && covariance.rows == mean.size() && covariance.cols == mean.size(),
                "the covariance must be d x d");
  const auto factor = root(view(covariance));
  if (!factor) return fail("covariance-not-positive", "the covariance is not positive definite", "covariance");
  BentNormal out;
  out.layers_.push_back({{mean.begin(), mean.end()}, plain(*factor), {}, {}});
  return out;
}

BentNormal BentNormal::fit(const BentNormal& known, const Array2& points, std::span<const double> weights,
                           double effective) {
  const auto d = static_cast<Eigen::Index>(known.dimension());
  HILLOCK_CHECK(points.cols == known.dimension() && weights.size() == points.rows, "a weight for each point");
  Vector w = view(weights);
  w /= w.sum();
  const Array2 straight = known.straighten(points);
  Matrix x = view(straight);
  // Points without weight may lie anywhere.
  for (Eigen::Index k = 0; k < x.rows(); ++k)
    if (w(k) == 0.0) x.row(k).setZero();
  BentNormal out = known;
  // The layers of this fit lie within those of `known`; each is found by what the ones before leave.
  const double share = effective / (effective + static_cast<double>(d));
  const auto whiten = [&](const Bend& bend) {
    const Vector mean = x.transpose() * w;
    x.rowwise() -= mean.transpose();
    const Matrix covariance = x.transpose() * w.asDiagonal() * x;
    const auto factor = root(share * covariance + (1.0 - share) * Matrix::Identity(d, d));
    if (!factor || !mean.allFinite()) return false;
    x = factor->triangularView<Eigen::Lower>().solve(x.transpose()).transpose().eval();
    out.layers_.push_back({plain(mean), plain(*factor), plain(bend.driver), plain(bend.moved)});
    return true;
  };
  if (!whiten({})) return known;
  for (int k = 0; k < most_bends && d > 1; ++k) {
    Bend bend = strongest_bend(x, w);
    const Vector s2 = (x * bend.driver).array().square() - 1.0;
    const double spread = w.dot(s2.cwiseAbs2());
    if (!(spread > 0.0)) break;
    // Least squares of x on s^2 - 1, across s. Each of d - 1 numbers has a sampling variance of 1/(effective spread);
    // that the direction was chosen for its bend trebles their sum, about.
    bend.moved = x.transpose() * (w.array() * s2.array()).matrix() / spread;
    bend.moved -= bend.driver.dot(bend.moved) * bend.driver;
    const double chance = 3.0 * static_cast<double>(d - 1) / (effective * spread);
    const double kept = 1.0 - chance / bend.moved.squaredNorm();
    if (!(kept > 0.5)) break;
    bend.moved *= kept;
    x -= s2 * bend.moved.transpose();
    if (!whiten(bend)) break;
  }
  return out;
}

std::vector<double> BentNormal::bends() const {
  std::vector<double> out;
  for (const Layer& layer : layers_)
    if (!layer.driver.empty()) out.push_back(view(layer.moved).norm());
  return out;
}

Array2 BentNormal::bend(const Array2& straight) const {
  HILLOCK_CHECK(straight.cols == dimension(), "a point has d coordinates");
  Array2 out = straight;
  for (std::size_t k = 0; k < out.rows; ++k) {
    Eigen::Map<Vector> u(out.row(k).data(), static_cast<Eigen::Index>(out.cols));
    for (auto layer = layers_.rbegin(); layer != layers_.rend(); ++layer) {
      u = layer->affine(u);
      layer->shear(u, 1.0);
    }
  }
  return out;
}

Array2 BentNormal::straighten(const Array2& points) const {
  HILLOCK_CHECK(points.cols == dimension(), "a point has d coordinates");
  Array2 out = points;
  for (std::size_t k = 0; k < out.rows; ++k) {
    Eigen::Map<Vector> x(out.row(k).data(), static_cast<Eigen::Index>(out.cols));
    for (const Layer& layer : layers_) {
      layer.shear(x, -1.0);
      x -= view(layer.shift);
      view(layer.factor).triangularView<Eigen::Lower>().solveInPlace(x);
    }
  }
  return out;
}

void BentNormal::pull_back(const Array2& straight, Array2& gradient) const {
  HILLOCK_CHECK(straight.cols == dimension() && gradient.cols == dimension() && gradient.rows == straight.rows,
                "a gradient for each point");
  std::vector<Vector> y(layers_.size());  // between the affine map and the shear of each layer
  for (std::size_t k = 0; k < straight.rows; ++k) {
    Vector u = view(straight.row(k));
    for (std::size_t i = layers_.size(); i-- > 0;) {
      u = y[i] = layers_[i].affine(u);
      layers_[i].shear(u, 1.0);
    }
    Eigen::Map<Vector> g(gradient.row(k).data(), static_cast<Eigen::Index>(gradient.cols));
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      const Layer& layer = layers_[i];
      if (!layer.driver.empty())
        g += 2.0 * view(layer.driver).dot(y[i]) * view(layer.moved).dot(g) * view(layer.driver);
      g = (view(layer.factor).transpose().triangularView<Eigen::Upper>() * g).eval();
    }
  }
}

Array2 BentNormal::sample(std::uint64_t seed, std::uint64_t first, std::size_t count, double width) const {
  Array2 z(count, dimension());
  for (std::size_t k = 0; k < count; ++k) {
    Rng rng(seed, stream_id("bent_normal"), first + k);
    for (double& value : z.row(k)) value = width * rng.normal();
  }
  return bend(z);
}

std::string BentNormal::bytes() const {
  ByteWriter out(bytes_name);
  out.put(static_cast<std::uint64_t>(dimension()));
  out.put(static_cast<std::uint64_t>(layers_.size()));
  for (const Layer& layer : layers_) {
    out.put(std::span<const double>(layer.shift));
    out.put(std::span<const double>(layer.factor.values));
    out.put(std::span<const double>(layer.driver));
    out.put(std::span<const double>(layer.moved));
  }
  return std::move(out).finish();
}

std::optional<BentNormal> BentNormal::from_bytes(std::string_view bytes) {
  ByteReader in(bytes, bytes_name);
  std::uint64_t d = 0, layers = 0;
  in.get(d);
  in.get(layers);
  if (!in.good || d == 0 || layers == 0 || layers > in.room_for(sizeof d)) return std::nullopt;
  BentNormal out;
  for (std::uint64_t k = 0; k < layers && in.good; ++k) {
    Layer layer;
    in.get(layer.shift, d);
    in.get(layer.factor.values, d * d);
    in.get(layer.driver);
    in.get(layer.moved, layer.driver.size());
    layer.factor.rows = layer.factor.cols = d;
    in.good = in.good && (layer.driver.empty() || layer.driver.size() == d);
    out.layers_.push_back(std::move(layer));
  }
  if (!in.at_end()) return std::nullopt;
  return out;
}

}  // namespace hillock::infer
