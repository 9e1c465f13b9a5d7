#include "quiet_core.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "cpu_time.hpp"
#include "need.hpp"

namespace hillock::bench {
namespace {

constexpr int rounds = 7;
constexpr std::size_t chains = 32;  ///< as many sums as a core needs to be busy in every cycle
constexpr int repeats = 400000;

cpu_set_t allowed() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0)
    stop(fmt::format("which cores may be used is not known: {}", std::strerror(errno)));
  return set;
}

double one_loop() {
  std::array<double, chains> sums{};
  const double seconds = seconds_of(thread_seconds, [&] {
    for (int k = 0; k < repeats; ++k)
      for (double& sum : sums) sum = 0.999 * sum + 1.0;
  });
  double all = 0.0;
  for (const double sum : sums) all += sum;
  if (!(all > 0.0)) stop("the loop that compares cores was not run");
  return static_cast<double>(chains) * repeats / seconds;
}

}  // namespace

OnCore::OnCore(int core) : before_(allowed()) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0)
    stop(fmt::format("core {} can't be had: {}", core, std::strerror(errno)));
}

OnCore::~OnCore() { (void)sched_setaffinity(0, sizeof before_, &before_); }

std::vector<CoreSpeed> core_speeds() {
  const cpu_set_t set = allowed();
  std::vector<CoreSpeed> speeds;
  std::vector<std::vector<double>> rates;
  for (int core = 0; core < CPU_SETSIZE; ++core)
    if (CPU_ISSET(core, &set)) speeds.push_back({core, 0.0});
  rates.resize(speeds.size());
  for (int round = 0; round < rounds; ++round)
    for (std::size_t k = 0; k < speeds.size(); ++k) {
      const OnCore here(speeds[k].core);
      rates[k].push_back(one_loop());
    }
  for (std::size_t k = 0; k < speeds.size(); ++k) speeds[k].rate = median(rates[k]);
  std::ranges::stable_sort(speeds, std::greater{}, &CoreSpeed::rate);
  return speeds;
}

std::string describe(const std::vector<CoreSpeed>& cores) {
  std::string text = "What is compared ran on one core, the fastest when it began; 1 is the fastest at the start:";
  for (const CoreSpeed& c : cores)
    text += fmt::format("{} core {} {:.2f}", &c == cores.data() ? "" : ",", c.core, c.rate / cores.front().rate);
  return text + ".";
}

}  // namespace hillock::bench
