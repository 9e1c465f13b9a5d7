#include "study/seed.hpp"

#include <fmt/format.h>

#include <charconv>

namespace hillock::study {

Result<std::int64_t> parse_seed(std::string_view text) {
  std::int64_t seed = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), seed);
  if (wrong == std::errc() && end == text.data() + text.size() && seed >= 0 && seed < (std::int64_t{1} << 52U))
    return seed;
  return fail("value-range", fmt::format("\"{}\" is no seed: a whole number from 0 to 2^52 - 1", text), "--seed",
              "--seed 1");
}

}  // namespace hillock::study
