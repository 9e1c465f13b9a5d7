/// Single precision: compiled loops against the interpreter, bit by bit, and elementary functions against long double,
/// at most 2 units in the last place of a single.

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdio>
#include <limits>

#include "base/rng.hpp"
#include "ir/algebra.hpp"
#include "ir/passes/narrow.hpp"
#include "ir/test/random_program.hpp"
#include "jit/kernel.hpp"
#include "jit/test/machines.hpp"

// Every so many-th of the 2^32 singles is looked at, by each function of one argument.
#ifndef HILLOCK_SINGLE_STRIDE
#define HILLOCK_SINGLE_STRIDE 20011
#endif

namespace hillock::jit {
namespace {

using ir::Loop;
using ir::NodeId;
using ir::Op;
using ir::Program;
using ir::Timeline;
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// A kernel's numbers, those of one lane one after the other: the carried ones, then the outputs.
std::vector<std::vector<double>> run(const Kernel& kernel, const Loop& loop,
                                     const std::vector<std::vector<double>>& lanes) {
  const auto n = static_cast<std::size_t>(kernel.lanes());
  std::vector<double> in(loop.parameters * n), state(loop.state_size() * n),
      out(loop.observed * loop.outputs.size() * n);
  for (std::size_t p = 0; p < loop.parameters; ++p)
    for (std::size_t lane = 0; lane < n; ++lane) in[p * n + lane] = lanes[lane][p];
  kernel.run(loop, in.data(), state.data(), out.data());
  std::vector<std::vector<double>> got(n);
  for (std::size_t lane = 0; lane < n; ++lane) {
    for (std::size_t c = 0; c < loop.carried; ++c) got[lane].push_back(state[c * n + lane]);
    for (std::size_t o = 0; o < loop.observed * loop.outputs.size(); ++o) got[lane].push_back(out[o * n + lane]);
  }
  return got;
}

std::vector<double> interpreted(const Loop& loop, std::span<const double> parameters) {
  std::vector<double> all(loop.carried + loop.observed * loop.outputs.size());
  const std::span<double> numbers(all);
  ir::interpret(loop, parameters, numbers.first(loop.carried), numbers.subspan(loop.carried));
  return all;
}

template <class Draw>
void expect_interpreter(const Loop& loop, int calls, Draw&& draw, int most_vectors) {
  ASSERT_TRUE(loop.single);
  for (const KernelOptions& options : machines(most_vectors)) {
    const auto kernel = Kernel::compile(loop, options);
    ASSERT_TRUE(kernel) << render(kernel.error());
    ASSERT_EQ(kernel->lanes(), (options.isa == Isa::avx512 ? 16 : 8) * options.vectors);
    for (int call = 0; call < calls; ++call) {
      std::vector<std::vector<double>> lanes;
      for (int lane = 0; lane < kernel->lanes(); ++lane) lanes.push_back(draw());
      const auto got = run(*kernel, loop, lanes);
      for (std::size_t lane = 0; lane < lanes.size(); ++lane) {
        const std::vector<double> want = interpreted(loop, lanes[lane]);
        for (std::size_t i = 0; i < want.size(); ++i)
          ASSERT_TRUE(same_bits(got[lane][i], want[i]))
              << to_string(options.isa) << ", " << options.vectors << " in flight, lane " << lane << ", number " << i
              << ": " << got[lane][i] << ", interpreted " << want[i];
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
                              -2.0,
                              inf,
                              -inf,
                              nan,
                              0x1p-149,
                              -0x1p-149,
                              0x1p-126,
                              0x1.fffffep-127,
                              0x1.fffffep127,
                              -0x1.fffffep127,
                              88.72,
                              -103.3,
                              0x1p22,
                              0x1p23,
                              1e30,
                              -1e30};

double any_single(Rng& rng) {
  switch (rng.below(4)) {
    case 0: return special[rng.below(std::size(special))];
    case 1: return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(rng.bits())));
    case 2: return 8.0 * rng.uniform() - 4.0;
    default: return (rng.bits() & 1U ? 1.0 : -1.0) * std::exp2(30.0 * rng.uniform() - 20.0);
  }
}

std::vector<std::uint32_t> first(std::uint32_t count) {
  std::vector<std::uint32_t> out;
  for (std::uint32_t i = 0; i < count; ++i) out.push_back(i);
  return out;
}

TEST(Single, EveryFunctionAndOperatorHasTheInterpretersBits) {
  Program p;
  p.parameters = 3;
  p.columns = 0;
  std::vector<NodeId> x;
  for (std::uint32_t i = 0; i < 3; ++i) x.push_back(p.carried(p.carry("x", p.parameter(i))));
  for (const ir::OpInfo& row : ir::all_ops()) {
    if (row.arity == 0 || row.op >= Op::round_even) continue;
    std::vector<NodeId> args;
    for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(row.arity); ++i) {
      const bool boolean = row.units == ir::UnitRule::logic || (row.units == ir::UnitRule::choose && i == 0);
      args.push_back(boolean ? p.graph.make(Op::lt, x[i], p.graph.constant(0.75)) : x[i]);
    }
    const NodeId value = p.graph.make(row.op, args);
    p.outputs.push_back(row.result == ir::Type::real ? value : p.graph.make(Op::to_real, value));
  }
  ir::keep_in_single(p, first(3));
  const Loop loop = ir::bind(p, Timeline{1, 0, {}, {1}});
  Rng rng(1, stream_id("every op, single"));
  expect_interpreter(
      loop, 100,
      [&] {
        return std::vector<double>{any_single(rng), any_single(rng), any_single(rng)};
      },
      1);
}

TEST(Single, RandomProgramsHaveTheInterpretersBits) {
  // Two of the four carried variables are single and two are not, so every kind of node meets the other kind.
  Rng rng(2, stream_id("random programs, single"));
  std::size_t finite = 0;
  for (int repeat = 0; repeat < 6; ++repeat) {
    ir::fixture::RandomProgram random = ir::fixture::random_program(rng, 14);
    ir::keep_in_single(random.program, first(2));
    const Loop loop = ir::bind(random.program, random.timeline);
    const auto draw = [&] {
      std::vector<double> at = random.parameters;
      for (double& v : at) v = rng.below(8) == 0 ? any_single(rng) : v * (0.5 + rng.uniform());
      for (const double v : interpreted(loop, at)) finite += std::isfinite(v) ? 1U : 0U;
      return at;
    };
    expect_interpreter(loop, 1, draw, repeat < 2 ? 3 : 1);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(finite, 500U);
}

TEST(Single, ATameProgramWithEveryFunctionHasTheInterpretersBits) {
  Rng rng(3, stream_id("tame, single"));
  ir::fixture::RandomProgram random = ir::fixture::every_function_program(rng);
  ir::keep_in_single(random.program, first(3));
  const auto draw = [&] {
    std::vector<double> at;
    for (int i = 0; i < 4; ++i) at.push_back(0.2 + 0.6 * rng.uniform());
    return at;
  };
  expect_interpreter(ir::bind(random.program, random.timeline), 3, draw, 3);
}

TEST(Single, NoiseIsThatOfDoublesRounded) {
  // Two programs that carry a normal number: one of them in single.
  const auto made = [](bool single) {
    Program p;
    p.parameters = 2;
    p.columns = 1;
    const std::uint32_t x = p.carry("x", p.graph.constant(0.0));
    p.advance = {{x, p.graph.make(Op::normal_a, p.column(0), p.parameter(0), p.parameter(1))}};
    p.outputs = {p.carried(x)};
    if (single) ir::keep_in_single(p, first(1));
    Timeline t{200, 1, {}, std::vector<std::uint8_t>(200, 1)};
    for (int r = 0; r < 200; ++r) t.values.push_back(r);
    return ir::bind(p, t);
  };
  const Loop single = made(true), wide = made(false);
  for (const double lane : {0.0, 7.0}) {
    const std::vector<double> got = interpreted(single, std::vector{lane, 3.0});
    const std::vector<double> want = interpreted(wide, std::vector{lane, 3.0});
    for (std::size_t i = 0; i < want.size(); ++i) EXPECT_EQ(got[i], static_cast<double>(static_cast<float>(want[i])));
  }
  double lane = 0.0;
  expect_interpreter(
      single, 2,
      [&] {
        return std::vector{lane++, 3.0};
      },
      2);
}

/// |got - want| in units of the spacing of singles at `want`. Infinity counts as 2^128, where it starts.
double ulps(double got, long double want) {
  if (std::isnan(got) || std::isnan(want)) return std::isnan(got) && std::isnan(want) ? 0.0 : inf;
  const long double cut = 0x1p128L;
  const long double w = std::fabs(want) > cut ? std::copysign(cut, want) : want;
  const long double g = std::isinf(got) ? std::copysign(cut, static_cast<long double>(got)) : got;
  const int exponent = w == 0 ? -126 : std::max(-126, std::min(127, std::ilogb(w)));
  return static_cast<double>(std::fabs(g - w) / std::scalbn(1.0L, exponent - 23));
}

long double exprel(long double x) { return x == 0 ? 1.0L : std::isinf(x) ? (x > 0 ? x : 0.0L) : std::expm1(x) / x; }

struct Function {
  Op op;
  long double (*value)(long double);
};

// The C library's long double functions: their errors are thousandths of what is measured here.
const Function functions[] = {
    {Op::exp, [](long double x) { return std::exp(x); }},
    {Op::expm1, [](long double x) { return std::expm1(x); }},
    {Op::exprel, [](long double x) { return exprel(x); }},
    {Op::bernoulli, [](long double x) { return 1 / exprel(x); }},
    {Op::log, [](long double x) { return std::log(x); }},
    {Op::log10, [](long double x) { return std::log10(x); }},
    {Op::log1p, [](long double x) { return std::log1p(x); }},
    {Op::sin, [](long double x) { return std::sin(x); }},
    {Op::cos, [](long double x) { return std::cos(x); }},
    {Op::tan, [](long double x) { return std::tan(x); }},
    {Op::sinh, [](long double x) { return std::sinh(x); }},
    {Op::cosh, [](long double x) { return std::cosh(x); }},
    {Op::tanh, [](long double x) { return std::tanh(x); }},
    {Op::arcsin, [](long double x) { return std::asin(x); }},
    {Op::arccos, [](long double x) { return std::acos(x); }},
    {Op::arctan, [](long double x) { return std::atan(x); }},
    {Op::sqrt, [](long double x) { return std::sqrt(x); }},
};

TEST(Single, FunctionsAreRightToTwoUnits) {
  // Where nothing can be compiled the interpreter, which has the same bits, looks at every hundredth of them.
  const std::vector<KernelOptions> here = machines(1);
  for (const Function& f : functions) {
    Program p;
    p.parameters = 1;
    p.columns = 0;
    const std::uint32_t x = p.carry("x", p.parameter(0));
    p.advance = {{x, p.graph.make(f.op, p.carried(x))}};
    ir::keep_in_single(p, first(1));
    const Loop loop = ir::bind(p, Timeline{1, 0, {}, {0}});
    std::optional<Kernel> kernel;
    if (!here.empty()) kernel = std::move(Kernel::compile(loop, here.back()).value());
    const std::size_t n = kernel ? static_cast<std::size_t>(kernel->lanes()) : 1;
    std::vector<double> in(n), out(loop.carried * n);
    double worst = 0.0, where = 0.0;
    const auto look = [&](std::uint64_t from, std::uint64_t to, std::uint64_t stride) {
      for (std::uint64_t at = from; at < to; at += stride * n) {
        for (std::size_t lane = 0; lane < n; ++lane)
          in[lane] = static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(at + stride * lane)));
        if (kernel) kernel->run(loop, in.data(), out.data(), nullptr);
        else ir::interpret(loop, in, out);
        for (std::size_t lane = 0; lane < n; ++lane) {
          const double u = ulps(out[lane], f.value(static_cast<long double>(in[lane])));
          if (u > worst) worst = u, where = in[lane];
        }
      }
    };
    look(0, 0x100000000ULL, (kernel ? 1 : 100) * std::uint64_t{HILLOCK_SINGLE_STRIDE});
    // Where e^x - 1 is just above a power of two and its quotient just below one: 24 ln 2 = 16.6, and -16.6.
    for (const float place : {16.5F, -16.5F})
      look(std::bit_cast<std::uint32_t>(place), std::bit_cast<std::uint32_t>(place) + 0x20000U, 1);
    std::printf("  %-10s %.3f units at %a\n", std::string(ir::info(f.op).name).c_str(), worst, where);
    EXPECT_LE(worst, 2.0) << ir::info(f.op).name << " at " << where;
  }
}

}  // namespace
}  // namespace hillock::jit
