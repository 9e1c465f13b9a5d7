#include "infer/prior_conditions.hpp"

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "base/rng.hpp"

namespace hillock::infer {

Error conditions_hardly_hold(std::uint64_t tried, std::uint64_t found) {
  return {"prior-conditions",
          "of " + std::to_string(tried) + " draws of the prior only " + std::to_string(found) +
              " fulfil the model's joint conditions",
          std::nullopt,
          {},
          "narrow the priors to where the conditions (`require`) can hold"};
}

Result<Array2> sample_allowed(const prob::ParameterSpace& space, const AllowedParameters& allowed, std::uint64_t seed,
                              std::uint64_t first, std::size_t count) {
  Array2 out = space.sample(seed, first, count);
  if (!allowed) return out;
  std::vector<std::uint8_t> good(count);
  allowed(out, good);
  for (std::size_t k = 0; k < count; ++k) {
    Rng seeds(seed, stream_id("prior.again"), first + k);
    for (std::size_t tried = 1; !good[k]; ++tried) {
      if (tried >= most_prior_tries) return fail(conditions_hardly_hold(tried, 0));
      const Array2 again = space.sample(seeds.bits(), first + k, 1);
      allowed(again, {&good[k], 1});
      if (good[k]) std::ranges::copy(again.row(0), out.row(k).begin());
    }
  }
  return out;
}

std::size_t drop_not_allowed(const AllowedParameters& allowed, const Array2& parameters, std::span<double> weight) {
  if (!allowed) return 0;
  std::vector<std::uint8_t> good(parameters.rows);
  allowed(parameters, good);
  const auto dropped = static_cast<std::size_t>(std::ranges::count(good, 0));
  double sum = 0.0;
  for (std::size_t k = 0; k < good.size(); ++k) sum += good[k] ? weight[k] : 0.0;
  if (dropped == 0 || !(sum > 0.0)) return dropped == 0 ? 0 : good.size();
  for (std::size_t k = 0; k < good.size(); ++k) weight[k] = good[k] ? weight[k] / sum : 0.0;
  return dropped;
}

}  // namespace hillock::infer
