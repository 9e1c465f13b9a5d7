#pragma once
/// Networks of one shape and different beginnings, trained side by side: an ensemble (Lakshminarayanan, Pritzel and
/// Blundell 2017).
///
/// They learn from items: a labelled point is one sample of the network, a pair with its contrasts several. Each member
/// has its own order of the items and its own thread; no bit depends on the number of threads.

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/error.hpp"
#include "base/progress.hpp"
#include "infer/conditional_estimator.hpp"
#include "nn/learner.hpp"

namespace hillock::infer {

struct EnsembleOptions {
  std::size_t members = 2;
  std::size_t batch = 128;  ///< items of a step
  double rate = 1e-3;
  double decay = 0.0;
  double average = 0.0;  ///< of the moving average of the parameters, a step
  /// Of a stored set, steps without a gain before the rate falls, but 3 to 24 epochs; 0: 12 epochs.
  std::size_t patience = 0;
  int threads = 0;
  std::uint64_t seed = 1;
  [[nodiscard]] Result<void> validate() const;
};

class NetworkEnsemble {
 public:
  /// Writes items batch[first] ... batch[first + count - 1] into a pass's inputs: `count` times the samples of an item.
  /// The items of the batch are in random order, and all of them may be looked at.
  using Feed =
      std::function<void(nn::Pass& pass, std::span<const std::uint32_t> batch, std::size_t first, std::size_t count)>;

  /// @param objective  one row; its mean over samples is made large
  /// @param samples    of an item, beside each other
  NetworkEnsemble(nn::Tape tape, nn::Var objective, std::size_t samples, const EnsembleOptions& options);

  [[nodiscard]] std::size_t members() const { return learners_.size(); }
  /// What a member answers with.
  [[nodiscard]] const std::vector<float>& parameters(std::size_t member) const { return best_[member]; }
  [[nodiscard]] std::int64_t steps() const { return learners_.front().steps(); }
  /// The number of steps after which the rate has fallen to 0 ("cosine").
  void plan_steps(std::int64_t steps);

  /// Fresh items: every member sees each of them once. The mean objective of an item (the sum over its samples) before
  /// it was learnt from, averaged over members; of those before a stop (NaN: none).
  double learn(std::size_t items, const Feed& feed, const Progress& progress);
  /// A stored set, many times: member m keeps `held[m]` for validation, lowers its rate where that stops improving, and
  /// ends with its best state. Objectives as above.
  StoredTraining learn_stored(std::size_t items, const std::vector<std::vector<std::uint32_t>>& held, const Feed& feed,
                              std::size_t most_epochs, const Progress& progress);

 private:
  double pass_over(std::size_t member, std::vector<std::uint32_t>& rows, Rng& rng, const Feed& feed,
                   const Progress& progress);
  void learn_member(std::size_t member, std::size_t items, const std::vector<std::uint32_t>& held, const Feed& feed,
                    std::size_t most_epochs, const Progress& progress, std::vector<double>& training,
                    std::vector<double>& validation);

  EnsembleOptions options_;
  std::size_t samples_;
  std::unique_ptr<const nn::Tape> tape_;
  std::vector<nn::Learner> learners_;
  std::vector<std::vector<float>> best_;
  std::uint64_t blocks_ = 0;  ///< of fresh items, so far
};

/// Disjoint sets of items, one for each of `members`, `share` of all each (one item at least; the sets begin anew where
/// they would be more than there are items).
[[nodiscard]] std::vector<std::vector<std::uint32_t>> held_out(std::size_t items, std::size_t members, double share,
                                                               std::uint64_t seed);

}  // namespace hillock::infer
