#include "python/calling_thread.hpp"

#include <exception>
#include <thread>

namespace hillock::python {

void CallingThread::run(const std::function<void()>& work, const std::function<void()>& idle) {
  std::exception_ptr thrown;
  ended_ = false;
  std::thread worker([&] {
    try {
      work();
    } catch (...) {
      thrown = std::current_exception();
    }
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  });
  std::unique_lock lock(mutex_);
  while (!ended_) {
    const bool woken = changed_.wait_for(lock, period, [&] { return task_ != nullptr || ended_; });
    if (task_) {
      const std::function<void()>& task = *task_;
      lock.unlock();
      task();
      lock.lock();
      task_ = nullptr;
      changed_.notify_all();
    } else if (!woken) {
      lock.unlock();
      idle();
      lock.lock();
    }
  }
  lock.unlock();
  worker.join();
  if (thrown) std::rethrow_exception(thrown);
}

void CallingThread::call(const std::function<void()>& task) {
  std::unique_lock lock(mutex_);
  task_ = &task;
  changed_.notify_all();
  changed_.wait(lock, [&] { return task_ == nullptr; });
}

}  // namespace hillock::python
