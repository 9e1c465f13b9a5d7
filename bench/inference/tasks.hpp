#pragma once
/// The ten tasks of the benchmark of simulation-based inference (Lueckmann, Boelts, Greenberg, Goncalves and Macke
/// 2021, AISTATS), and where their files are.

#include <string>
#include <vector>

namespace hillock::bench {

[[nodiscard]] const std::vector<std::string>& tasks();
constexpr int observations = 5;  ///< of each task that have reference draws here: numbers 1 to 5

/// Of one observation of one task. A file may be missing: `lacking` says so.
struct TaskFiles {
  std::string study;        ///< examples/benchmark/<task>/study.toml
  std::string observation;  ///< the observed statistics, one row
  std::string reference;    ///< 10 000 draws of the reference posterior
  std::string makefile;     ///< of the task's own program; empty where it has none
  /// What is not there, in words; empty: nothing.
  [[nodiscard]] std::string lacking() const;
};

[[nodiscard]] TaskFiles files_of(const std::string& task, int observation);

}  // namespace hillock::bench
