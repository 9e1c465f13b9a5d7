#include "infer/learnt_density.hpp"

#include <cmath>
#include <limits>

#include "base/rng.hpp"

namespace hillock::infer {
namespace {

constexpr std::uint64_t most_tries = 1000;  // batches of draws, of which a hundredth or more lies inside

}  // namespace

std::vector<double> LearntDensity::inputs(std::span<const double> x) const {
  return attainable.empty() ? scale.inputs(x) : attainable;
}

Result<Array2> LearntDensity::draw(std::span<const double> x, std::size_t count, std::uint64_t seed,
                                   std::uint64_t first) const {
  const std::vector<double> given = inputs(x);
  if (!region) return estimator->draw(given, count, seed, first);
  seed = Rng(seed, stream_id("density.inside"), first).bits();
  Array2 out(0, estimator->dimension());
  std::uint64_t number = 0;
  for (std::uint64_t tries = 0; out.rows < count; ++tries) {
    if (tries == most_tries)
      return fail("draws-outside", "nearly all draws lie outside the region that the simulations came from", {},
                  "posterior.nc has those of the fit");
    const Array2 some = estimator->draw(given, count - out.rows, seed, number);
    number += some.rows;
    std::vector<std::uint8_t> in(some.rows, 1);
    region->keep_inside(some, in);
    for (std::size_t k = 0; k < some.rows; ++k) {
      if (in[k] == 0) continue;
      out.values.insert(out.values.end(), some.row(k).begin(), some.row(k).end());
      ++out.rows;
    }
  }
  return out;
}

void LearntDensity::log_density(const Array2& z, std::span<const double> x, std::span<double> value) const {
  density_given(*estimator, inputs(x), z, value);
  if (!region) return;
  std::vector<std::uint8_t> in(z.rows, 1);
  region->keep_inside(z, in);
  for (std::size_t k = 0; k < z.rows; ++k)
    value[k] = in[k] != 0 ? value[k] - std::log(inside_share) : -std::numeric_limits<double>::infinity();
}

}  // namespace hillock::infer
