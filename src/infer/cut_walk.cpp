#include "infer/cut_walk.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/option_ranges.hpp"
#include "base/rng.hpp"

namespace hillock::infer {
namespace {

constexpr int other_tries = 8;       // for two particles that differ
constexpr double small_step = 1e-2;  // in every direction, where all are the same

/// A point on its way along a line.
struct Mover {
  std::size_t number = 0;  // of the particle
  double level = 0.0, low = 0.0, high = 0.0, at = 0.0;
  Rng rng;
};

class Walk {
 public:
  Walk(const Array2& start, const BatchDensity& density, const CutWalkOptions& options)
      : density_(density), options_(options), value_(start.rows), direction_(start.rows, start.cols) {
    out_.points = start;
    density_(out_.points, value_);
    out_.evaluations = static_cast<std::int64_t>(start.rows);
  }

  CutWalk run(const Progress& progress) {
    for (; out_.moves < options_.moves && !progress.should_stop(); ++out_.moves) {
      move_half(0, progress);
      move_half(1, progress);
    }
    const auto all = static_cast<double>(out_.points.rows) * static_cast<double>(std::max<std::size_t>(1, out_.moves));
    out_.moved = static_cast<double>(moved_) / all;
    return std::move(out_);
  }

 private:
  /// The line of particle k, by the half that does not move now.
  void aim(std::size_t k, std::size_t other_from, std::size_t other, Rng& rng) {
    const std::span<double> to = direction_.row(k);
    for (int t = 0; t < other_tries; ++t) {
      const std::size_t one = other_from + rng.below(other), two = other_from + rng.below(other);
      double size = 0.0;
      for (std::size_t j = 0; j < to.size(); ++j) {
        to[j] = out_.points(one, j) - out_.points(two, j);
        size += to[j] * to[j];
      }
      if (size > 0.0) return;
    }
    for (double& v : to) v = small_step * rng.normal();
  }

  void move_half(std::size_t half, const Progress& progress) {
    const std::size_t n = out_.points.rows, d = out_.points.cols;
    const std::size_t from = half == 0 ? 0 : n / 2, to = half == 0 ? n / 2 : n;
    const std::size_t other_from = half == 0 ? n / 2 : 0, other = n - (to - from);
    std::vector<Mover> movers;
    movers.reserve(to - from);
    for (std::size_t k = from; k < to; ++k) {
      if (!std::isfinite(value_[k])) continue;  // it started outside
      Mover m{k, 0.0, 0.0, 0.0, 0.0, Rng(options_.seed, stream_id("cut_walk"), (2 * out_.moves + half) * n + k)};
      aim(k, other_from, other, m.rng);
      m.level = value_[k] + std::log(m.rng.uniform());
      m.high = options_.width * m.rng.uniform();
      m.low = m.high - options_.width;
      movers.push_back(std::move(m));
    }
    for (int shrink = 0; shrink < options_.most_shrinks && !movers.empty() && !progress.should_stop(); ++shrink) {
      Array2 tried(movers.size(), d);
      std::vector<double> value(movers.size());
      for (std::size_t i = 0; i < movers.size(); ++i) {
        Mover& m = movers[i];
        m.at = m.low + (m.high - m.low) * m.rng.uniform();
        for (std::size_t j = 0; j < d; ++j) tried(i, j) = out_.points(m.number, j) + m.at * direction_(m.number, j);
      }
      density_(tried, value);
      out_.evaluations += static_cast<std::int64_t>(movers.size());
      std::size_t left = 0;
      for (std::size_t i = 0; i < movers.size(); ++i) {
        Mover& m = movers[i];
        if (value[i] >= m.level) {
          std::ranges::copy(tried.row(i), out_.points.row(m.number).begin());
          value_[m.number] = value[i];
          ++moved_;
          continue;
        }
        (m.at < 0.0 ? m.low : m.high) = m.at;
        if (left != i) movers[left] = std::move(m);
        ++left;
      }
      movers.erase(movers.begin() + static_cast<std::ptrdiff_t>(left), movers.end());
    }
  }

  const BatchDensity& density_;
  const CutWalkOptions& options_;
  std::vector<double> value_;
  Array2 direction_;
  CutWalk out_;
  std::int64_t moved_ = 0;
};

}  // namespace

Result<void> CutWalkOptions::validate() const {
  OptionRanges ranges;
  ranges.need(width > 0.0, "width", width, "above 0");
  ranges.need(most_shrinks >= 1, "most_shrinks", static_cast<double>(most_shrinks), "1 or above");
  return std::move(ranges).result();
}

Result<CutWalk> cut_walk(const Array2& start, const BatchDensity& density, const CutWalkOptions& options,
                         const Progress& progress) {
  if (Result<void> good = options.validate(); !good) return fail(good.error());
  HILLOCK_CHECK(start.rows >= 4 && start.cols >= 1, "a walk takes four particles at least");
  return Walk(start, density, options).run(progress);
}

}  // namespace hillock::infer
