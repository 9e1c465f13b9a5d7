/// Random programs: every pass keeps the values, and derivatives are those of the values.

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/rng.hpp"
#include "ir/test/program_oracle.hpp"
#include "ir/test/random_code.hpp"

namespace hillock::ir {
namespace {

TEST(RandomPrograms, PassesKeepValuesAndDerivativesAreThoseOfTheValues) {
  Rng rng(fixture::random_seed(), stream_id("random programs, passes"));
  fixture::Told told;
  const int count = fixture::random_graphs();
  for (int i = 0; i < count; ++i) {
    const auto code = fixture::random_code(rng);
    const auto wrong = [](std::span<const std::uint8_t> bytes) {
      fixture::Told nothing;
      return fixture::disagreement(fixture::decode(bytes), nothing);
    };
    if (fixture::disagreement(fixture::decode(code), told).empty()) continue;
    const auto least = fixture::shrunk(code, wrong);
    FAIL() << "program " << i << " of seed " << fixture::random_seed() << ": " << wrong(least) << "\n"
           << fixture::in_words(fixture::decode(least)) << "\n"
           << fixture::as_hex(least);
  }
  std::printf("%d random programs: %zu of %zu values, %zu of %zu slopes, %zu of %zu gradients in narrow intervals\n",
              count, told.values, told.of_values, told.slopes, told.of_slopes, told.gradients, told.of_gradients);
  EXPECT_GT(told.values, told.of_values / 4);
  EXPECT_GT(told.slopes, told.of_slopes / 10);
  EXPECT_GT(told.gradients, told.of_gradients / 10);
}

}  // namespace
}  // namespace hillock::ir
