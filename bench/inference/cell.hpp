#pragma once
/// One cell of the benchmark: a task, what may be spent on it, the method asked for, and one of its observations.

#include <cstdint>
#include <optional>
#include <string>

#include "base/error.hpp"

namespace hillock::bench {

/// Simulations, or seconds of wall time with as many simulations as fit in.
struct Budget {
  std::uint64_t simulations = 0;           ///< 0: not limited
  double seconds = 0.0;                    ///< 0: not limited
  [[nodiscard]] std::string name() const;  ///< "1000", "60s": what `parse_budget` reads
  friend bool operator==(const Budget&, const Budget&) = default;
};

/// "1000", "1e5" (simulations) or "60s". Error code "bench-budget".
[[nodiscard]] Result<Budget> parse_budget(const std::string& text);

struct Cell {
  std::string task;
  Budget budget;
  std::string method = "auto";
  int threads = 2;
  int observation = 1;
  [[nodiscard]] std::string folder() const;  ///< a relative path of its own
  [[nodiscard]] std::string title() const;   ///< for people
};

/// What one fit gave.
struct Outcome {
  int exit_code = 0;
  std::string message;  ///< what the program said, where it did not end well
  std::string method;   ///< the one that was used
  std::string why;      ///< why, where it was chosen
  double simulations = 0.0, failed = 0.0;
  double wall_s = 0.0;    ///< of the whole program
  double cpu_s = 0.0;     ///< of all its threads
  double search_s = 0.0;  ///< simulate, learn, draw: wall
  double peak_mb = 0.0;   ///< resident
  double load = 0.0;      ///< of the machine, over the minute before
  std::string draws;      ///< sha256 of posterior.nc; empty: there is none
  std::string build;      ///< the program that found it, by its name in the store
  std::optional<double> c2st;
};

}  // namespace hillock::bench
