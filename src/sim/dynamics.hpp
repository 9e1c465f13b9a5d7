#pragma once
/// What moves the states, which every program of a model begins with.

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "sim/integrate/step.hpp"

namespace hillock::sim {

/// A row's spike, where it is located: what the states are right before it and right after, at which fraction of the
/// row.
struct SpikeInstant {
  ir::NodeId happens = ir::no_node;
  ir::NodeId fraction = ir::no_node;
  std::vector<ir::NodeId> before, after;
};

struct Dynamics {
  std::optional<std::uint32_t> spikes;      ///< carried: how many spikes so far; none where the model has no threshold
  std::optional<std::uint32_t> last_spike;  ///< carried: the time of the last one
  /// Carried, of adaptive integrators: spike n was at number n modulo their count.
  std::vector<std::uint32_t> spike_times;
  std::vector<std::uint32_t> events;         ///< carried, by event of the model: how often it happened
  std::optional<std::uint32_t> trouble;      ///< carried, where spikes are located: an `EventTrouble`
  std::optional<SpikeInstant> instant = {};  ///< there too
};

/// Where spikes are.
enum class Events : std::uint8_t {
  grid,  ///< at the steps, as in Brian 2: see spikes.hpp. Adaptive integrators, which have no grid, put them where they
         ///< are: see adaptive_spikes.hpp
  located,  ///< at their own times: see located_spikes.hpp
};
/// "grid", "located". Error code "events-unknown".
[[nodiscard]] Result<Events> events_called(std::string_view name);

/// Gives the context's program its parameters (the model's, and where it is random a lane's address), its columns, the
/// states with their initial values as its first carried variables, and their advance: the integrator's step, with what
/// spikes do. Error codes: "integrator-unknown", "integrator-unfit", "threshold-not-locatable".
[[nodiscard]] Result<Dynamics> add_dynamics(StepContext& context, std::string_view integrator,
                                            Events events = Events::grid);

}  // namespace hillock::sim
