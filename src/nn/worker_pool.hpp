#pragma once
/// Threads that stay: for steps so short that starting a thread would cost more than they take.

#include <functional>
#include <memory>

namespace hillock::nn {

class WorkerPool {
 public:
  /// @param workers  1 or more; the caller is one of them
  explicit WorkerPool(std::size_t workers);
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;
  ~WorkerPool();

  /// Calls body(worker, piece) once for each piece in 0 ... count - 1; worker w takes the pieces w, w + workers, ...
  /// Returns when all are done. The first exception of the lowest worker is thrown here.
  void run(std::size_t count, const std::function<void(std::size_t worker, std::size_t piece)>& body);
  [[nodiscard]] std::size_t workers() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hillock::nn
