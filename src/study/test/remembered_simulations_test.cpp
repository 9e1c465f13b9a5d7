// Kept answers are given again to the same question, and only to it; a stopped fit goes on with them.

#include "study/remembered_simulations.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <map>
#include <thread>

namespace hillock::study {
namespace {

/// Slow enough to be worth keeping.
class Slow final : public infer::Simulator {
 public:
  [[nodiscard]] const std::vector<std::string>& statistics() const override { return names_; }
  [[nodiscard]] std::vector<std::string> reasons() const override { return {"unused", "blow-up"}; }
  [[nodiscard]] Result<void> run(const Array2& parameters, std::uint64_t first, infer::Simulations& answer,
                                 const std::function<bool()>&) override {
    asked += parameters.rows;
    std::this_thread::sleep_for(std::chrono::milliseconds(250));
    answer.reset(parameters.rows, 1);
    for (std::size_t k = 0; k < parameters.rows; ++k) {
      answer.x(k, 0) = parameters(k, 0) + static_cast<double>(first + k);
      if (k != 1) continue;
      answer.failed[k] = answer.undefined[k] = 2;
      answer.x(k, 0) = std::nan("");
    }
    return {};
  }
  std::size_t asked = 0;

 private:
  std::vector<std::string> names_{"x"};
};

TEST(RememberedSimulations, TheSameQuestionIsAskedOnce) {
  std::map<std::string, std::string> disk;
  const RememberedSimulations::Store store{
      [&](const std::string& name) { return disk.contains(name) ? disk[name] : std::string(); },
      [&](const std::string& name, const std::string& bytes) { disk[name] = bytes; }};
  Array2 parameters(3, 1);
  parameters.values = {1.0, 2.0, 3.0};
  Slow slow;
  infer::Simulations first, again, other;
  {
    RememberedSimulations run(slow, store);
    ASSERT_TRUE(run.run(parameters, 10, first, {}));
    EXPECT_EQ(run.reasons(), std::vector<std::string>{"blow-up"});
  }
  EXPECT_EQ(slow.asked, 3U);
  RememberedSimulations resumed(slow, store);
  ASSERT_TRUE(resumed.run(parameters, 10, again, {}));
  EXPECT_EQ(slow.asked, 3U);
  EXPECT_EQ(resumed.remembered(), 3U);
  EXPECT_EQ(again.x(0, 0), 11.0);
  EXPECT_TRUE(std::isnan(again.x(1, 0)));
  EXPECT_EQ(again.x(2, 0), 15.0);
  EXPECT_EQ(again.failed, first.failed);
  EXPECT_EQ(resumed.reasons()[again.failed[1] - 1U], "blow-up");
  // Another parameter, another number, damaged bytes: asked again.
  parameters(0, 0) = 1.5;
  ASSERT_TRUE(resumed.run(parameters, 10, other, {}));
  EXPECT_EQ(other.x(0, 0), 11.5);
  EXPECT_EQ(slow.asked, 6U);
  for (auto& [name, bytes] : disk) bytes.resize(bytes.size() - 1);
  ASSERT_TRUE(resumed.run(parameters, 10, other, {}));
  EXPECT_EQ(slow.asked, 9U);
}

}  // namespace
}  // namespace hillock::study
