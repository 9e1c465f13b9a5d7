#pragma once
/// While it lives, this thread's floating-point operations take subnormal numbers for 0 and give 0 for them.
///
/// Slopes of a sure answer are tiny: a softmax that is right by 90 nats has slopes of 1e-39, and all products with them
/// below float's smallest normal number, 1.2e-38. They change nothing, and the processor takes a hundred times as long
/// for each (Intel 64 and IA-32 Architectures Optimization Reference Manual, 3.8.3: "floating-point exceptions in
/// SSE").

#ifdef __SSE2__
#include <immintrin.h>
#endif

namespace hillock::nn {

#ifdef __SSE2__

class FlushSubnormals {
 public:
  FlushSubnormals() : before_(_mm_getcsr()) {
    constexpr unsigned flush_to_zero = 0x8000, subnormals_are_zero = 0x0040;  // of MXCSR
    _mm_setcsr(before_ | flush_to_zero | subnormals_are_zero);
  }
  ~FlushSubnormals() { _mm_setcsr(before_); }
  FlushSubnormals(const FlushSubnormals&) = delete;
  FlushSubnormals& operator=(const FlushSubnormals&) = delete;

 private:
  unsigned before_;
};
#else
class FlushSubnormals {
 public:
  FlushSubnormals() {}  // nothing to be set here: slower where slopes are tiny
};
#endif

}  // namespace hillock::nn
