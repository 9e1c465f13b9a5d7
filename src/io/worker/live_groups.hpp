#pragma once
/// The process groups of all children that live now, so that a signal handler can end them: a program that goes without
/// destructors (a second Ctrl-C) leaves no orphan.

#include <sys/types.h>

namespace hillock::io::worker {

/// At most 4096 at a time; false: no place.
[[nodiscard]] bool remember_group(pid_t group);
void forget_group(pid_t group);

/// SIGKILL to every remembered group. May be called from a signal handler.
void kill_live_groups();

}  // namespace hillock::io::worker
