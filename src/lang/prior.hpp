#pragma once
/// Priors as written: `loguniform(1e-7/ms, 1e3/ms)`.
///
/// | family                     | arguments in the parameter's unit | pure numbers | must hold     |
/// |----------------------------|-----------------------------------|--------------|---------------|
/// | uniform(lower, upper)      | both                              |              | lower < upper |
/// | loguniform(lower, upper)   | both                              |              | 0 < lower < upper |
/// | normal(mean, sd)           | both                              |              | sd > 0        |
/// | lognormal(median, sd_log)  | median                            | sd_log       | both > 0      |
/// | halfnormal(sd)             | sd                                |              | sd > 0        |
/// | exponential(mean)          | mean                              |              | mean > 0      |
///
/// Arguments are numbers. Those of the last four may also be expressions of parameters that are declared earlier: a
/// conditional prior, `normal(2*a, 0.5)`. What must be above 0 must then be so wherever its parameters can be.

#include <functional>
#include <optional>
#include <string_view>

#include "base/error.hpp"
#include "ir/model.hpp"
#include "lang/check.hpp"

namespace hillock::lang {

/// A prior that is the whole text, for a parameter of this unit, its arguments numbers in SI. `where` (a file or a key)
/// is what the messages start with. Error codes: "prior-family", "prior-arguments", "prior-not-finite", "prior-bounds",
/// "prior-not-positive", "unit-mismatch", "not-a-number", and those of expressions.
[[nodiscard]] Result<ir::PriorSpec> parse_prior(std::string_view text, const units::Unit& unit, std::string_view where);

/// What a name in an argument means; `what` is the argument, for messages. Nothing: no such name, nothing reported.
using PriorNames = std::function<std::optional<Value>(std::string_view name, Extent at, const std::string& what)>;

/// The same for a distribution that is part of a text. Nothing where a mistake was reported, or where the unit of the
/// parameter is not known (`dimension` is nullptr: only the family and the number of arguments are looked at). Without
/// `names`, arguments are numbers. The expressions of a conditional prior have no nodes yet.
[[nodiscard]] std::optional<ir::PriorSpec> check_prior(const Ast& ast, const Distribution& distribution,
                                                       const units::Dimension* dimension, const PriorNames& names,
                                                       Checker& checker, Problems& problems);

/// Is `value` (SI) possible under this prior?
[[nodiscard]] bool in_support(const ir::PriorSpec& prior, double value);

/// An expression without names, as a finite number in SI; nothing where a mistake was reported. `instead` is what to
/// write in place of a name.
[[nodiscard]] std::optional<double> check_number(const Ast& ast, const Expr& expr, const units::Dimension& dimension,
                                                 const std::string& what, Checker& checker, Problems& problems,
                                                 bool may_be_infinite = false, const std::string& instead = {});

}  // namespace hillock::lang
