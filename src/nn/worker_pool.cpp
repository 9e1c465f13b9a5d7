#include "nn/worker_pool.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <thread>
#include <vector>

namespace hillock::nn {

struct WorkerPool::State {
  std::atomic<std::uint64_t> turn{0};      ///< of the work that waits
  std::atomic<std::size_t> unfinished{0};  ///< threads
  bool done = false;
  std::size_t count = 0;
  const std::function<void(std::size_t, std::size_t)>* body = nullptr;
  std::vector<std::exception_ptr> failures;  ///< by worker
  std::vector<std::jthread> threads;

  void work(std::size_t worker) {
    try {
      for (std::size_t piece = worker; piece < count; piece += failures.size()) (*body)(worker, piece);
    } catch (...) {
      failures[worker] = std::current_exception();
    }
  }
  void live(std::size_t worker) {
    for (std::uint64_t seen = 0;;) {
      turn.wait(seen);
      seen = turn.load();
      if (done) return;
      work(worker);
      if (unfinished.fetch_sub(1) == 1) unfinished.notify_one();
    }
  }
};

WorkerPool::WorkerPool(std::size_t workers) : state_(std::make_unique<State>()) {
  state_->failures.resize(std::max<std::size_t>(workers, 1));
  for (std::size_t w = 1; w < workers; ++w) state_->threads.emplace_back([s = state_.get(), w] { s->live(w); });
}

WorkerPool::~WorkerPool() {
  state_->done = true;
  ++state_->turn;
  state_->turn.notify_all();
}

std::size_t WorkerPool::workers() const { return state_->failures.size(); }

void WorkerPool::run(std::size_t count, const std::function<void(std::size_t, std::size_t)>& body) {
  State& s = *state_;
  std::ranges::fill(s.failures, nullptr);
  s.count = count;
  s.body = &body;
  if (!s.threads.empty()) {
    s.unfinished = s.threads.size();
    ++s.turn;
    s.turn.notify_all();
  }
  s.work(0);
  for (std::size_t left = s.unfinished; left > 0; left = s.unfinished) s.unfinished.wait(left);
  for (const std::exception_ptr& failure : s.failures)
    if (failure) std::rethrow_exception(failure);
}

}  // namespace hillock::nn
