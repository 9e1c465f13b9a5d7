#include "sim/lane_pool.hpp"

#include <algorithm>
#include <atomic>

#include "base/error.hpp"
#include "base/parallel.hpp"

namespace hillock::sim {
namespace {

/// Simulations that wait at a row: their numbers, parameters and states, one after the other.
struct Shelf {
  std::vector<std::size_t> numbers;
  std::vector<double> values;
};

/// One thread's vector, and what waits for it.
class Worker {
 public:
  Worker(const ir::Loop& loop, const PoolOptions& options, const Simulations& simulations, const Runner& widest,
         std::size_t number, std::atomic<std::size_t>& next, std::atomic<bool>& stopped)
      : loop_(loop),
        options_(options),
        simulations_(simulations),
        widest_(widest),
        worker_(number),
        next_(next),
        stopped_(stopped),
        size_(loop.parameters + loop.state_size()),
        shelves_(options.stops.size() + 1),
        one_(loop.parameters) {
    take_runner(widest);
  }

  void run() {
    while (fill()) {
      if (!run_to_next_stop()) return;
      leave();
    }
  }

 private:
  /// Shelf i is at row begin_of(i).
  [[nodiscard]] std::size_t begin_of(std::size_t shelf) const { return shelf == 0 ? 0 : options_.stops[shelf - 1]; }
  [[nodiscard]] std::size_t end_of(std::size_t shelf) const {
    return shelf < options_.stops.size() ? options_.stops[shelf] : loop_.rows;
  }
  [[nodiscard]] std::size_t lanes() const { return runner_->lanes; }

  void take_runner(const Runner& runner) {
    runner_ = &runner;
    numbers_.clear();
    parameters_.assign(loop_.parameters * lanes(), 0.0);
    state_.assign(loop_.state_size() * lanes(), 0.0);
  }
  [[nodiscard]] const Runner& runner_for(std::size_t count) const {
    for (const Runner& runner : options_.runners)
      if (runner.lanes >= count || &runner == &widest_) return runner;
    return widest_;
  }

  /// Makes the vector the one to run now; false where there is nothing left.
  bool fill() {
    if (!numbers_.empty()) {
      take(shelves_[at_]);
      if (numbers_.size() == lanes()) return true;
      if (nothing_else() && &runner_for(numbers_.size()) == runner_) {
        pad();
        return true;
      }
      park();
    }
    // The furthest full vector, else a new one, else the first of what is left over: it meets the others on its way.
    for (std::size_t shelf = shelves_.size(); shelf-- > 0;)
      if (shelves_[shelf].numbers.size() >= widest_.lanes) return load(shelf);
    if (take_new()) {
      if (numbers_.size() == lanes()) return true;
      park();
    }
    for (std::size_t shelf = 0; shelf < shelves_.size(); ++shelf)
      if (!shelves_[shelf].numbers.empty()) return load(shelf);
    return false;
  }

  /// Could no other vector be run, nor come to where this one is?
  [[nodiscard]] bool nothing_else() const {
    if (next_ < simulations_.count) return false;
    for (std::size_t shelf = 0; shelf < shelves_.size(); ++shelf) {
      const std::size_t waiting = shelves_[shelf].numbers.size();
      if (waiting >= widest_.lanes || (shelf < at_ && waiting > 0)) return false;
    }
    return true;
  }

  bool load(std::size_t shelf) {
    take_runner(runner_for(shelves_[shelf].numbers.size()));
    at_ = shelf;
    take(shelves_[shelf]);
    pad();
    return true;
  }

  bool take_new() {
    take_runner(widest_);
    at_ = 0;
    const std::size_t first = next_.fetch_add(lanes());
    for (std::size_t k = first; k < std::min(first + lanes(), simulations_.count); ++k) {
      simulations_.parameters(k, one_);
      for (std::size_t p = 0; p < one_.size(); ++p) parameters_[p * lanes() + numbers_.size()] = one_[p];
      numbers_.push_back(k);
    }
    return !numbers_.empty();
  }

  /// From the shelf into free lanes.
  void take(Shelf& shelf) {
    while (numbers_.size() < lanes() && !shelf.numbers.empty()) {
      const double* from = shelf.values.data() + shelf.values.size() - size_;
      const std::size_t lane = numbers_.size();
      for (std::size_t p = 0; p < loop_.parameters; ++p) parameters_[p * lanes() + lane] = *from++;
      for (std::size_t c = 0; c < loop_.state_size(); ++c) state_[c * lanes() + lane] = *from++;
      numbers_.push_back(shelf.numbers.back());
      shelf.numbers.pop_back();
      shelf.values.resize(shelf.values.size() - size_);
    }
  }

  void park() {
    Shelf& shelf = shelves_[at_];
    for (std::size_t lane = 0; lane < numbers_.size(); ++lane) {
      for (std::size_t p = 0; p < loop_.parameters; ++p) shelf.values.push_back(parameters_[p * lanes() + lane]);
      for (std::size_t c = 0; c < loop_.state_size(); ++c) shelf.values.push_back(state_[c * lanes() + lane]);
    }
    shelf.numbers.insert(shelf.numbers.end(), numbers_.begin(), numbers_.end());
    numbers_.clear();
  }

  void copy_lane(std::size_t from, std::size_t to) {
    for (std::size_t p = 0; p < loop_.parameters; ++p) parameters_[p * lanes() + to] = parameters_[p * lanes() + from];
    for (std::size_t c = 0; c < loop_.state_size(); ++c) state_[c * lanes() + to] = state_[c * lanes() + from];
  }

  /// Free lanes repeat the first one: whatever else they held might take more work.
  void pad() {
    for (std::size_t lane = numbers_.size(); lane < lanes(); ++lane) copy_lane(0, lane);
  }

  [[nodiscard]] std::size_t rows_of(std::size_t k) const {
    return simulations_.rows ? std::min(simulations_.rows(k), loop_.rows) : loop_.rows;
  }
  [[nodiscard]] LaneView view(std::size_t lane) const { return {state_.data() + lane, lanes()}; }

  /// To the next stop, with a halt wherever a simulation's own rows end. False where it was stopped.
  bool run_to_next_stop() {
    const std::size_t end = end_of(at_);
    ended_.assign(numbers_.size(), 0);
    std::size_t row = begin_of(at_);
    while (row < end) {
      std::size_t halt = end;
      std::size_t running = 0;
      for (std::size_t lane = 0; lane < numbers_.size(); ++lane) {
        if (ended_[lane] != 0) continue;
        ++running;
        if (simulations_.rows) halt = std::min(halt, rows_of(numbers_[lane]));
      }
      if (running == 0) break;
      while (row < halt) {
        if (simulations_.should_stop && simulations_.should_stop()) stopped_ = true;
        if (stopped_) return false;
        const std::size_t until = std::min(halt, row + options_.piece);
        runner_->run({row, until}, parameters_.data(), state_.data());
        row = until;
      }
      for (std::size_t lane = 0; lane < numbers_.size(); ++lane) {
        if (ended_[lane] != 0 || rows_of(numbers_[lane]) != row) continue;
        ended_[lane] = 1;
        simulations_.done(worker_, numbers_[lane], SIZE_MAX, view(lane));
      }
    }
    return true;
  }

  /// At a stop: what has ended or is decided makes place.
  void leave() {
    const bool last = at_ + 1 == shelves_.size();
    for (std::size_t lane = numbers_.size(); lane-- > 0;) {
      if (ended_[lane] == 0) {
        HILLOCK_CHECK(!last, "a simulation goes on after its last row");
        if (!simulations_.decided || !simulations_.decided(worker_, numbers_[lane], at_, view(lane))) continue;
        simulations_.done(worker_, numbers_[lane], at_, view(lane));
      }
      copy_lane(numbers_.size() - 1, lane);
      numbers_[lane] = numbers_.back();
      numbers_.pop_back();
    }
    ++at_;
  }

  const ir::Loop& loop_;
  const PoolOptions& options_;
  const Simulations& simulations_;
  const Runner& widest_;
  std::size_t worker_;
  std::atomic<std::size_t>& next_;
  std::atomic<bool>& stopped_;
  std::size_t size_;

  const Runner* runner_ = nullptr;
  std::size_t at_ = 0;                ///< the shelf that the vector is at
  std::vector<std::size_t> numbers_;  ///< of the simulations in its first lanes
  std::vector<std::uint8_t> ended_;   ///< by lane
  std::vector<double> parameters_, state_;
  std::vector<Shelf> shelves_;
  std::vector<double> one_;
};

}  // namespace

bool run_lanes(const ir::Loop& loop, const PoolOptions& options, const Simulations& simulations) {
  HILLOCK_CHECK(!options.runners.empty() && options.piece > 0, "a pool without lanes");
  const auto threads = static_cast<std::size_t>(options.threads > 0 ? options.threads : default_threads());
  // The widest vectors that keep every thread busy.
  const Runner* widest = &options.runners.front();
  for (const Runner& runner : options.runners)
    if (simulations.count >= threads * runner.lanes) widest = &runner;
  std::atomic<std::size_t> next{0};
  std::atomic<bool> stopped{false};
  const std::size_t vectors = (simulations.count + widest->lanes - 1) / widest->lanes;
  parallel_for(std::min(threads, vectors), options.threads,
               [&](std::size_t worker) { Worker(loop, options, simulations, *widest, worker, next, stopped).run(); });
  return !stopped;
}

std::vector<std::size_t> stops_of(std::size_t rows, double operations, bool compiled) {
  // A stop takes about half a microsecond: the state out and in again, what is constant over the rows anew.
  constexpr double worth_ns = 50e3;
  const double row_ns = operations * (compiled ? 0.3 : 25.0);
  const auto least = static_cast<std::size_t>(std::clamp(worth_ns / row_ns, 16.0, 1e6));
  std::vector<std::size_t> out;
  for (std::size_t row = least; row + least / 2 < rows; row += std::max(least, row / 8)) out.push_back(row);
  return out;
}

}  // namespace hillock::sim
