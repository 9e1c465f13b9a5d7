#pragma once
/// How a network's parameters are learnt: Adam with decoupled weight decay (Kingma and Ba 2015; Loshchilov and Hutter
/// 2019), a linear warm-up and a cosine decay of the rate, clipping of the gradient's norm, and a moving average of the
/// parameters.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "nn/tape.hpp"
#include "nn/worker_pool.hpp"

namespace hillock::nn {

struct LearnerOptions {
  double rate = 1e-3;          ///< the largest
  double final_rate = 0.0;     ///< at the end of the cosine, as a share of `rate`
  std::int64_t warmup = 100;   ///< steps
  std::int64_t steps = 10000;  ///< at which the cosine ends; the rate stays there
  double clip = 5.0;           ///< largest norm of a gradient; 0: none
  double decay = 0.0;          ///< of weights
  double average = 0.0;        ///< of the moving average, a step; 0: no average
  std::size_t chunk = 128;     ///< samples of one pass: gradients are added up chunk by chunk, in order
  std::size_t group = 1;       ///< samples that belong together: a pass holds whole groups
  std::size_t threads = 1;     ///< over the chunks of a step; no bit depends on it
  /// Error code "option-range", one for every value that makes no sense.
  [[nodiscard]] Result<void> validate() const;
};

/// Writes samples [first, first + pass.samples()) of a batch into the inputs of a pass. With several threads it is
/// called by all of them at the same time, for other samples.
using Feed = std::function<void(Pass& pass, std::size_t first)>;

class Learner {
 public:
  /// @param objective  one row: its mean over the samples is made large
  Learner(const Tape& tape, Var objective, std::vector<float> initial, const LearnerOptions& options);

  /// One step on a batch; the mean objective before it. A step whose gradient is not finite changes nothing and is
  /// counted.
  double step(std::size_t samples, const Feed& feed);
  /// The mean objective of a batch, by `parameters`.
  double evaluate(std::span<const float> parameters, std::size_t samples, const Feed& feed);

  [[nodiscard]] const std::vector<float>& parameters() const { return theta_; }
  /// The moving average, or the parameters where there is none.
  [[nodiscard]] const std::vector<float>& averaged() const { return average_.empty() ? theta_ : average_; }
  [[nodiscard]] std::int64_t steps() const { return step_; }
  [[nodiscard]] std::int64_t skipped() const { return skipped_; }
  /// Another end of the cosine, from here on; and another beginning, for a learner that goes on with other samples.
  void plan(std::int64_t steps, std::int64_t from = 0) {
    options_.steps = steps;
    from_ = from;
  }
  /// The rate from here on, times `factor`.
  void scale_rate(double factor) { options_.rate *= factor; }

  /// Everything that a later run needs to go on with the same bits: plain numbers.
  struct State {
    std::vector<float> theta, m, v, average;
    std::int64_t step = 0, updates = 0, skipped = 0, plan = 0, from = 0;
    double rate = 0.0;
  };
  [[nodiscard]] State state() const {
    return {theta_, m_, v_, average_, step_, updates_, skipped_, options_.steps, from_, options_.rate};
  }
  void restore(State state);

 private:
  [[nodiscard]] double rate() const;
  LearnerOptions options_;
  Var objective_;
  std::unique_ptr<WorkerPool> pool_;
  std::vector<Pass> passes_;  ///< one a worker
  std::vector<float> theta_, m_, v_, average_, seed_;
  /// Slopes of the parameters, one vector a chunk, added in the order of the chunks. A single worker needs but two.
  std::vector<std::vector<float>> gradients_;
  std::int64_t step_ = 0, updates_ = 0, skipped_ = 0, from_ = 0;
};

}  // namespace hillock::nn
