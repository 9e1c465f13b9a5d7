#include "report/pack.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/rng.hpp"

namespace hillock::report {
namespace {

const double nan = std::numeric_limits<double>::quiet_NaN();

TEST(Pack, GivesBackEveryCode) {
  Rng rng(1, stream_id("pack"));
  std::vector<std::uint16_t> noise(5000);
  std::vector<std::uint16_t> ramp(5000);
  for (std::size_t i = 0; i < noise.size(); ++i) {
    noise[i] = static_cast<std::uint16_t>(rng.below(65536));
    ramp[i] = static_cast<std::uint16_t>(13 * i + (i % 7 == 0 ? 40000 : 0));
  }
  for (const auto& v : {noise, ramp, std::vector<std::uint16_t>{}, std::vector<std::uint16_t>{65535},
                        std::vector<std::uint16_t>{0, 65535, 0, 32768}}) {
    EXPECT_EQ(unpack(pack(v)), v);
    const std::vector<std::uint16_t> reference(noise.begin(), noise.begin() + static_cast<long>(v.size()));
    EXPECT_EQ(unpack(pack(v, reference), reference), v);
  }
}

/// Half a level of 65534 over the range, and the rounding of a multiplication and an addition.
TEST(Pack, KeepsValuesToHalfALevel) {
  std::vector<double> v;
  for (int i = 0; i < 10000; ++i) v.push_back(1e-3 * std::sin(0.01 * i) - 80);
  v[17] = nan;
  const Levels levels = levels_for(range_of(v));
  const auto codes = unpack(pack(quantise(v, levels)));
  for (std::size_t i = 0; i < v.size(); ++i) {
    if (i == 17) {
      EXPECT_EQ(codes[i], code_nan);
    } else {
      EXPECT_NEAR(levels.offset + levels.step * codes[i], v[i], 0.5 * levels.step + 4e-14);
    }
  }
}

TEST(Pack, EndsOfTheRangeAndConstants) {
  const std::vector<double> v = {2, 2, 2};
  const Levels constant = levels_for(range_of(v));
  EXPECT_EQ(quantise(v, constant), (std::vector<std::uint16_t>{0, 0, 0}));
  EXPECT_EQ(constant.offset, 2);
  const Levels l = levels_for({0, 1});
  EXPECT_EQ(quantise(std::vector<double>{-5, 0, 1, 7, std::numeric_limits<double>::infinity()}, l),
            (std::vector<std::uint16_t>{0, 0, 65534, 65534, code_nan}));
}

/// A band that follows the best fit at a fixed distance costs next to nothing beside it.
TEST(Pack, AReferencePays) {
  Rng rng(2, stream_id("pack"));
  std::vector<std::uint16_t> best(20000);
  std::vector<std::uint16_t> band(20000);
  for (std::size_t i = 0; i < best.size(); ++i) {
    best[i] = static_cast<std::uint16_t>(20000 + rng.below(3000));
    band[i] = static_cast<std::uint16_t>(best[i] + 500);
  }
  EXPECT_TRUE(pack(band, best).relative);
  EXPECT_LT(20 * pack(band, best).base64.size(), pack(best).base64.size());
}

TEST(Base64, RoundTripAndKnownTexts) {
  // RFC 4648, section 10.
  const auto bytes = [](std::string_view s) { return std::vector<unsigned char>(s.begin(), s.end()); };
  for (const auto& [plain, coded] : {std::pair{"", ""},
                                     {"f", "Zg=="},
                                     {"fo", "Zm8="},
                                     {"foo", "Zm9v"},
                                     {"foob", "Zm9vYg=="},
                                     {"foobar", "Zm9vYmFy"}}) {
    EXPECT_EQ(base64_encode(bytes(plain)), coded);
    EXPECT_EQ(base64_decode(coded), bytes(plain));
  }
}

}  // namespace
}  // namespace hillock::report
