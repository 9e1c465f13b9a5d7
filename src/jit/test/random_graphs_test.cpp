/// Random programs, compiled: the interpreter's bits in every lane, on every instruction set that runs here. 1000 of
/// them, or as many as HILLOCK_RANDOM_GRAPHS says (`make nightly`).

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdio>
#include <limits>

#include "base/rng.hpp"
#include "ir/test/program_variants.hpp"
#include "ir/test/random_code.hpp"
#include "jit/kernel.hpp"

namespace hillock::jit {
namespace {

using ir::Loop;
using ir::fixture::Variant;

bool same_bits(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b) || (std::isnan(a) && std::isnan(b));
}

/// The parameters of a lane: those of the program in the first, then others, and now and then no number.
std::vector<double> in_lane(std::span<const double> parameters, std::size_t lane) {
  Rng rng(lane, stream_id("lanes of a random program"));
  std::vector<double> out(parameters.begin(), parameters.end());
  if (lane == 0) return out;
  for (double& x : out) {
    x = x * (2.0 * rng.uniform()) + rng.uniform() - 0.5;
    if (rng.below(12) == 0) x = std::numeric_limits<double>::quiet_NaN();
    if (rng.below(12) == 0) x = std::ldexp(x, 300);
  }
  return out;
}

struct Compared {
  std::size_t finite = 0, all = 0;
};

/// Empty, or the first number of a lane that is not the interpreter's.
std::string disagreement(const ir::fixture::CodedProgram& coded, Isa isa, Compared& compared) {
  const Loop loop = ir::bind(coded.program, coded.timeline);
  const auto kernel = Kernel::compile(loop, {.isa = isa, .vectors = 1, .share = false});
  if (!kernel) return render(kernel.error());
  const auto n = static_cast<std::size_t>(kernel->lanes());
  const std::size_t stored = loop.observed * loop.outputs.size();
  std::vector<double> in(loop.parameters * n), state(loop.state_size() * n), out(stored * n);
  for (std::size_t lane = 0; lane < n; ++lane) {
    const auto at = in_lane(coded.parameters, lane);
    for (std::size_t p = 0; p < loop.parameters; ++p) in[p * n + lane] = at[p];
  }
  kernel->run(loop, in.data(), state.data(), out.data());
  for (std::size_t lane = 0; lane < n; ++lane) {
    std::vector<double> want(loop.carried), wanted(stored);
    ir::interpret(loop, in_lane(coded.parameters, lane), want, wanted);
    const auto check = [&](const char* what, std::size_t i, double got, double right) -> std::string {
      ++compared.all;
      compared.finite += std::isfinite(right) ? 1 : 0;
      if (same_bits(got, right)) return {};
      char text[160];
      std::snprintf(text, sizeof text, "%s, lane %zu, %s %zu: %.17g, interpreted %.17g\n",
                    std::string(to_string(isa)).c_str(), lane, what, i, got, right);
      return text;
    };
    for (std::size_t c = 0; c < want.size(); ++c)
      if (auto wrong = check("carried", c, state[c * n + lane], want[c]); !wrong.empty()) return wrong;
    for (std::size_t o = 0; o < stored; ++o)
      if (auto wrong = check("output", o, out[o * n + lane], wanted[o]); !wrong.empty()) return wrong;
  }
  return {};
}

TEST(RandomGraphs, CompiledOnesHaveTheInterpretersBits) {
  Rng rng(ir::fixture::random_seed(), stream_id("random programs, compiled"));
  const int count = ir::fixture::random_graphs();
  Compared compared;
  int ran = 0;
  for (const Isa isa : {Isa::avx2, Isa::avx512}) ran += runs_here(isa) ? 1 : 0;
  if (ran == 0) GTEST_SKIP() << "needs AVX2, which this machine does not have";
  for (int i = 0; i < count; ++i) {
    const auto code = ir::fixture::random_code(rng, 12);
    const Variant variant =
        ir::fixture::all_variants[static_cast<std::size_t>(i) % std::size(ir::fixture::all_variants)];
    for (const Isa isa : {Isa::avx2, Isa::avx512}) {
      if (!runs_here(isa)) continue;
      const auto wrong = [&](std::span<const std::uint8_t> bytes) {
        return disagreement(ir::fixture::decode(bytes, variant), isa, compared);
      };
      if (wrong(code).empty()) continue;
      const auto least = ir::fixture::shrunk(code, wrong);
      FAIL() << "program " << i << " of seed " << ir::fixture::random_seed() << ", " << ir::fixture::to_string(variant)
             << ": " << wrong(least) << ir::fixture::in_words(ir::fixture::decode(least, variant))
             << ir::fixture::as_hex(least);
    }
  }
  std::printf("%d random programs compiled, %d instruction sets: %zu numbers compared, %zu of them finite\n", count,
              ran, compared.all, compared.finite);
  EXPECT_GT(compared.finite, compared.all / 4);
  EXPECT_LT(compared.finite, compared.all);
}

}  // namespace
}  // namespace hillock::jit
