#pragma once
/// The likelihood-free methods as one family: what each takes, what it begins with, and how it is asked. A new one is a
/// file of its own and a line in simulation_method.cpp.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "infer/simulation_posterior.hpp"

namespace hillock::infer {

/// What a study may say of any of them; what a method has no use for, it does not read.
struct MethodSettings {
  std::string density;      ///< a kind of nn/densities.hpp, or "auto" (nle)
  std::size_t rounds = 1;   ///< of sequential methods
  std::size_t members = 2;  ///< networks that are averaged
  std::size_t batch = 256;  ///< pairs in a step of learning
  std::size_t hidden = 50;  ///< units in a layer
  double average = 0.0;     ///< of the moving average of a network's parameters
  std::size_t draws = 10'000;
  int threads = 0;
  /// What was asked for in so many words, and is not the method's to change when time is short.
  bool asked_rounds = false, asked_density = false, asked_members = false;
};

/// What it does with traces and trials (statistic_layout.hpp).
enum class TakesLayout : std::uint8_t {
  none,      ///< statistics one by one
  embedded,  ///< a network learns a summary of them
  trials,    ///< it learns the likelihood of one trial, and multiplies
};

struct SimulationMethod {
  std::string_view name;  ///< search.method
  TakesLayout takes = TakesLayout::none;
  bool sequential = false;   ///< `rounds` mean something
  std::string_view density;  ///< where it is asked for by name; empty: it learns none
  std::size_t rounds = 1;    ///< likewise
  Result<SimulationPosterior> (*infer)(const SimulationProblem& problem, const MethodSettings& settings,
                                       const InferenceBudget& budget, Progress& progress) = nullptr;
};

[[nodiscard]] std::span<const SimulationMethod> simulation_methods();
/// Null where there is none of that name.
[[nodiscard]] const SimulationMethod* simulation_method(std::string_view name);
/// "auto" (choose_method.hpp), then all of them.
[[nodiscard]] std::vector<std::string> simulation_method_names();

}  // namespace hillock::infer
