// What learning promises whatever is learnt.

#include "nn/learner.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <set>

#include "nn/operations/contrastive_loss.hpp"
#include "nn/operations/linear.hpp"
#include "nn/operations/recurrent.hpp"
#include "nn/operations/squared_error.hpp"

namespace hillock::nn {
namespace {

TEST(Learner, GroupsStayWhole) {
  Tape tape;
  const Var x = tape.value(1);
  const Var y = contrastive_loss(tape, linear(tape, x, 1), 5);
  LearnerOptions how;
  how.chunk = 32;
  how.group = 5;
  ASSERT_TRUE(how.validate());
  Learner learner(tape, y, tape.initial(1), how);
  std::set<std::size_t> seen;
  const auto feed = [&](Pass& pass, std::size_t first) {
    EXPECT_EQ(first % 5, 0U);
    EXPECT_LE(pass.samples(), 32U);
    for (std::size_t s = 0; s < pass.samples(); ++s) {
      EXPECT_TRUE(seen.insert(first + s).second);
      pass.row(x, 0)[s] = static_cast<float>(s);
    }
  };
  for (const std::size_t samples : {5, 30, 35, 100, 165}) {
    seen.clear();
    learner.step(samples, feed);
    EXPECT_EQ(seen.size(), samples);
    seen.clear();
    (void)learner.evaluate(learner.parameters(), samples, feed);
    EXPECT_EQ(seen.size(), samples);
  }
  EXPECT_THROW(learner.step(7, feed), Bug);
}

/// Slopes below float's normal numbers are 0, and whoever asks computes with all numbers afterwards: they are slow,
/// and change nothing.
TEST(Learner, TinySlopesAreZero) {
  Tape tape;
  const Var x = tape.value(1);
  const Var y = contrastive_loss(tape, linear(tape, x, 1), 2);
  Pass pass(tape, 2, true);
  std::vector<float> gradient(tape.parameter_count()), parameters(tape.parameter_count(), 0.0F);
  const std::vector<float> seed(2, 1e-3F);
  parameters[0] = 1.0F;
  volatile double smallest = std::numeric_limits<double>::min();
  for (const float apart : {80.0F, 90.0F}) {
    pass.row(x, 0)[0] = 0.0F;
    pass.row(x, 0)[1] = -apart;
    std::ranges::fill(gradient, 0.0F);
    pass.forward(parameters);
    pass.backward(parameters, y, seed, gradient);
    // A thousandth of e^-80 = 1.8e-35 is above the smallest normal number, 1.2e-38, that of e^-90 = 8.2e-40 below.
    EXPECT_EQ(gradient[0] != 0.0F, apart == 80.0F) << gradient[0];
    EXPECT_NE(smallest / 2.0, 0.0);
  }
}

/// A tape that uses parameters many times in a pass: there the order of sums counts.
std::vector<float> trained(std::size_t threads) {
  Tape tape;
  const Var x = tape.value(12), target = tape.value(9);
  const Var y = squared_error(tape, gated_recurrent(tape, x, 3, 3), target);
  LearnerOptions how;
  how.chunk = 32;
  how.threads = threads;
  how.average = 0.9;
  how.warmup = 2;
  Learner learner(tape, y, tape.initial(1), how);
  std::vector<float> out;
  for (std::uint64_t step = 0; step < 20; ++step) {
    const double mean = learner.step(150 + 16 * (step % 3), [&](Pass& pass, std::size_t first) {
      for (std::size_t s = 0; s < pass.samples(); ++s) {
        Rng rng(3, 3, 1000 * step + first + s);
        for (std::size_t r = 0; r < 12; ++r) pass.row(x, r)[s] = static_cast<float>(rng.normal());
        for (std::size_t r = 0; r < 9; ++r) pass.row(target, r)[s] = static_cast<float>(0.3 * rng.normal());
      }
    });
    out.push_back(static_cast<float>(mean));
  }
  out.insert(out.end(), learner.parameters().begin(), learner.parameters().end());
  out.insert(out.end(), learner.averaged().begin(), learner.averaged().end());
  return out;
}

TEST(Learner, BitsDoNotDependOnThreads) {
  const std::vector<float> one = trained(1);
  EXPECT_EQ(trained(2), one);
  EXPECT_EQ(trained(3), one);
  EXPECT_EQ(trained(16), one) << "more threads than chunks";
}

TEST(Learner, AFailureInAThreadReachesTheCaller) {
  Tape tape;
  const Var x = tape.value(1);
  LearnerOptions how;
  how.chunk = 16;
  how.threads = 2;
  const Var y = linear(tape, x, 1);
  Learner learner(tape, y, tape.initial(1), how);
  const auto fails = [](Pass&, std::size_t first) {
    if (first == 16) throw Bug{"planted"};
  };
  EXPECT_THROW(learner.step(64, fails), Bug);
  learner.step(64, [](Pass&, std::size_t) {});
  EXPECT_EQ(learner.steps(), 1);
}

TEST(Learner, OptionsThatMakeNoSenseAreNamedAtOnce) {
  LearnerOptions how;
  how.rate = -1.0;
  how.chunk = 20;
  how.group = 0;
  const Result<void> checked = how.validate();
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().size(), 3U) << render(checked.error());
  for (const Error& error : checked.error()) EXPECT_EQ(error.code, "option-range");
}

}  // namespace
}  // namespace hillock::nn
