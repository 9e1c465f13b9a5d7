#pragma once
/// Many simulations of one loop over few lanes.
///
/// The lanes of a vector go through the rows together. At certain rows (`stops`) those that are done leave, and the
/// rest waits there until it fills a vector with what comes from other vectors: whichever full vector is furthest is
/// run first, new simulations where none is full, and what is left over in the end. So lanes are full nearly always,
/// and few simulations are under way at a time, whatever ends when. Which lanes and neighbours a simulation has changes
/// no bit of it.

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "ir/program.hpp"

namespace hillock::sim {

/// One lane of a vector's state.
struct LaneView {
  const double* first;
  std::size_t stride;
  double operator[](std::size_t carried) const { return first[carried * stride]; }
};

/// What takes a full vector through some rows: compiled code, or the interpreter with a lane of one.
struct Runner {
  std::size_t lanes = 1;
  /// @param parameters  [parameters][lanes]
  /// @param state       [loop.state_size()][lanes]
  std::function<void(ir::Rows rows, const double* parameters, double* state)> run;
};

/// What is to be simulated, and what becomes of it. The functions are called by several threads at once; `worker` is
/// the thread's number, below `threads`.
struct Simulations {
  std::size_t count = 0;
  std::function<void(std::size_t k, std::span<double> parameters)> parameters;
  std::function<std::size_t(std::size_t k)> rows;  ///< how many simulation k runs for, from 1; none: all
  /// Can nothing that matters change any more from stops[stop] on? None: never.
  std::function<bool(std::size_t worker, std::size_t k, std::size_t stop, LaneView state)> decided;
  /// Simulation k is done: it has run its rows (stop = SIZE_MAX), or is decided at stops[stop].
  std::function<void(std::size_t worker, std::size_t k, std::size_t stop, LaneView state)> done;
  std::function<bool()> should_stop;  ///< asked every `piece` rows; once true, no more becomes done. None: never
};

struct PoolOptions {
  std::vector<Runner> runners;     ///< narrowest first
  std::size_t piece = 1;           ///< rows between two questions whether to stop, at most
  std::vector<std::size_t> stops;  ///< rows, ascending, between 0 and the last (neither included)
  int threads = 0;                 ///< 0: one per core
};

/// False where it was stopped.
bool run_lanes(const ir::Loop& loop, const PoolOptions& options, const Simulations& simulations);

/// Stops so far apart that what is done at them costs less than a hundredth of a step of `operations` on a runner; ever
/// further apart, so that there are about a hundred of them in the longest run, and what is decided at a row goes on
/// for at most an eighth of the rows before it.
[[nodiscard]] std::vector<std::size_t> stops_of(std::size_t rows, double operations, bool compiled);

}  // namespace hillock::sim
