#pragma once
/// How far a condition is from being true.

#include "base/error.hpp"
#include "ir/algebra.hpp"
#include "ir/model.hpp"

namespace hillock::sim {

/// A real expression that is positive where the model's threshold is true and negative where it is false (0 may be
/// either), and crosses 0 where the condition changes: v > a gives v - a; `and` the smaller, `or` the larger of two.
/// In `graph`, which is the model's or a copy of it. Error code "threshold-not-locatable" where the condition jumps:
/// ==, !=, a condition without a comparison.
[[nodiscard]] Result<ir::NodeId> threshold_function(ir::Graph& graph, const ir::Model& model);

}  // namespace hillock::sim
