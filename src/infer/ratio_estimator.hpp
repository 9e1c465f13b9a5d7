#pragma once
/// log p(x|z)/p(x), learnt by telling pairs from contrasts: the engine of neural ratio estimation.
///
/// NRE-B (Durkan, Murray and Papamakarios 2020, "On contrastive learning for likelihood-free inference", eqs. 7 and
/// 10): among `contrasts` z, of which one belongs to x, a network f(z, x) finds it; softmax of f is best where f = log
/// p(x|z) + c(x), whatever the distribution of z. So pairs of any rounds of proposals may be put together
/// (section 3.2), and what is learnt is the ratio up to a constant in x. NRE-A (Hermans, Begy and Louppe 2020,
/// algorithm 1) is the case of two, told by logistic loss (`loss = "logistic"`): there the constant is 0 as well, for
/// the p(x) of the distribution of z.
///
/// f is a start plus a residual network of z, x and of the start's residual (x - E[x|z], whitened). The start is the
/// ratio of a linear Gaussian problem (linear_gaussian_ratio.hpp) times the share of it that tells best: such a problem
/// is solved before training begins. An ensemble averages f (network_ensemble.hpp).

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/array.hpp"
#include "base/error.hpp"
#include "base/progress.hpp"
#include "infer/network_ensemble.hpp"

namespace hillock::nn {
struct SavedNetwork;
}

namespace hillock::infer {

struct RatioOptions {
  std::string loss = "contrastive";  ///< or "logistic", which has 2 contrasts
  std::size_t contrasts = 8;         ///< z for each x, the true one among them
  std::size_t members = 2;
  std::size_t hidden = 64;
  std::size_t blocks = 2;   ///< residual, of two layers each
  std::size_t batch = 128;  ///< pairs
  double rate = 1e-3;
  double decay = 0.0;
  double average = 0.0;  ///< of the moving average of the parameters, a step
  int threads = 0;
  std::uint64_t seed = 1;
  /// Error codes "option-range", "ratio-loss".
  [[nodiscard]] Result<void> validate() const;
};

/// Pairs as the network takes them.
struct RatioPairs {
  std::size_t count = 0;
  std::vector<float> values;  ///< a row for each pair
};

class RatioEstimator {
 public:
  /// The start and the scales from pairs (rows of finite numbers, x scaled, one column at least), and networks that
  /// know nothing yet. Error code "too-few-simulations": fewer than 4 pairs for each of `contrasts`; and the options'.
  [[nodiscard]] static Result<RatioEstimator> create(const Array2& z, const Array2& x, const RatioOptions& options);
  RatioEstimator(RatioEstimator&&) noexcept;
  RatioEstimator& operator=(RatioEstimator&&) noexcept;
  ~RatioEstimator();

  [[nodiscard]] std::size_t dimension() const;
  [[nodiscard]] std::size_t statistics() const;
  /// The share of the linear Gaussian ratio that the network starts with, from 0 to 1.
  [[nodiscard]] double start_share() const;

  [[nodiscard]] RatioPairs prepare(const Array2& z, const Array2& x) const;
  /// Fresh pairs, as many as `contrasts` at least: every member sees each once. The mean objective of a pair before it
  /// was learnt from: log of the share of f's softmax that the true z has, -log(contrasts) where nothing is known; of
  /// the pairs before a stop (NaN: none).
  double learn(const RatioPairs& pairs, const Progress& progress);
  /// The number of steps after which the rate has fallen to 0 ("cosine"), and the number so far.
  void plan_steps(std::int64_t steps);
  [[nodiscard]] std::int64_t steps() const;
  /// A stored set, many times, with early stopping; each member keeps another tenth of it for validation.
  StoredTraining learn_stored(const RatioPairs& pairs, std::size_t most_epochs, const Progress& progress);

  /// f(z_k, x) for every row of z; its gradient by z where not null.
  void log_ratio(const Array2& z, std::span<const double> x, std::span<double> value, Array2* by_z = nullptr) const;

  /// Everything that answers need, as plain data; what is read again cannot learn.
  void save(nn::SavedNetwork& network) const;
  /// Error code "network-damaged".
  [[nodiscard]] static Result<RatioEstimator> load(const nn::SavedNetwork& network, const std::string& where);

 private:
  struct State;
  explicit RatioEstimator(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace hillock::infer
