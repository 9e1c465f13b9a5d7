#pragma once
/// What must be computed before what.

#include <cstdint>
#include <functional>
#include <vector>

namespace hillock::lang {

/// The items that `roots` need, each after all that it needs. `needs(i)` lists them (in [0, count)). A cycle is handed
/// to `on_cycle` once, in order, its first item not repeated at the end; its items are still in the result, in some
/// order.
[[nodiscard]] std::vector<std::uint32_t> dependency_order(
    std::uint32_t count, const std::vector<std::uint32_t>& roots,
    const std::function<const std::vector<std::uint32_t>&(std::uint32_t)>& needs,
    const std::function<void(const std::vector<std::uint32_t>&)>& on_cycle);

}  // namespace hillock::lang
