#include "optim/cma_es.hpp"

#include <pagmo/algorithms/cmaes.hpp>
#include <pagmo/population.hpp>
#include <pagmo/problem.hpp>

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <exception>
#include <limits>
#include <mutex>
#include <thread>
#include <utility>

#include "base/option_ranges.hpp"
#include "base/rng.hpp"

namespace hillock::optim {

namespace {

/// Log cost of a point that cannot be evaluated: above that of any double.
constexpr double worst = 1e4;

/// Thrown through pagmo to leave a run early.
struct Leave {};

/// What one run asks for and gets.
struct Slot {
  std::vector<double> point;
  double log_cost = worst;
  bool waiting = false;  ///< `point` is to be evaluated
  bool running = true;
  std::int64_t evaluations = 0;
  std::vector<double> best;
  double best_cost = std::numeric_limits<double>::quiet_NaN();
  std::exception_ptr error;
};

/// Where the runs meet: each blocks until its point has been evaluated among those of the others.
class Meeting {
 public:
  explicit Meeting(std::size_t runs) : slots(runs) {}

  /// In a run's thread.
  double evaluate(std::size_t run, const std::vector<double>& point) {
    std::unique_lock lock(mutex_);
    Slot& slot = slots[run];
    if (leaving_) throw Leave{};
    slot.point = point;
    slot.waiting = true;
    asked_.notify_one();
    answered_.wait(lock, [&] { return !slot.waiting || leaving_; });
    if (leaving_) throw Leave{};
    return slot.log_cost;
  }
  void finish(std::size_t run, std::exception_ptr error) {
    const std::lock_guard lock(mutex_);
    slots[run].running = false;
    slots[run].error = std::move(error);
    asked_.notify_one();
  }

  /// In the caller's thread: the runs that wait, once all that are alive do; empty when none is left.
  std::vector<std::size_t> gather() {
    std::unique_lock lock(mutex_);
    asked_.wait(lock, [&] {
      return std::all_of(slots.begin(), slots.end(), [](const Slot& s) { return !s.running || s.waiting; });
    });
    std::vector<std::size_t> who;
    for (std::size_t k = 0; k < slots.size(); ++k) {
      if (slots[k].running) who.push_back(k);
    }
    return who;
  }
  void answer(const std::vector<std::size_t>& who) {
    const std::lock_guard lock(mutex_);
    for (const std::size_t k : who) slots[k].waiting = false;
    answered_.notify_all();
  }
  void leave() {
    const std::lock_guard lock(mutex_);
    leaving_ = true;
    answered_.notify_all();
  }

  std::vector<Slot> slots;  ///< a slot is the caller's between gather() and answer(), else its run's

 private:
  std::mutex mutex_;
  std::condition_variable asked_, answered_;
  bool leaving_ = false;
};

/// pagmo's view of one run. CMA-ES uses the order of the costs alone, so it is given their logarithm: pagmo's absolute
/// tolerance then is a relative one.
struct OneRun {
  Meeting* meeting = nullptr;
  std::size_t run = 0;
  std::vector<double> centre;

  [[nodiscard]] pagmo::vector_double fitness(const pagmo::vector_double& x) const {
    return {meeting->evaluate(run, x)};
  }
  /// Not enforced; their distance of 1 is pagmo's unit for the initial step.
  [[nodiscard]] std::pair<pagmo::vector_double, pagmo::vector_double> get_bounds() const {
    pagmo::vector_double low = centre.empty() ? pagmo::vector_double{0.0} : centre, high = low;
    for (double& x : low) x -= 0.5;
    for (double& x : high) x += 0.5;
    return {low, high};
  }
  template <class Archive>
  void serialize(Archive&, unsigned) {}  // pagmo demands it; runs are never sent anywhere
};

void walk(Meeting& meeting, std::size_t run, const std::vector<double>& centre, std::size_t population,
          const CmaEsOptions& options) {
  try {
    // The address of run k's numbers; pagmo takes 32 bits of them as the seed of its own generator.
    Rng rng(options.seed, stream_id("cma_es"), run);
    const auto pagmo_seed = static_cast<unsigned>(rng.bits());
    pagmo::population points(pagmo::problem(OneRun{&meeting, run, centre}), 0U, pagmo_seed);
    for (std::size_t i = 0; i < population; ++i) {
      std::vector<double> x = centre;
      for (double& value : x) value += options.step * rng.normal();
      points.push_back(x);
    }
    const auto generations = static_cast<unsigned>(options.evaluations / static_cast<std::int64_t>(population) - 1);
    const pagmo::cmaes algorithm(generations, -1, -1, -1, -1, options.step, options.cost_tolerance,
                                 options.step_tolerance, false, false, pagmo_seed);
    (void)algorithm.evolve(points);
    meeting.finish(run, nullptr);
  } catch (const Leave&) {
    meeting.finish(run, nullptr);
  } catch (...) {
    meeting.finish(run, std::current_exception());
  }
}

}  // namespace

Result<void> CmaEsOptions::validate() const {
  OptionRanges ranges;
  ranges.need(evaluations >= 1, "evaluations", static_cast<double>(evaluations), "at least 1");
  ranges.need(population == 0 || population >= 5, "population", population, "0 (chosen by dimension) or at least 5");
  ranges.need(step > 0.0 && std::isfinite(step), "step", step, "above 0");
  ranges.need(cost_tolerance > 0.0, "cost_tolerance", cost_tolerance, "above 0");
  ranges.need(step_tolerance > 0.0, "step_tolerance", step_tolerance, "above 0");
  return std::move(ranges).result();
}

Result<Minima> cma_es(LeastSquares& problem, const Array2& starts, const CmaEsOptions& options, Progress& progress) {
  if (Result<void> good = options.validate(); !good) return fail(good.error());
  const std::size_t d = problem.dimension();
  HILLOCK_CHECK(starts.rows >= 1 && starts.cols == d, "starts must be runs x d with at least one run");
  const std::size_t population =
      options.population > 0
          ? static_cast<std::size_t>(options.population)
          : std::max<std::size_t>(5, 4 + static_cast<std::size_t>(3.0 * std::log(static_cast<double>(d))));
  if (options.evaluations < 2 * static_cast<std::int64_t>(population)) {
    return fail("option-range",
                "`evaluations` must allow two generations of " + std::to_string(population) + " points, found " +
                    std::to_string(options.evaluations),
                "evaluations", "raise the budget or lower `population`");
  }
  progress.begin("search", static_cast<double>(options.evaluations) * static_cast<double>(starts.rows));

  Meeting meeting(starts.rows);
  Minima out;
  bool stopped = false;
  {
    std::vector<std::jthread> threads;
    for (std::size_t k = 0; k < starts.rows; ++k) {
      std::vector<double> centre(starts.row(k).begin(), starts.row(k).end());
      threads.emplace_back([&, k, centre] { walk(meeting, k, centre, population, options); });
    }
    std::exception_ptr error;
    while (true) {
      const std::vector<std::size_t> who = meeting.gather();
      if (who.empty()) break;
      if (progress.should_stop()) {
        stopped = true;
        break;
      }
      Array2 points(who.size(), d);
      std::vector<double> cost(who.size(), std::numeric_limits<double>::quiet_NaN());
      for (std::size_t i = 0; i < who.size(); ++i) {
        std::copy_n(meeting.slots[who[i]].point.begin(), d, points.row(i).begin());
      }
      try {
        problem.cost(points, cost);
      } catch (...) {
        error = std::current_exception();
        break;
      }
      out.costs += static_cast<std::int64_t>(who.size());
      for (std::size_t i = 0; i < who.size(); ++i) {
        Slot& slot = meeting.slots[who[i]];
        ++slot.evaluations;
        const bool good = std::isfinite(cost[i]);
        slot.log_cost = good ? std::log(std::max(cost[i], std::numeric_limits<double>::min())) : worst;
        if (good && !(slot.best_cost <= cost[i])) {
          slot.best_cost = cost[i];
          slot.best = slot.point;
        }
      }
      meeting.answer(who);
      progress.update(static_cast<double>(out.costs), "");
    }
    meeting.leave();
    threads.clear();
    if (error) std::rethrow_exception(error);
  }

  for (std::size_t k = 0; k < starts.rows; ++k) {
    Slot& slot = meeting.slots[k];
    if (slot.error) std::rethrow_exception(slot.error);
    Minimum minimum;
    minimum.iterations = static_cast<int>(slot.evaluations / static_cast<std::int64_t>(population));
    minimum.cost = slot.best_cost;
    minimum.x = slot.best.empty() ? std::vector<double>(starts.row(k).begin(), starts.row(k).end()) : slot.best;
    const bool spent = slot.evaluations + static_cast<std::int64_t>(population) > options.evaluations;
    if (stopped) {
      minimum.outcome = Outcome::stopped;
    } else if (slot.best.empty()) {
      minimum.outcome = Outcome::failed;
      minimum.reason = "no point of this run could be evaluated";
    } else {
      minimum.outcome = spent ? Outcome::max_iterations : Outcome::converged;
    }
    out.starts.push_back(std::move(minimum));
  }
  out.best = best_of(out.starts);
  return out;
}

}  // namespace hillock::optim
