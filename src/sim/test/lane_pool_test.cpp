/// Many simulations over few lanes: each once, to its own end, with full lanes.

#include "sim/lane_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>

#include "base/rng.hpp"

namespace hillock::sim {
namespace {

/// x' = x p + row, from x = p: a loop that only a runner of this file can run. What it does depends on every row.
struct Made {
  ir::Loop loop;
  std::vector<double> p;
  std::atomic<std::size_t> lane_rows{0};
  explicit Made(std::size_t rows, std::size_t count) {
    loop.rows = rows;
    loop.parameters = 1;
    loop.carried = 1;
    Rng rng(3, stream_id("pool"));
    for (std::size_t k = 0; k < count; ++k) p.push_back(rng.uniform());
  }
  Runner runner(std::size_t lanes) {
    return {lanes, [this, lanes](ir::Rows rows, const double* parameters, double* state) {
              lane_rows += lanes * (rows.end - rows.begin);
              for (std::size_t lane = 0; lane < lanes; ++lane)
                state[lane] = after(parameters[lane], rows.begin == 0 ? parameters[lane] : state[lane], rows);
            }};
  }
  static double after(double p, double x, ir::Rows rows) {
    for (std::size_t r = rows.begin; r < rows.end; ++r) x = x * p + static_cast<double>(r);
    return x;
  }
};

TEST(LanePool, RunsEachSimulationOnceToItsOwnEndInFullLanes) {
  constexpr std::size_t rows = 1000;
  for (const std::size_t count : {1U, 7U, 100U, 2000U})
    for (const int threads : {1, 3}) {
      Made made(rows, count);
      // Some run to the last row, some have an end of their own, some are decided at a stop.
      const auto own = [&](std::size_t k) {
        return k % 3 == 0 ? rows : 1 + static_cast<std::size_t>(made.p[k] * (rows - 1));
      };
      PoolOptions options{{made.runner(4), made.runner(8)}, 90, stops_of(rows, 5000.0, true), threads};
      ASSERT_GT(options.stops.size(), 5U);
      const auto decided_at = [&](std::size_t k) { return k % 5 == 0 ? k % options.stops.size() : SIZE_MAX; };
      std::vector<std::atomic<int>> times(count);
      Simulations simulations;
      simulations.count = count;
      simulations.parameters = [&](std::size_t k, std::span<double> out) { out[0] = made.p[k]; };
      simulations.rows = own;
      simulations.decided = [&](std::size_t, std::size_t k, std::size_t stop, LaneView) {
        return stop >= decided_at(k);
      };
      std::atomic<std::size_t> needed{0};
      simulations.done = [&](std::size_t worker, std::size_t k, std::size_t stop, LaneView state) {
        EXPECT_LT(worker, static_cast<std::size_t>(threads));
        ++times[k];
        const std::size_t until = stop == SIZE_MAX ? own(k) : options.stops[stop];
        if (stop != SIZE_MAX) {
          EXPECT_EQ(stop, decided_at(k));
        }
        EXPECT_LE(until, own(k));
        EXPECT_EQ(state[0], Made::after(made.p[k], made.p[k], {0, until})) << k;
        needed += until;
      };
      EXPECT_TRUE(run_lanes(made.loop, options, simulations));
      for (std::size_t k = 0; k < count; ++k) EXPECT_EQ(times[k], 1) << k;
      // Beside what is needed: half a distance of stops for each end of its own, and one vector of each thread that is
      // not full.
      const double ends = static_cast<double>(count) * 0.6 * static_cast<double>(rows) / 8 / 2;
      const double rest = static_cast<double>(threads) * 8 * rows;
      EXPECT_LE(static_cast<double>(made.lane_rows), static_cast<double>(needed) + ends + rest)
          << count << " " << threads;
    }
}

TEST(LanePool, StopsBetweenTwoPieces) {
  Made made(1000, 40);
  PoolOptions options{{made.runner(4)}, 100, {}, 1};
  int asked = 0, done = 0;
  Simulations simulations;
  simulations.count = 40;
  simulations.parameters = [&](std::size_t k, std::span<double> out) { out[0] = made.p[k]; };
  simulations.done = [&](std::size_t, std::size_t, std::size_t, LaneView) { ++done; };
  simulations.should_stop = [&] { return ++asked == 26; };
  EXPECT_FALSE(run_lanes(made.loop, options, simulations));
  EXPECT_EQ(done, 8);  // two vectors of ten pieces, and half of a third
  EXPECT_EQ(made.lane_rows, 4U * 25 * 100);
}

TEST(LanePool, StopsAreFarApartAndFew) {
  for (const double operations : {10.0, 200.0, 1e5})
    for (const std::size_t rows : {1U, 100U, 12000U, 30000000U}) {
      const std::vector<std::size_t> stops = stops_of(rows, operations, true);
      std::size_t before = 0;
      for (const std::size_t stop : stops) {
        ASSERT_GT(stop, before);
        ASSERT_LT(stop, rows);
        // 0.3 ns an operation: 50 us, but never less than 16 rows.
        EXPECT_GE(static_cast<double>(stop - before), std::min(50e3 / (0.3 * operations) - 1, 1e6));
        if (before > 0) {
          EXPECT_LE(stop - before, std::max(stops.front(), before / 8));
        }
        before = stop;
      }
      EXPECT_LT(stops.size(), 150U);
    }
}

}  // namespace
}  // namespace hillock::sim
