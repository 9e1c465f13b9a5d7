#pragma once
/// Features as a person writes them: "mean(v, from=10 ms, until=110 ms)".

#include <string>

#include "base/error.hpp"
#include "features/readings.hpp"
#include "ir/model.hpp"

namespace hillock::study {

struct FeatureColumn {
  features::Request request;
  units::Unit unit;  ///< of the value, for display
};

/// Error codes: "feature-syntax", "feature-unknown" and "name-unknown" (with the nearest), "argument-unknown",
/// "argument-missing", "value-range", "unit-mismatch", those of units/unit.hpp. All at once.
[[nodiscard]] Result<FeatureColumn> parse_feature(std::string_view text, const ir::Model& model);

}  // namespace hillock::study
