/// Models that are too large to run are refused before anything is built.

#include "sim/model_size.hpp"

#include <gtest/gtest.h>

#include "lang/load.hpp"
#include "sim/simulator.hpp"

namespace hillock::sim {
namespace {

std::string chain(int equations) {
  std::string out;
  for (int i = 0; i < equations; ++i)
    out += "a" + std::to_string(i) + " = " + (i > 0 ? "a" + std::to_string(i - 1) : "x") + "*0.5 + 1 : 1\n";
  return out + "dx/dt = -a" + std::to_string(equations - 1) + "/ms : 1\n";
}

TEST(ModelSize, CountsEachOperationOnce) {
  const auto model = lang::load_model("b = x*x + 1 : 1\ndx/dt = -b/ms : 1\ndy/dt = b*b/ms : 1\n", "m");
  ASSERT_TRUE(model.has_value());
  // x*x, + 1, -b, /ms, b*b, /ms; a division by a unit is one of a constant.
  EXPECT_EQ(model_operations(*model), 6U);
  EXPECT_TRUE(small_enough_to_run(*model));
}

TEST(ModelSize, WhatIsTooLargeIsRefusedByEveryPurpose) {
  const auto model = lang::load_model(chain(10001) + "observe y ~ normal(x, 1)\n", "m");
  ASSERT_TRUE(model.has_value());
  Experiment experiment;
  experiment.interval = 1e-3;
  experiment.samples = 1;
  experiment.mask = {1};
  for (const Purpose purpose : {Purpose::trace, Purpose::log_density, Purpose::features}) {
    const auto batch = Batch::create(*model, experiment, {purpose, "auto", {}}, {});
    ASSERT_FALSE(batch.has_value());
    EXPECT_EQ(batch.error().front().code, "model-too-large");
  }
  EXPECT_TRUE(small_enough_to_run(*lang::load_model(chain(9990), "m")));
}

}  // namespace
}  // namespace hillock::sim
