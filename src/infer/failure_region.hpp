#pragma once
/// Where simulations fail: P(a simulation ends well | z), learnt from those that did and those that did not.
///
/// What is learnt from simulations that ended well is p(x | z, well). The likelihood of an observation, which ended
/// well too, is p(x, well | z) = p(x | z, well) P(well | z): without the second factor a posterior is too heavy where
/// simulations seldom end well. `log_well` is its logarithm.
///
/// An ensemble of small classifiers by logistic loss, each without one fold of the points. Its logits f are calibrated
/// by logistic regression, sigma(a + b f), on each point's logit by the one member that has not seen it (Platt 1999,
/// with his smoothed targets); the answer is the mean over members. A fifth of the points is seen by nobody: it checks
/// the calibration, and bounds what a proposal loses that leaves the excluded region out.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/array.hpp"
#include "base/error.hpp"
#include "base/progress.hpp"

namespace hillock::nn {
struct SavedNetwork;
}

namespace hillock::infer {

struct FailureOptions {
  double threshold = 0.01;  ///< of P(well | z), below which z is excluded ...
  double margin = 2.0;      ///< ... with the logit raised by so many standard deviations of the ensemble
  std::size_t least = 20;   ///< failures, and successes: with fewer there is no classifier
  std::size_t members = 4;
  std::size_t hidden = 32;
  std::size_t batch = 256;
  double rate = 3e-3;
  std::size_t most_epochs = 100;
  std::size_t most_points = 30'000;  ///< chosen by chance where there are more
  int threads = 0;
  std::uint64_t seed = 1;
  /// Error code "option-range", one for each value that is out of range.
  [[nodiscard]] Result<void> validate() const;
};

/// What the points say that nobody learnt from.
struct FailureCheck {
  std::size_t points = 0, failures = 0;
  double expected_failures = 0.0;  ///< sum of 1 - P(well | z)
  double expected_sd = 0.0;        ///< of the number of failures, were the probabilities right
  double log_score = 0.0;          ///< mean log probability of what happened
  double log_score_of_rate = 0.0;  ///< the same, were the overall rate all that is known
};

/// What is lost where proposals leave the excluded region out. Where z are draws of the prior, `share` estimates the
/// posterior's mass in the region, averaged over the data sets that the prior predicts (and so, by Markov's
/// inequality, of at most one data set in k is it larger than k times that); `at_most` is its upper limit with 95 %
/// confidence (Clopper and Pearson 1934), whatever the classifier is worth.
struct LostMass {
  std::size_t successes = 0;  ///< among the points that nobody learnt from ...
  std::size_t inside = 0;     ///< ... and those of them in the excluded region
  double share = 0.0;
  double at_most = 0.0;
  double spared = 0.0;  ///< of all z, the part that is excluded: simulations that need not be run
};

class FailureRegion {
 public:
  /// @param well, failed  rows of z
  /// Where `progress` says stop, what was learnt so far counts. Errors: the options'.
  [[nodiscard]] static Result<FailureRegion> learn(const Array2& well, const Array2& failed,
                                                   const FailureOptions& options, const Progress& progress);
  FailureRegion(FailureRegion&&) noexcept;
  FailureRegion& operator=(FailureRegion&&) noexcept;
  ~FailureRegion();

  /// False: too few failures or successes to learn from. Then P(well | z) is 1, nothing is excluded, nothing is lost.
  [[nodiscard]] bool learnt() const;
  /// One sentence: what it was learnt from, or why it was not.
  [[nodiscard]] const std::string& note() const;
  [[nodiscard]] const FailureCheck& check() const;
  [[nodiscard]] const LostMass& lost_mass() const;

  /// log P(well | z_k), at most 0, and its gradient where not null.
  void log_well(const Array2& z, std::span<double> value, Array2* by_z = nullptr) const;
  /// What log_well and excluded need, into a network's file, where names begin with `name`; nothing, where nothing was
  /// learnt.
  void save(nn::SavedNetwork& network, const std::string& name = "failure") const;
  /// None where the file has none of that name. What was found by its check is not kept. Error code "network-damaged".
  [[nodiscard]] static Result<std::optional<FailureRegion>> load(const nn::SavedNetwork& network, std::size_t dimension,
                                                                 const std::string& where,
                                                                 const std::string& name = "failure");
  /// 1: excluded.
  void excluded(const Array2& z, std::span<std::uint8_t> out) const;

 private:
  struct State;
  explicit FailureRegion(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace hillock::infer
