#include "base/rng.hpp"

#include <Random123/philox.h>

#include <cmath>
#include <numbers>

namespace hillock {

Rng::Rng(std::uint64_t seed, std::uint32_t stream, std::uint64_t draw) : seed_(seed), stream_(stream), draw_(draw) {}

std::array<std::uint32_t, 4> philox_block(const std::array<std::uint32_t, 4>& counter,
                                          const std::array<std::uint32_t, 2>& key) {
  r123::Philox4x32 philox;
  const auto out = philox({{counter[0], counter[1], counter[2], counter[3]}}, {{key[0], key[1]}});
  return {out[0], out[1], out[2], out[3]};
}

void Rng::refill() {
  block_ = philox_block({step_++, stream_, static_cast<std::uint32_t>(draw_), static_cast<std::uint32_t>(draw_ >> 32U)},
                        {static_cast<std::uint32_t>(seed_), static_cast<std::uint32_t>(seed_ >> 32U)});
  used_ = 0;
}

std::uint64_t Rng::bits() {
  if (used_ > 2) refill();
  const std::uint64_t low = block_[static_cast<std::size_t>(used_)];
  const std::uint64_t high = block_[static_cast<std::size_t>(used_) + 1];
  used_ += 2;
  return low | (high << 32U);
}

double Rng::uniform() {
  // 52 bits, centred in their cells: the ends are 2^-53 and 1 - 2^-53.
  return (static_cast<double>(bits() >> 12U) + 0.5) * 0x1p-52;
}

double Rng::normal() {
  if (has_spare_) {
    has_spare_ = false;
    return spare_;
  }
  const double radius = std::sqrt(-2.0 * std::log(uniform()));
  const double angle = 2.0 * std::numbers::pi * uniform();
  spare_ = radius * std::sin(angle);
  has_spare_ = true;
  return radius * std::cos(angle);
}

std::uint64_t Rng::below(std::uint64_t n) {
  const std::uint64_t limit = n * (UINT64_MAX / n);
  std::uint64_t x = bits();
  while (x >= limit) x = bits();
  return x % n;
}

}  // namespace hillock
