#include "python/callable_simulator.hpp"

#include <cmath>
#include <limits>

namespace hillock::python {
namespace {

constexpr std::uint16_t undefined = 1, not_finite = 2, other = 3;  // 1 + places in reasons_
constexpr std::size_t most_reasons = 1000;

}  // namespace

CallableSimulator::CallableSimulator(std::vector<std::string> statistics, Simulate simulate)
    : statistics_(std::move(statistics)), simulate_(std::move(simulate)) {}

std::uint16_t CallableSimulator::index_of(const std::string& reason) {
  if (const auto found = known_.find(reason); found != known_.end()) return found->second;
  if (reasons_.size() >= most_reasons) return other;
  reasons_.push_back(reason);
  const auto index = static_cast<std::uint16_t>(reasons_.size());
  known_.emplace(reason, index);
  return index;
}

Result<void> CallableSimulator::run(const Array2& parameters, std::uint64_t, infer::Simulations& answer,
                                    const std::function<bool()>& stop) {
  const std::size_t count = statistics_.size();
  answer.reset(parameters.rows, count);
  const Answered done = simulate_(parameters, answer.x, stop);
  if (!done.whole) return fail("interrupted", "the simulator was stopped");
  for (const auto& [row, reason] : done.failed) {
    HILLOCK_CHECK(row < parameters.rows, "what failed was asked for");
    answer.failed[row] = index_of(reason);
  }
  for (std::size_t k = 0; k < parameters.rows; ++k) {
    for (std::size_t j = 0; j < count; ++j) {
      double& x = answer.x(k, j);
      std::uint16_t& why = answer.undefined[k * count + j];
      if (answer.failed[k] != 0) why = answer.failed[k];
      else if (std::isnan(x)) why = undefined;
      else if (std::isinf(x)) why = not_finite;
      if (why != 0) x = std::numeric_limits<double>::quiet_NaN();
    }
  }
  return {};
}

}  // namespace hillock::python
