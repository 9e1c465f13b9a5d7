/// The order of operations: complete, after what is read, and such that waiting is filled.

#include "jit/order.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/rng.hpp"

namespace hillock::jit {
namespace {

/// When each would start on a machine that starts two at once and keeps to the order; the last result.
int cycles(const Work& work, const std::vector<Placed>& order, std::size_t copies) {
  std::vector<int> done(work.reads.size() * copies);
  int now = 0, started = 0, last = 0;
  for (const Placed& p : order) {
    int start = now;
    for (const std::size_t read : work.reads[p.operation]) start = std::max(start, done[read * copies + p.copy]);
    if (start > now) now = start, started = 0;
    if (work.latency[p.operation] > 0 && ++started > 2) ++now, started = 1;
    done[p.operation * copies + p.copy] = now + work.latency[p.operation];
    last = std::max(last, now + work.latency[p.operation]);
  }
  return last;
}

void expect_complete(const Work& work, const std::vector<Placed>& order, std::size_t copies) {
  ASSERT_EQ(order.size(), work.reads.size() * copies);
  std::set<std::pair<std::size_t, std::size_t>> seen;
  for (const Placed& p : order) {
    for (const std::size_t read : work.reads[p.operation]) EXPECT_TRUE(seen.contains({read, p.copy}));
    EXPECT_TRUE(seen.insert({p.operation, p.copy}).second);
  }
}

TEST(Order, ChainsThatDoNotWaitForEachOtherStandSideBySide) {
  // Eight chains of 16 operations of four cycles: one after the other 512 cycles, side by side 64.
  Work work;
  for (std::size_t chain = 0; chain < 8; ++chain)
    for (std::size_t i = 0; i < 16; ++i) {
      work.reads.push_back(i == 0 ? std::vector<std::size_t>{} : std::vector{work.reads.size() - 1});
      work.latency.push_back(4);
    }
  const auto order = in_order(work, 1);
  expect_complete(work, order, 1);
  EXPECT_EQ(cycles(work, order, 1), 64 + 3);  // four pairs start in the first four cycles
  // Two copies of four such chains are no other work.
  Work half{{work.reads.begin(), work.reads.begin() + 64}, {work.latency.begin(), work.latency.begin() + 64}};
  const auto both = in_order(half, 2);
  expect_complete(half, both, 2);
  EXPECT_EQ(cycles(half, both, 2), 64 + 3);
}

TEST(Order, WhatTheLongestChainNeedsComesFirst) {
  // A division feeds a chain; other work can wait.
  Work work{{{}, {}, {}, {}, {3}, {4}, {0, 1, 2, 5}}, {4, 4, 4, 18, 4, 4, 4}};
  const auto order = in_order(work, 1);
  expect_complete(work, order, 1);
  EXPECT_EQ(order.front(), (Placed{3, 0}));
  EXPECT_EQ(cycles(work, order, 1), 30);
}

TEST(Order, AnyWorkIsCompleteAndNotFarFromWhatIsPossible) {
  Rng rng(1, stream_id("order"));
  for (int repeat = 0; repeat < 200; ++repeat) {
    Work work;
    const auto count = static_cast<std::size_t>(1 + 100 * rng.uniform());
    for (std::size_t i = 0; i < count; ++i) {
      std::set<std::size_t> reads;
      for (int k = 0; k < 3 && i > 0; ++k)
        if (rng.uniform() < 0.6) reads.insert(static_cast<std::size_t>(rng.uniform() * static_cast<double>(i)));
      work.reads.emplace_back(reads.begin(), reads.end());
      work.latency.push_back(rng.uniform() < 0.1 ? 0 : rng.uniform() < 0.1 ? 18 : 4);
    }
    for (const std::size_t copies : {1U, 2U, 3U}) {
      const auto order = in_order(work, copies);
      expect_complete(work, order, copies);
      std::vector<int> before(count);
      int longest = 0, starts = 0;
      for (std::size_t i = 0; i < count; ++i) {
        for (const std::size_t read : work.reads[i]) before[i] = std::max(before[i], before[read]);
        before[i] += work.latency[i];
        longest = std::max(longest, before[i]);
        if (work.latency[i] > 0) starts += static_cast<int>(copies);
      }
      // A list is at most twice as long as the shortest (Graham 1969).
      EXPECT_LE(cycles(work, order, copies), 2 * std::max(longest, starts / 2 + 18)) << repeat;
    }
  }
}

}  // namespace
}  // namespace hillock::jit
