#pragma once
/// Work on a thread of its own, which may have things done on the thread that started it.
///
/// Python code belongs on the thread that called us: signals arrive there, and many simulators work on one thread only.

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>

namespace hillock::python {

class CallingThread {
 public:
  /// Starts `work` on another thread and returns when it has ended. Meanwhile this thread does what `call` brings, and
  /// every few milliseconds `idle`. What `work` throws is thrown here. `idle` must not throw.
  void run(const std::function<void()>& work, const std::function<void()>& idle);
  /// From the thread of `work`: has `task`, which must not throw, done by the thread that called `run`.
  void call(const std::function<void()>& task);

 private:
  static constexpr std::chrono::milliseconds period{20};
  std::mutex mutex_;
  std::condition_variable changed_;
  const std::function<void()>* task_ = nullptr;
  bool ended_ = false;
};

}  // namespace hillock::python
