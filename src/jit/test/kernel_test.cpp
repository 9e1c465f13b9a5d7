/// Compiled loops against the interpreter of the same Loop: the same bits, on every instruction set, with any number of
/// vectors in flight, at every lane. (Only the payload and sign of a NaN are left open: x86 and IEEE leave them open.)

#include "jit/kernel.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <limits>
#include <thread>

#include "base/rng.hpp"
#include "ir/algebra.hpp"
#include "ir/lower/lower.hpp"
#include "ir/test/random_program.hpp"
#include "jit/test/machines.hpp"

namespace hillock::jit {
namespace {

using ir::Algebra;
using ir::Loop;
using ir::NodeId;
using ir::Op;
using ir::Program;
using ir::Source;
using ir::Timeline;
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::string describe(const KernelOptions& options) {
  return std::string(to_string(options.isa)) + ", " + std::to_string(options.vectors) + " in flight";
}

/// What came out, by lane.
struct Ran {
  std::vector<double> carried, outputs;
};

std::vector<Ran> run(const Kernel& kernel, const Loop& loop, const std::vector<std::vector<double>>& lanes) {
  const auto n = static_cast<std::size_t>(kernel.lanes());
  HILLOCK_CHECK(lanes.size() == n, "one parameter set per lane");
  std::vector<double> in(loop.parameters * n), carried(loop.state_size() * n),
      outputs(loop.observed * loop.outputs.size() * n);
  for (std::size_t p = 0; p < loop.parameters; ++p)
    for (std::size_t lane = 0; lane < n; ++lane) in[p * n + lane] = lanes[lane][p];
  kernel.run(loop, in.data(), carried.data(), outputs.data());
  std::vector<Ran> out(n);
  for (std::size_t lane = 0; lane < n; ++lane) {
    for (std::size_t c = 0; c < loop.carried; ++c) out[lane].carried.push_back(carried[c * n + lane]);
    for (std::size_t o = 0; o < loop.observed * loop.outputs.size(); ++o)
      out[lane].outputs.push_back(outputs[o * n + lane]);
  }
  return out;
}

Ran interpreted(const Loop& loop, std::span<const double> parameters) {
  Ran out{std::vector<double>(loop.carried), std::vector<double>(loop.observed * loop.outputs.size())};
  ir::interpret(loop, parameters, out.carried, out.outputs);
  return out;
}

Kernel compiled(const Loop& loop, const KernelOptions& options) {
  auto kernel = Kernel::compile(loop, options);
  HILLOCK_CHECK(kernel.has_value(), "the compiler refused: " + (kernel ? "" : render(kernel.error())));
  return std::move(*kernel);
}

void expect_same(const Ran& got, const Ran& want, const std::string& what) {
  for (std::size_t c = 0; c < want.carried.size(); ++c) {
    ASSERT_TRUE(same_bits(got.carried[c], want.carried[c]))
        << what << ", carried " << c << ": " << got.carried[c] << ", interpreted " << want.carried[c];
  }
  for (std::size_t o = 0; o < want.outputs.size(); ++o) {
    ASSERT_TRUE(same_bits(got.outputs[o], want.outputs[o]))
        << what << ", output " << o << ": " << got.outputs[o] << ", interpreted " << want.outputs[o];
  }
}

/// Compiles for every machine and compares every lane, with `calls` batches of parameter sets from `draw`.
template <class Draw>
void expect_interpreter(const Loop& loop, int calls, Draw&& draw, int most_vectors = 4) {
  for (const KernelOptions& options : machines(most_vectors)) {
    const Kernel kernel = compiled(loop, options);
    const int width = options.isa == Isa::avx512 ? 8 : 4;
    ASSERT_EQ(kernel.lanes(), width * options.vectors);
    for (int call = 0; call < calls; ++call) {
      std::vector<std::vector<double>> lanes;
      for (int lane = 0; lane < kernel.lanes(); ++lane) lanes.push_back(draw());
      const auto got = run(kernel, loop, lanes);
      for (std::size_t lane = 0; lane < lanes.size(); ++lane) {
        expect_same(got[lane], interpreted(loop, lanes[lane]), describe(options) + ", lane " + std::to_string(lane));
        if (testing::Test::HasFatalFailure()) return;
      }
    }
  }
}

constexpr double special[] = {0.0,
                              -0.0,
                              1.0,
                              -1.0,
                              0.5,
                              2.0,
                              3.0,
                              -2.0,
                              inf,
                              -inf,
                              nan,
                              0x1p-1074,
                              -0x1p-1074,
                              0x1p-1022,
                              0x1.fffffffffffffp-1023,
                              0x1.fffffffffffffp1023,
                              -0x1.fffffffffffffp1023,
                              709.8,
                              -745.2,
                              0x1p52,
                              0x1p53,
                              1e300,
                              -1e300};

/// Any double, with a bias for what is special.
double any_double(Rng& rng) {
  switch (rng.below(4)) {
    case 0: return special[rng.below(std::size(special))];
    case 1: return std::bit_cast<double>(rng.bits());
    case 2: return 8.0 * rng.uniform() - 4.0;
    default: return (rng.bits() & 1U ? 1.0 : -1.0) * std::exp2(30.0 * rng.uniform() - 20.0);
  }
}

TEST(Kernel, EveryFunctionAndOperatorHasTheInterpretersBits) {
  // All ops in one loop: each is an output, read from states (innermost code) and, again, from parameters (prologue).
  Program p;
  p.parameters = 3;
  p.columns = 0;
  Algebra al(p.graph);
  std::vector<NodeId> state;
  for (std::uint32_t i = 0; i < 3; ++i) state.push_back(p.carried(p.carry("x", p.parameter(i))));
  std::vector<std::string> names;
  for (const bool from_states : {true, false})
    for (const ir::OpInfo& row : ir::all_ops()) {
      if (row.arity == 0 || row.op >= Op::round_even) continue;
      std::vector<NodeId> args;
      for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(row.arity); ++i) {
        const NodeId x = from_states ? state[i] : p.parameter(i);
        const bool boolean = row.units == ir::UnitRule::logic || (row.units == ir::UnitRule::choose && i == 0);
        args.push_back(boolean ? p.graph.make(Op::lt, x, al.number(0.75)) : x);
      }
      const NodeId value = p.graph.make(row.op, args);
      p.outputs.push_back(row.result == ir::Type::real ? value : p.graph.make(Op::to_real, value));
      names.emplace_back(row.name);
    }
  const Loop loop = ir::bind(p, Timeline{1, 0, {}, {1}});
  for (const KernelOptions& options : machines(2)) {
    const Kernel kernel = compiled(loop, options);
    Rng rng(1, stream_id("every op"));
    // Every pair of special values, then random ones.
    std::size_t drawn = 0;
    const auto draw = [&] {
      constexpr std::size_t n = std::size(special);
      const std::size_t i = drawn++;
      if (i < n * n) return std::vector<double>{special[i % n], special[i / n], special[(7 * i) % n]};
      return std::vector<double>{any_double(rng), any_double(rng), any_double(rng)};
    };
    for (int call = 0; call < 3000 / kernel.lanes(); ++call) {
      std::vector<std::vector<double>> lanes;
      for (int lane = 0; lane < kernel.lanes(); ++lane) lanes.push_back(draw());
      const auto got = run(kernel, loop, lanes);
      for (std::size_t lane = 0; lane < lanes.size(); ++lane) {
        const Ran want = interpreted(loop, lanes[lane]);
        for (std::size_t o = 0; o < names.size(); ++o) {
          ASSERT_TRUE(same_bits(got[lane].outputs[o], want.outputs[o]))
              << names[o] << " of " << lanes[lane][0] << ", " << lanes[lane][1] << ", " << lanes[lane][2] << ": "
              << got[lane].outputs[o] << ", interpreted " << want.outputs[o] << " (" << describe(options) << ")";
        }
      }
    }
  }
}

TEST(Kernel, EveryPrimitiveHasTheInterpretersBitsInItsDomain) {
  // The domains are those of op.hpp: whole numbers for exponents, finite non-zero numbers to be taken apart.
  Program p;
  p.parameters = 4;  // a whole number, a finite one, one of moderate size, a finite one or NaN
  p.columns = 0;
  const NodeId n = p.carried(p.carry("n", p.parameter(0)));
  const NodeId x = p.carried(p.carry("x", p.parameter(1)));
  const NodeId m = p.carried(p.carry("m", p.parameter(2)));
  const NodeId y = p.carried(p.carry("y", p.parameter(3)));
  const NodeId place = p.graph.make(Op::abs, n);
  const NodeId lane = p.graph.make(Op::add, place, p.graph.constant(0x1p40));
  const NodeId seed = p.graph.constant(0x1p50 + 99.0);
  const NodeId near =
      p.graph.make(Op::least, p.graph.constant(1015.0), p.graph.make(Op::most, p.graph.constant(-1015.0), n));
  const NodeId sixteenths = p.graph.make(
      Op::sub,
      p.graph.make(Op::add, p.graph.make(Op::add, near, p.graph.make(Op::mul, m, p.graph.constant(0x1p-20))),
                   p.graph.constant(0x1.8p48)),
      p.graph.constant(0x1.8p48));
  p.outputs = {
      p.graph.make(Op::scale2, m, n), p.graph.make(Op::exp2_table, n), p.graph.make(Op::exponent2, x),
      p.graph.make(Op::mantissa2, y), p.graph.make(Op::exponent2_near, y), p.graph.make(Op::mantissa2_near, y),
      p.graph.make(Op::round_even, m), p.graph.make(Op::random_a, place, lane, seed),
      p.graph.make(Op::random_b, place, lane, seed), p.graph.make(Op::least, y, m), p.graph.make(Op::most, y, m),
      p.graph.make(Op::least, m, y),
      // Forms for which the compiler has shorter code: a whole number got by adding a magic number, and a floor.
      p.graph.make(Op::scale2, p.graph.constant(1.5), p.graph.make(Op::floor, m)),
      p.graph.make(Op::exp2_table, p.graph.make(Op::sub, p.graph.make(Op::add, m, p.graph.constant(0x1.8p52)),
                                                p.graph.constant(0x1.8p52))),
      p.graph.make(Op::scale2_normal, p.graph.constant(1.7), sixteenths),
      p.graph.make(Op::scale2_normal, p.graph.constant(-2.9), p.graph.make(Op::mul, near, p.graph.constant(0.0625)))};
  const Loop loop = ir::bind(p, Timeline{1, 0, {}, {1}});
  Rng rng(2, stream_id("primitives"));
  expect_interpreter(
      loop, 400,
      [&] {
        const double whole = std::floor(4400.0 * rng.uniform()) - 2200.0;
        double finite = std::bit_cast<double>(rng.bits());
        if (rng.below(3) == 0) finite = std::ldexp(1.0 + rng.uniform(), -1074 + static_cast<int>(rng.below(60)));
        if (!std::isfinite(finite) || finite == 0.0) finite = 0x1p-1074;
        return std::vector<double>{whole, finite, (rng.uniform() - 0.5) * std::exp2(16.0 * rng.uniform() - 4.0),
                                   rng.below(9) == 0 ? nan : -finite};
      },
      2);
}

TEST(Kernel, RandomProgramsHaveTheInterpretersBits) {
  // Guarded groups, phases that are skipped, hoisted parts, outputs; values of every kind, NaN and infinities included.
  Rng rng(3, stream_id("random programs"));
  std::size_t finite = 0, other = 0;
  for (int repeat = 0; repeat < 24; ++repeat) {
    const ir::fixture::RandomProgram random = ir::fixture::random_program(rng, 14);
    const Loop loop = ir::bind(random.program, random.timeline);
    const auto draw = [&] {
      std::vector<double> at = random.parameters;
      for (double& v : at) v = rng.below(8) == 0 ? any_double(rng) : v * (0.5 + rng.uniform());
      for (const double v : interpreted(loop, at).outputs) ++(std::isfinite(v) ? finite : other);
      return at;
    };
    // Every number of vectors for a few, one or two for the rest.
    expect_interpreter(loop, 3, draw, repeat < 4 ? 4 : 1);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(finite, other / 4);  // not all lanes have blown up
  EXPECT_GT(other, 0U);
}

TEST(Kernel, WhatArrangesCodeChangesNoBit) {
  Rng rng(14, stream_id("arranged"));
  const ir::fixture::RandomProgram random = ir::fixture::random_program(rng, 14);
  const Loop loop = ir::bind(random.program, random.timeline);
  Arrangement none;
  for (const char* name : {"short_forms", "usual_row", "order"}) {
    EXPECT_TRUE(none.leave_out(name));
    for (KernelOptions options : machines(2)) {
      ASSERT_TRUE(options.arrangement.leave_out(name));
      const Kernel kernel = compiled(loop, options);
      std::vector<std::vector<double>> lanes;
      for (int lane = 0; lane < kernel.lanes(); ++lane) {
        lanes.push_back(random.parameters);
        for (double& v : lanes.back()) v = rng.below(8) == 0 ? any_double(rng) : v * (0.5 + rng.uniform());
      }
      const auto got = run(kernel, loop, lanes);
      for (std::size_t lane = 0; lane < lanes.size(); ++lane)
        expect_same(got[lane], interpreted(loop, lanes[lane]),
                    std::string("without ") + name + ", " + describe(options));
    }
  }
  EXPECT_FALSE(none.short_forms || none.usual_row || none.order);
  EXPECT_FALSE(none.leave_out("contract"));  // a pass of bind
}

TEST(Kernel, ATameProgramWithEveryFunctionHasTheInterpretersBits) {
  Rng rng(4, stream_id("tame"));
  const ir::fixture::RandomProgram random = ir::fixture::every_function_program(rng);
  const Loop loop = ir::bind(random.program, random.timeline);
  expect_interpreter(loop, 3, [&] {
    std::vector<double> at;
    for (int i = 0; i < 4; ++i) at.push_back(0.2 + 0.6 * rng.uniform());
    return at;
  });
}

TEST(Kernel, OnlyWhatTheLoopFusesIsFused) {
  // x p is read twice, once by each phase and once by a root, so the Loop keeps the product; in each phase's code it is
  // read once, and a compiler that contracts would fuse it with the sum.
  Program p;
  p.parameters = 2;
  p.columns = 0;
  const std::uint32_t x = p.carry("x", p.parameter(0));
  const NodeId product = p.graph.make(Op::mul, p.carried(x), p.parameter(1));
  p.outputs = {p.graph.make(Op::add, product, p.parameter(0))};
  p.advance = {{x, p.graph.make(Op::sqrt, p.graph.make(Op::abs, product))}};
  const Loop loop = ir::bind(p, Timeline{6, 0, {}, {1, 1, 1, 1, 1, 1}});
  for (const NodeId id : loop.observe_phase.nodes) ASSERT_NE(loop.graph[id].op, Op::fma);
  Rng rng(10, stream_id("fused"));
  expect_interpreter(
      loop, 20,
      [&] {
        return std::vector<double>{rng.normal(), rng.normal()};
      },
      1);
}

TEST(Kernel, TangentsHaveTheInterpretersBits) {
  Rng rng(5, stream_id("tangents"));
  ir::fixture::RandomProgram random = ir::fixture::every_function_program(rng);
  const std::uint32_t wrt[2] = {1, 3};
  (void)ir::add_tangents(random.program, wrt);
  const Loop loop = ir::bind(random.program, random.timeline);
  expect_interpreter(
      loop, 2,
      [&] {
        std::vector<double> at;
        for (int i = 0; i < 4; ++i) at.push_back(0.2 + 0.6 * rng.uniform());
        return at;
      },
      1);
}

/// x' = p0 x + p1 column over rows, by Euler steps that an embedded second step controls.
Loop adaptive_loop(int max_substeps, std::size_t rows) {
  Program p;
  p.parameters = 2;
  p.columns = 1;
  Algebra al(p.graph);
  const NodeId h = p.graph.symbol(p.add_symbol(Source::substep, 0));
  const NodeId done = p.graph.symbol(p.add_symbol(Source::progress, 0));
  const std::uint32_t x = p.carry("x", al.number(1.0)), n = p.carry("steps", al.number(0.0));
  const auto slope = [&](NodeId at, NodeId when) {
    return al.add(al.mul(p.parameter(0), at), al.mul(al.mul(p.parameter(1), p.column(0)), al.make(Op::cos, when)));
  };
  const NodeId k1 = slope(p.carried(x), done);
  const NodeId k2 = slope(al.add(p.carried(x), al.mul(h, k1)), al.add(done, h));
  p.advance = {{x, al.add(p.carried(x), al.mul(al.mul(h, al.number(0.5)), al.add(k1, k2)))},
               {n, al.add(p.carried(n), al.number(1.0))}};
  const NodeId error = al.div(al.make(Op::abs, al.mul(al.mul(h, al.number(0.5)), al.sub(k2, k1))), al.number(1e-3));
  const NodeId usable = al.make(Op::lt, error, al.number(1e10));
  const NodeId tame = al.select(usable, al.make(Op::max, error, al.number(1e-6)), al.number(1.0));
  const NodeId root = al.div(al.number(0.9), al.make(Op::sqrt, tame));
  p.adaptive =
      ir::Adaptive{error, al.select(usable, al.make(Op::min, root, al.number(4.0)), al.number(0.2)), max_substeps};
  p.observe = {{n, al.add(p.carried(n), al.number(1000.0))}};
  p.outputs = {p.carried(x), p.carried(n)};
  Timeline t{rows, 1, {}, {}};
  for (std::size_t r = 0; r < rows; ++r) {
    t.values.push_back(r < rows / 2 ? 1.0 : -2.0);
    t.observe.push_back(r % 3 == 0 ? 1 : 0);
  }
  return ir::bind(p, t);
}

TEST(Kernel, EachLaneTakesItsOwnSteps) {
  const Loop loop = adaptive_loop(400, 12);
  Rng rng(6, stream_id("adaptive"));
  std::size_t failed = 0, all = 0;
  expect_interpreter(loop, 6, [&] {
    // Slow lanes, fast ones, and some that need more steps than are allowed, or are NaN from the start.
    std::vector<double> at{-std::exp2(14.0 * rng.uniform() - 2.0), 4.0 * rng.uniform()};
    if (rng.below(12) == 0) at[0] = any_double(rng);
    ++all;
    failed += std::isnan(interpreted(loop, at).carried[0]) ? 1 : 0;
    return at;
  });
  EXPECT_GT(failed, 0U);
  EXPECT_LT(failed, all / 2);
}

TEST(Kernel, ALaneThatHasFailedCostsNothingMore) {
  // 10 000 trials in the row where a lane fails, none after it: without the rule, 20 000 rows would be 2e8 trials, some
  // ten seconds.
  for (const KernelOptions& options : machines(1)) {
    const auto seconds = [&](std::size_t rows) {
      const Loop loop = adaptive_loop(10000, rows);
      const Kernel kernel = compiled(loop, options);
      std::vector<std::vector<double>> lanes(static_cast<std::size_t>(kernel.lanes()), {-1.0, 0.5});
      lanes[1][0] = nan;
      const auto begin = std::chrono::steady_clock::now();
      const auto got = run(kernel, loop, lanes);
      const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
      EXPECT_TRUE(std::isnan(got[1].carried[0]));
      EXPECT_TRUE(std::isfinite(got[0].carried[0]));
      return took.count();
    };
    const double single = seconds(1);
    EXPECT_LT(seconds(20000), 500 * single + 0.5) << describe(options);
  }
}

TEST(Kernel, ALaneThatBlowsUpDoesNotDisturbItsNeighbours) {
  Program p;
  p.parameters = 1;
  p.columns = 0;
  Algebra al(p.graph);
  const std::uint32_t x = p.carry("x", p.parameter(0));
  p.advance = {{x, al.mul(p.carried(x), p.carried(x))}};
  const Loop plain = ir::bind(p, Timeline{20, 0, {}, std::vector<std::uint8_t>(20)});
  const Loop stepped = adaptive_loop(300, 6);
  for (const KernelOptions& options : machines(3)) {
    const Kernel squares = compiled(plain, options), steps = compiled(stepped, options);
    const auto n = static_cast<std::size_t>(squares.lanes());
    std::vector<std::vector<double>> calm, calm_steps;
    for (std::size_t lane = 0; lane < n; ++lane) {
      calm.push_back({1.0 - 1e-7 * static_cast<double>(lane + 1)});
      calm_steps.push_back({-1.0 - static_cast<double>(lane), 0.5});
    }
    const auto want = run(squares, plain, calm);
    const auto want_steps = run(steps, stepped, calm_steps);
    for (std::size_t bad = 0; bad < n; ++bad)
      for (const double poison : {2.0, nan, -inf}) {
        auto lanes = calm;
        lanes[bad][0] = poison;
        auto lanes_steps = calm_steps;
        lanes_steps[bad][0] = poison == 2.0 ? -1e9 : poison;  // too stiff for 300 steps
        const auto got = run(squares, plain, lanes);
        const auto got_steps = run(steps, stepped, lanes_steps);
        EXPECT_FALSE(std::isfinite(got[bad].carried[0]));
        EXPECT_TRUE(std::isnan(got_steps[bad].carried[0]));
        for (std::size_t lane = 0; lane < n; ++lane) {
          if (lane == bad) continue;
          expect_same(got[lane], want[lane], describe(options));
          expect_same(got_steps[lane], want_steps[lane], describe(options));
        }
      }
  }
}

TEST(Kernel, ALaneHasTheSameBitsAtEveryPositionAndOnEveryMachine) {
  Rng rng(7, stream_id("positions"));
  const ir::fixture::RandomProgram random = ir::fixture::every_function_program(rng);
  const Loop loop = ir::bind(random.program, random.timeline);
  const Ran want = interpreted(loop, random.parameters);
  for (const KernelOptions& options : machines(2)) {
    const Kernel kernel = compiled(loop, options);
    for (std::size_t place = 0; place < static_cast<std::size_t>(kernel.lanes()); ++place) {
      std::vector<std::vector<double>> lanes(static_cast<std::size_t>(kernel.lanes()), {0.3, 0.4, 0.5, 0.6});
      lanes[place] = random.parameters;
      expect_same(run(kernel, loop, lanes)[place], want, describe(options));
    }
  }
}

TEST(Kernel, OutputsMayBeLeftOutAndRowsMayChange) {
  Rng rng(8, stream_id("rows"));
  const ir::fixture::RandomProgram random = ir::fixture::every_function_program(rng);
  const Loop loop = ir::bind(random.program, random.timeline);
  Loop shorter = loop;  // the same code, other rows
  shorter.rows = 17;
  shorter.flags.resize(17);
  shorter.values.resize(17 * shorter.columns);
  shorter.observed = static_cast<std::size_t>(
      std::count_if(shorter.flags.begin(), shorter.flags.end(), [](auto f) { return f & 1U; }));
  for (const KernelOptions& options : machines(1)) {
    const Kernel kernel = compiled(loop, options);
    const auto n = static_cast<std::size_t>(kernel.lanes());
    const std::vector<std::vector<double>> lanes(n, random.parameters);
    expect_same(run(kernel, shorter, lanes)[n - 1], interpreted(shorter, random.parameters), describe(options));
    std::vector<double> in(4 * n), carried(loop.state_size() * n);
    for (std::size_t i = 0; i < in.size(); ++i) in[i] = random.parameters[i / n];
    kernel.run(loop, in.data(), carried.data(), nullptr);
    const Ran want = interpreted(loop, random.parameters);
    for (std::size_t i = 0; i < loop.carried * n; ++i) {
      EXPECT_TRUE(same_bits(carried[i], want.carried[i / n]));
    }
  }
}

/// All rows in pieces of random lengths: from one row to half of them.
Ran in_pieces(const Kernel& kernel, const Loop& loop, std::span<const double> parameters, Rng& rng) {
  const auto n = static_cast<std::size_t>(kernel.lanes());
  std::vector<double> in, state(loop.state_size() * n, nan);
  for (const double p : parameters) in.insert(in.end(), n, p);
  Ran out;
  for (std::size_t begin = 0; begin < loop.rows;) {
    const std::size_t end = std::min(loop.rows, begin + 1 + rng.below(rng.below(2) == 0 ? 3 : loop.rows / 2));
    std::vector<double> outputs(loop.observed_in(begin, end) * loop.outputs.size() * n);
    kernel.run(loop, {begin, end}, in.data(), state.data(), outputs.data());
    for (std::size_t i = 0; i < outputs.size() / n; ++i) out.outputs.push_back(outputs[i * n + n - 1]);
    begin = end;
  }
  for (std::size_t c = 0; c < loop.carried; ++c) out.carried.push_back(state[c * n + n - 1]);
  return out;
}
Ran interpreted_in_pieces(const Loop& loop, std::span<const double> parameters, Rng& rng) {
  Ran out;
  std::vector<double> state(loop.state_size(), nan);
  for (std::size_t begin = 0; begin < loop.rows;) {
    const std::size_t end = std::min(loop.rows, begin + 1 + rng.below(rng.below(2) == 0 ? 3 : loop.rows / 2));
    std::vector<double> outputs(loop.observed_in(begin, end) * loop.outputs.size());
    ir::interpret(loop, {begin, end}, parameters, state, outputs);
    out.outputs.insert(out.outputs.end(), outputs.begin(), outputs.end());
    begin = end;
  }
  out.carried.assign(state.begin(), state.begin() + loop.carried);
  return out;
}

TEST(Kernel, WhereARunIsCutChangesNoBit) {
  Rng rng(12, stream_id("cuts"));
  for (int trial = 0; trial < 12; ++trial) {
    // Guarded groups in both phases, random ops, and steps of the lane's own.
    std::vector<double> parameters;
    Loop loop;
    if (trial % 3 == 2) {
      loop = adaptive_loop(400, 300);
      parameters = {-std::exp2(8.0 * rng.uniform()), 2.0};
    } else {
      auto random = trial % 3 == 0 ? ir::fixture::every_function_program(rng) : ir::fixture::random_program(rng);
      loop = ir::bind(random.program, random.timeline);
      parameters = random.parameters;
    }
    const Ran want = interpreted(loop, parameters);
    for (int cutting = 0; cutting < 4; ++cutting)
      expect_same(interpreted_in_pieces(loop, parameters, rng), want, "interpreter, trial " + std::to_string(trial));
    for (const KernelOptions& options : machines(2)) {
      const Kernel kernel = compiled(loop, options);
      for (int cutting = 0; cutting < 4; ++cutting)
        expect_same(in_pieces(kernel, loop, parameters, rng), want,
                    describe(options) + ", trial " + std::to_string(trial));
    }
  }
}

TEST(Kernel, RowsThatAreNotThereAreABug) {
  const Loop loop = adaptive_loop(10, 2);
  std::vector<double> state(loop.state_size());
  const std::vector<double> parameters(loop.parameters, 1.0);
  EXPECT_THROW(ir::interpret(loop, {2, 11}, parameters, state), Bug);
  EXPECT_THROW(ir::interpret(loop, {3, 2}, parameters, state), Bug);
  EXPECT_THROW(ir::interpret(loop, {0, 2}, parameters, std::span(state).first(1)), Bug);
}

TEST(Kernel, ManyThreadsMayRunOne) {
  Rng rng(9, stream_id("threads"));
  const ir::fixture::RandomProgram random = ir::fixture::every_function_program(rng);
  const Loop loop = ir::bind(random.program, random.timeline);
  for (const KernelOptions& options : machines(1)) {
    const Kernel kernel = compiled(loop, options);
    const std::vector<std::vector<double>> lanes(static_cast<std::size_t>(kernel.lanes()), random.parameters);
    const Ran want = interpreted(loop, random.parameters);
    std::vector<std::vector<Ran>> got(4);
    {
      std::vector<std::jthread> threads;
      for (auto& mine : got)
        threads.emplace_back([&] {
          for (int i = 0; i < 50; ++i) mine = run(kernel, loop, lanes);
        });
    }
    for (const auto& mine : got) expect_same(mine[1], want, describe(options));
  }
}

TEST(Kernel, TheWidestInstructionSetThatRunsIsBest) {
  if (!runs_here(Isa::avx2)) {
    EXPECT_FALSE(runs_here(Isa::avx512));
    EXPECT_FALSE(best_isa());
    GTEST_SKIP() << "this machine has no AVX2: nothing else to test here";
  }
  EXPECT_EQ(best_isa(), runs_here(Isa::avx512) ? Isa::avx512 : Isa::avx2);
  EXPECT_EQ(to_string(Isa::avx2), "avx2");
  EXPECT_EQ(to_string(Isa::avx512), "avx512");
  const Loop loop = adaptive_loop(10, 2);
  for (const int vectors : {0, 5}) {
    EXPECT_THROW((void)Kernel::compile(loop, {*best_isa(), vectors}), Bug);
  }
}

}  // namespace
}  // namespace hillock::jit
