// Which method: simulations that fall into kinds (silent cells, say).

#include <gtest/gtest.h>

#include "infer/choose_method.hpp"

namespace hillock::infer {
namespace {

TEST(ChooseMethod, AStatisticThatIsOftenTheSameIsNotGivenADensity) {
  MethodFacts f;
  f.parameters = 8;
  f.statistics = 7;
  f.whole_statistics = 1;
  f.simulations = 30'000;
  f.atom_share = 0.02;
  EXPECT_EQ(choose_method(f).method, "nle");
  f.atom_share = 0.5;
  EXPECT_EQ(choose_method(f).method, "tsnpe");
  EXPECT_NE(choose_method(f).why.find("same value"), std::string::npos);
}

}  // namespace
}  // namespace hillock::infer
