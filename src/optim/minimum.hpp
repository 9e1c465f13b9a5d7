#pragma once
/// Where a search from several starts ended.

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace hillock::optim {

enum class Outcome : std::uint8_t {
  converged,       ///< a minimum, to the tolerances
  flat,            ///< a minimum in the coordinates that act; those in `Minimum::flat` have no influence here
  stalled,         ///< no step lowers the cost, though the gradient is not small
  max_iterations,  ///< still going down
  failed,          ///< the start itself cannot be evaluated: see `Minimum::reason`
  stopped,         ///< Progress asked to stop
};
[[nodiscard]] std::string_view to_string(Outcome outcome);

/// Where one start ended.
struct Minimum {
  std::vector<double> x;  ///< the best point of this start (d)
  double cost = std::numeric_limits<double>::quiet_NaN();
  Outcome outcome = Outcome::stopped;
  int iterations = 0;
  double gradient = std::numeric_limits<double>::quiet_NaN();  ///< max_i |g_i| / sqrt(A_ii 2F), or / sqrt(A_ii) in nats
  double decrement =
      std::numeric_limits<double>::quiet_NaN();  ///< what a full Gauss-Newton step would gain: 1/2 g^T A^+ g
  std::vector<std::size_t>
      flat;            ///< coordinates in which one unit (or |x_i|) moves the residuals by less than 1e-6 of them
  std::string reason;  ///< one sentence for `failed` and `stalled`
};

struct Minima {
  std::vector<Minimum> starts;      ///< in the order given
  std::size_t best = 0;             ///< least cost; the first of equals; 0 where all failed
  std::int64_t costs = 0;           ///< points at which the cost alone was evaluated
  std::int64_t linearisations = 0;  ///< points at which cost, gradient and normal matrix were
};

/// The start with the least cost; the first of equals; 0 where no cost is finite.
[[nodiscard]] std::size_t best_of(const std::vector<Minimum>& starts);

}  // namespace hillock::optim
