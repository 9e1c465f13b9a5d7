#pragma once
/// Simulators with known posteriors, or with known troubles.

#include <cmath>
#include <functional>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

#include "base/progress.hpp"
#include "base/rng.hpp"
#include "infer/simulation_source.hpp"
#include "infer/simulator.hpp"
#include "prob/parameter_space.hpp"

namespace hillock::infer {

/// A simulator given by a function of one parameter set: it fills x and answers 0, or 1 + the index of the reason why
/// it failed. A NaN that it leaves in x is an undefined statistic, for the first reason.
class FunctionSimulator final : public Simulator {
 public:
  using Function = std::function<std::uint16_t(std::span<const double> parameters, Rng& rng, std::span<double> x)>;

  FunctionSimulator(std::vector<std::string> statistics, Function function, std::vector<std::string> reasons = {},
                    std::uint64_t seed = 7)
      : statistics_(std::move(statistics)), reasons_(std::move(reasons)), function_(std::move(function)), seed_(seed) {}

  [[nodiscard]] const std::vector<std::string>& statistics() const override { return statistics_; }
  [[nodiscard]] std::vector<std::string> reasons() const override { return reasons_; }

  [[nodiscard]] Result<void> run(const Array2& parameters, std::uint64_t first, Simulations& answer,
                                 const std::function<bool()>& stop) override {
    ++batches;
    answer.reset(parameters.rows, statistics_.size());
    for (std::size_t k = 0; k < parameters.rows; ++k) {
      if (k % 64 == 0 && stop && stop()) return fail("interrupted", "stopped while simulations ran", "simulator");
      ++simulations;
      Rng rng(seed_, stream_id("test simulator"), first + k);
      const auto x = answer.x.row(k);
      answer.failed[k] = function_(parameters.row(k), rng, x);
      for (std::size_t j = 0; j < x.size(); ++j) {
        if (answer.failed[k] != 0) x[j] = std::nan("");
        if (std::isnan(x[j])) {
          answer.undefined[k * x.size() + j] = answer.failed[k] != 0 ? answer.failed[k] : static_cast<std::uint16_t>(1);
        }
      }
    }
    return {};
  }

  long batches = 0, simulations = 0;

 private:
  std::vector<std::string> statistics_, reasons_;
  Function function_;
  std::uint64_t seed_;
};

/// One family for d parameters called p0, p1, ...
inline prob::ParameterSpace same_priors(std::size_t d, std::string_view family, std::vector<double> arguments) {
  std::vector<std::string> names;
  std::vector<prob::Prior> priors;
  for (std::size_t i = 0; i < d; ++i) {
    names.push_back("p" + std::to_string(i));
    priors.push_back(*prob::Prior::make(family, arguments));
  }
  return *prob::ParameterSpace::make(std::move(names), std::move(priors));
}

inline std::vector<std::string> statistic_names(std::size_t count) {
  std::vector<std::string> out;
  for (std::size_t j = 0; j < count; ++j) out.push_back("x" + std::to_string(j));
  return out;
}

/// What is asked: parameters of `simulator`, given that it answered `observed`. It and the prior must outlive this.
inline SimulationProblem problem_of(Simulator& simulator, const prob::ParameterSpace& space,
                                    std::vector<double> observed) {
  SimulationProblem p;
  p.simulator = &simulator;
  p.space = &space;
  p.observed = std::move(observed);
  return p;
}

/// theta_i ~ N(0, prior_sd), x_i ~ N(theta_i, noise_sd): the posterior is normal, coordinate by coordinate.
struct LinearGaussian {
  std::size_t d;
  double prior_sd = 1.0, noise_sd = 0.5;

  [[nodiscard]] prob::ParameterSpace space() const { return same_priors(d, "normal", {0.0, prior_sd}); }
  [[nodiscard]] FunctionSimulator simulator() const {
    return {statistic_names(d), [sd = noise_sd](auto theta, Rng& rng, auto x) -> std::uint16_t {
              for (std::size_t i = 0; i < x.size(); ++i) x[i] = theta[i] + sd * rng.normal();
              return 0;
            }};
  }
  /// An observation that is not in the middle: 0.6, -0.7, 0.8, -0.9, ... prior standard deviations.
  [[nodiscard]] std::vector<double> observed() const {
    std::vector<double> out;
    for (std::size_t i = 0; i < d; ++i)
      out.push_back((i % 2 == 0 ? 1.0 : -1.0) * (0.6 + 0.1 * static_cast<double>(i)) * prior_sd);
    return out;
  }
  [[nodiscard]] double gain() const { return prior_sd * prior_sd / (prior_sd * prior_sd + noise_sd * noise_sd); }
  [[nodiscard]] double mean(std::size_t i) const { return gain() * observed()[i]; }
  [[nodiscard]] double sd() const { return std::sqrt(gain()) * noise_sd; }
};

/// Lueckmann et al. 2021 (AISTATS), task "two moons": theta uniform on (-1, 1)^2. For the observation (0, 0) the
/// posterior is symmetric under (t1, t2) -> (-t2, -t1), which exchanges the moons.
struct TwoMoons {
  [[nodiscard]] prob::ParameterSpace space() const { return same_priors(2, "uniform", {-1.0, 1.0}); }
  [[nodiscard]] FunctionSimulator simulator() const {
    return {statistic_names(2), [](auto theta, Rng& rng, auto x) -> std::uint16_t {
              const double angle = std::numbers::pi * (rng.uniform() - 0.5), radius = 0.1 + 0.01 * rng.normal();
              x[0] = radius * std::cos(angle) + 0.25 - std::fabs(theta[0] + theta[1]) / std::numbers::sqrt2;
              x[1] = radius * std::sin(angle) + (theta[1] - theta[0]) / std::numbers::sqrt2;
              return 0;
            }};
  }
  /// The radius at which theta explains the observation (0, 0): N(0.1, 0.01), whatever the moon.
  [[nodiscard]] static double radius(std::span<const double> theta) {
    return std::hypot(std::fabs(theta[0] + theta[1]) / std::numbers::sqrt2 - 0.25,
                      (theta[1] - theta[0]) / std::numbers::sqrt2);
  }
  /// Which moon.
  [[nodiscard]] static bool upper(std::span<const double> theta) { return theta[0] + theta[1] > 0.0; }
};

/// Every simulation fails: of three, two for the reason "blow-up" and one for "step-limit".
inline FunctionSimulator failing_simulator(std::size_t statistics = 2) {
  return {statistic_names(statistics),
          [](auto, Rng& rng, auto) -> std::uint16_t { return rng.below(3) == 0 ? 2 : 1; },
          {"blow-up", "step-limit"}};
}

/// Two independent linear Gaussian problems, one in 1e-9, the other in 1e6: theta_i ~ N(0, s_i), x_i ~ N(theta_i,
/// s_i/2).
struct MixedScales {
  static constexpr double scale[2] = {1e-9, 1e6};
  [[nodiscard]] prob::ParameterSpace space() const {
    return *prob::ParameterSpace::make({"small", "large"}, {*prob::Prior::make("normal", std::vector{0.0, scale[0]}),
                                                            *prob::Prior::make("normal", std::vector{0.0, scale[1]})});
  }
  [[nodiscard]] FunctionSimulator simulator() const {
    return {statistic_names(2), [](auto theta, Rng& rng, auto x) -> std::uint16_t {
              for (std::size_t i = 0; i < 2; ++i) x[i] = theta[i] + 0.5 * scale[i] * rng.normal();
              return 0;
            }};
  }
  [[nodiscard]] std::vector<double> observed() const { return {0.5 * scale[0], -0.5 * scale[1]}; }
  [[nodiscard]] double mean(std::size_t i) const { return 0.8 * observed()[i]; }
  [[nodiscard]] double sd(std::size_t i) const { return std::sqrt(0.2) * scale[i]; }
};

/// Says "stop" from the n-th time on that it is asked.
class StopsAfter final : public Progress {
 public:
  explicit StopsAfter(long times) : left_(times) {}
  [[nodiscard]] bool should_stop() const override { return left_-- <= 0; }

 private:
  mutable long left_;
};

/// Mean and standard deviation of column `c` under weights.
struct WeightedMoments {
  double mean = 0.0, sd = 0.0;
  WeightedMoments(const Array2& points, const std::vector<double>& weight, std::size_t c) {
    double total = 0.0;
    for (std::size_t k = 0; k < points.rows; ++k) total += weight[k];
    for (std::size_t k = 0; k < points.rows; ++k) mean += weight[k] / total * points(k, c);
    for (std::size_t k = 0; k < points.rows; ++k)
      sd += weight[k] / total * (points(k, c) - mean) * (points(k, c) - mean);
    sd = std::sqrt(sd);
  }
};

}  // namespace hillock::infer
