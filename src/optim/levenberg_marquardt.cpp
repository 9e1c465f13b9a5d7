#include "optim/levenberg_marquardt.hpp"

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/option_ranges.hpp"

namespace hillock::optim {

namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Vector = Eigen::VectorXd;

constexpr double flat_influence = 1e-6;
/// Residuals 1e-14 of those at the start are rounding of the numbers they are differences of.
constexpr double rounding_cost = 1e-28;
constexpr double least_damping = 1e-15, most_damping = 1e15;

/// One start: its point, the quadratic model there, and the damping.
struct Walker {
  Vector x, before, gradient, scale, step;  ///< before: the point that `step` leaves
  Matrix normal;
  double cost = 0.0, first_cost = 0.0;
  double damping = 0.0, growth = 2.0;
  double pull = 0.0, pull_unit = 0.0;  ///< w of `Pull`, and F_k
  double predicted = 0.0;              ///< by how much the model says that `step` lowers the merit
  double creep_cost = std::numeric_limits<double>::infinity();  ///< F when the present 20 rounds began
  int creep_rounds = 0;
  bool active = true;
  Minimum out;
};

/// Centre and 1/spread^2 of the pull, by coordinate.
struct Ground {
  Vector centre, stiffness;
  [[nodiscard]] double distance(const Vector& x) const {
    return (stiffness.array() * (x - centre).array().square()).sum();
  }
};

/// The cost with the pull: what a step must lower.
double merit(const Walker& w, const Ground& ground, const Vector& x, double cost) {
  return w.pull > 0.0 ? cost + 0.5 * w.pull * w.pull_unit * ground.distance(x) : cost;
}

/// The step that minimises g^T s + 1/2 s^T (A + lambda D) s in the box |s_i| <= max_step: coordinates that leave the
/// box are held at its side and the rest solved again. False where the matrix is numerically singular.
bool solve_step(Walker& w, const Ground& ground, double max_step) {
  const Eigen::Index d = w.x.size();
  Vector gradient = w.gradient, scale = w.scale;
  Matrix normal = w.normal;
  if (w.pull > 0.0) {
    const Vector stiffness = w.pull * w.pull_unit * ground.stiffness;
    gradient += stiffness.cwiseProduct(w.x - ground.centre);
    normal.diagonal() += stiffness;
    scale = scale.cwiseMax(normal.diagonal());
  }
  std::vector<Eigen::Index> open(static_cast<std::size_t>(d));
  for (Eigen::Index i = 0; i < d; ++i) open[static_cast<std::size_t>(i)] = i;
  w.step.setZero();
  while (!open.empty()) {
    const auto n = static_cast<Eigen::Index>(open.size());
    Matrix a(n, n);
    Vector b(n), unit(n);
    // In units of D^-1/2 the matrix has a diagonal near 1 + lambda, whatever the units of x.
    for (Eigen::Index i = 0; i < n; ++i) unit(i) = 1.0 / std::sqrt(scale(open[i]));
    const Vector held = normal * w.step;  // the open coordinates of step are 0
    for (Eigen::Index i = 0; i < n; ++i) {
      b(i) = -(gradient(open[i]) + held(open[i])) * unit(i);
      for (Eigen::Index j = 0; j < n; ++j) a(i, j) = normal(open[i], open[j]) * unit(i) * unit(j);
      a(i, i) += w.damping;
    }
    const Eigen::LLT<Matrix> factor(a);
    if (factor.info() != Eigen::Success) return false;
    const Vector s = factor.solve(b);
    if (!s.allFinite()) return false;
    std::vector<Eigen::Index> rest;
    for (Eigen::Index i = 0; i < n; ++i) {
      const double step = s(i) * unit(i);
      if (std::fabs(step) > max_step) {
        w.step(open[i]) = std::copysign(max_step, step);
      } else {
        rest.push_back(open[i]);
      }
    }
    if (rest.size() == open.size()) {
      for (Eigen::Index i = 0; i < n; ++i) w.step(open[i]) = s(i) * unit(i);
      break;
    }
    open = std::move(rest);
  }
  w.predicted = -(gradient.dot(w.step) + 0.5 * w.step.dot(normal * w.step));
  return std::isfinite(w.predicted);
}

/// What a full Gauss-Newton step would gain, from the eigenvectors of A in units of its own diagonal; directions below
/// rounding gain nothing. Also the gradient measure and the flat coordinates.
void measure(Walker& w, CostScale scale) {
  const Eigen::Index d = w.x.size();
  const double size = scale == CostScale::residuals ? std::sqrt(2.0 * w.cost) : 1.0;
  w.out.flat.clear();
  w.out.gradient = 0.0;
  Vector unit = Vector::Zero(d);
  for (Eigen::Index i = 0; i < d; ++i) {
    const double influence = std::sqrt(w.normal(i, i));
    const double reach = scale == CostScale::residuals ? std::max(1.0, std::fabs(w.x(i))) : 1.0;
    if (!(influence * reach > flat_influence * size)) {
      w.out.flat.push_back(static_cast<std::size_t>(i));
      continue;
    }
    unit(i) = 1.0 / influence;
    w.out.gradient = std::max(w.out.gradient, std::fabs(w.gradient(i)) / (influence * size));
  }
  const Matrix scaled = unit.asDiagonal() * w.normal * unit.asDiagonal();
  const Eigen::SelfAdjointEigenSolver<Matrix> eigen(scaled);
  const Vector along = eigen.eigenvectors().transpose() * (unit.asDiagonal() * w.gradient);
  const double floor = 1e-13 * std::max(eigen.eigenvalues().maxCoeff(), 0.0);
  w.out.decrement = 0.0;
  for (Eigen::Index i = 0; i < d; ++i) {
    if (eigen.eigenvalues()(i) > floor) w.out.decrement += 0.5 * along(i) * along(i) / eigen.eigenvalues()(i);
  }
}

bool at_minimum(const Walker& w, const LevenbergMarquardtOptions& options) {
  if (options.scale == CostScale::nats) return w.out.decrement <= options.cost_tolerance;
  return w.cost <= rounding_cost * w.first_cost || w.out.decrement <= options.cost_tolerance * w.cost ||
         w.out.gradient <= options.gradient_tolerance;
}

/// Ends the walk where the model says that this is a minimum of the cost alone.
void settle(Walker& w, const LevenbergMarquardtOptions& options) {
  measure(w, options.scale);
  if (w.pull > 0.0 || !at_minimum(w, options)) return;
  w.active = false;
  w.out.outcome = w.out.flat.empty() || w.cost == 0.0 ? Outcome::converged : Outcome::flat;
  if (w.out.flat.size() == static_cast<std::size_t>(w.x.size()) && w.cost > 0.0) {
    w.out.outcome = Outcome::stalled;
    w.out.reason = "no coordinate has any influence here";
  }
}

/// A new quadratic model has been written into the walker: updates D, decides whether this is the end.
void arrive(Walker& w, const LevenbergMarquardtOptions& options, bool first) {
  for (Eigen::Index i = 0; i < w.x.size(); ++i) {
    const double memory = first ? 0.0 : options.scale_memory * w.scale(i);
    w.scale(i) = std::max({w.normal(i, i), memory, std::numeric_limits<double>::min()});
  }
  w.pull_unit = w.cost;
  if (!first) w.pull = w.pull * options.pull.decay < options.pull.end ? 0.0 : w.pull * options.pull.decay;
  settle(w, options);
}

/// No step lowers the merit: without the pull there may yet be one.
void stall(Walker& w, const LevenbergMarquardtOptions& options) {
  if (w.pull > 0.0) {
    w.pull = 0.0;
    w.damping = options.initial_damping;
    w.growth = 2.0;
    return settle(w, options);
  }
  w.active = false;
  w.out.outcome = Outcome::stalled;
  w.out.reason = "no step along the negative gradient lowers the cost";
}

/// Proposes the next step; raises the damping until the equations can be solved, stalls where none is left.
void propose(Walker& w, const Ground& ground, const LevenbergMarquardtOptions& options) {
  while (w.active) {
    bool moves = false;
    if (solve_step(w, ground, options.max_step) && w.predicted > 0.0) {
      for (Eigen::Index i = 0; i < w.x.size(); ++i) {
        moves = moves || std::fabs(w.step(i)) > options.step_tolerance * (std::fabs(w.x(i)) + options.step_tolerance);
      }
      if (moves) return;
      stall(w, options);
    } else {
      w.damping *= 10.0;
      if (w.damping > most_damping) stall(w, options);
    }
  }
}

/// Away from a zero of the residuals, Gauss-Newton may take a hundred rounds for the last digits of a minimum that is
/// not the best one: no reason for all others to wait.
void watch_for_creep(Walker& w, const LevenbergMarquardtOptions& options) {
  constexpr int rounds = 20;
  if (w.pull > 0.0 || ++w.creep_rounds < rounds) return;
  if (w.creep_cost - w.cost < options.creep * w.cost) {
    w.active = false;
    w.out.outcome = Outcome::stalled;
    w.out.reason = "the cost hardly falls any more";
  }
  w.creep_cost = w.cost;
  w.creep_rounds = 0;
}

void refuse(Walker& w, const LevenbergMarquardtOptions& options) {
  w.damping *= w.growth;
  w.growth *= 2.0;
  if (w.damping > most_damping) stall(w, options);
}

void reward(Walker& w, double gain_ratio) {
  const double t = 2.0 * gain_ratio - 1.0;
  w.damping = std::max(least_damping, w.damping * std::clamp(1.0 - t * t * t, 0.1, 2.0));
  w.growth = 2.0;
}

/// The rows of a batch are the walkers listed in `who`.
struct Batch {
  std::vector<Walker*> who;
  Array2 points, gradient, normal;
  std::vector<double> cost;
};

void gather(Batch& batch, std::size_t d) {
  batch.points = Array2(batch.who.size(), d);
  batch.cost.assign(batch.who.size(), std::numeric_limits<double>::quiet_NaN());
  for (std::size_t k = 0; k < batch.who.size(); ++k) {
    const Vector& x = batch.who[k]->x;
    std::copy(x.data(), x.data() + d, batch.points.row(k).begin());
  }
}

void linearise(LeastSquares& problem, Batch& batch, Minima& out) {
  const std::size_t n = batch.points.rows, d = batch.points.cols;
  batch.gradient = Array2(n, d, std::numeric_limits<double>::quiet_NaN());
  batch.normal = Array2(n, d * d, std::numeric_limits<double>::quiet_NaN());
  problem.linearise(batch.points, batch.cost, batch.gradient, batch.normal);
  out.linearisations += static_cast<std::int64_t>(n);
}

/// Copies row k's model into the walker, or leaves it and says false where anything in it is not finite.
bool take_model(const Batch& batch, std::size_t k, Walker& w) {
  const auto d = static_cast<Eigen::Index>(batch.points.cols);
  const Eigen::Map<const Vector> gradient(batch.gradient.row(k).data(), d);
  const Eigen::Map<const Matrix> normal(batch.normal.row(k).data(), d, d);
  if (!std::isfinite(batch.cost[k]) || !gradient.allFinite() || !normal.allFinite()) return false;
  w.cost = batch.cost[k];
  w.gradient = gradient;
  w.normal = normal;
  return true;
}

}  // namespace

Result<void> LevenbergMarquardtOptions::validate() const {
  OptionRanges ranges;
  ranges.need(max_iterations >= 1, "max_iterations", max_iterations, "at least 1");
  ranges.need(cost_tolerance > 0.0 && cost_tolerance < 1.0, "cost_tolerance", cost_tolerance, "between 0 and 1");
  ranges.need(gradient_tolerance >= 0.0 && gradient_tolerance < 1.0, "gradient_tolerance", gradient_tolerance,
              "in [0, 1)");
  ranges.need(step_tolerance >= 0.0 && step_tolerance < 1.0, "step_tolerance", step_tolerance, "in [0, 1)");
  ranges.need(creep >= 0.0 && creep < 1.0, "creep", creep, "in [0, 1)");
  ranges.need(creep == 0.0 || scale == CostScale::residuals, "creep", creep, "0 on the scale of nats");
  ranges.need(initial_damping > 0.0 && initial_damping < 1e6, "initial_damping", initial_damping, "between 0 and 1e6");
  ranges.need(max_step > 0.0, "max_step", max_step, "above 0");
  ranges.need(pull.weight >= 0.0 && pull.weight < 1e6, "pull.weight", pull.weight, "in [0, 1e6)");
  ranges.need(pull.weight == 0.0 || scale == CostScale::residuals, "pull.weight", pull.weight,
              "0 on the scale of nats");
  ranges.need(pull.decay > 0.0 && pull.decay < 1.0, "pull.decay", pull.decay, "between 0 and 1");
  ranges.need(pull.end > 0.0, "pull.end", pull.end, "above 0");
  for (const double spread : pull.spread) ranges.need(spread > 0.0, "pull.spread", spread, "above 0");
  ranges.need(scale_memory >= 0.0 && scale_memory <= 1.0, "scale_memory", scale_memory, "in [0, 1]");
  return std::move(ranges).result();
}

Result<Minima> levenberg_marquardt(LeastSquares& problem, const Array2& starts,
                                   const LevenbergMarquardtOptions& options, Progress& progress) {
  if (Result<void> good = options.validate(); !good) return fail(good.error());
  const std::size_t d = problem.dimension();
  HILLOCK_CHECK(starts.rows >= 1 && starts.cols == d, "starts must be n x d with n >= 1");
  HILLOCK_CHECK((options.pull.centre.empty() || options.pull.centre.size() == d) &&
                    (options.pull.spread.empty() || options.pull.spread.size() == d),
                "the pull's centre and spread have one number per coordinate");
  const auto dd = static_cast<Eigen::Index>(d);

  Minima out;
  std::vector<Walker> walkers(starts.rows);
  for (std::size_t k = 0; k < starts.rows; ++k) {
    Walker& w = walkers[k];
    w.x = Eigen::Map<const Vector>(starts.row(k).data(), dd);
    w.gradient = w.scale = w.step = Vector::Zero(dd);
    w.normal = Matrix::Zero(dd, dd);
    w.cost = std::numeric_limits<double>::quiet_NaN();
    w.damping = options.initial_damping;
    w.pull = options.pull.weight;
  }
  Ground ground{Vector::Zero(dd), Vector::Ones(dd)};
  if (!options.pull.centre.empty()) ground.centre = Eigen::Map<const Vector>(options.pull.centre.data(), dd);
  if (!options.pull.spread.empty()) {
    ground.stiffness = Eigen::Map<const Vector>(options.pull.spread.data(), dd).array().square().inverse();
  }
  progress.begin("search", static_cast<double>(starts.rows));

  Batch batch;
  if (!progress.should_stop()) {
    for (Walker& w : walkers) batch.who.push_back(&w);
    gather(batch, d);
    linearise(problem, batch, out);
    for (std::size_t k = 0; k < walkers.size(); ++k) {
      Walker& w = walkers[k];
      if (take_model(batch, k, w)) {
        w.first_cost = w.cost;
        arrive(w, options, true);
      } else {
        w.active = false;
        w.out.outcome = Outcome::failed;
        w.out.reason = std::isfinite(batch.cost[k]) ? "the derivatives at the start are not finite"
                                                    : "the cost at the start is not finite";
      }
    }
    while (!progress.should_stop()) {
      batch.who.clear();
      for (Walker& w : walkers) {
        if (!w.active) continue;
        if (w.out.iterations >= options.max_iterations) {
          w.active = false;
          w.out.outcome = Outcome::max_iterations;
          continue;
        }
        if (options.creep > 0.0) watch_for_creep(w, options);
        if (w.active) propose(w, ground, options);
        if (!w.active) continue;
        ++w.out.iterations;
        batch.who.push_back(&w);
      }
      if (batch.who.empty()) break;

      // The trial points, at the cost of a simulation without derivatives.
      for (Walker* w : batch.who) {
        w->before = w->x;
        w->x += w->step;
      }
      gather(batch, d);
      problem.cost(batch.points, batch.cost);
      out.costs += static_cast<std::int64_t>(batch.who.size());
      std::vector<Walker*> taken;
      std::vector<double> gain;
      for (std::size_t k = 0; k < batch.who.size(); ++k) {
        Walker& w = *batch.who[k];
        const double lowered = merit(w, ground, w.before, w.cost) - merit(w, ground, w.x, batch.cost[k]);
        if (std::isfinite(lowered) && lowered > 0.0) {
          taken.push_back(&w);
          gain.push_back(lowered / w.predicted);
        } else {
          w.x = w.before;
          refuse(w, options);
        }
      }
      if (taken.empty()) continue;
      batch.who = taken;
      gather(batch, d);
      linearise(problem, batch, out);
      for (std::size_t k = 0; k < taken.size(); ++k) {
        Walker& w = *taken[k];
        if (take_model(batch, k, w)) {
          reward(w, gain[k]);
          arrive(w, options, false);
        } else {
          w.x = w.before;
          refuse(w, options);
        }
      }
      std::size_t finished = 0;
      for (const Walker& w : walkers) finished += w.active ? 0U : 1U;
      progress.update(static_cast<double>(finished), "");
    }
  }

  for (Walker& w : walkers) {
    w.out.x.assign(w.x.data(), w.x.data() + d);
    w.out.cost = w.cost;
    out.starts.push_back(std::move(w.out));
  }
  out.best = best_of(out.starts);
  return out;
}

}  // namespace hillock::optim
