#include "io/worker/live_groups.hpp"

#include <signal.h>
#include <array>
#include <atomic>

namespace hillock::io::worker {
namespace {

std::array<std::atomic<pid_t>, 4096> groups{};
static_assert(std::atomic<pid_t>::is_always_lock_free, "a signal handler reads them");

}  // namespace

bool remember_group(pid_t group) {
  for (auto& place : groups) {
    pid_t empty = 0;
    if (place.compare_exchange_strong(empty, group)) return true;
  }
  return false;
}

void forget_group(pid_t group) {
  for (auto& place : groups) {
    pid_t expected = group;
    if (place.compare_exchange_strong(expected, 0)) return;
  }
}

void kill_live_groups() {
  for (auto& place : groups)
    if (const pid_t group = place.load(); group > 0) ::kill(-group, SIGKILL);
}

}  // namespace hillock::io::worker
