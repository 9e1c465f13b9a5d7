#pragma once
/// One batch of simulations, or the news that there is none because the run was asked to stop.

#include <cstdint>

#include "base/array.hpp"
#include "base/error.hpp"
#include "base/progress.hpp"
#include "infer/simulator.hpp"

namespace hillock::infer {

/// True: `answer` is whole. False: stopped. Errors: the simulator's.
[[nodiscard]] inline Result<bool> simulate_batch(Simulator& simulator, const Array2& parameters, std::uint64_t first,
                                                 Simulations& answer, const Progress& progress) {
  if (progress.should_stop()) return false;
  Result<void> run = simulator.run(parameters, first, answer, [&progress] { return progress.should_stop(); });
  if (run) return true;
  if (!run.error().empty() && run.error().front().code == "interrupted") return false;
  return fail(std::move(run.error()));
}

}  // namespace hillock::infer
