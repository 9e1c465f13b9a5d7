#include "ir/table.hpp"

#include <vector>

#include "base/error.hpp"

namespace hillock::ir {
namespace {

/// Equal neighbours are one run.
struct Runs {
  std::vector<double> value;
  std::vector<double> first;  ///< index of its first value
};

/// Halving: as many choices as there are runs, each number compared with about log2 of them.
NodeId choose(Algebra& al, const Runs& runs, NodeId index, std::size_t from, std::size_t to) {
  if (to - from == 1) return al.number(runs.value[from]);
  const std::size_t middle = from + (to - from) / 2;
  const NodeId below = al.make(Op::lt, index, al.number(runs.first[middle]));
  return al.select(below, choose(al, runs, index, from, middle), choose(al, runs, index, middle, to));
}

}  // namespace

NodeId table_lookup(Algebra& al, std::span<const double> values, double interval, NodeId time, NodeId step) {
  HILLOCK_CHECK(!values.empty() && interval > 0.0, "a table without values or interval");
  Runs runs;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (i == 0 || values[i] != values[i - 1])
      runs.value.push_back(values[i]), runs.first.push_back(static_cast<double>(i));
  const NodeId ratio = al.mul(al.div(al.number(8.0), step), al.number(interval));
  // The rounding of the ratio must not make a power of two the next one.
  const NodeId above = al.make(Op::to_real, al.make(Op::gt, al.make(Op::mantissa2, ratio), al.number(1.0 + 0x1p-48)));
  const NodeId doublings = al.make(Op::max, al.number(0.0), al.add(al.make(Op::exponent2, ratio), above));
  const NodeId k = al.make(Op::scale2, al.number(1.0), doublings);
  const NodeId fine = al.div(time, al.div(al.number(interval), k));
  const NodeId index = al.make(Op::trunc, al.div(al.add(fine, al.number(0.5)), k));
  return choose(al, runs, index, 0, runs.value.size());
}

}  // namespace hillock::ir
