#pragma once
/// One text for several features: "autocorrelation(v, lag=1:64:64)", "fraction_between(v, low=-80, high=40, bins=24)".

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace hillock::study {

/// The texts that one with sweeps (FROM:TO:COUNT, FROM:TO:COUNT:log) and with bins between `low` and `high` stands for,
/// at most 1000; itself where there are none. Neighbouring bins share an edge to the last digit. Error codes:
/// "sweep-syntax", "argument-missing", "value-range", those of units/unit.hpp.
[[nodiscard]] Result<std::vector<std::string>> expand_feature(std::string_view text);

}  // namespace hillock::study
