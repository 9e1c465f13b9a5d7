#pragma once
/// A model text as an `ir::Model`.

#include <string_view>

#include "base/error.hpp"
#include "ir/model.hpp"

namespace hillock::lang {

/// Parses, checks names, units and types, and builds the graph, every number in SI. All mistakes of the text at once,
/// in the order of their places, each with its span. `docs/language.md` lists the error codes.
///
/// What is read but cannot be run yet (noise in equations, spikes, some flags) is an error "not-yet-run" that names it.
/// Sub-expressions and constants that depend on constants are shared nodes of the graph, listed in
/// `Model::definitions`; a constant with a value of its own is a symbol, so that a study can override it.
/// In `State::init` the names of states stand for their initial values, already put in.
[[nodiscard]] Result<ir::Model> load_model(std::string_view text, std::string_view file_name);

}  // namespace hillock::lang
