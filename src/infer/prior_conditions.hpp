#pragma once
/// Joint conditions of a prior (a model's `require`): regions of its support where its density is 0.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "base/array.hpp"
#include "base/error.hpp"
#include "prob/parameter_space.hpp"

namespace hillock::infer {

/// Writes 1 where a row (SI) fulfils all conditions, otherwise 0. Null: there are none.
using AllowedParameters = std::function<void(const Array2& parameters, std::span<std::uint8_t> allowed)>;

/// Draws in vain, for each one that is wanted, before a prior is said to be empty.
inline constexpr std::size_t most_prior_tries = 10'000;

/// Error code "prior-conditions": of `tried` draws only `found` were allowed.
[[nodiscard]] Error conditions_hardly_hold(std::uint64_t tried, std::uint64_t found);

/// Draws number `first` and following of the prior under its conditions, in SI. Row n depends on the seed and on n
/// alone; where there are no conditions it is prob::ParameterSpace::sample's.
[[nodiscard]] Result<Array2> sample_allowed(const prob::ParameterSpace& space, const AllowedParameters& allowed,
                                            std::uint64_t seed, std::uint64_t first, std::size_t count);

/// Weight 0 for rows that are not allowed; the others keep theirs in proportion, with sum 1.
/// @returns  how many are not; where all are, no weight is changed
std::size_t drop_not_allowed(const AllowedParameters& allowed, const Array2& parameters, std::span<double> weight);

}  // namespace hillock::infer
