// What learning promises whatever is learnt.

#include "nn/learner.hpp"

#include <gtest/gtest.h>

#include <set>

#include "nn/operations/contrastive_loss.hpp"
#include "nn/operations/linear.hpp"

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
