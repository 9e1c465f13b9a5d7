#pragma once
/// Which core is left alone.
///
/// Two threads of one core share its arithmetic, and a virtual machine does not see whose the other one is: the same
/// program then takes half as long again on one core as on the next, by its own CPU time too. What is compared
/// therefore runs on one core, the fastest of those that this process may use, measured when the benchmark begins.

#include <sched.h>

#include <string>
#include <vector>

namespace hillock::bench {

/// A core, and how fast it does a fixed loop of products and sums: multiply-adds per second, of CPU time.
struct CoreSpeed {
  int core = 0;
  double rate = 0.0;
};

/// The cores that this thread may use, in turns, medians; fastest first.
[[nodiscard]] std::vector<CoreSpeed> core_speeds();

/// A note for the table: how fast each core is beside the fastest.
[[nodiscard]] std::string describe(const std::vector<CoreSpeed>& cores);

/// While it lives, this thread, and programs that it starts, run on one core.
class OnCore {
 public:
  explicit OnCore(int core);
  ~OnCore();
  OnCore(const OnCore&) = delete;
  OnCore& operator=(const OnCore&) = delete;

 private:
  cpu_set_t before_{};
};

}  // namespace hillock::bench
