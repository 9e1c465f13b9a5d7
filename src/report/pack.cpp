#include "report/pack.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "base/error.hpp"

namespace hillock::report {
namespace {

std::uint16_t wrap(int v) { return static_cast<std::uint16_t>(v & 0xFFFF); }

std::uint16_t zigzag(std::uint16_t v) {
  const int s = v < 32768 ? v : v - 65536;
  return wrap(s >= 0 ? 2 * s : -2 * s - 1);
}
std::uint16_t unzigzag(std::uint16_t z) { return wrap((z & 1) != 0 ? -(z + 1) / 2 : z / 2); }

std::vector<std::uint16_t> difference(std::span<const std::uint16_t> v) {
  std::vector<std::uint16_t> out(v.size());
  std::uint16_t before = 0;
  for (std::size_t i = 0; i < v.size(); ++i) {
    out[i] = wrap(v[i] - before);
    before = v[i];
  }
  return out;
}

/// Bits that the codes' sizes need: what deflate can hope for, nearly.
std::uint64_t cost(std::span<const std::uint16_t> v) {
  std::uint64_t bits = 0;
  for (const std::uint16_t x : v) bits += static_cast<std::uint64_t>(std::bit_width(zigzag(x)));
  return bits;
}

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

Levels levels_for(Range range) {
  if (range.empty()) return {};
  const double width = range.high - range.low;
  if (!(width > 0)) return {range.low, 1.0};
  return {range.low, width / 65534.0};
}

std::vector<std::uint16_t> quantise(std::span<const double> values, const Levels& levels) {
  std::vector<std::uint16_t> out(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    out[i] = std::isfinite(values[i]) ? static_cast<std::uint16_t>(std::clamp(
                                            std::floor((values[i] - levels.offset) / levels.step + 0.5), 0.0, 65534.0))
                                      : code_nan;
  }
  return out;
}

Packed pack(std::span<const std::uint16_t> codes, std::span<const std::uint16_t> reference) {
  HILLOCK_CHECK(reference.empty() || reference.size() == codes.size(), "the reference series has another length");
  Packed best;
  best.count = codes.size();
  std::vector<std::uint16_t> chosen;
  std::uint64_t least = ~std::uint64_t{0};
  for (const bool relative : {false, true}) {
    if (relative && reference.empty()) continue;
    std::vector<std::uint16_t> v(codes.begin(), codes.end());
    if (relative)
      for (std::size_t i = 0; i < v.size(); ++i) v[i] = wrap(v[i] - reference[i]);
    for (int order = 0; order <= 2; ++order) {
      if (order > 0) v = difference(v);
      const std::uint64_t bits = cost(v);
      if (bits < least) {
        least = bits;
        best.order = order, best.relative = relative;
        chosen = v;
      }
    }
  }
  std::vector<unsigned char> planes(2 * chosen.size());
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const std::uint16_t z = zigzag(chosen[i]);
    planes[i] = static_cast<unsigned char>(z >> 8U);
    planes[chosen.size() + i] = static_cast<unsigned char>(z & 0xFFU);
  }
  best.base64 = base64_encode(deflate_bytes(planes));
  return best;
}

std::vector<std::uint16_t> unpack(const Packed& packed, std::span<const std::uint16_t> reference) {
  std::vector<unsigned char> planes(2 * packed.count);
  const std::vector<unsigned char> bytes = base64_decode(packed.base64);
  auto size = static_cast<uLongf>(planes.size());
  if (packed.count > 0) {
    const int rc = uncompress(planes.data(), &size, bytes.data(), static_cast<uLong>(bytes.size()));
    HILLOCK_CHECK(rc == Z_OK && size == planes.size(), "a packed series cannot be unpacked");
  }
  std::vector<std::uint16_t> v(packed.count);
  for (std::size_t i = 0; i < v.size(); ++i) v[i] = unzigzag(wrap(planes[i] * 256 + planes[v.size() + i]));
  for (int order = 0; order < packed.order; ++order)
    for (std::size_t i = 1; i < v.size(); ++i) v[i] = wrap(v[i] + v[i - 1]);
  if (packed.relative)
    for (std::size_t i = 0; i < v.size(); ++i) v[i] = wrap(v[i] + reference[i]);
  return v;
}

std::string base64_encode(std::span<const unsigned char> bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t have = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t word = 0;
    for (std::size_t j = 0; j < 3; ++j) word = (word << 8U) | (j < have ? bytes[i + j] : 0U);
    for (std::size_t j = 0; j < 4; ++j) out += j <= have ? alphabet[(word >> (18 - 6 * j)) & 63U] : '=';
  }
  return out;
}

std::vector<unsigned char> base64_decode(std::string_view text) {
  std::vector<unsigned char> out;
  std::uint32_t word = 0;
  int bits = 0;
  for (const char c : text) {
    const std::size_t digit = alphabet.find(c);
    if (digit == std::string_view::npos) break;
    word = (word << 6U) | static_cast<std::uint32_t>(digit);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out.push_back(static_cast<unsigned char>((word >> static_cast<unsigned>(bits)) & 0xFFU));
    }
  }
  return out;
}

std::vector<unsigned char> deflate_bytes(std::span<const unsigned char> bytes) {
  auto size = compressBound(static_cast<uLong>(bytes.size()));
  std::vector<unsigned char> out(size);
  const int rc = compress2(out.data(), &size, bytes.data(), static_cast<uLong>(bytes.size()), 6);
  HILLOCK_CHECK(rc == Z_OK, "zlib could not compress a series");
  out.resize(size);
  return out;
}

}  // namespace hillock::report
