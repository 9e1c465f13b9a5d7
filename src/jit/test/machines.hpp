#pragma once
/// What the tests of compiled code have in common.

#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

#include "jit/kernel.hpp"

namespace hillock::jit {

/// The instruction sets of this machine, with up to so many vectors in flight.
inline std::vector<KernelOptions> machines(int most_vectors = 4) {
  std::vector<KernelOptions> out;
  for (const Isa isa : {Isa::avx2, Isa::avx512})
    if (runs_here(isa))
      for (int vectors = 1; vectors <= most_vectors; ++vectors) out.push_back({isa, vectors});
  return out;
}

/// Any NaN is like any other.
inline bool same_bits(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b) || (std::isnan(a) && std::isnan(b));
}

}  // namespace hillock::jit
