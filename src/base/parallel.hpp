#pragma once
/// Independent pieces of work over threads. Which thread does which piece never changes a result: pieces write
/// to their own places, and sums over pieces are made afterwards, in order.

#include <cstddef>
#include <functional>

namespace hillock {

/// Calls `body(i)` once for each i in 0..count-1, on up to `threads` threads (0: one per core). Returns when all
/// are done. The first exception thrown by a piece is rethrown here.
void parallel_for(std::size_t count, int threads, const std::function<void(std::size_t)>& body);

/// The number of threads that `threads = 0` means.
[[nodiscard]] int default_threads();

}  // namespace hillock
