#pragma once
/// A model text as an `ir::Model`.

#include <span>
#include <string>
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
/// @param started  states that start from a constant of their own instead, called `initial_name`, which is 0 unless
/// somebody
///                 overrides it; names that are no states' mean nothing
[[nodiscard]] Result<ir::Model> load_model(std::string_view text, std::string_view file_name,
                                           std::span<const std::string> started = {});

/// "init v": no name of a model's own has a space.
[[nodiscard]] std::string initial_name(std::string_view state);

}  // namespace hillock::lang
