#pragma once
/// Seconds of CPU time, and their median: the machine may have other work, the median of what we used does not mind.

#include <algorithm>
#include <ctime>
#include <vector>

namespace hillock::bench {

[[nodiscard]] inline double clock_seconds(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

/// CPU seconds of this thread.
[[nodiscard]] inline double thread_seconds() { return clock_seconds(CLOCK_THREAD_CPUTIME_ID); }
/// CPU seconds of all threads of this process.
[[nodiscard]] inline double process_seconds() { return clock_seconds(CLOCK_PROCESS_CPUTIME_ID); }
[[nodiscard]] inline double wall_seconds() { return clock_seconds(CLOCK_MONOTONIC); }

/// The middle value; of an even number the mean of the two in the middle. `values` is not empty.
[[nodiscard]] inline double median(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t n = values.size();
  return n % 2 == 1 ? values[n / 2] : 0.5 * (values[n / 2 - 1] + values[n / 2]);
}

/// What `work` takes, by `clock`.
template <class Clock, class Work>
[[nodiscard]] double seconds_of(Clock clock, const Work& work) {
  const double begin = clock();
  work();
  return clock() - begin;
}

}  // namespace hillock::bench
