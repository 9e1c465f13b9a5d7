#pragma once
/// Inputs of a model over time: sampled commands and closed forms.

#include <memory>
#include <optional>
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
  /// The times at which the input may jump: no integration step goes across them.
  [[nodiscard]] virtual std::vector<double> jumps() const { return {}; }
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

/// A closed form that holds until a time: `graph` has one symbol, SymbolId{0}, the time in seconds.
struct Piece {
  double until = 0.0;  ///< seconds; infinity for the last one
  ir::Graph graph;
  ir::NodeId value = ir::no_node;
};

/// Pieces in order of time. At `until` the next piece begins.
[[nodiscard]] std::unique_ptr<Stimulus> piecewise(std::vector<Piece> pieces);

}  // namespace hillock::sim
