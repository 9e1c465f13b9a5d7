#pragma once
/// Priors that depend on parameters which are declared before them: `param b : mV ~ normal(2*a, 0.5*mV)`.
///
/// A prior reads earlier parameters and nothing else. So the order of the text is one in which all can be drawn, and no
/// circle is possible.

#include <functional>
#include <string_view>
#include <vector>

#include "lang/names.hpp"
#include "lang/prior.hpp"

namespace hillock::lang {

/// What names mean in the prior of the `param` statement of this number. Reported: "prior-order" (itself, or one that
/// is declared later), "cycle" (where that one reads this one), "prior-not-of-parameters". Keeps references.
[[nodiscard]] PriorNames names_in_prior(const Ast& ast, const Names& names, std::uint32_t statement,
                                        Problems& problems);

/// Puts the expressions of a conditional prior, which passed `check_prior`, into the graph of the model; `node` is what
/// a name stands for.
void add_expressions(const Ast& ast, const Distribution& distribution, ir::Model& model,
                     const std::function<ir::NodeId(std::string_view name)>& node, ir::PriorSpec& spec);

/// A prior that is the whole text, for a parameter of a model: it may read the parameters before it. Error codes: those
/// of `parse_prior` in prior.hpp, "prior-order", "prior-not-of-parameters". `range_mistakes` is for later, when the
/// priors of all parameters are known.
[[nodiscard]] Result<ir::PriorSpec> parse_prior(std::string_view text, ir::Model& model, std::size_t parameter,
                                                std::string_view where);

/// An argument that is not above 0 where it must be ("prior-not-positive"), or no number ("prior-undefined"), for some
/// values that the parameters it reads can have. By ranges (ir/range.hpp), so an argument may be refused that is always
/// fine, but none is let through that is not. A parameter without a prior counts with its default; one without either
/// has its prior still to come, and what reads it is not looked at.
struct PriorMistake {
  std::size_t parameter;  ///< place in Model::parameters
  Error error;
};
[[nodiscard]] std::vector<PriorMistake> range_mistakes(const ir::Model& model);

}  // namespace hillock::lang
