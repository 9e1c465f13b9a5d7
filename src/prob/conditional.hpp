#pragma once
/// A prior whose arguments are functions of other parameters: `b ~ normal(2*a, 0.5)`.
///
/// Parameters have an order, and a prior reads earlier ones only: the joint density is the product of p(x_i | x_<i).

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "prob/prior.hpp"

namespace hillock::prob {

/// Arguments of a prior as a function of `count` parameters, with derivatives. All in SI, in columns: parameter k of
/// row r is given[k*rows + r], argument a is arguments[a*rows + r], its derivative by k is
/// slopes[(a*count + k)*rows + r]. Threads share one object.
class ArgumentFunction {
 public:
  virtual ~ArgumentFunction() = default;
  /// `slopes` may be empty: not wanted.
  virtual void evaluate(std::size_t rows, std::span<const double> given, std::span<double> arguments,
                        std::span<double> slopes) const = 0;
};

/// How many arguments a family takes.
[[nodiscard]] constexpr std::size_t arity(Family family) {
  return family == Family::halfnormal || family == Family::exponential ? 1 : 2;
}
/// May the arguments of this family depend on parameters? Not where the map u -> x depends on them.
[[nodiscard]] constexpr bool may_be_conditional(Family family) {
  return family != Family::uniform && family != Family::loguniform;
}

struct Conditional {
  Family family = Family::normal;
  std::vector<std::size_t> given;  ///< the parameters that it reads, each once
  std::shared_ptr<const ArgumentFunction> arguments;
};

using Entry = std::variant<Prior, Conditional>;

/// The prior where the parameters are x (those that it does not read may be anything); nothing where its arguments are
/// none, such as an sd of 0: there the parameters have no prior mass.
[[nodiscard]] std::optional<Prior> given(const Entry& entry, std::span<const double> x);

}  // namespace hillock::prob
