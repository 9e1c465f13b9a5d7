#pragma once
/// Simulations by an external program: N copies of it, each asked through its standard input and heard through its
/// standard output (docs/external.md), by one thread that waits in poll(2).
///
/// The answer for simulation k does not depend on the number of workers, nor on how simulations are put together: the
/// program is given a seed for each, made of (seed, k) alone. A program that dies, hangs or answers nonsense is
/// restarted. What it was asked then is asked again, one by one: only a simulation that a fresh copy of the program
/// cannot answer, alone, has failed (program-died, bad-answer); one that takes too long has failed (time-limit).

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/array.hpp"
#include "base/error.hpp"
#include "io/worker/batch.hpp"
#include "io/worker/hello.hpp"

namespace hillock::io::worker {

struct PoolOptions {
  std::vector<std::string> command;  ///< never seen by a shell
  std::string folder;                ///< absolute: where it runs, and where a command with a slash is looked for
  Hello hello;
  int workers = 1;            ///< 1 to 1024
  double time_limit = 60.0;   ///< seconds for one simulation, above 0
  double start_limit = 60.0;  ///< seconds until the program has answered the greeting, above 0
  std::uint64_t seed = 1;
  /// Error codes "option-range", "command-empty".
  [[nodiscard]] Result<void> validate() const;
};

/// What has happened so far; for reports.
struct PoolCounts {
  std::uint64_t simulations = 0;
  std::uint64_t starts = 0;  ///< of the program, the first of each worker included
};

/// The number that the program is given as the seed of simulation `id`: from 0 to 2^53 - 1, so that languages which
/// have doubles only keep it.
[[nodiscard]] std::uint64_t seed_of(std::uint64_t seed, std::uint64_t id);

class Pool {
 public:
  /// Starts the first copy and waits for its answer to the greeting.
  /// Error codes: those of validate, find_program, Child::start and read_welcome; "handshake-died", "handshake-late",
  /// "handshake-statistics" (none, or not those that were asked for); "interrupted".
  [[nodiscard]] static Result<std::unique_ptr<Pool>> start(PoolOptions options, const std::function<bool()>& stop);
  /// Tells all copies that nothing more comes, and kills those that have not ended soon after.
  ~Pool();

  [[nodiscard]] const std::vector<std::string>& statistics() const;
  [[nodiscard]] const std::vector<std::string>& reasons() const;
  [[nodiscard]] PoolCounts counts() const;
  /// As infer::Simulator::run. Error codes: "simulator-dies" (the first 20 starts, or later 1000 in a row, without one
  /// answer; with the program's own words), those of start() where a copy cannot be started again, "interrupted".
  [[nodiscard]] Result<void> run(const Array2& parameters, std::uint64_t first, Answers answers,
                                 const std::function<bool()>& stop);

 private:
  class Run;
  struct State;
  explicit Pool(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace hillock::io::worker
