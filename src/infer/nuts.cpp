#include "infer/nuts.hpp"

#include <Eigen/Cholesky>
#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/option_ranges.hpp"
#include "base/rng.hpp"
#include "infer/bytes.hpp"

namespace hillock::infer {

namespace {

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr int most_draws = 1'000'000'000;
constexpr std::string_view checkpoint_name = "hillock.nuts/1\n";

double log_add(double a, double b) {
  const double high = std::max(a, b);
  if (high == -infinity) return -infinity;
  return high + std::log1p(std::exp(std::min(a, b) - high));
}

/// Hoffman & Gelman 2014, section 3.2.1, with their constants.
struct DualAveraging {
  double mu = 0.0, error = 0.0, log_step_bar = 0.0;
  std::int32_t count = 0;

  void restart(double step) { *this = {std::log(2.0 * step), 0.0, std::log(step), 0}; }
  /// The next step size, after an iteration with this mean acceptance.
  double update(double acceptance, double target) {
    constexpr double gamma = 0.05, t0 = 10.0, kappa = 0.75;
    const double t = ++count;
    error += (target - acceptance - error) / (t + t0);
    const double log_step = mu - std::sqrt(t) / gamma * error;
    log_step_bar += std::pow(t, -kappa) * (log_step - log_step_bar);
    return std::exp(log_step);
  }
};

/// Running mean and sum of outer products about it (Welford 1962; merged as Chan, Golub & LeVeque 1983).
struct Moments {
  double count = 0.0;
  Vector mean;
  Matrix squares;

  explicit Moments(Eigen::Index d = 0) : mean(Vector::Zero(d)), squares(Matrix::Zero(d, d)) {}
  void add(const Vector& x) {
    count += 1.0;
    const Vector delta = x - mean;
    mean += delta / count;
    squares += delta * (x - mean).transpose();
  }
  void merge(const Moments& other) {
    if (other.count == 0.0) return;
    const Vector delta = other.mean - mean;
    const double total = count + other.count;
    squares += other.squares + delta * delta.transpose() * (count * other.count / total);
    mean += delta * (other.count / total);
    count = total;
  }
};

/// A point with its log density and gradient, in u.
struct Point {
  Vector u, gradient;
  double lp = -infinity;
};

/// A stretch of trajectory of 2^height points, in the order of integration.
struct Stretch {
  Vector first_momentum, last_momentum, momentum_sum;
  Point proposal;
  double log_weight = -infinity;
  int height = 0;
};

/// The generalised criterion: both ends still move along the sum of momenta between them.
bool keeps_going(const Vector& p, const Vector& q, const Vector& sum) { return p.dot(sum) > 0.0 && q.dot(sum) > 0.0; }

enum class Phase : std::uint8_t { idle, step_search, trajectory };

struct Chain {
  // What a checkpoint holds: the state between two iterations.
  Point at;
  std::int32_t iteration = 0;  ///< finished ones, warm-up included
  double step = 0.0;
  DualAveraging averaging;
  Moments window;
  std::vector<double> draws;
  std::vector<NutsDraw> stats;
  std::int64_t gradients_warmup = 0, gradients = 0;

  // What lives only within an iteration.
  Phase phase = Phase::idle;
  Rng rng{0, 0, 0};
  Point moving;        ///< the point that wants an evaluation
  Vector momentum;     ///< of `moving`, half a kick behind
  Point end_point[2];  ///< of the trajectory: [0] backward, [1] forward
  Vector end_momentum[2], momentum_sum;
  double log_weight = 0.0, energy = 0.0;
  double acceptance_sum = 0.0;
  int depth = 0, direction = 1, points_left = 0;
  std::size_t stack_size = 0;
  std::vector<Stretch> stack;
  Point sample;
  NutsDraw stat;
  int search_direction = 0;
};

}  // namespace

struct Nuts::State {
  LogDensity* target = nullptr;
  NutsOptions options;
  std::size_t d = 0;
  Matrix covariance, factor;  ///< S, and L with L L^T = S
  std::vector<int> barriers;  ///< iterations at which all chains wait for each other
  std::int32_t passed = 0;    ///< barriers behind
  std::vector<Chain> chains;
  std::int64_t batches = 0;

  void plan();
  void prepare(Chain& chain) const;
  bool set_metric(const Matrix& s);
  [[nodiscard]] int first_window() const;
  [[nodiscard]] double guessed_step() const { return std::pow(static_cast<double>(d), -0.25); }
  [[nodiscard]] bool waits(const Chain& chain) const {
    return passed < static_cast<std::int32_t>(barriers.size()) &&
           chain.iteration == barriers[static_cast<std::size_t>(passed)];
  }
  [[nodiscard]] bool done(const Chain& chain) const { return chain.iteration == options.warmup + options.draws; }
  void pass_barrier();

  void leap(Chain& chain, double step) const;
  bool land(Chain& chain, double step, double lp, std::span<const double> gradient) const;
  void begin(Chain& chain, std::size_t index) const;
  void search_again(Chain& chain) const;
  void search_receive(Chain& chain, double lp, std::span<const double> gradient, std::size_t index) const;
  void begin_iteration(Chain& chain, std::size_t index) const;
  void begin_subtree(Chain& chain) const;
  void receive(Chain& chain, double lp, std::span<const double> gradient) const;
  void join_subtree(Chain& chain) const;
  void end_iteration(Chain& chain) const;
};

/// Where the slow windows begin: 15 % of the warm-up, at most 75 iterations (Stan's number).
int Nuts::State::first_window() const { return std::min(75, options.warmup * 15 / 100); }

void Nuts::State::plan() {
  barriers.clear();
  if (options.warmup == 0) return;
  if (options.adapt_metric && options.warmup >= 40) {
    const int last = options.warmup - std::min(50, options.warmup * 30 / 100);
    int from = first_window(), length = 25;
    // A window that leaves no room for one of twice its length takes all that is left.
    while (from < last) {
      int to = from + length;
      if (to + 2 * length > last) to = last;
      barriers.push_back(to);
      from = to;
      length *= 2;
    }
  }
  barriers.push_back(options.warmup);
}

void Nuts::State::prepare(Chain& chain) const {
  const auto n = static_cast<Eigen::Index>(d);
  const Vector zero = Vector::Zero(n);
  for (Point* p : {&chain.moving, &chain.end_point[0], &chain.end_point[1], &chain.sample}) p->u = p->gradient = zero;
  chain.momentum = chain.end_momentum[0] = chain.end_momentum[1] = chain.momentum_sum = zero;
  chain.stack.resize(static_cast<std::size_t>(options.max_depth) + 1);
  for (Stretch& s : chain.stack) {
    s.first_momentum = s.last_momentum = s.momentum_sum = s.proposal.u = s.proposal.gradient = zero;
  }
}

bool Nuts::State::set_metric(const Matrix& s) {
  const Eigen::LLT<Matrix> llt(s);
  if (!s.allFinite() || llt.info() != Eigen::Success) return false;
  covariance = s;
  factor = llt.matrixL();
  return true;
}

/// Half a kick and a drift: `moving` then wants its density. The metric is in L: dp = L^T grad, du = L p.
void Nuts::State::leap(Chain& chain, double step) const {
  chain.momentum.noalias() += 0.5 * step * (factor.transpose() * chain.moving.gradient);
  chain.moving.u.noalias() += step * (factor * chain.momentum);
}

/// The second half of the kick; false where the point has no density.
bool Nuts::State::land(Chain& chain, double step, double lp, std::span<const double> gradient) const {
  const Eigen::Map<const Vector> g(gradient.data(), static_cast<Eigen::Index>(d));
  if (!std::isfinite(lp) || !g.allFinite()) return false;
  chain.moving.lp = lp;
  chain.moving.gradient = g;
  chain.momentum.noalias() += 0.5 * step * (factor.transpose() * chain.moving.gradient);
  return true;
}

void Nuts::State::begin(Chain& chain, std::size_t index) const {
  if (chain.iteration == 0 && options.warmup > 0 && options.step == 0.0) {
    chain.phase = Phase::step_search;
    chain.rng = Rng(options.seed, stream_id("nuts_step"), index);
    chain.step = guessed_step();
    chain.search_direction = 0;
    chain.gradients_warmup = 0;
    search_again(chain);
  } else {
    begin_iteration(chain, index);
  }
}

/// One step from the start with fresh momenta.
void Nuts::State::search_again(Chain& chain) const {
  chain.moving = chain.at;
  for (double& p : chain.momentum) p = chain.rng.normal();
  chain.energy = 0.5 * chain.momentum.squaredNorm() - chain.at.lp;
  leap(chain, chain.step);
}

/// Doubles or halves the step until the acceptance of one step crosses 0.8 (Hoffman & Gelman 2014, algorithm 4).
void Nuts::State::search_receive(Chain& chain, double lp, std::span<const double> gradient, std::size_t index) const {
  ++chain.gradients_warmup;
  double gain = -infinity;
  if (land(chain, chain.step, lp, gradient)) {
    gain = chain.energy - 0.5 * chain.momentum.squaredNorm() + chain.moving.lp;
  }
  const int wanted = gain > std::log(0.8) ? 1 : -1;
  if (chain.search_direction == 0) chain.search_direction = wanted;
  const bool crossed = wanted != chain.search_direction;
  if (crossed || chain.step > 1e6 || chain.step < 1e-12) {
    chain.averaging.restart(chain.step);
    begin_iteration(chain, index);
    return;
  }
  chain.step *= wanted > 0 ? 2.0 : 0.5;
  search_again(chain);
}

void Nuts::State::begin_iteration(Chain& chain, std::size_t index) const {
  chain.phase = Phase::trajectory;
  chain.rng = Rng(options.seed, stream_id("nuts"),
                  (static_cast<std::uint64_t>(index) << 32U) | static_cast<std::uint64_t>(chain.iteration));
  for (double& p : chain.momentum) p = chain.rng.normal();
  chain.energy = 0.5 * chain.momentum.squaredNorm() - chain.at.lp;
  for (int side : {0, 1}) {
    chain.end_point[side] = chain.at;
    chain.end_momentum[side] = chain.momentum;
  }
  chain.momentum_sum = chain.momentum;
  chain.sample = chain.at;
  chain.log_weight = 0.0;
  chain.acceptance_sum = 0.0;
  chain.depth = 0;
  chain.stat = NutsDraw{};
  chain.stat.energy = chain.energy;
  chain.stat.step_size = chain.step;
  begin_subtree(chain);
}

void Nuts::State::begin_subtree(Chain& chain) const {
  chain.direction = chain.rng.uniform() < 0.5 ? 0 : 1;
  chain.moving = chain.end_point[chain.direction];
  chain.momentum = chain.end_momentum[chain.direction];
  chain.points_left = 1 << chain.depth;
  chain.stack_size = 0;
  leap(chain, chain.direction == 1 ? chain.step : -chain.step);
}

/// A point of the subtree has been evaluated: push it, merge equal heights, go on or end.
void Nuts::State::receive(Chain& chain, double lp, std::span<const double> gradient) const {
  const double step = chain.direction == 1 ? chain.step : -chain.step;
  ++chain.stat.n_steps;
  if (!land(chain, step, lp, gradient)) {
    chain.stat.left_support = true;
    return end_iteration(chain);
  }
  const double gain = chain.energy - 0.5 * chain.momentum.squaredNorm() + chain.moving.lp;
  chain.acceptance_sum += std::min(1.0, std::exp(gain));
  if (!(gain > -options.max_energy_error)) {
    chain.stat.diverging = true;
    return end_iteration(chain);
  }
  Stretch& leaf = chain.stack[chain.stack_size++];
  leaf.first_momentum = leaf.last_momentum = leaf.momentum_sum = chain.momentum;
  leaf.proposal = chain.moving;
  leaf.log_weight = gain;
  leaf.height = 0;
  while (chain.stack_size > 1 && chain.stack[chain.stack_size - 2].height == chain.stack[chain.stack_size - 1].height) {
    Stretch& a = chain.stack[chain.stack_size - 2];
    Stretch& b = chain.stack[chain.stack_size - 1];
    const double total = log_add(a.log_weight, b.log_weight);
    if (std::log(chain.rng.uniform()) < b.log_weight - total) std::swap(a.proposal, b.proposal);
    a.log_weight = total;
    const bool goes_on = keeps_going(a.first_momentum, b.last_momentum, a.momentum_sum + b.momentum_sum) &&
                         keeps_going(a.first_momentum, b.first_momentum, a.momentum_sum + b.first_momentum) &&
                         keeps_going(a.last_momentum, b.last_momentum, b.momentum_sum + a.last_momentum);
    a.momentum_sum += b.momentum_sum;
    std::swap(a.last_momentum, b.last_momentum);
    ++a.height;
    --chain.stack_size;
    if (!goes_on) return end_iteration(chain);
  }
  if (--chain.points_left > 0) {
    leap(chain, step);
  } else {
    join_subtree(chain);
  }
}

/// The finished subtree doubles the trajectory.
void Nuts::State::join_subtree(Chain& chain) const {
  Stretch& tree = chain.stack[0];
  const int near = chain.direction, far = 1 - near;
  ++chain.depth;
  // Biased progressive sampling: the new half is preferred (Betancourt 2017, A.3.2).
  if (std::log(chain.rng.uniform()) < tree.log_weight - chain.log_weight) std::swap(chain.sample, tree.proposal);
  chain.log_weight = log_add(chain.log_weight, tree.log_weight);
  const bool goes_on =
      keeps_going(chain.end_momentum[far], tree.last_momentum, chain.momentum_sum + tree.momentum_sum) &&
      keeps_going(chain.end_momentum[far], tree.first_momentum, chain.momentum_sum + tree.first_momentum) &&
      keeps_going(chain.end_momentum[near], tree.last_momentum, tree.momentum_sum + chain.end_momentum[near]);
  chain.momentum_sum += tree.momentum_sum;
  chain.end_point[near] = chain.moving;
  chain.end_momentum[near] = chain.momentum;
  if (!goes_on) return end_iteration(chain);
  if (chain.depth == options.max_depth) {
    chain.stat.reached_max_depth = true;
    return end_iteration(chain);
  }
  begin_subtree(chain);
}

void Nuts::State::end_iteration(Chain& chain) const {
  chain.phase = Phase::idle;
  chain.at = chain.sample;
  chain.stat.lp = chain.at.lp;
  chain.stat.tree_depth = chain.depth;
  chain.stat.acceptance_rate = chain.acceptance_sum / chain.stat.n_steps;
  if (chain.iteration < options.warmup) {
    chain.gradients_warmup += chain.stat.n_steps;
    chain.step = chain.averaging.update(chain.stat.acceptance_rate, options.target_accept);
    if (chain.iteration >= first_window()) chain.window.add(chain.at.u);
  } else {
    chain.gradients += chain.stat.n_steps;
    chain.draws.insert(chain.draws.end(), chain.at.u.begin(), chain.at.u.end());
    chain.stats.push_back(chain.stat);
  }
  ++chain.iteration;
}

/// All chains are at the end of a window, or of the warm-up: they share what they have learnt.
void Nuts::State::pass_barrier() {
  const auto n = static_cast<Eigen::Index>(d);
  ++passed;
  if (passed == static_cast<std::int32_t>(barriers.size())) {
    // The median, so that one chain stuck in a narrow place does not slow down all.
    std::vector<double> steps;
    for (const Chain& chain : chains) steps.push_back(chain.averaging.log_step_bar);
    std::sort(steps.begin(), steps.end());
    const double median = 0.5 * (steps[(steps.size() - 1) / 2] + steps[steps.size() / 2]);
    for (Chain& chain : chains) chain.step = std::exp(median);
    return;
  }
  Moments all(n);
  for (const Chain& chain : chains) all.merge(chain.window);
  for (Chain& chain : chains) chain.window = Moments(n);
  Matrix sample = all.squares / std::max(1.0, all.count - 1.0);
  Matrix known = covariance;
  if (!options.dense) {
    sample = Matrix(sample.diagonal().asDiagonal());
    known = Matrix(known.diagonal().asDiagonal());
  }
  // The sampling error of an eigenvalue is sqrt(d/n) of it: shrink towards the metric in use, brought to the sample's
  // size, by (1 + n/(d+1))^-2, which is next to nothing once n is 30 d.
  const Matrix inverse_factor = factor.triangularView<Eigen::Lower>().solve(Matrix::Identity(n, n));
  const Matrix whitened = inverse_factor * sample * inverse_factor.transpose();
  double log_size = 0.0;
  for (Eigen::Index i = 0; i < n; ++i) log_size += std::log(std::max(whitened(i, i), 1e-300)) / static_cast<double>(d);
  const double ratio = 1.0 + all.count / static_cast<double>(d + 1);
  const double shrink = 1.0 / (ratio * ratio);
  // A sample that cannot be a covariance (a chain that never moved) leaves the metric as it is.
  (void)set_metric((1.0 - shrink) * sample + shrink * std::exp(log_size) * known);
  for (Chain& chain : chains) {
    chain.step = guessed_step();
    chain.averaging.restart(chain.step);
  }
}

Result<void> NutsOptions::validate() const {
  OptionRanges ranges;
  ranges.need(warmup >= 0 && warmup <= 100'000'000, "warmup", warmup, "between 0 and 1e8");
  ranges.need(draws >= 1 && draws <= most_draws, "draws", draws, "between 1 and 1e9");
  ranges.need(target_accept > 0.0 && target_accept < 1.0, "target_accept", target_accept, "between 0 and 1");
  ranges.need(max_depth >= 1 && max_depth <= 20, "max_depth", max_depth, "between 1 and 20");
  ranges.need(max_energy_error > 0.0, "max_energy_error", max_energy_error, "above 0");
  ranges.need(step >= 0.0 && std::isfinite(step), "step", step, "0 (found by trial) or above");
  ranges.need(warmup > 0 || step > 0.0, "step", step, "given where there is no warm-up");
  return std::move(ranges).result();
}

Nuts::Nuts(std::unique_ptr<State> state) : state_(std::move(state)) {}
Nuts::Nuts(Nuts&&) noexcept = default;
Nuts& Nuts::operator=(Nuts&&) noexcept = default;
Nuts::~Nuts() = default;

Result<Nuts> Nuts::start(LogDensity& target, const Array2& starts, const Array2& covariance,
                         const NutsOptions& options) {
  if (Result<void> good = options.validate(); !good) return fail(good.error());
  auto state = std::make_unique<State>();
  state->target = &target;
  state->options = options;
  state->d = target.dimension();
  const std::size_t d = state->d;
  HILLOCK_CHECK(d >= 1 && starts.rows >= 1 && starts.cols == d, "starts must be chains x d");
  HILLOCK_CHECK(covariance.rows == d && covariance.cols == d, "the covariance must be d x d");
  const auto n = static_cast<Eigen::Index>(d);
  const Eigen::Map<const Matrix> s(covariance.values.data(), n, n);
  if (!state->set_metric(0.5 * (s + s.transpose()))) {
    return fail("metric-not-positive", "the covariance for the sampler's metric is not positive definite", "covariance",
                "start from a diagonal one");
  }
  state->plan();
  std::vector<double> lp(starts.rows, -infinity);
  Array2 gradient(starts.rows, d);
  target.evaluate(starts, lp, &gradient);
  ++state->batches;
  Errors errors;
  for (std::size_t k = 0; k < starts.rows; ++k) {
    Chain chain;
    state->prepare(chain);
    chain.window = Moments(n);
    chain.at = {Eigen::Map<const Vector>(starts.row(k).data(), n), Eigen::Map<const Vector>(gradient.row(k).data(), n),
                lp[k]};
    chain.step = options.step > 0.0 ? options.step : state->guessed_step();
    chain.averaging.restart(chain.step);
    if (!std::isfinite(lp[k]) || !chain.at.gradient.allFinite()) {
      errors.push_back(Error{"start-outside-support",
                             "chain " + std::to_string(k + 1) + " of " + std::to_string(starts.rows) +
                                 " starts where the posterior density is 0 or has no gradient",
                             std::nullopt, "start", "start the chains near the best fit"});
    }
    state->chains.push_back(std::move(chain));
  }
  if (!errors.empty()) return fail(std::move(errors));
  return Nuts(std::move(state));
}

void Nuts::run(Progress& progress) {
  State& s = *state_;
  const double total = static_cast<double>(s.chains.size()) * (s.options.warmup + s.options.draws);
  progress.begin("posterior", total);
  for (Chain& chain : s.chains) chain.phase = Phase::idle;
  std::vector<std::size_t> who;
  Array2 points, gradient;
  std::vector<double> lp;
  while (true) {
    bool all_wait = true;
    who.clear();
    for (std::size_t k = 0; k < s.chains.size(); ++k) {
      Chain& chain = s.chains[k];
      const bool waits = s.waits(chain);
      all_wait = all_wait && waits;
      if (chain.phase == Phase::idle) {
        if (waits || s.done(chain)) continue;
        s.begin(chain, k);
      }
      who.push_back(k);
    }
    if (all_wait) {
      s.pass_barrier();
      continue;
    }
    if (who.empty() || progress.should_stop()) break;

    points.rows = gradient.rows = who.size();
    points.cols = gradient.cols = s.d;
    points.values.resize(who.size() * s.d);
    gradient.values.assign(who.size() * s.d, 0.0);
    lp.assign(who.size(), -infinity);
    for (std::size_t i = 0; i < who.size(); ++i) {
      const Vector& u = s.chains[who[i]].moving.u;
      std::copy(u.begin(), u.end(), points.row(i).begin());
    }
    s.target->evaluate(points, lp, &gradient);
    ++s.batches;
    for (std::size_t i = 0; i < who.size(); ++i) {
      Chain& chain = s.chains[who[i]];
      if (chain.phase == Phase::step_search) {
        s.search_receive(chain, lp[i], gradient.row(i), who[i]);
      } else {
        s.receive(chain, lp[i], gradient.row(i));
      }
    }
    double finished = 0.0;
    std::int64_t diverging = 0;
    for (const Chain& chain : s.chains) finished += chain.iteration;
    for (const std::size_t k : who) {
      if (!s.chains[k].stats.empty()) diverging += s.chains[k].stats.back().diverging ? 1 : 0;
    }
    progress.update(finished, diverging > 0 ? "diverging" : "");
  }
}

void Nuts::prolong(int draws) {
  HILLOCK_CHECK(draws >= state_->options.draws && draws <= most_draws, "draws are added, not taken away");
  state_->options.draws = draws;
}

NutsResult Nuts::result() const {
  const State& s = *state_;
  NutsResult out;
  out.complete = true;
  for (const Chain& chain : s.chains) {
    Array2 draws;
    draws.rows = chain.stats.size();
    draws.cols = s.d;
    draws.values = chain.draws;
    out.draws.push_back(std::move(draws));
    out.stats.push_back(chain.stats);
    out.step_size.push_back(chain.step);
    out.gradients_warmup += chain.gradients_warmup;
    out.gradients += chain.gradients;
    out.complete = out.complete && s.done(chain);
  }
  out.covariance = Array2(s.d, s.d);
  for (std::size_t i = 0; i < s.d; ++i) {
    for (std::size_t j = 0; j < s.d; ++j)
      out.covariance(i, j) = s.covariance(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
  }
  out.batches = s.batches;
  return out;
}

namespace {

std::span<const double> view(const Vector& v) { return {v.data(), static_cast<std::size_t>(v.size())}; }
std::span<const double> view(const Matrix& m) { return {m.data(), static_cast<std::size_t>(m.size())}; }

void read(ByteReader& in, Vector& v, Eigen::Index n) {
  std::vector<double> values;
  in.get(values, static_cast<std::size_t>(n));
  if (in.good) v = Eigen::Map<const Vector>(values.data(), n);
}
void read(ByteReader& in, Matrix& m, Eigen::Index n) {
  std::vector<double> values;
  in.get(values, static_cast<std::size_t>(n * n));
  if (in.good) m = Eigen::Map<const Matrix>(values.data(), n, n);
}

/// Every field of the options in one place, for both directions.
template <class Stream>
void each_option(NutsOptions& o, const Stream& stream) {
  stream(o.seed), stream(o.warmup), stream(o.draws), stream(o.target_accept), stream(o.max_depth);
  stream(o.max_energy_error), stream(o.adapt_metric), stream(o.dense), stream(o.step);
}
template <class Stream>
void each_number(Chain& c, const Stream& stream) {
  stream(c.at.lp), stream(c.iteration), stream(c.step), stream(c.averaging.mu), stream(c.averaging.error);
  stream(c.averaging.log_step_bar), stream(c.averaging.count), stream(c.window.count), stream(c.gradients_warmup);
  stream(c.gradients);
}
template <class Stream>
void each_stat(NutsDraw& t, const Stream& stream) {
  stream(t.lp), stream(t.energy), stream(t.acceptance_rate), stream(t.step_size), stream(t.tree_depth);
  stream(t.n_steps), stream(t.diverging), stream(t.left_support), stream(t.reached_max_depth);
}
constexpr std::size_t stat_bytes = 4 * 8 + 2 * 4 + 3;

}  // namespace

std::string Nuts::checkpoint() const {
  const State& s = *state_;
  ByteWriter out(checkpoint_name);
  const auto put = [&](const auto& value) { out.put(value); };
  NutsOptions options = s.options;
  each_option(options, put);
  out.put(static_cast<std::uint64_t>(s.d));
  out.put(static_cast<std::uint64_t>(s.chains.size()));
  out.put(s.passed);
  out.put(view(s.covariance));
  for (const Chain& chain : s.chains) {
    Chain numbers;
    numbers.at.lp = chain.at.lp;
    numbers.iteration = chain.iteration;
    numbers.step = chain.step;
    numbers.averaging = chain.averaging;
    numbers.window.count = chain.window.count;
    numbers.gradients_warmup = chain.gradients_warmup;
    numbers.gradients = chain.gradients;
    each_number(numbers, put);
    out.put(view(chain.at.u));
    out.put(view(chain.at.gradient));
    out.put(view(chain.window.mean));
    out.put(view(chain.window.squares));
    out.put(std::span<const double>(chain.draws));
    for (NutsDraw stat : chain.stats) each_stat(stat, put);
  }
  return std::move(out).finish();
}

Result<Nuts> Nuts::resume(LogDensity& target, std::string_view checkpoint) {
  const auto damaged = [](const std::string& what) {
    return fail("checkpoint-damaged", "the sampler's checkpoint cannot be used: " + what, "checkpoint",
                "start again without it");
  };
  ByteReader in(checkpoint, checkpoint_name);
  if (!in.good) return damaged("it is not a checkpoint, or it was cut short or altered");
  const auto get = [&](auto& value) { in.get(value); };
  auto state = std::make_unique<State>();
  state->target = &target;
  each_option(state->options, get);
  std::uint64_t d = 0, chains = 0;
  in.get(d);
  in.get(chains);
  in.get(state->passed);
  if (in.good && d != target.dimension()) {
    return damaged("it has " + std::to_string(d) + " dimensions, the posterior has " +
                   std::to_string(target.dimension()));
  }
  if (!in.good || !state->options.validate() || chains == 0 || chains > in.room_for(64))
    return damaged("its sizes are wrong");
  state->d = d;
  const auto n = static_cast<Eigen::Index>(d);
  Matrix covariance;
  read(in, covariance, n);
  if (!in.good || !state->set_metric(covariance)) return damaged("its metric is wrong");
  state->plan();
  if (state->passed < 0 || state->passed > static_cast<std::int32_t>(state->barriers.size()))
    return damaged("its sizes are wrong");
  for (std::uint64_t k = 0; k < chains; ++k) {
    Chain chain;
    state->prepare(chain);
    chain.window = Moments(n);
    each_number(chain, get);
    read(in, chain.at.u, n);
    read(in, chain.at.gradient, n);
    read(in, chain.window.mean, n);
    read(in, chain.window.squares, n);
    const std::int32_t kept = std::max(0, chain.iteration - state->options.warmup);
    if (!in.good || chain.iteration < 0 || kept > state->options.draws ||
        static_cast<std::size_t>(kept) > in.room_for(stat_bytes)) {
      return damaged("its sizes are wrong");
    }
    in.get(chain.draws, static_cast<std::size_t>(kept) * d);
    chain.stats.resize(static_cast<std::size_t>(kept));
    for (NutsDraw& stat : chain.stats) each_stat(stat, get);
    state->chains.push_back(std::move(chain));
  }
  if (!in.at_end()) return damaged("its sizes are wrong");
  return Nuts(std::move(state));
}

}  // namespace hillock::infer
