#include "base/large_pages.hpp"

#include <cstdlib>

#ifdef __GLIBC__
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#endif

namespace hillock {

void prefer_large_pages() {
#ifdef __GLIBC__
  constexpr int at_once = 64 << 20;
  constexpr std::uintptr_t page = std::uintptr_t{2} << 20U;
  // One piece, of which nothing is given back in between, and from which long arrays come too.
  if (::mallopt(M_TOP_PAD, at_once) == 0 || ::mallopt(M_TRIM_THRESHOLD, 2 * at_once) == 0 ||
      ::mallopt(M_MMAP_THRESHOLD, at_once / 2) == 0)
    return;
  const auto end_of_heap = [] { return reinterpret_cast<std::uintptr_t>(::sbrk(0)); };
  const std::uintptr_t before = end_of_heap();
  void* volatile piece = std::malloc(page);  // volatile: what nobody reads may be left out
  std::free(piece);
  const std::uintptr_t after = end_of_heap();
  const std::uintptr_t begin = (before + page - 1) / page * page;
  if (after > begin) (void)::madvise(reinterpret_cast<void*>(begin), after - begin, MADV_HUGEPAGE);
#endif
}

}  // namespace hillock
