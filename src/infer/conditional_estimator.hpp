#pragma once
/// p(y | c), learnt from pairs: the engine of neural posterior estimation (y parameters, c data) and of neural
/// likelihood estimation (y data, c parameters).
///
/// y is first straightened by a linear regression on c and whitened by the residuals' covariance, both found from the
/// first pairs; a network learns what is left. So a linear Gaussian problem is solved before training begins. Labels (0
/// or 1, of the density "bernoulli") stay as they are, and begin with a logistic regression instead. Several
/// networks (an ensemble; Lakshminarayanan et al. 2017) are averaged as densities, or their logarithms are. They are
/// trained side by side, one thread each, and no bit depends on the number of threads.

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/array.hpp"
#include "base/error.hpp"
#include "base/progress.hpp"
#include "infer/statistic_layout.hpp"

namespace hillock::nn {
struct SavedNetwork;
}

namespace hillock::infer {

struct EstimatorOptions {
  std::string density = "nsf";  ///< a kind of nn/densities.hpp
  std::size_t members = 2;
  std::size_t steps = 5;  ///< of flows; components of a mixture, blocks of a transformer
  std::size_t hidden = 50;
  std::size_t blocks = 2;
  std::size_t bins = 8;
  std::size_t batch = 256;
  double rate = 1e-3;
  double decay = 0.0;
  bool may_bend = false;  ///< the regression that it begins with may be of second order (regression_start.hpp)
  /// Members are pooled by the mean of their log densities (the logarithmic opinion pool; Genest & Zidek 1986, Stat.
  /// Sci. 1:114), which has no unit integral over y: a likelihood, that asks where c is, not a density that is drawn
  /// from. A mean of densities is large where one member invents density, this one where all of them agree.
  bool pool_logs = false;
  bool local_view = false;    ///< networks see narrow columns of c from near, too (local_view.hpp); not for labels
  std::size_t patience = 12;  ///< of a stored set: 60 times as many steps without a gain (3 epochs at least), and the
                              ///< rate falls
  double average = 0.0;       ///< of the moving average of the parameters, a step
  /// What c is. Of a block, a network learns statistics (an embedding) with which the density is conditioned, and the
  /// linear start sees what is plain only: a regression on thousands of samples would need more pairs than that.
  InputShape inputs = {};
  std::size_t embedding_hidden = 32;   ///< its units, or filters
  std::size_t embedding_outputs = 16;  ///< learnt statistics
  int threads = 0;
  std::uint64_t seed = 1;
  [[nodiscard]] Result<void> validate() const;
};

/// Pairs on the networks' scale.
struct Pairs {
  std::size_t count = 0;
  std::vector<float> y, c;  ///< row-major
  /// Rows that a stored set's validation is about; empty: all. The others are learnt from, too.
  std::vector<std::uint8_t> judged;
};

/// What early stopping saw.
struct StoredTraining {
  std::vector<double> training, validation;  ///< mean log density (of one that is not explicit: the objective) by
                                             ///< epoch, averaged over members
  std::vector<std::size_t> epochs;           ///< by member
  bool left_start = false;                   ///< a member has learnt something
  bool stopped = false;                      ///< by should_stop(), before it was done
  /// Log density of the rows that each member held out, one after the other, by its best state: on the networks' scale.
  /// The same rows for every kind of density with the same options and number of pairs.
  std::vector<double> held_out;
  double kept = 0.0;  ///< validation of the states that were kept, averaged over members
};

/// How long a stored set is learnt from.
struct StoredSchedule {
  std::size_t most_epochs = 1000;
  /// Of many pairs: the rate falls along a cosine over about so many steps, a whole number of epochs, and learning ends
  /// there. 0: it falls where validation stops improving, and learning ends with it (EstimatorOptions::patience).
  std::int64_t planned_steps = 0;
  /// The share of the time that is gone, where progress stops at the end of it: the rate falls along a cosine that ends
  /// there, too.
  std::function<double()> spent = {};
};

class ConditionalEstimator {
 public:
  /// Linear start and scales from pairs (rows of finite numbers), and networks that know nothing yet.
  /// Errors: those of the options, and of nn::make_density.
  [[nodiscard]] static Result<ConditionalEstimator> create(const Array2& y, const Array2& c, const EstimatorOptions& o);
  ConditionalEstimator(ConditionalEstimator&&) noexcept;
  ConditionalEstimator& operator=(ConditionalEstimator&&) noexcept;
  ~ConditionalEstimator();

  [[nodiscard]] std::size_t dimension() const;
  [[nodiscard]] std::size_t context_dimension() const;
  [[nodiscard]] InputShape inputs() const;            ///< plain rows alone where nothing is embedded
  [[nodiscard]] std::size_t parameter_count() const;  ///< of one member
  [[nodiscard]] std::size_t batch() const;

  [[nodiscard]] Pairs prepare(const Array2& y, const Array2& c) const;

  /// Fresh pairs: every member sees each of them once, in an order of its own. The mean log density of y (in y's units)
  /// over the pairs, before they were learnt from: an honest measure. Of a density that is not explicit: its objective.
  double learn(const Pairs& pairs);
  /// The number of steps after which the rate has fallen to 0 ("cosine").
  void plan_steps(std::int64_t steps);
  [[nodiscard]] std::int64_t steps() const;

  /// A stored set, many times: each member keeps another part of the pairs for validation, and ends with its best
  /// state. What begins as the linear start leaves it only for a state that is better by more than the standard error
  /// of the difference (the one-standard-error rule; Breiman et al. 1984, section 3.4.3): where the problem is linear
  /// and Gaussian, noise is not learnt.
  StoredTraining learn_stored(const Pairs& pairs, const StoredSchedule& schedule, const Progress& progress);

  /// log p(y_k | c_k) in y's units; `c` has one row for all or one for each. Gradients where not null.
  void log_density(const Array2& y, const Array2& c, std::span<double> value, Array2* by_y = nullptr,
                   Array2* by_c = nullptr) const;
  /// Draws `first` ... `first + count - 1` of y at one c. Row k depends on the seed and its number alone.
  [[nodiscard]] Array2 draw(std::span<const double> c, std::size_t count, std::uint64_t seed,
                            std::uint64_t first = 0) const;

  /// Everything that answers need, as plain data (nn/saved_network.hpp); training cannot go on from it.
  void save(nn::SavedNetwork& network) const;
  /// Errors: those of nn::get_density; "network-damaged" (sizes that do not fit).
  [[nodiscard]] static Result<ConditionalEstimator> load(const nn::SavedNetwork& network, const std::string& where);

 private:
  struct State;
  explicit ConditionalEstimator(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace hillock::infer
