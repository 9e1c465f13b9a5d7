#pragma once
/// Sub-expressions `(constant over dt)`: evaluated at the start of a row, on the values there, and held to its end.

#include <span>
#include <vector>

#include "sim/integrate/step.hpp"

namespace hillock::sim {

class Held {
 public:
  /// Evaluates them with what other symbols stand for at this point. To integrators, which would else see how they
  /// depend on the states, they are opaque until `open`.
  explicit Held(StepContext& context);
  /// From now on they are what they are; `roots`, built before, become so.
  void open(std::span<ir::NodeId*> roots);

 private:
  StepContext& context_;
  std::vector<ir::NodeId> values_, opaque_;
};

}  // namespace hillock::sim
