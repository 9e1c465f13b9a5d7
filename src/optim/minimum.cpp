#include "optim/minimum.hpp"

#include <cmath>

#include "base/error.hpp"

namespace hillock::optim {

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::converged: return "converged";
    case Outcome::flat: return "flat";
    case Outcome::stalled: return "stalled";
    case Outcome::max_iterations: return "max_iterations";
    case Outcome::failed: return "failed";
    case Outcome::stopped: return "stopped";
  }
  bug(__FILE__, __LINE__, "unknown outcome");
}

std::size_t best_of(const std::vector<Minimum>& starts) {
  std::size_t best = 0;
  for (std::size_t k = 1; k < starts.size(); ++k) {
    const double cost = starts[k].cost, least = starts[best].cost;
    if (cost < least || (std::isfinite(cost) && !std::isfinite(least))) best = k;
  }
  return best;
}

}  // namespace hillock::optim
