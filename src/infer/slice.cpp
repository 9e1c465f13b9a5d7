#include "infer/slice.hpp"

#include <Eigen/Core>
#include <Eigen/Eigenvalues>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>

#include "base/option_ranges.hpp"
#include "base/rng.hpp"

namespace hillock::infer {

namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Vector = Eigen::VectorXd;

/// An interval has shrunk to its own rounding long before.
constexpr int most_shrinks = 200;

/// What a chain's wish is about.
enum class Stage : std::uint8_t { left, right, shrink };

struct Chain {
  std::vector<double> at;  ///< u
  double lp = 0.0;
  int iteration = 0;  ///< finished ones, warm-up included
  std::vector<double> draws, lps;
  std::int64_t evaluations_warmup = 0, evaluations = 0, capped = 0, stuck = 0;
  // Of the window: moves along each direction, and the draws.
  std::vector<double> moved, window;

  // Within an iteration.
  bool running = false;
  Rng rng{0, 0, 0};
  std::vector<std::size_t> order;
  std::size_t update = 0;  ///< which of `order`
  Stage stage = Stage::left;
  double level = 0.0, left = 0.0, right = 0.0, t = 0.0;  ///< t: the place that is asked for
  int steps_left = 0, steps_right = 0, shrinks = 0;
};

}  // namespace

struct Slice::State {
  LogDensity* target = nullptr;
  SliceOptions options;
  std::size_t d = 0;
  Matrix covariance, directions;
  std::vector<double> widths;
  std::vector<int> barriers;
  std::size_t passed = 0;
  std::vector<Chain> chains;
  std::int64_t batches = 0;

  void plan();
  bool set_covariance(const Matrix& s);
  [[nodiscard]] bool done(const Chain& chain) const { return chain.iteration == options.warmup + options.draws; }
  [[nodiscard]] bool waits(const Chain& chain) const {
    return passed < barriers.size() && chain.iteration == barriers[passed];
  }
  void pass_barrier();
  [[nodiscard]] std::size_t direction(const Chain& chain) const { return chain.order[chain.update]; }
  void begin_iteration(Chain& chain, std::size_t index) const;
  void begin_update(Chain& chain) const;
  void ask_right(Chain& chain) const;
  void ask_inside(Chain& chain) const;
  void receive(Chain& chain, double lp) const;
  void end_update(Chain& chain) const;
};

/// Windows end where what they learn is most wanted: early, and again with more draws each time.
void Slice::State::plan() {
  for (const int percent : {5, 15, 30, 55, 100}) {
    const int at = static_cast<int>((static_cast<std::int64_t>(options.warmup) * percent + 99) / 100);
    if (at > 0 && (barriers.empty() || at > barriers.back())) barriers.push_back(at);
  }
}

/// Directions are conjugate: their outer products sum to the covariance.
bool Slice::State::set_covariance(const Matrix& s) {
  const Vector unit = s.diagonal().cwiseSqrt();
  if (!s.allFinite() || !(unit.array() > 0.0).all()) return false;
  const auto n = static_cast<Eigen::Index>(d);
  if (options.rotate) {
    const Vector inverse = unit.cwiseInverse();
    const Matrix correlation = inverse.asDiagonal() * s * inverse.asDiagonal();
    const Eigen::SelfAdjointEigenSolver<Matrix> eigen(correlation);
    if (eigen.info() != Eigen::Success || !(eigen.eigenvalues()(0) > 0.0)) return false;
    directions = eigen.eigenvalues().cwiseSqrt().asDiagonal() * eigen.eigenvectors().transpose() * unit.asDiagonal();
  } else {
    directions = Matrix::Zero(n, n);
    directions.diagonal() = unit;
  }
  covariance = s;
  return true;
}

/// All chains have reached the end of a window: new directions and widths from it.
void Slice::State::pass_barrier() {
  double count = 0.0;
  std::vector<double> moved(d, 0.0);
  Vector mean = Vector::Zero(static_cast<Eigen::Index>(d));
  for (const Chain& chain : chains) {
    count += static_cast<double>(chain.window.size() / d);
    for (std::size_t j = 0; j < d; ++j) moved[j] += chain.moved[j];
    for (std::size_t k = 0; k < chain.window.size(); ++k) mean(static_cast<Eigen::Index>(k % d)) += chain.window[k];
  }
  mean /= count;
  for (std::size_t j = 0; j < d; ++j)
    if (moved[j] > 0.0) widths[j] = 3.0 * moved[j] / count;
  ++passed;
  // The last windows' directions are good enough; new ones would need widths of their own.
  const bool last = passed == barriers.size();
  if (!last) {
    Matrix squares = Matrix::Zero(static_cast<Eigen::Index>(d), static_cast<Eigen::Index>(d));
    for (const Chain& chain : chains) {
      for (std::size_t k = 0; k < chain.window.size(); k += d) {
        const Vector away = Eigen::Map<const Vector>(chain.window.data() + k, mean.size()) - mean;
        squares += away * away.transpose();
      }
    }
    // Shrunk towards the one in use by five draws' worth.
    const Matrix estimate = (squares + 5.0 * covariance) / (count + 5.0);
    if (set_covariance(estimate)) std::fill(widths.begin(), widths.end(), options.width);
  }
  for (Chain& chain : chains) {
    chain.window.clear();
    std::fill(chain.moved.begin(), chain.moved.end(), 0.0);
  }
}

void Slice::State::begin_iteration(Chain& chain, std::size_t index) const {
  chain.running = true;
  chain.rng = Rng(options.seed, stream_id("slice"),
                  (static_cast<std::uint64_t>(index) << 32U) | static_cast<std::uint64_t>(chain.iteration));
  chain.order.resize(d);
  std::iota(chain.order.begin(), chain.order.end(), std::size_t{0});
  for (std::size_t j = d; j > 1; --j) std::swap(chain.order[j - 1], chain.order[chain.rng.below(j)]);
  chain.update = 0;
  begin_update(chain);
}

/// The level, and the first interval with its steps shared out between the two sides.
void Slice::State::begin_update(Chain& chain) const {
  const double width = widths[direction(chain)];
  chain.level = chain.lp + std::log(chain.rng.uniform());
  chain.left = -width * chain.rng.uniform();
  chain.right = chain.left + width;
  chain.steps_left = static_cast<int>(chain.rng.below(static_cast<std::uint64_t>(options.most_steps)));
  chain.steps_right = options.most_steps - 1 - chain.steps_left;
  chain.shrinks = 0;
  if (chain.steps_left == 0) return ask_right(chain);
  chain.stage = Stage::left;
  chain.t = chain.left;
}

void Slice::State::ask_right(Chain& chain) const {
  if (chain.steps_right == 0) return ask_inside(chain);
  chain.stage = Stage::right;
  chain.t = chain.right;
}

void Slice::State::ask_inside(Chain& chain) const {
  chain.stage = Stage::shrink;
  chain.t = chain.left + (chain.right - chain.left) * chain.rng.uniform();
}

void Slice::State::receive(Chain& chain, double lp) const {
  const bool warm = chain.iteration >= options.warmup;
  ++(warm ? chain.evaluations : chain.evaluations_warmup);
  // An infinite density has no slice; the contract rules it out.
  const bool inside = std::isfinite(lp) && lp > chain.level;
  const double width = widths[direction(chain)];
  switch (chain.stage) {
    case Stage::left:
      if (!inside) return ask_right(chain);
      chain.left -= width;
      if (--chain.steps_left == 0) return ask_right(chain);
      chain.t = chain.left;
      return;
    case Stage::right:
      if (!inside) return ask_inside(chain);
      chain.right += width;
      if (--chain.steps_right == 0) {
        // All steps of both sides are used up.
        if (chain.steps_left == 0 && warm) ++chain.capped;
        return ask_inside(chain);
      }
      chain.t = chain.right;
      return;
    case Stage::shrink:
      if (inside) {
        const auto way = directions.row(static_cast<Eigen::Index>(direction(chain)));
        for (std::size_t i = 0; i < d; ++i) chain.at[i] += chain.t * way(static_cast<Eigen::Index>(i));
        chain.lp = lp;
        chain.moved[direction(chain)] += std::fabs(chain.t);
        return end_update(chain);
      }
      (chain.t < 0.0 ? chain.left : chain.right) = chain.t;
      if (++chain.shrinks == most_shrinks) {
        chain.stuck += warm ? 1 : 0;
        return end_update(chain);
      }
      return ask_inside(chain);
  }
}

void Slice::State::end_update(Chain& chain) const {
  if (++chain.update < d) return begin_update(chain);
  chain.running = false;
  if (chain.iteration >= options.warmup) {
    chain.draws.insert(chain.draws.end(), chain.at.begin(), chain.at.end());
    chain.lps.push_back(chain.lp);
  } else {
    chain.window.insert(chain.window.end(), chain.at.begin(), chain.at.end());
  }
  ++chain.iteration;
}

Result<void> SliceOptions::validate() const {
  OptionRanges ranges;
  ranges.need(warmup >= 0 && warmup <= 1'000'000'000, "warmup", warmup, "between 0 and 1e9");
  ranges.need(draws >= 1 && draws <= 1'000'000'000, "draws", draws, "between 1 and 1e9");
  ranges.need(width > 0.0 && std::isfinite(width), "width", width, "above 0");
  ranges.need(most_steps >= 1, "most_steps", most_steps, "at least 1");
  return std::move(ranges).result();
}

Slice::Slice(std::unique_ptr<State> state) : state_(std::move(state)) {}
Slice::Slice(Slice&&) noexcept = default;
Slice& Slice::operator=(Slice&&) noexcept = default;
Slice::~Slice() = default;

Result<Slice> Slice::start(LogDensity& target, const Array2& starts, const Array2& covariance,
                           const SliceOptions& options) {
  if (auto good = options.validate(); !good) return fail(std::move(good.error()));
  const std::size_t d = target.dimension();
  HILLOCK_CHECK(d >= 1 && starts.rows >= 1 && starts.cols == d && covariance.rows == d && covariance.cols == d,
                "starts are chains x d, the covariance is d x d");
  auto state = std::make_unique<State>();
  state->target = &target;
  state->options = options;
  state->d = d;
  const auto n = static_cast<Eigen::Index>(d);
  if (!state->set_covariance(Eigen::Map<const Matrix>(covariance.values.data(), n, n))) {
    return fail("metric-not-positive", "the covariance for the slice sampler is not finite and positive definite",
                "covariance", "give variances above 0 on its diagonal, and correlations that go together");
  }
  state->widths.assign(d, options.width);
  state->plan();
  std::vector<double> lp(starts.rows);
  target.evaluate(starts, lp, nullptr);
  state->batches = 1;
  Errors errors;
  for (std::size_t k = 0; k < starts.rows; ++k) {
    if (!std::isfinite(lp[k])) {
      errors.push_back(Error{"start-outside-support",
                             "chain " + std::to_string(k + 1) + " starts where the density is " +
                                 (std::isnan(lp[k]) ? "not a number"
                                  : lp[k] > 0.0     ? "infinite"
                                                    : "0"),
                             std::nullopt, "starts", "start chains where the density is above 0 and finite"});
    }
    Chain chain;
    chain.at.assign(starts.row(k).begin(), starts.row(k).end());
    chain.lp = lp[k];
    chain.moved.assign(d, 0.0);
    state->chains.push_back(std::move(chain));
  }
  if (!errors.empty()) return fail(std::move(errors));
  return Slice(std::move(state));
}

void Slice::run(Progress& progress) {
  State& s = *state_;
  progress.begin("slice", static_cast<double>(s.chains.size()) * (s.options.warmup + s.options.draws));
  std::vector<std::size_t> asking;
  std::vector<double> lp;
  Array2 points;
  while (true) {
    asking.clear();
    bool all_wait = true;
    double finished = 0.0;
    for (std::size_t k = 0; k < s.chains.size(); ++k) {
      Chain& chain = s.chains[k];
      if (!chain.running && !s.waits(chain) && !s.done(chain)) s.begin_iteration(chain, k);
      if (chain.running) asking.push_back(k);
      all_wait = all_wait && !chain.running && s.waits(chain);
      finished += chain.iteration;
    }
    if (all_wait) {
      s.pass_barrier();
      continue;
    }
    progress.update(finished, "");
    if (asking.empty() || progress.should_stop()) return;
    points = Array2(asking.size(), s.d);
    for (std::size_t i = 0; i < asking.size(); ++i) {
      const Chain& chain = s.chains[asking[i]];
      const auto way = s.directions.row(static_cast<Eigen::Index>(s.direction(chain)));
      for (std::size_t j = 0; j < s.d; ++j) points(i, j) = chain.at[j] + chain.t * way(static_cast<Eigen::Index>(j));
    }
    lp.assign(asking.size(), 0.0);
    s.target->evaluate(points, lp, nullptr);
    ++s.batches;
    for (std::size_t i = 0; i < asking.size(); ++i) s.receive(s.chains[asking[i]], lp[i]);
  }
}

SliceResult Slice::result() const {
  const State& s = *state_;
  SliceResult out;
  out.complete = true;
  for (const Chain& chain : s.chains) {
    Array2 draws(chain.lps.size(), s.d);
    draws.values = chain.draws;
    out.draws.push_back(std::move(draws));
    out.lp.push_back(chain.lps);
    out.evaluations_warmup += chain.evaluations_warmup;
    out.evaluations += chain.evaluations;
    out.capped += chain.capped;
    out.stuck += chain.stuck;
    out.complete = out.complete && s.done(chain);
  }
  out.directions = Array2(s.d, s.d);
  std::copy_n(s.directions.data(), s.d * s.d, out.directions.values.begin());
  out.widths = s.widths;
  out.batches = s.batches;
  return out;
}

}  // namespace hillock::infer
