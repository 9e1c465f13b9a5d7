#include "infer/annealed_smc.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/option_ranges.hpp"
#include "base/rng.hpp"
#include "infer/resample.hpp"

namespace hillock::infer {
namespace {

constexpr double none = -std::numeric_limits<double>::infinity();

struct Particles {
  Array2 points;
  std::vector<double> base, target;
};

/// log of the mean of exp(step * gain), and the effective share of the weights.
std::pair<double, double> weigh(const Particles& p, double step) {
  double top = none;
  for (std::size_t k = 0; k < p.target.size(); ++k)
    if (p.target[k] > none) top = std::max(top, step * (p.target[k] - p.base[k]));
  if (top == none) return {none, 0.0};
  double sum = 0.0, squares = 0.0;
  for (std::size_t k = 0; k < p.target.size(); ++k) {
    if (p.target[k] == none) continue;
    const double w = std::exp(step * (p.target[k] - p.base[k]) - top);
    sum += w, squares += w * w;
  }
  const auto n = static_cast<double>(p.target.size());
  return {top + std::log(sum / n), sum * sum / squares / n};
}

void resample(Particles& p, double step, Rng& rng) {
  const std::size_t n = p.target.size();
  std::vector<double> log_weights(n);
  for (std::size_t k = 0; k < n; ++k) log_weights[k] = p.target[k] > none ? step * (p.target[k] - p.base[k]) : none;
  std::vector<std::size_t> from = systematic_resample(weights_of(log_weights), n, rng.uniform());
  // The halves that jump by each other's differences must not be sorted.
  for (std::size_t k = n; k-- > 1;) std::swap(from[k], from[rng.below(k + 1)]);
  Particles next{Array2(n, p.points.cols), std::vector<double>(n), std::vector<double>(n)};
  for (std::size_t k = 0; k < n; ++k) {
    std::ranges::copy(p.points.row(from[k]), next.points.row(k).begin());
    next.base[k] = p.base[from[k]];
    next.target[k] = p.target[from[k]];
  }
  p = std::move(next);
}

double at_temperature(double base, double target, double b) {
  if (target == none) return none;
  return b >= 1.0 ? target : (1.0 - b) * base + b * target;
}

}  // namespace

Result<void> AnnealingOptions::validate() const {
  OptionRanges ranges;
  ranges.need(effective_share > 0.0 && effective_share < 1.0, "effective_share", effective_share, "between 0 and 1");
  ranges.need(moves >= 0.0, "moves", moves, "0 or above");
  ranges.need(last_moves >= 0.0, "last_moves", last_moves, "0 or above");
  ranges.need(most_moves >= 1, "most_moves", static_cast<double>(most_moves), "1 or above");
  ranges.need(most_last_moves >= 1, "most_last_moves", static_cast<double>(most_last_moves), "1 or above");
  ranges.need(most_temperatures >= 1, "most_temperatures", static_cast<double>(most_temperatures), "1 or above");
  return std::move(ranges).result();
}

Result<Annealed> anneal(const Array2& start, const BatchDensity& base, const BatchDensity& target,
                        const AnnealingOptions& options, const Progress& progress) {
  if (Result<void> good = options.validate(); !good) return fail(good.error());
  HILLOCK_CHECK(start.rows >= 4 && start.cols >= 1, "annealing takes four particles at least");
  const std::size_t n = start.rows, d = start.cols;
  Particles p{start, std::vector<double>(n), std::vector<double>(n)};
  Annealed out;
  base(p.points, p.base);
  target(p.points, p.target);
  out.evaluations = static_cast<std::int64_t>(n);
  Rng chance(options.seed, stream_id("anneal.resample"));
  std::uint64_t moved = 0;  // batches of moves so far: their random numbers' address

  // One batch: a half jumps by differences of the other.
  const auto move_half = [&](std::size_t half, double b) {
    const std::size_t from = half == 0 ? 0 : n / 2, to = half == 0 ? n / 2 : n;
    const std::size_t other_from = half == 0 ? n / 2 : 0, other = n - (to - from);
    Particles tried{Array2(to - from, d), std::vector<double>(to - from), std::vector<double>(to - from)};
    std::vector<double> threshold(to - from);
    const double usual = 2.38 / std::sqrt(2.0 * static_cast<double>(d));
    for (std::size_t k = from; k < to; ++k) {
      Rng rng(options.seed, stream_id("anneal.move"), moved * n + k);
      const std::size_t one = other_from + rng.below(other);
      std::size_t two = other_from + rng.below(other - 1);
      if (two >= one) ++two;
      const double length = rng.uniform() < 0.1 ? 1.0 : usual * (0.4 + 0.9 * rng.uniform());
      for (std::size_t j = 0; j < d; ++j) {
        const double jump = p.points(one, j) - p.points(two, j);
        tried.points(k - from, j) = p.points(k, j) + length * jump + 1e-7 * rng.normal();
      }
      threshold[k - from] = std::log(rng.uniform());
    }
    ++moved;
    base(tried.points, tried.base);
    target(tried.points, tried.target);
    out.evaluations += static_cast<std::int64_t>(to - from);
    std::size_t accepted = 0;
    for (std::size_t k = from; k < to; ++k) {
      const std::size_t i = k - from;
      const double gain = at_temperature(tried.base[i], tried.target[i], b) - at_temperature(p.base[k], p.target[k], b);
      if (!(threshold[i] < gain)) continue;
      ++accepted;
      std::ranges::copy(tried.points.row(i), p.points.row(k).begin());
      p.base[k] = tried.base[i];
      p.target[k] = tried.target[i];
    }
    return accepted;
  };

  double b = 0.0;
  const auto finish = [&] {
    out.points = std::move(p.points);
    out.log_target = std::move(p.target);
    return out;
  };
  while (b < 1.0) {
    if (progress.should_stop()) return finish();
    if (out.temperatures == static_cast<std::size_t>(options.most_temperatures)) {
      out.capped = true;
      return finish();
    }
    double step = 1.0 - b;
    if (weigh(p, step).second < options.effective_share) {
      double low = 0.0, high = step;  // bisection: the share falls with the step
      for (int i = 0; i < 60; ++i) {
        step = 0.5 * (low + high);
        (weigh(p, step).second < options.effective_share ? high : low) = step;
      }
      // Where many particles have no mass at all, the share is below the wanted one at any step.
      step = std::max(0.5 * (low + high), 1e-9 * (1.0 - b));
    }
    const auto [log_mean, share] = weigh(p, step);
    if (share == 0.0) return finish();
    out.log_evidence += log_mean;
    resample(p, step, chance);
    b = b + step >= 1.0 - 1e-12 ? 1.0 : b + step;
    ++out.temperatures;
    const double wanted = b >= 1.0 ? options.last_moves : options.moves;
    double done = 0.0;
    std::int64_t tries = 0;
    const std::int64_t most = b >= 1.0 ? options.most_last_moves : options.most_moves;
    for (; tries < most && done < wanted && !progress.should_stop(); ++tries) {
      const std::size_t accepted = move_half(0, b) + move_half(1, b);
      out.acceptance = static_cast<double>(accepted) / static_cast<double>(n);
      done += out.acceptance;
    }
  }
  out.complete = !progress.should_stop();
  return finish();
}

}  // namespace hillock::infer
