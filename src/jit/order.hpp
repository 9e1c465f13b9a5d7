#pragma once
/// The order in which a long stretch of arithmetic is written down.
///
/// A processor looks a few hundred instructions ahead, which is about one row of a model. What can run side by side,
/// the exponentials of one voltage and the divisions of another, has to stand side by side. So the operations are
/// placed as on a machine that starts a few at once and waits for results, from the last to the first (Gibbons and
/// Muchnick 1986, SIGPLAN Not. 21(7):11): each as late as what needs it allows, so that few numbers are held, and of
/// those that could be next the one with most work before it.

#include <cstddef>
#include <vector>

#include "ir/op.hpp"

namespace hillock::jit {

/// Cycles left for the result of a vector operation: the latencies of recent processors (4 for sums and products, 16
/// for quotients: Fog, Instruction tables) and half as much again, as many a number is stored and loaded on its way:
/// of 3 to 10 for a sum, 6 gave the most (bench/engine). 0 where it becomes part of what reads it.
[[nodiscard]] int cycles_left(ir::Op op);

/// Operations that read each other's results; of each there is one per vector in flight.
struct Work {
  std::vector<std::vector<std::size_t>> reads;  ///< by operation: earlier operations, each once
  std::vector<int> latency;                     ///< cycles until the result is there; 0: part of what reads it
};

struct Placed {
  std::size_t operation;
  std::size_t copy;
  bool operator==(const Placed&) const = default;
};

/// Every operation of every copy once, after what it reads.
[[nodiscard]] std::vector<Placed> in_order(const Work& work, std::size_t copies);
/// The same, one operation after another.
[[nodiscard]] std::vector<Placed> as_written(const Work& work, std::size_t copies);

}  // namespace hillock::jit
