// Trials of a simulator, and which statistics belong together.

#include "study/trial_simulator.hpp"

#include <gtest/gtest.h>

#include "infer/test/simulators.hpp"
#include "study/embedded_statistics.hpp"

namespace hillock::study {
namespace {

using infer::Embedding;

/// It fails where its noise is large, which is so in one trial of six.
std::unique_ptr<infer::Simulator> noisy() {
  return std::make_unique<infer::FunctionSimulator>(
      std::vector<std::string>{"a", "b"},
      [](auto theta, Rng& rng, auto x) -> std::uint16_t {
        x[0] = theta[0] + rng.normal();
        x[1] = 2.0 * theta[0];
        return x[0] > theta[0] + 1.0 ? 1 : 0;
      },
      std::vector<std::string>{"large"});
}

Array2 counting(std::size_t rows) {
  Array2 out(rows, 1);
  for (std::size_t k = 0; k < rows; ++k) out(k, 0) = static_cast<double>(k);
  return out;
}

TEST(TrialSimulator, EveryTrialIsASimulationOfItsOwn) {
  TrialSimulator three(noisy(), 3);
  EXPECT_EQ(three.statistics(), (std::vector<std::string>{"a (trial 1)", "b (trial 1)", "a (trial 2)", "b (trial 2)",
                                                          "a (trial 3)", "b (trial 3)"}));
  infer::Simulations all, one;
  const std::size_t n = 20'000;  // more than it asks for at once
  ASSERT_TRUE(three.run(counting(n), 5, all, {}));
  const auto single = noisy();
  std::size_t failed = 0;
  for (std::size_t k = 0; k < n; k += 997)
    for (std::size_t t = 0; t < 3; ++t) {
      Array2 theta(1, 1);
      theta(0, 0) = static_cast<double>(k);
      ASSERT_TRUE(single->run(theta, 3 * (5 + k) + t, one, {}));
      if (one.failed[0] != 0) EXPECT_EQ(all.failed[k], 1);
      if (all.failed[k] != 0) {
        EXPECT_TRUE(std::isnan(all.x(k, 2 * t)));
        EXPECT_EQ(all.undefined[k * 6 + 2 * t], 1);
        continue;
      }
      EXPECT_EQ(all.x(k, 2 * t), one.x(0, 0));
      EXPECT_EQ(all.x(k, 2 * t + 1), one.x(0, 1));
    }
  for (const std::uint16_t f : all.failed) failed += f != 0 ? 1 : 0;
  // 1 - 0.8413^3 of them.
  EXPECT_NEAR(static_cast<double>(failed) / static_cast<double>(n), 0.4045, 0.015);
}

TEST(TrialSimulator, BatchesDoNotChangeNumbers) {
  TrialSimulator three(noisy(), 3);
  infer::Simulations all, part;
  const std::uint64_t first = (std::uint64_t{1} << 48U) + 7;  // where checks take their numbers from
  ASSERT_TRUE(three.run(counting(10), first, all, {}));
  Array2 last(1, 1);
  last(0, 0) = 9.0;
  ASSERT_TRUE(three.run(last, first + 9, part, {}));
  EXPECT_EQ(part.failed[0], all.failed[9]);
  if (part.failed[0] == 0) EXPECT_EQ(part.x(0, 0), all.x(9, 0));
  const auto used_up = three.run(last, (std::uint64_t{1} << 47U) - 5, part, {});
  ASSERT_FALSE(used_up);
  EXPECT_EQ(used_up.error()[0].code, "option-range");
}

TEST(EmbeddedStatistics, AreWhatWasAskedFor) {
  const std::vector<std::string> traces{"", "v", "v", "w", "w", ""};
  const auto of = [&](EmbeddingRequest r) {
    const auto layout = embedded_statistics(r);
    return layout ? *layout : infer::StatisticLayout{Embedding::none, 99, 0, {}};
  };
  EXPECT_EQ(of({"auto", traces, false, 1, ""}).kind, Embedding::none);
  EXPECT_EQ(of({"none", traces, true, 1, ""}).kind, Embedding::none);
  EXPECT_EQ(of({"auto", {"", ""}, true, 1, ""}).kind, Embedding::none);  // features alone
  EXPECT_EQ(of({"auto", {"", ""}, true, 1, ""}).items, 0U);
  for (const auto& r :
       {EmbeddingRequest{"auto", traces, true, 1, ""}, EmbeddingRequest{"trace", traces, false, 1, ""}}) {
    const infer::StatisticLayout layout = of(r);
    EXPECT_EQ(layout.kind, Embedding::trace);
    EXPECT_EQ(layout.items, 2U);
    EXPECT_EQ(layout.block, (std::vector<std::size_t>{1, 3, 2, 4}));  // channels beside each other
  }
  const infer::StatisticLayout set = of({"auto", {"", ""}, false, 3, ""});
  EXPECT_EQ(set.kind, Embedding::set);
  EXPECT_EQ(set.block, (std::vector<std::size_t>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(of({"none", {"", ""}, false, 3, ""}).kind, Embedding::none);
  const auto code = [](const EmbeddingRequest& r) { return embedded_statistics(r).error()[0].code; };
  EXPECT_EQ(code({"set", {"", ""}, false, 1, ""}), "embedding-trials");
  EXPECT_EQ(code({"trace", {"v", "v"}, true, 2, ""}), "embedding-trials");
  EXPECT_EQ(code({"trace", {"", ""}, false, 1, ""}), "embedding-trace");
  EXPECT_EQ(code({"trace", {"v", "v", "w"}, true, 1, ""}), "embedding-trace");
}

TEST(EmbeddedStatistics, NamesOfSamples) {
  EXPECT_EQ(traces_by_name({"v[0]", "v[12]", "[3]", "v[]", "v[a]", "rate", "w[0] "}),
            (std::vector<std::string>{"v", "v", "", "", "", "", ""}));
}

}  // namespace
}  // namespace hillock::study
