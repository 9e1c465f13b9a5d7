/// Nothing but the place of memory changes.

#include "base/large_pages.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <vector>

namespace hillock {
namespace {

TEST(LargePages, MemoryIsMemoryAfterwards) {
  std::vector<std::vector<int>> arrays{std::vector<int>(1000, 1)};
  for (int again = 0; again < 2; ++again) {
    prefer_large_pages();
    for (const std::size_t size : {std::size_t{10}, std::size_t{1} << 18U, std::size_t{1} << 25U})
      arrays.emplace_back(size, static_cast<int>(arrays.size()) + 1);
    arrays.erase(arrays.begin() + 1);
    for (const auto& array : arrays)
      for (std::size_t i = 0; i < array.size(); i += 500) ASSERT_EQ(array[i], array.front());
  }
}

}  // namespace
}  // namespace hillock
