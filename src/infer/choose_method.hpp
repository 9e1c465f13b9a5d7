#pragma once
/// Which likelihood-free method, where the user does not say: by written rules, from what is known before it begins.

#include <cstdint>
#include <string>

namespace hillock::infer {

struct MethodFacts {
  std::size_t parameters = 1;
  std::size_t statistics = 1;           ///< that vary
  std::size_t relevant_statistics = 1;  ///< of them, that depend on a parameter (relevant_statistics.hpp)
  std::size_t whole_statistics = 0;     ///< of them, with few different whole numbers
  bool binary = false;                  ///< all of them have two values, neighbouring whole numbers
  double undefined_share = 0.0;      ///< of pilot simulations with a statistic that the observation has and they lack
  double atom_share = 0.0;           ///< of pilot simulations with one and the same value of a statistic: the largest
  bool embedded = false;             ///< a trace, or trials, of which a network learns a summary
  bool amortised = false;            ///< the posterior is to hold for more trials than the data have
  bool observation_complete = true;  ///< every statistic has a value in the data
  std::uint64_t simulations = 0;     ///< the budget; 0: seconds
  double seconds = 0.0;
  double simulation_s = 0.0;  ///< of one simulation, all threads together
};

struct MethodChoice {
  std::string method;   ///< "npe", "tsnpe", "nle"
  std::string density;  ///< "auto" (nle alone), "nsf"
  std::size_t rounds = 1;
  std::size_t members = 2;
  std::size_t batch = 256;
  std::size_t hidden = 50;
  std::string why;  ///< one sentence
};

/// A density of more of them takes longer to learn than theirs.
inline constexpr std::size_t most_likelihood_statistics = 40;

/// bench/results/inference.md is what the rules come from.
[[nodiscard]] MethodChoice choose_method(const MethodFacts& facts);

}  // namespace hillock::infer
