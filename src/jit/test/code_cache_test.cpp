/// Code that is shared in a process or kept in a store is the code of the very loop that asks for it.

#include <gtest/gtest.h>

#include <atomic>
#include <bit>
#include <map>
#include <thread>

#include "base/rng.hpp"
#include "ir/algebra.hpp"
#include "ir/test/random_program.hpp"
#include "jit/code_key.hpp"
#include "jit/kernel.hpp"
#include "jit/shared_code.hpp"

namespace hillock::jit {
namespace {

/// A decay whose rate is `rate` per row: 1 carried variable, 1 output.
ir::Loop decay(double rate, std::size_t rows = 16) {
  ir::Program program;
  ir::Algebra algebra(program.graph);
  const ir::NodeId start = program.parameter(0);
  program.parameters = 1;
  const std::uint32_t x = program.carry("x", start);
  const ir::NodeId now = program.carried(x);
  program.outputs = {now};
  program.advance = {{x, program.graph.make(ir::Op::mul, now, program.graph.constant(rate))}};
  ir::Timeline timeline{rows, 0, {}, std::vector<std::uint8_t>(rows, 1)};
  return ir::bind(program, timeline);
}

std::vector<std::uint64_t> bits(const Kernel& kernel, const ir::Loop& loop) {
  const auto lanes = static_cast<std::size_t>(kernel.lanes());
  std::vector<double> in(loop.parameters * lanes), state(loop.state_size() * lanes),
      out(loop.observed * loop.outputs.size() * lanes);
  for (std::size_t i = 0; i < in.size(); ++i) in[i] = 0.25 + 0.125 * static_cast<double>(i);
  kernel.run(loop, in.data(), state.data(), out.data());
  std::vector<std::uint64_t> all;
  for (const auto* values : {&state, &out})
    for (const double v : *values) all.push_back(v != v ? 0U : std::bit_cast<std::uint64_t>(v));
  return all;
}

struct Kept {
  std::map<std::string, std::string> codes;
  int loads = 0;
  CodeStore store{[this](const std::string& key) -> std::optional<std::string> {
                    ++loads;
                    const auto found = codes.find(key);
                    return found == codes.end() ? std::nullopt : std::optional(found->second);
                  },
                  [this](const std::string& key, const std::string& code) { codes[key] = code; }};
};

Kernel kernel_of(const ir::Loop& loop, const KernelOptions& options) {
  auto kernel = Kernel::compile(loop, options);
  HILLOCK_CHECK(kernel.has_value(), kernel ? "" : render(kernel.error()));
  return std::move(*kernel);
}

class CodeCache : public testing::Test {
 protected:
  void SetUp() override {
    if (!best_isa()) GTEST_SKIP() << "no instruction set that we compile for";
    options_.isa = *best_isa();
    options_.vectors = 1;
    options_.share = false;
    options_.store = &kept_.store;
  }
  Kept kept_;
  KernelOptions options_;
};

TEST_F(CodeCache, KeptCodeHasTheBitsOfNewCode) {
  Rng rng(11, 0);
  for (int k = 0; k < 8; ++k) {
    const auto random = ir::fixture::random_program(rng);
    const ir::Loop loop = ir::bind(random.program, random.timeline);
    const Kernel compiled = kernel_of(loop, options_);
    const Kernel stored = kernel_of(loop, options_);
    EXPECT_EQ(compiled.origin(), Origin::compiled);
    EXPECT_EQ(stored.origin(), Origin::stored);
    EXPECT_EQ(bits(stored, loop), bits(compiled, loop));
  }
  EXPECT_EQ(kept_.codes.size(), 8U);
}

TEST_F(CodeCache, BytesThatAreNoCodeAreCompiledAnew) {
  const ir::Loop loop = decay(0.5);
  const auto want = bits(kernel_of(loop, options_), loop);
  const std::string key = code_key(loop, options_);
  const std::string whole = kept_.codes.at(key);
  std::string entry_outside = whole;
  entry_outside[6] = '\x7f';
  for (const std::string& bad : {std::string(), std::string("short"), whole.substr(0, 8), entry_outside}) {
    kept_.codes[key] = bad;
    const Kernel kernel = kernel_of(loop, options_);
    EXPECT_EQ(kernel.origin(), Origin::compiled) << bad.size();
    EXPECT_EQ(bits(kernel, loop), want);
    EXPECT_EQ(kept_.codes[key], whole) << "the good code is kept again, and is the same";
  }
}

TEST_F(CodeCache, TheKeyTellsWhateverChangesTheCodeAndNothingElse) {
  const ir::Loop loop = decay(0.5);
  const std::string key = code_key(loop, options_);
  EXPECT_EQ(code_key(decay(0.5, 99), options_), key) << "rows";
  ir::Loop other_values = loop;
  other_values.values.assign(7, 1.0);
  EXPECT_EQ(code_key(other_values, options_), key);

  std::vector<std::string> keys{key, code_key(decay(0.25), options_), code_key(decay(-0.5), options_)};
  KernelOptions options = options_;
  options.vectors = 2;
  keys.push_back(code_key(loop, options));
  options = options_;
  options.isa = options.isa == Isa::avx2 ? Isa::avx512 : Isa::avx2;
  keys.push_back(code_key(loop, options));
  const auto with = [&](auto&& change) {
    ir::Loop changed = loop;
    change(changed);
    keys.push_back(code_key(changed, options_));
  };
  with([](ir::Loop& l) { l.graph.constant(3.0); });
  with([](ir::Loop& l) { l.variables.push_back({ir::Source::column, 0}); });
  with([](ir::Loop& l) { l.variables.at(0).source = ir::Source::substep; });
  with([](ir::Loop& l) { l.variables.at(0).index += 1; });
  with([](ir::Loop& l) { l.columns += 1; });
  with([](ir::Loop& l) { l.prologue.push_back(ir::NodeId{0}); });
  with([](ir::Loop& l) { l.init.push_back(ir::NodeId{0}); });
  with([](ir::Loop& l) { l.observe.push_back({0, ir::NodeId{0}}); });
  with([](ir::Loop& l) { l.advance.clear(); });
  with([](ir::Loop& l) { l.outputs.clear(); });
  with([](ir::Loop& l) { l.observe_phase.nodes.push_back(ir::NodeId{0}); });
  with([](ir::Loop& l) { l.advance_phase.groups.push_back({{ir::NodeId{0}}, 0}); });
  with([](ir::Loop& l) { l.advance_phase.groups.push_back({{ir::NodeId{0}}, 2}); });
  with([](ir::Loop& l) { l.adaptive = ir::Adaptive{ir::NodeId{0}, ir::NodeId{0}, 10}; });
  with([](ir::Loop& l) { l.adaptive = ir::Adaptive{ir::NodeId{0}, ir::NodeId{0}, 11}; });
  with([](ir::Loop& l) { l.adaptive = ir::Adaptive{ir::NodeId{0}, ir::NodeId{0}, 11, ir::NodeId{0}}; });
  with([](ir::Loop& l) { l.taped = {0}; });
  with([](ir::Loop& l) { l.tape = 1; });
  with([](ir::Loop& l) { l.observe_last = true; });
  for (std::size_t a = 0; a < keys.size(); ++a)
    for (std::size_t b = 0; b < a; ++b) EXPECT_NE(keys[a], keys[b]) << a << ", " << b;
  EXPECT_TRUE(key.starts_with(compiler_version()));
}

TEST_F(CodeCache, EqualLoopsOfAProcessShareCode) {
  options_.share = true;
  const ir::Loop loop = decay(0.8125), longer = decay(0.8125, 40), other = decay(0.8126);
  const Kernel first = kernel_of(loop, options_);
  const Kernel second = kernel_of(longer, options_);
  EXPECT_EQ(first.origin(), Origin::compiled);
  EXPECT_EQ(second.origin(), Origin::shared);
  EXPECT_EQ(kernel_of(other, options_).origin(), Origin::compiled);
  options_.share = false;
  options_.store = nullptr;
  EXPECT_EQ(bits(second, longer), bits(kernel_of(longer, options_), longer));
}

TEST(SharedCode, IsMadeOnceHoweverManyThreadsAskAndForgottenInTheOrderOfUse) {
  SharedCode shared(2);
  const Image image{std::string(64, '\xc3'), 0};  // returns at once
  std::atomic<int> made = 0;
  const auto make = [&]() -> Result<MadeCode> {
    ++made;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    return MadeCode{LoadedImage::load(image), Origin::compiled};
  };
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) threads.emplace_back([&] { EXPECT_TRUE(shared.get("a", make)->code != nullptr); });
  }
  EXPECT_EQ(made, 1);
  (void)shared.get("b", make);
  (void)shared.get("a", make);
  (void)shared.get("c", make);  // b goes
  EXPECT_EQ(shared.size(), 2U);
  EXPECT_EQ(made, 3);
  EXPECT_EQ(shared.get("a", make)->origin, Origin::shared);
  EXPECT_EQ(shared.get("b", make)->origin, Origin::compiled);
}

TEST(SharedCode, FailuresAreNotRemembered) {
  SharedCode shared(2);
  const auto fails = []() -> Result<MadeCode> { return fail("jit-failed", "no"); };
  EXPECT_FALSE(shared.get("a", fails));
  EXPECT_THROW((void)shared.get("a", []() -> Result<MadeCode> { throw Bug{"no"}; }), Bug);
  EXPECT_EQ(shared.size(), 0U);
  EXPECT_TRUE(shared.get("a", [] { return Result<MadeCode>(MadeCode{nullptr, Origin::compiled}); }));
}

}  // namespace
}  // namespace hillock::jit
