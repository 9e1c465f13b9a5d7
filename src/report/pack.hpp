#pragma once
/// Long series made small enough to travel inside the page.
///
/// A series is quantised to 65 535 levels over its range (so an error of at most half a level, 7.6e-6 of the range),
/// coded as differences, split into a high and a low byte plane, deflated and written in base64. The page's script
/// undoes it. The codec: code = round((value - offset)/step), 65535 for NaN; minus the reference series' code where
/// there is one; then `order` times the difference to the sample before; all modulo 2^16; zigzag; planes; zlib.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "report/scale.hpp"

namespace hillock::report {

/// What value a code stands for: offset + step*code.
struct Levels {
  double offset = 0;
  double step = 1;
};
inline constexpr std::uint16_t code_nan = 65535;

[[nodiscard]] Levels levels_for(Range range);
/// Values outside the range go to its ends; NaN and infinities to `code_nan`.
[[nodiscard]] std::vector<std::uint16_t> quantise(std::span<const double> values, const Levels& levels);

struct Packed {
  std::size_t count = 0;
  int order = 0;          ///< 0, 1 or 2: how often differences were taken
  bool relative = false;  ///< codes are relative to the reference series'
  std::string base64;
};
/// `reference`: empty, or as long as `codes`; used where it makes the series smaller.
[[nodiscard]] Packed pack(std::span<const std::uint16_t> codes, std::span<const std::uint16_t> reference = {});
/// The inverse, for tests and for whoever wants the numbers back; the oracle of the page's script.
[[nodiscard]] std::vector<std::uint16_t> unpack(const Packed& packed, std::span<const std::uint16_t> reference = {});

[[nodiscard]] std::string base64_encode(std::span<const unsigned char> bytes);
[[nodiscard]] std::vector<unsigned char> base64_decode(std::string_view text);
[[nodiscard]] std::vector<unsigned char> deflate_bytes(std::span<const unsigned char> bytes);

}  // namespace hillock::report
