#pragma once
/// Programs with every kind of column, for tests of what binds, interprets and compiles them.

#include <cmath>
#include <vector>

#include "base/rng.hpp"
#include "ir/algebra.hpp"
#include "ir/program.hpp"
#include "ir/test/random_expression.hpp"

namespace hillock::ir::fixture {

struct RandomProgram {
  Program program;
  Timeline timeline;
  std::vector<double> parameters;
};

/// Columns: one constant, two that step at the same rows, one that steps at other rows, one that always moves.
inline Timeline every_kind_of_column(Rng& rng, std::size_t rows) {
  Timeline t{rows, 5, {}, {}};
  double a = 0.3, b = -0.4, c = 0.8;
  for (std::size_t r = 0; r < rows; ++r) {
    if (rng.below(6) == 0) a = rng.uniform() - 0.5, b = rng.uniform() + 0.1;
    if (rng.below(4) == 0) c = rng.uniform();
    for (const double v : {0.25, a, b, c, std::sin(0.3 * static_cast<double>(r))}) t.values.push_back(v);
    t.observe.push_back(rng.below(3) != 0 ? 1 : 0);
  }
  return t;
}

/// Any op of the table on any argument: full of NaN, infinities, kinks. Four parameters, three states, one sum.
inline RandomProgram random_program(Rng& rng, int size = 30) {
  RandomProgram out;
  Program& p = out.program;
  p.parameters = 4;
  p.columns = 5;
  out.timeline = every_kind_of_column(rng, 30);
  for (std::uint32_t i = 0; i < 4; ++i) out.parameters.push_back(2.0 * rng.uniform() - 0.5);
  const auto grown = [&](bool columns, bool carried, int nodes) {
    RandomExpression random(p.graph, rng, false);
    for (std::uint32_t i = 0; i < 4; ++i) random.leaf(p.parameter(i), 0.5);
    if (columns)
      for (std::uint32_t i = 0; i < 5; ++i) random.leaf(p.column(i), 0.5);
    if (carried)
      for (std::uint32_t i = 0; i < p.init.size(); ++i) random.leaf(p.carried(i), 0.5);
    return random.grow(nodes);
  };
  for (int i = 0; i < 4; ++i) p.carry("x", grown(false, false, 4));
  Algebra al(p.graph);
  for (std::uint32_t i = 0; i < 3; ++i) {
    // A part that reads no state, so that there is something to hoist; bounded now and then, so that lanes live.
    const NodeId still = grown(true, false, size / 2);
    const NodeId moving = grown(true, true, size);
    const NodeId next = al.add(al.mul(p.carried(i), al.number(0.5)), al.add(al.make(Op::tanh, still), moving));
    p.advance.push_back({i, rng.below(2) == 0 ? next : al.make(Op::sin, next)});
  }
  p.observe.push_back({3, al.add(p.carried(3), grown(true, true, size))});
  p.outputs = {grown(true, true, size), p.carried(0), grown(true, false, 10)};
  return out;
}

/// Every function of one argument, tame, in one step of three states that contract.
inline RandomProgram every_function_program(Rng& rng) {
  RandomProgram out;
  Program& p = out.program;
  p.parameters = 4;
  p.columns = 5;
  out.timeline = every_kind_of_column(rng, 60);
  for (std::uint32_t i = 0; i < 4; ++i) out.parameters.push_back(0.2 + 0.6 * rng.uniform());
  Algebra al(p.graph);
  const auto num = [&](double v) { return al.number(v); };
  for (std::uint32_t i = 0; i < 3; ++i) p.carry("x", al.mul(p.parameter(i), num(0.5)));
  p.carry("sum", num(0.0));
  std::vector<NodeId> next;
  for (std::uint32_t i = 0; i < 3; ++i) next.push_back(al.mul(p.carried(i), num(0.5)));
  std::size_t turn = 0;
  for (const OpInfo& row : all_ops()) {
    const bool smooth = row.arity == 1 && row.written && row.op <= Op::sqrt;
    if (!smooth && row.op != Op::pow && row.op != Op::max) continue;
    // Arguments in about (0.1, 0.9): a parameter times a column, or with a state in it.
    const NodeId q = p.parameter(static_cast<std::uint32_t>(rng.below(4)));
    const NodeId column = p.column(static_cast<std::uint32_t>(rng.below(5)));
    NodeId u = al.mul(q, al.mul(num(0.3), column));
    if (turn % 2 == 0) u = al.add(u, al.div(p.carried(static_cast<std::uint32_t>(rng.below(3))), al.add(q, num(20.0))));
    const NodeId argument = al.add(num(0.5), al.mul(num(0.4), al.make(Op::tanh, u)));
    const NodeId value = row.arity == 1 ? al.make(row.op, argument) : al.make(row.op, argument, q);
    next[turn % 3] = al.add(next[turn % 3], al.mul(num(0.01), value));
    ++turn;
  }
  for (std::uint32_t i = 0; i < 3; ++i) p.advance.push_back({i, next[i]});
  const NodeId z = al.div(al.sub(p.carried(0), p.column(4)), p.parameter(3));
  p.observe.push_back({3, al.add(p.carried(3), al.mul(z, z))});
  p.outputs = {z, al.make(Op::exp, al.mul(p.parameter(1), p.column(1)))};
  return out;
}

}  // namespace hillock::ir::fixture
