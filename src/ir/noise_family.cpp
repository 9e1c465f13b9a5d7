#include "ir/noise_family.hpp"

#include <array>

namespace hillock::ir {
namespace {

using F = NoiseFamily;

constexpr std::array<NoiseInfo, 6> table{{
    {F::normal, "normal", "normal(mean, sd)", 2, false, true},
    {F::ar1, "ar1", "ar1(mean, sd, tau)", 3, false, true},
    {F::lognormal, "lognormal", "lognormal(median, sd_of_log)", 2, false, false},
    {F::binomial, "binomial", "binomial(n, p)", 2, true, false},
    {F::poisson, "poisson", "poisson(mean)", 1, true, false},
    {F::bernoulli, "bernoulli", "bernoulli(p)", 1, true, false},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < table.size(); ++i)
    if (static_cast<std::size_t>(table[i].family) != i) return false;
  return true;
}
static_assert(in_order(), "a row of the table of noise is out of place");

}  // namespace

std::span<const NoiseInfo> noise_families() { return table; }
const NoiseInfo& info(NoiseFamily family) { return table[static_cast<std::size_t>(family)]; }
const NoiseInfo* find_noise(std::string_view name) {
  for (const NoiseInfo& row : table)
    if (row.name == name) return &row;
  return nullptr;
}

}  // namespace hillock::ir
