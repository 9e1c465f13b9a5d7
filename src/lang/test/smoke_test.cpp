#include <gtest/gtest.h>
#include "lang/load.hpp"
TEST(Smoke, Loads) { auto m = hillock::lang::load_model("x = 1 : 1\n", "x.model"); EXPECT_TRUE(m.has_value()); }
