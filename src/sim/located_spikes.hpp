#pragma once
/// Spikes at their own times inside the steps of a fixed-step integrator, so that everything after them is a smooth
/// function of the parameters, and its derivatives are those of the model in continuous time.
///
/// Let F(x, a, b) be the integrator's step over the part [a, b] of a row. In a row in which the threshold function g
/// (threshold_function.hpp) becomes positive, the spike is at the fraction c of the row that solves
/// g(F(x, 0, c)) = 0; the states there are reset, x+ = R(F(x, 0, c)), and go on to F(x+, c, 1). A refractory period
/// is a time: it ends at the spike plus that time, at a fraction of a row too, and equations marked `unless refractory`
/// stand still until then. Spike times have the order of the integrator.
///
/// c is found by bracketing (Anderson & Bjoerck 1973, BIT 13:253) and then by two Newton steps, c' = s - G(s)/G'(s) and
/// c = c' - G(c')/G'(s), G(s) = g(F(x, 0, s)), in which s and G' are constants to derivatives. The first gives
/// dc = -dG/G', the implicit function theorem, and tangents of the program carry the saltation at spikes (Mueller 1995,
/// Chaos Solitons Fractals 5:1671; Hiskens & Pai 2000, IEEE Trans. Circuits Syst. I 47:204) without a rule of their
/// own. Where parameters move by d, c' is right to d^2; the second step makes c right to d^3, so that second
/// derivatives are those of the crossing too.
///
/// Where a derivative does not exist or the step cannot hold what happens in it, the lane says so: see `EventTrouble`.
/// A threshold that is true when the cell becomes able to spike (at the start of the run, at the end of the refractory
/// period) makes it spike at once. A crossing that has gone back before the row ends is no spike, but is seen where the
/// cubic through both ends (Hermite) rises above the threshold in between: grazing.

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "sim/dynamics.hpp"
#include "sim/integrate/part_of_row.hpp"
#include "sim/integrate/step.hpp"

namespace hillock::sim {

/// Why the derivatives of a lane do not exist, or its spikes are not where they should be; the first one is kept.
enum class EventTrouble : std::uint8_t {
  none,
  grazing,       ///< the threshold was touched, not crossed: less than 1/1000 of the row's mean speed. A spike appears
  crowded,       ///< a second spike in one step: it is put at the start of the next
  too_short,     ///< a refractory period that begins and ends within one step
  not_located,   ///< the crossing was not found to 1e-6 of a step
  on_threshold,  ///< at its threshold when it becomes able to spike: at the start, after a reset or a refractory period
  at_end,        ///< at its threshold when the run ends: whether there is a last spike is undecided
};
/// "", "grazing", "crowded", "too-short", "not-located", "on-threshold", "at-end".
[[nodiscard]] std::string_view to_string(EventTrouble trouble);

class LocatedSpikes {
 public:
  /// Adds the carried variables, and tells the context when equations stand still. Error codes:
  /// "threshold-not-locatable", "integrator-unfit" (noise that states multiply; custom events, draws, `constant over
  /// dt`, `lastspike`; a refractory condition together with `unless refractory`, or a period that reads states), and
  /// what the integrator says.
  [[nodiscard]] static Result<LocatedSpikes> create(StepContext& context, const Integrator& integrator);

  /// As `Spikes::advance`.
  [[nodiscard]] std::vector<ir::NodeId> advance(const std::vector<ir::NodeId>& next);
  /// Carried: how many spikes so far; when the last one was; a `EventTrouble`.
  [[nodiscard]] std::uint32_t count() const { return count_; }
  [[nodiscard]] std::uint32_t last() const { return last_; }
  [[nodiscard]] std::uint32_t trouble() const { return trouble_; }
  /// Of the row, once it has been advanced.
  [[nodiscard]] const SpikeInstant& instant() const { return instant_; }

 private:
  LocatedSpikes(StepContext& context, PartOfRow part) : context_(&context), part_(std::move(part)) {}
  struct Crossing;
  /// The states where the cell is able to spike, how the row goes on from there, and whether it is.
  struct Able;
  Able able(const std::vector<ir::NodeId>& next);
  Crossing locate(const Able& from);
  ir::NodeId period(std::span<const ir::NodeId> values, ir::NodeId fraction);
  ir::NodeId noted(ir::NodeId so_far, ir::NodeId condition, EventTrouble trouble);

  StepContext* context_;
  PartOfRow part_;
  SpikeInstant instant_;
  std::uint32_t last_ = 0, count_ = 0, trouble_ = 0, begun_ = 0;
  std::optional<std::uint32_t> free_;     ///< where `refractory` is a condition
  std::optional<std::uint32_t> release_;  ///< where it is a time: when it ends
};

}  // namespace hillock::sim
