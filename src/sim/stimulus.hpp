#pragma once
/// Inputs of a model over time: sampled commands and closed forms.

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/error.hpp"
#include "ir/graph.hpp"

namespace hillock::sim {

/// One input. Times in seconds, values in SI.
class Stimulus {
 public:
  virtual ~Stimulus() = default;
  /// The value at `t`, as a limit from inside the interval that contains `inside`: at a step, `inside` says which side.
  [[nodiscard]] virtual double at(double t, double inside) const = 0;
  /// The times in (from, until) at which the input may jump, in order: no integration step goes across them. Where
  /// those of a closed form are looked for, it is between points `resolution` apart; where they are more than
  /// `most_jumps`, there are more than that here, and not all.
  [[nodiscard]] virtual std::vector<double> jumps(double from, double until, double resolution) const = 0;
  static constexpr std::size_t most_jumps = 1000000;
  /// Its value, where it is known to be the same at all times.
  [[nodiscard]] virtual std::optional<double> constant() const { return {}; }
};

/// How a sampled command goes from one sample to the next.
enum class Interpolation : std::uint8_t {
  linear,    ///< along a straight line
  previous,  ///< held until the next sample
};

/// Samples at start + i*interval; constant before the first and after the last.
[[nodiscard]] std::unique_ptr<Stimulus> sampled(double start, double interval, std::vector<double> values,
                                                Interpolation interpolation);

/// A closed form that holds until a time: `graph` has one symbol, SymbolId{0}, the time in seconds. Where it jumps by
/// its form, as `int(t > 100*ms)` does, it is taken apart there (ir/jumps.hpp).
struct Piece {
  double until = 0.0;  ///< seconds; infinity for the last one
  ir::Graph graph;
  ir::NodeId value = ir::no_node;
};

/// Pieces in order of time. At `until` the next piece begins.
[[nodiscard]] std::unique_ptr<Stimulus> piecewise(std::span<const Piece> pieces);

}  // namespace hillock::sim
