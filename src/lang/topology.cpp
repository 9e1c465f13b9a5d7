#include "lang/topology.hpp"

#include <algorithm>

namespace hillock::lang {

std::vector<std::uint32_t> dependency_order(
    std::uint32_t count, const std::vector<std::uint32_t>& roots,
    const std::function<const std::vector<std::uint32_t>&(std::uint32_t)>& needs,
    const std::function<void(const std::vector<std::uint32_t>&)>& on_cycle) {
  enum class Mark : std::uint8_t { fresh, open, done };
  std::vector<Mark> marks(count, Mark::fresh);
  std::vector<bool> in_cycle(count, false);
  std::vector<std::uint32_t> order;
  struct Frame {
    std::uint32_t item;
    std::size_t next;
  };
  std::vector<Frame> path;  // depth first, with a stack of its own
  for (const std::uint32_t root : roots) {
    if (marks[root] != Mark::fresh) continue;
    marks[root] = Mark::open;
    path.push_back({root, 0});
    while (!path.empty()) {
      Frame& top = path.back();
      const std::vector<std::uint32_t>& wanted = needs(top.item);
      if (top.next == wanted.size()) {
        marks[top.item] = Mark::done;
        order.push_back(top.item);
        path.pop_back();
        continue;
      }
      const std::uint32_t item = wanted[top.next++];
      if (marks[item] == Mark::fresh) {
        marks[item] = Mark::open;
        path.push_back({item, 0});
      } else if (marks[item] == Mark::open && !in_cycle[item]) {
        std::vector<std::uint32_t> cycle;
        const auto start = std::ranges::find(path, item, &Frame::item);
        for (auto frame = start; frame != path.end(); ++frame) {
          cycle.push_back(frame->item);
          in_cycle[frame->item] = true;
        }
        on_cycle(cycle);
      }
    }
  }
  return order;
}

}  // namespace hillock::lang
