#include "nn/kernels/kernels.hpp"

#include <initializer_list>

namespace hillock::nn {

namespace plain {
extern const Kernels table;
}
namespace avx2 {
extern const Kernels table;
}
namespace avx512 {
extern const Kernels table;
}

const Kernels* kernels_of(Isa isa) {
  switch (isa) {
    case Isa::plain: return &plain::table;
    case Isa::avx2: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &avx2::table : nullptr;
    case Isa::avx512:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                     __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw")
                 ? &avx512::table
                 : nullptr;
  }
  return nullptr;
}

const Kernels& kernels() {
  static const Kernels* const best = [] {
    for (const Isa isa : {Isa::avx512, Isa::avx2})
      if (const Kernels* k = kernels_of(isa)) return k;
    return &plain::table;
  }();
  return *best;
}

}  // namespace hillock::nn
