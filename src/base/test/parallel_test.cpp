#include "base/parallel.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <vector>

namespace hillock {
namespace {

TEST(Parallel, EveryPieceOnceForAnyNumberOfThreads) {
  for (const int threads : {0, 1, 2, 7}) {
    for (const std::size_t count : {0U, 1U, 2U, 1000U}) {
      std::vector<std::atomic<int>> calls(count);
      parallel_for(count, threads, [&](std::size_t i) { ++calls[i]; });
      for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(calls[i], 1) << threads << " threads, piece " << i;
    }
  }
}

TEST(Parallel, APiecesExceptionComesBack) {
  for (const int threads : {1, 3}) {
    EXPECT_THROW(parallel_for(100, threads,
                              [](std::size_t i) {
                                if (i == 17) throw std::runtime_error("piece 17");
                              }),
                 std::runtime_error);
  }
}

TEST(Parallel, TheMachineHasAtLeastOneThread) { EXPECT_GE(default_threads(), 1); }

}  // namespace
}  // namespace hillock
