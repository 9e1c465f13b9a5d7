/// What bind promises about the places of computations, and that none of it changes a result; tangents of programs;
/// the adaptive loop.

#include "ir/program.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <chrono>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "base/error.hpp"
#include "base/rng.hpp"
#include "ir/algebra.hpp"
#include "ir/interpret.hpp"
#include "ir/test/random_program.hpp"

namespace hillock::ir {
namespace {

struct Reads {
  bool parameter = false, carried = false;
  std::set<std::uint32_t> columns;
};

Reads reads(const Loop& loop, NodeId root) {
  Reads out;
  for (const NodeId id : reachable(loop.graph, std::span(&root, 1))) {
    if (loop.graph[id].op != Op::symbol) continue;
    const Variable& v = loop.variables[index(loop.graph[id].symbol)];
    if (v.source == Source::parameter) out.parameter = true;
    else if (v.source == Source::column) out.columns.insert(v.index);
    else out.carried = true;
  }
  return out;
}

std::vector<NodeId> roots_of(const Loop& loop) {
  std::vector<NodeId> out = loop.init;
  for (const Assignment& a : loop.observe) out.push_back(a.value);
  for (const Assignment& a : loop.advance) out.push_back(a.value);
  out.insert(out.end(), loop.outputs.begin(), loop.outputs.end());
  if (loop.adaptive) out.insert(out.end(), {loop.adaptive->error, loop.adaptive->factor});
  return out;
}

std::vector<double> final_values(const Loop& loop, std::span<const double> parameters,
                                 std::vector<double>* outputs = nullptr) {
  std::vector<double> carried(loop.carried);
  std::vector<double> stored(loop.observed * loop.outputs.size());
  interpret(loop, parameters, carried, stored);
  if (outputs != nullptr) *outputs = stored;
  return carried;
}

void expect_close(double got, double want, double relative, const std::string& what) {
  if (std::isnan(want)) {
    EXPECT_TRUE(std::isnan(got)) << what;
  } else if (std::isinf(want)) {
    EXPECT_EQ(got, want) << what;
  } else {
    EXPECT_NEAR(got, want, relative * std::max(1.0, std::fabs(want))) << what;
  }
}

TEST(Bind, EveryComputationSitsWhereItIsCheapest) {
  Rng rng(2, stream_id("places"));
  int guarded = 0;
  for (int repeat = 0; repeat < 60; ++repeat) {
    const fixture::RandomProgram random = fixture::random_program(rng);
    const Loop loop = bind(random.program, random.timeline);
    const auto order = reachable(loop.graph, roots_of(loop));
    std::map<NodeId, int> seen;
    for (const NodeId id : order) {
      const Node& node = loop.graph[id];
      if (node.op == Op::constant || node.op == Op::symbol) continue;
      EXPECT_FALSE(node.op != Op::select && info(node.op).written && info(node.op).arity == 1 && node.op < Op::sqrt)
          << info(node.op).name << " was not lowered";
      const Reads r = reads(loop, id);
      if (node.type == Type::real) {
        EXPECT_TRUE(r.parameter || r.carried || r.columns.empty()) << "only columns";
      }
    }
    for (const NodeId id : loop.prologue) {
      const Reads r = reads(loop, id);
      EXPECT_TRUE(!r.carried && r.columns.empty());
      ++seen[id];
    }
    for (const auto* phase : {&loop.observe_phase, &loop.advance_phase}) {
      std::map<NodeId, int> here;
      for (const NodeId id : phase->nodes) {
        EXPECT_TRUE(reads(loop, id).carried) << "the innermost code depends on the states";
        ++here[id];
      }
      for (const Group& group : phase->groups) {
        std::set<std::uint32_t> columns;
        for (const NodeId id : group.nodes) {
          const Reads r = reads(loop, id);
          EXPECT_FALSE(r.carried);
          EXPECT_FALSE(r.columns.empty());
          columns.insert(r.columns.begin(), r.columns.end());
          ++here[id];
        }
        if (group.bit == 0) continue;
        ++guarded;
        // The flag is up exactly at the rows of the phase where one of the group's columns differs from the phase's row
        // before. (A group merged from several is recomputed when any changes: they change together.)
        std::size_t last = SIZE_MAX;
        for (std::size_t row = 0; row < loop.rows; ++row) {
          const bool flagged = ((loop.flags[row] >> group.bit) & 1U) != 0;
          if (phase == &loop.observe_phase && (loop.flags[row] & 1U) == 0) {
            EXPECT_FALSE(flagged);
            continue;
          }
          bool changed = last == SIZE_MAX;
          for (const std::uint32_t c : columns)
            changed = changed || std::bit_cast<std::uint64_t>(loop.values[row * loop.columns + c]) !=
                                     std::bit_cast<std::uint64_t>(loop.values[last * loop.columns + c]);
          EXPECT_EQ(flagged, changed) << "row " << row;
          last = row;
        }
      }
      for (const auto& [id, count] : here) {
        EXPECT_EQ(count, 1) << "computed twice in one phase";
      }
    }
    for (const auto& [id, count] : seen) {
      EXPECT_EQ(count, 1);
    }
    for (std::size_t r = 0; r < loop.rows; ++r) {
      EXPECT_EQ(loop.flags[r] & 1U, random.timeline.observe[r]);
    }
  }
  EXPECT_GT(guarded, 60);
}

TEST(Bind, ColumnOnlyPartsAreComputedOnceForAllLanes) {
  Program p;
  p.parameters = 1;
  p.columns = 2;
  Algebra al(p.graph);
  const std::uint32_t x = p.carry("x", al.number(0.0));
  const NodeId shared = al.make(Op::exp, al.mul(p.column(0), al.number(0.5)));
  p.advance.push_back({x, al.add(p.carried(x), al.mul(p.parameter(0), shared))});
  const Timeline timeline{4, 2, {1, 9, 2, 9, 2, 9, 3, 9}, {0, 0, 0, 0}};
  const Loop loop = bind(p, timeline);
  ASSERT_EQ(loop.columns, 1U);  // exp(c/2) in place of c; the other column is not read
  for (std::size_t r = 0; r < 4; ++r) {
    EXPECT_NEAR(loop.values[r], std::exp(0.5 * timeline.values[2 * r]), 4e-16 * loop.values[r]);  // 2 ulp
  }
  EXPECT_TRUE(loop.prologue.empty());
  // fma(p, column, x): one instruction is left.
  EXPECT_EQ(loop.advance_phase.nodes.size(), 1U);
  const double two = 2.0;
  EXPECT_NEAR(final_values(loop, std::span(&two, 1))[0], 2 * (std::exp(0.5) + 2 * std::exp(1.0) + std::exp(1.5)),
              1e-14);
}

TEST(Bind, AColumnThatNeverChangesIsANumber) {
  Program p;
  p.parameters = 1;
  p.columns = 2;
  Algebra al(p.graph);
  const std::uint32_t x = p.carry("x", al.mul(p.parameter(0), p.column(0)));  // a column at row 0
  const NodeId rate = al.mul(p.parameter(0), al.make(Op::exp, p.column(0)));
  p.advance.push_back({x, al.add(al.mul(p.carried(x), rate), p.column(1))});
  const Loop loop = bind(p, Timeline{3, 2, {0.5, 1, 0.5, 2, 0.5, 3}, {0, 0, 0}});
  EXPECT_EQ(loop.columns, 1U);
  EXPECT_TRUE(loop.advance_phase.groups.empty());
  EXPECT_EQ(loop.prologue.size(), 2U);  // p * 0.5 and p * 1.6487...: the exponential is a number
  const double two = 2.0;
  const double k = 2 * std::exp(0.5);
  EXPECT_NEAR(final_values(loop, std::span(&two, 1))[0], ((k + 1) * k + 2) * k + 3, 1e-13);
  // One that does change cannot be read by an initial value: which row would it be?
  EXPECT_THROW((void)bind(p, Timeline{3, 2, {0.5, 1, 0.6, 2, 0.5, 3}, {0, 0, 0}}), Bug);
}

TEST(Bind, AColumnThatNobodyNeedsIsNotRead) {
  // Above a bound that is NaN, clip is NaN whatever the column is.
  Program p;
  p.parameters = 0;
  p.columns = 1;
  const std::uint32_t x = p.carry("x", p.graph.constant(0.0));
  const NodeId none = p.graph.make(Op::arcsin, p.graph.constant(2.0));
  p.advance.push_back({x, p.graph.make(Op::clip, p.graph.make(Op::add, p.carried(x), p.column(0)), none, none)});
  const Loop loop = bind(p, Timeline{3, 1, {1, 2, 3}, {0, 0, 0}});
  EXPECT_EQ(loop.columns, 0U);
  EXPECT_TRUE(loop.values.empty());
  EXPECT_TRUE(std::isnan(final_values(loop, {})[0]));
}

TEST(Bind, AGuardedGroupIsRecomputedOnlyWhenItsColumnsChange) {
  Program p;
  p.parameters = 2;
  p.columns = 2;
  Algebra al(p.graph);
  const std::uint32_t x = p.carry("x", al.number(0.0));
  const NodeId rate = al.mul(p.parameter(0), al.make(Op::exp, al.mul(p.parameter(1), p.column(0))));
  p.advance.push_back({x, al.add(al.mul(p.carried(x), rate), p.column(1))});
  const Timeline timeline{6, 2, {1, 0.1, 1, 0.2, 2, 0.3, 2, 0.4, 2, 0.5, 1, 0.6}, std::vector<std::uint8_t>(6)};
  const Loop loop = bind(p, timeline);
  ASSERT_EQ(loop.advance_phase.groups.size(), 1U);
  const std::uint32_t bit = loop.advance_phase.groups[0].bit;
  ASSERT_NE(bit, 0U);
  std::vector<int> flagged;
  for (const std::uint32_t f : loop.flags) flagged.push_back(static_cast<int>((f >> bit) & 1U));
  EXPECT_EQ(flagged, (std::vector<int>{1, 0, 1, 0, 0, 1}));
}

TEST(Bind, SingleUseProductsInSumsAreFused) {
  const auto bound = [](auto build) {
    Program p;
    p.parameters = 2;
    p.columns = 0;
    const std::uint32_t x = p.carry("x", p.graph.constant(3.0));
    const std::uint32_t y = p.carry("y", p.graph.constant(0.0));
    build(p, p.carried(x), p.parameter(0), p.parameter(1), y);
    return bind(p, Timeline{1, 0, {}, {0}});
  };
  const auto count = [](const Loop& loop, Op op) {
    int n = 0;
    for (const NodeId id : loop.advance_phase.nodes) n += loop.graph[id].op == op ? 1 : 0;
    return n;
  };
  // 0.1 * 3 rounds; the fused form shows it.
  const double at[2] = {0.1, -0.30000000000000004};
  const double fused = std::fma(0.1, 3.0, at[1]);
  ASSERT_NE(fused, 0.1 * 3.0 + at[1]);
  const Loop sum = bound([](Program& p, NodeId x, NodeId a, NodeId b, std::uint32_t y) {
    p.advance.push_back({y, p.graph.make(Op::add, p.graph.make(Op::mul, a, x), b)});
  });
  EXPECT_EQ(count(sum, Op::fma), 1);
  EXPECT_EQ(count(sum, Op::mul) + count(sum, Op::add), 0);
  EXPECT_EQ(final_values(sum, at)[1], fused);
  const Loop turned = bound([](Program& p, NodeId x, NodeId a, NodeId b, std::uint32_t y) {
    p.advance.push_back({y, p.graph.make(Op::add, b, p.graph.make(Op::mul, a, x))});
  });
  EXPECT_EQ(final_values(turned, at)[1], fused);
  const Loop minus = bound([](Program& p, NodeId x, NodeId a, NodeId b, std::uint32_t y) {
    p.advance.push_back({y, p.graph.make(Op::sub, b, p.graph.make(Op::mul, a, x))});
  });
  EXPECT_EQ(final_values(minus, at)[1], std::fma(-0.1, 3.0, at[1]));
  const Loop less = bound([](Program& p, NodeId x, NodeId a, NodeId b, std::uint32_t y) {
    p.advance.push_back({y, p.graph.make(Op::sub, p.graph.make(Op::mul, a, x), b)});
  });
  EXPECT_EQ(final_values(less, at)[1], std::fma(0.1, 3.0, -at[1]));
  // A product that somebody else reads too is not computed twice.
  const Loop twice = bound([](Program& p, NodeId x, NodeId a, NodeId b, std::uint32_t y) {
    const NodeId product = p.graph.make(Op::mul, a, x);
    p.advance.push_back({y, p.graph.make(Op::add, product, b)});
    p.advance.push_back({y - 1, p.graph.make(Op::sqrt, product)});
  });
  EXPECT_EQ(final_values(twice, at)[1], 0.1 * 3.0 + at[1]);
  // One that sums alone read is fused with each.
  const Loop sums = bound([](Program& p, NodeId x, NodeId a, NodeId b, std::uint32_t y) {
    const NodeId product = p.graph.make(Op::mul, a, x);
    p.advance.push_back({y, p.graph.make(Op::add, product, b)});
    p.advance.push_back({y - 1, p.graph.make(Op::sub, product, b)});
  });
  EXPECT_EQ(final_values(sums, at)[1], fused);
  EXPECT_EQ(final_values(sums, at)[0], std::fma(0.1, 3.0, -at[1]));
}

TEST(Bind, ADivisionByAParameterBecomesAProductWithItsReciprocal) {
  Program p;
  p.parameters = 1;
  p.columns = 0;
  const std::uint32_t x = p.carry("x", p.graph.constant(3.0));
  p.advance.push_back({x, p.graph.make(Op::div, p.carried(x), p.parameter(0))});
  const Loop loop = bind(p, Timeline{1, 0, {}, {0}});
  ASSERT_EQ(loop.prologue.size(), 1U);
  EXPECT_EQ(loop.graph[loop.prologue[0]].op, Op::div);
  ASSERT_EQ(loop.advance_phase.nodes.size(), 1U);
  EXPECT_EQ(loop.graph[loop.advance_phase.nodes[0]].op, Op::mul);
  const double tau = 7.0;
  EXPECT_EQ(final_values(loop, std::span(&tau, 1))[0], 3.0 * (1.0 / 7.0));
}

TEST(Bind, NeitherPlacingNorLoweringChangesAResult) {
  // The states contract (each step multiplies an error by at most 0.6), and each step commits some 40 roundings of at
  // most 2 ulp, amplified by less than 20 (arguments and values of the tame functions are below 3): 40 * 20 * 4.4e-16 /
  // (1 - 0.6) = 9e-13.
  Rng rng(4, stream_id("bind"));
  for (int repeat = 0; repeat < 50; ++repeat) {
    const fixture::RandomProgram random = fixture::every_function_program(rng);
    const Loop lowered = bind(random.program, random.timeline);
    const Loop written = bind(random.program, random.timeline, {.lower = false});
    std::vector<double> a_out, b_out;
    const auto a = final_values(lowered, random.parameters, &a_out);
    const auto b = final_values(written, random.parameters, &b_out);
    ASSERT_GE(a.size(), b.size());  // and exponentials that are taken ahead
    for (std::size_t i = 0; i < b.size(); ++i) {
      ASSERT_TRUE(std::isfinite(a[i]));
      expect_close(a[i], b[i], 1e-12, "carried");
    }
    for (std::size_t i = 0; i < a_out.size(); ++i) expect_close(a_out[i], b_out[i], 1e-12, "output");
  }
}

/// The program as it is written, row by row: the meaning that bind must keep.
std::vector<double> by_the_book(const Program& p, const Timeline& t, std::span<const double> parameters,
                                std::vector<double>& outputs) {
  std::vector<double> symbols(p.variables.size());
  std::vector<double> carried(p.init.size());
  const auto load = [&](std::size_t row) {
    for (std::size_t s = 0; s < symbols.size(); ++s) {
      const Variable& v = p.variables[s];
      if (v.source == Source::parameter) symbols[s] = parameters[v.index];
      if (v.source == Source::column) symbols[s] = t.values[row * t.columns + v.index];
      if (v.source == Source::carried) symbols[s] = carried[v.index];
    }
  };
  load(0);
  for (std::size_t c = 0; c < carried.size(); ++c) carried[c] = evaluate(p.graph, p.init[c], symbols);
  const auto assign = [&](const std::vector<Assignment>& list) {
    std::vector<double> next = carried;
    for (const Assignment& a : list) next[a.carried] = evaluate(p.graph, a.value, symbols);
    carried = next;
  };
  for (std::size_t row = 0; row < t.rows; ++row) {
    if (t.observe[row] != 0) {
      load(row);
      for (const NodeId id : p.outputs) outputs.push_back(evaluate(p.graph, id, symbols));
      assign(p.observe);
    }
    load(row);
    assign(p.advance);
  }
  return carried;
}

TEST(Interpret, IsTheProgramReadRowByRow) {
  Rng rng(6, stream_id("book"));
  for (int repeat = 0; repeat < 50; ++repeat) {
    const fixture::RandomProgram random = fixture::every_function_program(rng);
    std::vector<double> want_out, got_out;
    const auto want = by_the_book(random.program, random.timeline, random.parameters, want_out);
    const auto got = final_values(bind(random.program, random.timeline), random.parameters, &got_out);
    for (std::size_t i = 0; i < want.size(); ++i) expect_close(got[i], want[i], 1e-12, "carried");
    ASSERT_EQ(got_out.size(), want_out.size());
    for (std::size_t i = 0; i < want_out.size(); ++i) expect_close(got_out[i], want_out[i], 1e-12, "output");
  }
}

TEST(Interpret, ObserveComesBeforeAdvanceAndReadsOldValues) {
  // x and y swap at every row (each right side reads the old values); the sum adds what it sees before the swap.
  Program p;
  p.parameters = 1;
  p.columns = 0;
  const std::uint32_t x = p.carry("x", p.parameter(0)), y = p.carry("y", p.graph.constant(0.0));
  const std::uint32_t sum = p.carry("sum", p.graph.constant(0.0));
  p.advance = {{x, p.carried(y)}, {y, p.carried(x)}};
  p.observe = {{sum, p.graph.make(Op::add, p.carried(sum), p.carried(x))}};
  p.outputs = {p.carried(sum), p.carried(x)};
  const double five = 5.0;
  std::vector<double> outputs;
  const auto last = final_values(bind(p, Timeline{4, 0, {}, {1, 1, 0, 1}}), std::span(&five, 1), &outputs);
  EXPECT_EQ(last, (std::vector<double>{5, 0, 5}));
  EXPECT_EQ(outputs, (std::vector<double>{0, 5, 5, 0, 5, 0}));
}

/// Two coupled states, a product of theirs summed at observed rows, and an initial value that reads a parameter and a
/// column.
fixture::RandomProgram coupled() {
  fixture::RandomProgram out;
  Program& p = out.program;
  p.parameters = 4;
  p.columns = 3;
  Algebra al(p.graph);
  const auto num = [&](double v) { return al.number(v); };
  const NodeId a = p.parameter(0), b = p.parameter(1), c = p.parameter(2);
  const std::uint32_t x = p.carry("x", al.mul(a, p.column(0))), y = p.carry("y", al.make(Op::tanh, b));
  const std::uint32_t sum = p.carry("sum", num(0.0));
  const NodeId rate = al.mul(a, al.make(Op::exp, al.mul(b, p.column(1))));  // a part that reads no state
  const NodeId X = p.carried(x), Y = p.carried(y);
  p.advance.push_back({x, al.add(X, al.mul(num(0.05), al.sub(al.mul(rate, Y), al.mul(X, X))))});
  p.advance.push_back({y, al.sub(Y, al.mul(num(0.05), al.sub(al.mul(c, X), al.make(Op::sin, Y))))});
  const NodeId z = al.div(al.sub(al.mul(X, Y), p.column(2)), c);
  p.observe.push_back({sum, al.add(p.carried(sum), al.mul(z, z))});
  out.timeline.rows = 60;
  out.timeline.columns = 3;
  for (std::size_t r = 0; r < 60; ++r) {
    const double t = static_cast<double>(r);
    for (const double v : {0.7, r < 20 ? 0.2 : 0.9, std::sin(0.1 * t)}) out.timeline.values.push_back(v);
    out.timeline.observe.push_back(r % 3 == 0 ? 1 : 0);
  }
  out.parameters = {0.8, 0.5, 1.3, 4.0};
  return out;
}

TEST(Tangents, OfACoupledProgramWithASumAreItsDerivatives) {
  fixture::RandomProgram base = coupled();
  const Loop plain = bind(base.program, base.timeline);
  Program with = base.program;
  const std::uint32_t wrt[3] = {2, 0, 1};  // any order
  const TangentTable table = add_tangents(with, wrt);
  const Loop loop = bind(with, base.timeline);
  const auto got = final_values(loop, base.parameters);
  const auto value = final_values(plain, base.parameters);
  for (std::size_t c = 0; c < 3; ++c) {
    EXPECT_NEAR(got[c], value[c], 1e-12 * std::fabs(value[c])) << "the primal values stay";
    for (std::size_t k = 0; k < 3; ++k) {
      ASSERT_TRUE(table[c][k]) << c << " " << k;
      const auto f = [&](double p) {
        std::vector<double> moved = base.parameters;
        moved[wrt[k]] = p;
        return final_values(plain, moved)[c];
      };
      // Differences at h and h/2, extrapolated: truncation h^4 f^(5)/480 = 2e-15 f^(5), rounding 60 rows * 1e-16 / h
      // = 6e-12; both far below 1e-9 for slopes of order 1 to 100.
      const double at = base.parameters[wrt[k]], h = 1e-3;
      const auto d = [&](double step) { return (f(at + step) - f(at - step)) / (2 * step); };
      const double want = (4 * d(h / 2) - d(h)) / 3;
      EXPECT_NEAR(got[*table[c][k]], want, 1e-9 * std::max(1.0, std::fabs(want))) << c << " by " << wrt[k];
      EXPECT_GT(std::fabs(want), 1e-4);
    }
  }
}

TEST(Tangents, AreCarriedOnlyWhereAParameterReaches) {
  Program p;
  p.parameters = 3;
  p.columns = 0;
  Algebra al(p.graph);
  const std::uint32_t x = p.carry("x", p.parameter(0)), y = p.carry("y", al.number(1.0)),
                      s = p.carry("s", al.number(0.0));
  p.advance = {{x, al.mul(p.carried(x), al.number(0.5))}, {y, al.add(p.carried(y), p.parameter(1))}};
  p.observe = {{s, al.add(p.carried(s), p.carried(x))}};
  const std::uint32_t wrt[3] = {0, 1, 2};
  const TangentTable table = add_tangents(p, wrt);
  EXPECT_TRUE(table[x][0] && table[s][0] && table[y][1]);  // s reads x: reached through it
  EXPECT_FALSE(table[x][1] || table[x][2] || table[y][0] || table[y][2] || table[s][1] || table[s][2]);
  EXPECT_EQ(p.init.size(), 6U);
  const double at[3] = {3, 0.25, 0};
  const auto last = final_values(bind(p, Timeline{4, 0, {}, {1, 0, 1, 0}}), at);
  EXPECT_EQ(last[*table[x][0]], 0.0625);
  EXPECT_EQ(last[*table[y][1]], 4.0);
  EXPECT_EQ(last[*table[s][0]], 1.25);
}

/// dx/dt = a over rows of length 1 by steps that an adaptive controller chooses.
Program adaptive(double error, double factor, int max_substeps) {
  Program p;
  p.parameters = 1;
  p.columns = 0;
  Algebra al(p.graph);
  const NodeId h = p.graph.symbol(p.add_symbol(Source::substep, 0));
  const std::uint32_t x = p.carry("x", al.number(0.0)), n = p.carry("steps", al.number(0.0));
  p.advance = {{x, al.add(p.carried(x), al.mul(h, p.parameter(0)))}, {n, al.add(p.carried(n), al.number(1.0))}};
  p.adaptive = Adaptive{al.number(error), al.number(factor), max_substeps};
  return p;
}

TEST(Adaptive, StepsAreCutByTheEndOfTheRowAndGrowAcrossRows) {
  const double one = 1.0;
  // First trial: the whole row. Factor 1/4 though accepted: the next row takes four steps, and the step shrinks by
  // each.
  const Loop shrinking = bind(adaptive(0.5, 0.25, 1000), Timeline{2, 0, {}, {0, 0}});
  const auto a = final_values(shrinking, std::span(&one, 1));
  EXPECT_NEAR(a[0], 2.0, 1e-15);
  EXPECT_EQ(a[1], 2.0);  // a last step that was cut short (here: not short at all) does not shrink the step
  const Loop growing = bind(adaptive(0.5, 3.0, 1000), Timeline{5, 0, {}, std::vector<std::uint8_t>(5)});
  const auto b = final_values(growing, std::span(&one, 1));
  EXPECT_NEAR(b[0], 5.0, 1e-15);
  EXPECT_EQ(b[1], 5.0);
}

TEST(Adaptive, RefusedStepsShrinkUntilAccepted) {
  // error = h * 8: accepted once h <= 1/8; the factor halves while refused and keeps once accepted.
  Program p;
  p.parameters = 1;
  p.columns = 0;
  Algebra al(p.graph);
  const NodeId h = p.graph.symbol(p.add_symbol(Source::substep, 0));
  const NodeId done = p.graph.symbol(p.add_symbol(Source::progress, 0));
  const std::uint32_t x = p.carry("x", al.number(0.0)), n = p.carry("steps", al.number(0.0)),
                      s = p.carry("s", al.number(0.0));
  p.advance = {{x, al.add(p.carried(x), al.mul(h, p.parameter(0)))},
               {n, al.add(p.carried(n), al.number(1.0))},
               {s, al.add(p.carried(s), done)}};
  const NodeId error = al.mul(h, al.number(8.0));
  p.adaptive = Adaptive{error, al.select(al.make(Op::le, error, al.number(1.0)), al.number(1.0), al.number(0.5)), 100};
  const double two = 2.0;
  const auto last = final_values(bind(p, Timeline{3, 0, {}, {0, 0, 0}}), std::span(&two, 1));
  EXPECT_EQ(last[x], 6.0);
  EXPECT_EQ(last[n], 24.0);
  EXPECT_EQ(last[s], 3 * 3.5);  // 0 + 1/8 + ... + 7/8 in each row
}

TEST(Adaptive, ALaneThatNeedsTooManyStepsIsNaNAndCostsNothingMore) {
  const double one = 1.0;
  const auto run = [&](double error, std::size_t rows) {
    const Loop loop = bind(adaptive(error, 0.999, 10000), Timeline{rows, 0, {}, std::vector<std::uint8_t>(rows)});
    const auto begin = std::chrono::steady_clock::now();
    const auto last = final_values(loop, std::span(&one, 1));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    EXPECT_TRUE(std::isnan(last[0]) && std::isnan(last[1]));
    return took.count();
  };
  // 10 000 trials in the first row, then none: 20 000 rows cost far less than 20 000 times one row. Without the rule it
  // would be 2e8 trials, some ten seconds.
  const double single = run(2.0, 1);
  EXPECT_LT(run(2.0, 20000), 200 * single + 0.5);
  run(std::numeric_limits<double>::quiet_NaN(), 3);  // an error that is NaN is never accepted
}

TEST(Interpret, WhatBothPhasesComputeHasAValueInEach) {
  // p^column is computed again where the column has changed since the phase's last row, and not all rows are observed.
  Program p;
  p.parameters = 1;
  p.columns = 1;
  const NodeId power = p.graph.make(Op::pow, p.parameter(0), p.column(0));
  const std::uint32_t x = p.carry("x", p.graph.constant(0.0));
  p.advance = {{x, p.graph.make(Op::add, p.carried(x), power)}};
  p.outputs = {power};
  const Loop loop = bind(p, Timeline{5, 1, {2.0, 3.0, 2.0, 3.0, 3.0}, {1, 0, 1, 1, 0}});
  EXPECT_FALSE(loop.observe_phase.groups.empty());
  EXPECT_FALSE(loop.advance_phase.groups.empty());
  std::vector<double> carried(1), outputs(3);
  interpret(loop, std::vector{2.0}, carried, outputs);
  EXPECT_EQ(outputs, (std::vector{4.0, 4.0, 8.0}));
  EXPECT_EQ(carried[0], 4.0 + 8.0 + 4.0 + 8.0 + 8.0);
}

TEST(Interpret, SizesThatDoNotFitAreBugsOfOurs) {
  const fixture::RandomProgram base = coupled();
  const Loop loop = bind(base.program, base.timeline);
  std::vector<double> carried(3), short_one(2);
  EXPECT_THROW(interpret(loop, short_one, carried), Bug);
  EXPECT_THROW(interpret(loop, base.parameters, short_one), Bug);
  Timeline other = base.timeline;
  other.columns = 2;
  EXPECT_THROW((void)bind(base.program, other), Bug);
}

}  // namespace
}  // namespace hillock::ir
