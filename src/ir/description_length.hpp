#pragma once
/// How many bits it takes to write a model's equations down.

#include "ir/model.hpp"

namespace hillock::ir {

/// The equations (right sides, initial values, what spikes and events do, what is held, what is observed) as a list of
/// operations, each written once however often it is used, as in a minimum description length for symbolic regression
/// (Bartlett, Desmond & Ferreira 2023, IEEE Trans. Evol. Comput. 28:950, eq. 3; there a tree, here what is shared is
/// named):
///
///     L = operations log2(kinds)  +  arguments log2(things)  +  digits log2(10)
///
/// kinds: different operations in it. things: what an argument can be: an operation before it, a name, a number.
/// digits: significant decimal digits of the numbers and of the values of constants, and of their exponents. Values of
/// parameters are not in it: they are what data are for. It is the same whatever names, units, order and layout.
struct DescriptionLength {
  double bits = 0.0;
  std::size_t operations = 0, kinds = 0, arguments = 0, names = 0, numbers = 0, digits = 0;
};
[[nodiscard]] DescriptionLength description_length(const Model& model);

/// All expressions that say what a model does and what is recorded of it.
[[nodiscard]] std::vector<NodeId> meaning(const Model& model);

}  // namespace hillock::ir
