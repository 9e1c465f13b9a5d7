#include "jit/order.hpp"

#include <algorithm>
#include <queue>
#include <utility>

#include "base/error.hpp"

namespace hillock::jit {
namespace {

constexpr int started_at_once = 2;  // multiplications and additions, of vectors of the widest kind

}  // namespace

int cycles_left(ir::Op op) {
  using ir::Op;
  switch (op) {
    case Op::neg:
    case Op::land:
    case Op::lor:
    case Op::lnot: return 0;
    case Op::abs: return 1;
    case Op::div: return 24;
    case Op::sqrt: return 30;
    default: return 6;
  }
}

std::vector<Placed> in_order(const Work& work, std::size_t copies) {
  const std::size_t count = work.reads.size();
  std::vector<int> before(count);  // cycles from the beginning to an operation's result
  std::vector<int> unplaced(count * copies);
  for (std::size_t i = 0; i < count; ++i) {
    for (const std::size_t read : work.reads[i]) {
      HILLOCK_CHECK(read < i, "an operation reads a later one");
      before[i] = std::max(before[i], before[read]);
      for (std::size_t k = 0; k < copies; ++k) ++unplaced[read * copies + k];
    }
    before[i] += work.latency[i];
  }

  // Time runs backwards: an operation can be placed once all that read it are, and its result has the time to arrive.
  std::vector<int> earliest(count * copies);
  using Timed = std::pair<int, std::size_t>;
  std::priority_queue<Timed, std::vector<Timed>, std::greater<>> waiting;  // by time
  std::priority_queue<Timed> ready;                                        // by cycles before it
  for (std::size_t j = 0; j < count * copies; ++j)
    if (unplaced[j] == 0) waiting.emplace(0, j);
  std::vector<Placed> out;
  for (int now = 0; !waiting.empty() || !ready.empty();) {
    for (int started = 0; started < started_at_once;) {
      while (!waiting.empty() && waiting.top().first <= now) {
        const std::size_t j = waiting.top().second;
        waiting.pop();
        ready.emplace(before[j / copies], j);
      }
      if (ready.empty()) break;
      const std::size_t j = ready.top().second;
      ready.pop();
      const std::size_t operation = j / copies, copy = j % copies;
      out.push_back({operation, copy});
      if (work.latency[operation] > 0) ++started;
      for (const std::size_t read : work.reads[operation]) {
        const std::size_t r = read * copies + copy;
        earliest[r] = std::max(earliest[r], now + work.latency[read]);
        if (--unplaced[r] == 0) waiting.emplace(earliest[r], r);
      }
    }
    now = ready.empty() && !waiting.empty() ? std::max(now + 1, waiting.top().first) : now + 1;
  }
  HILLOCK_CHECK(out.size() == count * copies, "an operation has no place");
  std::ranges::reverse(out);
  return out;
}

std::vector<Placed> as_written(const Work& work, std::size_t copies) {
  std::vector<Placed> out;
  for (std::size_t operation = 0; operation < work.reads.size(); ++operation)
    for (std::size_t copy = 0; copy < copies; ++copy) out.push_back({operation, copy});
  return out;
}

}  // namespace hillock::jit
