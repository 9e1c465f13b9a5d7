#include "inference/tasks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/error.hpp"

namespace hillock::bench {

namespace fs = std::filesystem;

const std::vector<std::string>& tasks() {
  static const std::vector<std::string> names = {
      "gaussian_linear",  "gaussian_linear_uniform", "gaussian_mixture",  "two_moons", "slcp",
      "slcp_distractors", "bernoulli_glm",           "bernoulli_glm_raw", "sir",       "lotka_volterra"};
  return names;
}

std::string TaskFiles::lacking() const {
  for (const std::string& file : {study, observation, reference})
    if (!fs::exists(file)) return "there is no " + file;
  return "";
}

TaskFiles files_of(const std::string& task, int observation) {
  HILLOCK_CHECK(std::ranges::find(tasks(), task) != tasks().end(), "a task that the benchmark does not have");
  // Two tasks are variants: they have the posterior of another one, and other data.
  std::string parent = task, file = "observation.csv";
  if (task == "bernoulli_glm_raw") parent = "bernoulli_glm", file = "observation_raw.csv";
  if (task == "slcp_distractors") parent = "slcp", file = "observation_distractors.csv";
  const std::string example = std::string(HILLOCK_SOURCE_DIR) + "/examples/benchmark/" + task;
  const std::string data = fmt::format("{}/data/sbibm/{}/observation_{}", HILLOCK_SHARED_DIR, parent, observation);
  return {example + "/study.toml", data + "/" + file, data + "/reference_posterior_samples.csv.bz2",
          fs::exists(example + "/Makefile") ? example + "/Makefile" : ""};
}

}  // namespace hillock::bench
