#include "machine.hpp"

#include <cstdlib>
#include <fstream>
#include <thread>

namespace hillock::bench {

Machine this_machine() {
  Machine machine;
  machine.cpu = "unknown";
  std::string family;
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    const auto value = [&] { return line.substr(std::min(line.size(), line.find(':') + 2)); };
    if (line.starts_with("model name") && machine.cpu == "unknown") machine.cpu = value();
    if (family.empty() && line.starts_with("cpu family")) family = ", family " + value();
    else if (line.starts_with("model\t") && family.find("model") == std::string::npos) family += " model " + value();
  }
  machine.cpu += family;
  machine.cores = static_cast<int>(std::thread::hardware_concurrency());
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq");
  machine.isa = avx2 && avx512 ? "avx512" : (avx2 ? "avx2" : "interpreter");
  if (getloadavg(&machine.load, 1) != 1) machine.load = 0.0;
  return machine;
}

}  // namespace hillock::bench
