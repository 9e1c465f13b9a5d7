#pragma once
/// The machine that a benchmark ran on.

#include <string>

namespace hillock::bench {

struct Machine {
  std::string cpu;    ///< the model's name as the system tells it
  int cores = 0;      ///< that this process may use
  std::string isa;    ///< the widest instruction set that Hillock compiles for here
  double load = 0.0;  ///< runnable processes over the last minute: above `cores`, wall times are not to be trusted
};

[[nodiscard]] Machine this_machine();

}  // namespace hillock::bench
