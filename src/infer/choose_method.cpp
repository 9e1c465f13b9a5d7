#include "infer/choose_method.hpp"

#include <algorithm>

namespace hillock::infer {
namespace {

constexpr std::size_t most_likelihood_statistics = 40;  // a density of more of them takes longer to learn than theirs
constexpr double most_undefined = 0.05;

}  // namespace

MethodChoice choose_method(const MethodFacts& f) {
  MethodChoice c;
  const bool free = f.simulations == 0 || f.simulations > 300'000;
  c.members = free ? 2 : 4;
  c.batch = free ? 256 : (f.simulations < 5000 ? 50 : 100);
  if (!free && f.simulations >= 50'000) c.batch = 200, c.members = 2;
  const bool discrete = 2 * f.whole_statistics > f.statistics;
  if (f.statistics > most_likelihood_statistics) {
    c.method = "tsnpe", c.density = "nsf", c.rounds = 4;
    c.why = "there are too many statistics to learn their joint density: the posterior is learnt instead, in rounds";
  } else if (discrete) {
    c.method = "tsnpe", c.density = "nsf", c.rounds = 4;
    c.why = "most statistics are whole numbers, which have no density to learn: the posterior is learnt, in rounds";
  } else if (f.undefined_share > most_undefined || !f.observation_complete) {
    c.method = "tsnpe", c.density = "nsf", c.rounds = 4;
    c.why = "statistics are often undefined, which the posterior's network takes as inputs";
  } else if (f.parameters <= 2 && f.statistics <= 2) {
    c.method = "tsnpe", c.density = "nsf", c.rounds = 4;
    c.why = "with one or two parameters the posterior is quickest learnt itself, in rounds";
  } else {
    c.method = "nle", c.density = "maf", c.rounds = 5;
    c.why = "few statistics that vary smoothly: their density is learnt, from simulations near the data";
  }
  return c;
}

}  // namespace hillock::infer
