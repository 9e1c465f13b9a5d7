#pragma once
/// What inference sees of a simulator: parameter sets in, statistics of what was simulated out. A compiled model, an
/// external program and a Python callable are the same thing to it.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/array.hpp"
#include "base/error.hpp"

namespace hillock::infer {

/// The answers of a batch. A simulation that failed, or a statistic that has no value, is data: it is there, with its
/// reason.
struct Simulations {
  Array2 x;                              ///< [simulation][statistic]; NaN where there is no value
  std::vector<std::uint16_t> failed;     ///< [simulation] 0: it ended well (statistics may still be undefined);
                                         ///< else 1 + an index of Simulator::reasons()
  std::vector<std::uint16_t> undefined;  ///< [simulation][statistic], row-major. 0: defined; else 1 + an index of
                                         ///< Simulator::reasons(). All of a failed simulation are undefined

  /// Sizes everything for `simulations` that ended well, x being 0.
  void reset(std::size_t simulations, std::size_t statistics) {
    x = Array2(simulations, statistics);
    failed.assign(simulations, 0);
    undefined.assign(simulations * statistics, 0);
  }
};

class Simulator {
 public:
  virtual ~Simulator() = default;
  /// Names of the statistics, in the order of the columns of x.
  [[nodiscard]] virtual const std::vector<std::string>& statistics() const = 0;
  /// Why simulations failed or statistics had no value, so far: "not-finite", "too-few-spikes", a program's own words.
  /// It may grow with every run; what an index means never changes.
  [[nodiscard]] virtual std::vector<std::string> reasons() const = 0;

  /// Row k of `parameters` (SI, the order of the parameter space) is simulation number `first` + k: its random numbers
  /// are those of the simulator's seed and that number, on any number of threads and in any split into batches.
  /// `stop` is asked every few milliseconds; once true, there is no answer ("interrupted").
  /// Errors: what makes every further run pointless (the program cannot be started, ...). One simulation's failure is
  /// none.
  [[nodiscard]] virtual Result<void> run(const Array2& parameters, std::uint64_t first, Simulations& answer,
                                         const std::function<bool()>& stop) = 0;
};

}  // namespace hillock::infer
