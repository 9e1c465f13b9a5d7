#pragma once
/// Counter-based random numbers: every draw can be replayed by its address.
///
/// Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"), from Random123. The key is
/// the seed; the counter is (stream, draw index, step). So the numbers of draw 17 do not depend on how many
/// threads, lanes or earlier draws there were.

#include <array>
#include <cstdint>
#include <string_view>

namespace hillock {

/// One block of Philox4x32-10: four words of the counter under two of the key.
[[nodiscard]] std::array<std::uint32_t, 4> philox_block(const std::array<std::uint32_t, 4>& counter,
                                                        const std::array<std::uint32_t, 2>& key);

/// A stream of random numbers at the address (seed, stream, draw). Copying it copies its position.
class Rng {
 public:
  /// @param seed    the study's seed
  /// @param stream  what the numbers are for; use `stream_id("nuts")`
  /// @param draw    which draw, chain or replicate
  Rng(std::uint64_t seed, std::uint32_t stream, std::uint64_t draw = 0);

  std::uint64_t bits();                  ///< 64 uniform bits
  double uniform();                      ///< in (0, 1), never 0 or 1
  double normal();                       ///< standard normal (Box-Muller)
  std::uint64_t below(std::uint64_t n);  ///< uniform in 0..n-1, n > 0, unbiased

 private:
  void refill();
  std::uint64_t seed_;
  std::uint32_t stream_;
  std::uint64_t draw_;
  std::uint32_t step_ = 0;
  std::array<std::uint32_t, 4> block_{};
  int used_ = 4;
  double spare_ = 0.0;
  bool has_spare_ = false;
};

/// A stable number for a purpose (FNV-1a of its name).
[[nodiscard]] constexpr std::uint32_t stream_id(std::string_view name) {
  std::uint32_t hash = 2166136261U;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return hash;
}

}  // namespace hillock
