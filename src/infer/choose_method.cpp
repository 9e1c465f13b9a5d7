#include "infer/choose_method.hpp"

#include <algorithm>

namespace hillock::infer {
namespace {

constexpr double most_undefined = 0.05;
constexpr double most_atom = 0.2;

}  // namespace

MethodChoice choose_method(const MethodFacts& f) {
  MethodChoice c;
  const bool free = f.simulations == 0 || f.simulations > 300'000;
  c.members = free ? 2 : 4;
  c.batch = free ? 256 : (f.simulations < 5000 ? 50 : 100);
  if (!free && f.simulations >= 50'000) c.batch = 200, c.members = 2;
  // Early rounds only say where to simulate next, and are quickly learnt from few simulations.
  const std::size_t rounds =
      f.simulations > 0 && f.simulations <= 20'000 ? 10 : (f.simulations >= 50'000 && !free ? 3 : 5);
  const bool discrete = 2 * f.whole_statistics > f.statistics;
  if (f.amortised) {
    c.method = "npe", c.density = "nsf", c.rounds = 1;
    c.why = "the posterior is to hold for more trials than the data have: it is learnt for any number of them";
    return c;
  }
  if (f.embedded) {
    c.method = "tsnpe", c.density = "nsf", c.rounds = 4;
    c.why = "a summary of the trace or of the trials is learnt, which the posterior's network can: in rounds";
    return c;
  }
  if (f.binary && f.undefined_share <= most_undefined && f.observation_complete) {
    c.method = "nle", c.density = "auto", c.rounds = rounds;
    c.why = "binary statistics: the probability of each is learnt, given those before it";
    return c;
  }
  const bool few_matter = f.relevant_statistics > 0 && f.relevant_statistics <= most_likelihood_statistics / 2;
  if (f.statistics > most_likelihood_statistics && !few_matter) {
    c.method = "tsnpe", c.density = "nsf", c.rounds = 4;
    c.why = "there are too many statistics to learn their joint density: the posterior is learnt instead, in rounds";
  } else if (f.undefined_share > most_undefined || !f.observation_complete) {
    c.method = "tsnpe", c.density = "nsf", c.rounds = 4;
    c.why = "statistics are often undefined, which the posterior's network takes as inputs";
  } else if (f.atom_share > most_atom && !discrete) {
    c.method = "tsnpe", c.density = "nsf", c.rounds = 4;
    c.why =
        "many simulations have one and the same value of a statistic (no spike, say): a density of it has a spike and "
        "gaps, and the posterior is learnt instead, in rounds";
  } else {
    c.method = "nle", c.density = "auto", c.rounds = rounds;
    c.why = f.statistics > most_likelihood_statistics
                ? "few of the statistics depend on the parameters: their density is learnt, from simulations near the "
                  "data"
                : "few statistics that vary smoothly: their density is learnt, from simulations near the data";
  }
  return c;
}

}  // namespace hillock::infer
