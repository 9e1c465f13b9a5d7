// Posteriors from traces and from trials, against grids and closed forms.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "infer/nle.hpp"
#include "infer/npe.hpp"
#include "infer/saved_posterior.hpp"
#include "infer/test/simulators.hpp"
#include "nn/saved_network.hpp"

namespace hillock::infer {
namespace {

struct Moments {
  double mean = 0.0, sd = 0.0;
};
Moments moments(const Array2& draws, std::size_t column) {
  Moments m;
  const auto n = static_cast<double>(draws.rows);
  for (std::size_t k = 0; k < draws.rows; ++k) m.mean += draws(k, column) / n;
  for (std::size_t k = 0; k < draws.rows; ++k) m.sd += std::pow(draws(k, column) - m.mean, 2) / n;
  m.sd = std::sqrt(m.sd);
  return m;
}

NpeOptions small_networks() {
  NpeOptions o;
  o.estimator.members = 2;
  o.estimator.steps = 2;
  o.estimator.hidden = 32;
  o.estimator.blocks = 1;
  o.estimator.batch = 100;
  o.estimator.average = 0.99;
  o.estimator.embedding_hidden = 16;
  o.most_epochs = 60;
  o.draws = 4000;
  return o;
}

/// x_t = a exp(-t/tau) + noise at 48 times; with `beside` also one other measurement of a, before the trace.
struct Decay {
  static constexpr std::size_t times = 48;
  static constexpr double noise = 0.25, noise_beside = 0.1;
  bool beside = false;

  static double mean(std::size_t i, double a, double tau) { return a * std::exp(-0.25 * static_cast<double>(i) / tau); }
  [[nodiscard]] static prob::ParameterSpace space() {
    return *prob::ParameterSpace::make({"a", "tau"}, {*prob::Prior::make("uniform", std::vector{0.5, 2.0}),
                                                      *prob::Prior::make("uniform", std::vector{0.5, 4.0})});
  }
  [[nodiscard]] std::size_t statistics() const { return times + (beside ? 1 : 0); }
  void simulate(double a, double tau, Rng& rng, std::span<double> x) const {
    if (beside) x[0] = a + noise_beside * rng.normal();
    for (std::size_t i = 0; i < times; ++i) x[i + (beside ? 1 : 0)] = mean(i, a, tau) + noise * rng.normal();
  }
  [[nodiscard]] FunctionSimulator simulator() const {
    return {statistic_names(statistics()), [d = *this](auto theta, Rng& rng, auto x) -> std::uint16_t {
              d.simulate(theta[0], theta[1], rng, x);
              return 0;
            }};
  }
  [[nodiscard]] std::vector<double> observed() const {
    std::vector<double> x(statistics());
    Rng rng(3, stream_id("observed"), 0);
    simulate(1.3, 1.5, rng, x);
    return x;
  }
  /// Of a and tau, by a grid over the prior.
  [[nodiscard]] std::array<Moments, 2> exact(std::span<const double> x) const {
    constexpr std::size_t n = 300;
    std::vector<double> logs(n * n);
    const auto at = [](std::size_t k, double low, double high) {
      return low + (high - low) * (static_cast<double>(k) + 0.5) / static_cast<double>(n);
    };
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j) {
        const double a = at(i, 0.5, 2.0), tau = at(j, 0.5, 4.0);
        double sum = beside ? -0.5 * std::pow((x[0] - a) / noise_beside, 2) : 0.0;
        for (std::size_t t = 0; t < times; ++t)
          sum -= 0.5 * std::pow((x[t + (beside ? 1 : 0)] - mean(t, a, tau)) / noise, 2);
        logs[i * n + j] = sum;
      }
    const double top = *std::ranges::max_element(logs);
    std::array<Moments, 2> out;
    double total = 0.0;
    for (const bool second : {false, true})
      for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j) {
          const double w = std::exp(logs[i * n + j] - top), a = at(i, 0.5, 2.0), tau = at(j, 0.5, 4.0);
          if (!second) total += w, out[0].mean += w * a, out[1].mean += w * tau;
          else
            out[0].sd += w * std::pow(a - out[0].mean / total, 2),
                out[1].sd += w * std::pow(tau - out[1].mean / total, 2);
        }
    for (Moments& m : out) m.mean /= total, m.sd = std::sqrt(m.sd / total);
    return out;
  }
};

struct Found {
  SimulationPosterior posterior;
  prob::ParameterSpace space;
};

Found fit(const Decay& decay, NpeOptions o, std::uint64_t simulations, int threads = 0,
          Embedding kind = Embedding::trace) {
  Found out{{}, Decay::space()};
  auto simulator = decay.simulator();
  SimulationProblem p;
  p.simulator = &simulator;
  p.space = &out.space;
  p.observed = decay.observed();
  if (kind == Embedding::trace) p.layout = StatisticLayout::of(kind, decay.beside ? 1 : 0, Decay::times, 1);
  p.threads = threads;
  o.estimator.threads = threads;
  InferenceBudget budget;
  budget.simulations = simulations;
  Silent silent;
  auto found = npe(p, o, budget, silent);
  EXPECT_TRUE(found) << render(found.error());
  out.posterior = std::move(*found);
  return out;
}

void expect_near(const Array2& draws, const std::array<Moments, 2>& exact) {
  for (std::size_t j = 0; j < 2; ++j) {
    const Moments m = moments(draws, j);
    EXPECT_NEAR(m.mean, exact[j].mean, 0.3 * exact[j].sd) << j;
    EXPECT_NEAR(m.sd, exact[j].sd, 0.2 * exact[j].sd) << j;
  }
}

TEST(Embedding, OfATraceFindsItsPosterior) {
  const Decay decay;
  const Found found = fit(decay, small_networks(), 6000);
  expect_near(found.posterior.parameters, decay.exact(decay.observed()));
}

TEST(Embedding, OfATraceBesideAFeatureUsesBoth) {
  const Decay both{true}, trace{false};
  const std::vector<double> x = both.observed();
  const auto exact = both.exact(x);
  // The feature must matter, and so must the trace.
  ASSERT_LT(exact[0].sd, 0.8 * trace.exact(std::span(x).subspan(1))[0].sd);
  ASSERT_LT(exact[0].sd, 0.9 * Decay::noise_beside);
  const Found found = fit(both, small_networks(), 6000);
  expect_near(found.posterior.parameters, exact);
}

/// x_t = phi x_{t-1} + e, of which means over stretches say next to nothing: it is the network that finds it.
TEST(Embedding, OfATraceFindsWhatNoMeanShows) {
  constexpr std::size_t times = 32;
  const auto walk = [](double phi, Rng& rng, std::span<double> x) {
    x[0] = rng.normal() / std::sqrt(1.0 - phi * phi);
    for (std::size_t t = 1; t < times; ++t) x[t] = phi * x[t - 1] + rng.normal();
  };
  FunctionSimulator simulator(statistic_names(times), [&](auto theta, Rng& rng, auto x) -> std::uint16_t {
    walk(theta[0], rng, x);
    return 0;
  });
  const auto space = same_priors(1, "uniform", {-0.9, 0.9});
  SimulationProblem p;
  p.simulator = &simulator;
  p.space = &space;
  p.layout = StatisticLayout::of(Embedding::trace, 0, times, 1);
  p.observed.resize(times);
  Rng rng(4, stream_id("observed"), 0);
  walk(-0.5, rng, p.observed);
  InferenceBudget budget;
  budget.simulations = 6000;
  Silent silent;
  const auto found = npe(p, small_networks(), budget, silent);
  ASSERT_TRUE(found) << render(found.error());
  // Whatever was observed.
  const auto saved = SavedPosterior::of(*found, space, statistic_names(times), p.observed);
  ASSERT_TRUE(saved);
  for (const double phi : {-0.5, 0.0, 0.6}) {
    std::vector<double> x(times);
    walk(phi, rng, x);
    double total = 0.0, mean = 0.0, square = 0.0;
    for (int k = 0; k < 2000; ++k) {
      const double at = -0.9 + 1.8 * (k + 0.5) / 2000.0;
      double log_p = 0.5 * std::log(1.0 - at * at) - 0.5 * (1.0 - at * at) * x[0] * x[0];
      for (std::size_t t = 1; t < times; ++t) log_p -= 0.5 * std::pow(x[t] - at * x[t - 1], 2);
      const double w = std::exp(log_p + 0.4 * static_cast<double>(times));
      total += w, mean += w * at, square += w * at * at;
    }
    mean /= total;
    const double sd = std::sqrt(square / total - mean * mean);
    const Moments m = moments(*saved->draw(x, 4000, 1), 0);
    EXPECT_NEAR(m.mean, mean, 0.5 * sd) << phi;
    EXPECT_NEAR(m.sd, sd, 0.25 * sd) << phi;
  }
}

TEST(Embedding, HasTheSameBitsOnAnyNumberOfThreads) {
  NpeOptions o = small_networks();
  o.draws = 50;
  o.most_epochs = 3;
  const Decay decay{true};
  const Found one = fit(decay, o, 600, 1), two = fit(decay, o, 600, 2);
  EXPECT_EQ(one.posterior.parameters.values, two.posterior.parameters.values);
}

/// theta ~ N(0, 1); up to 20 trials x ~ N(theta, 1): given n, the posterior is N(sum/(n + 1), 1/(n + 1)).
struct Trials {
  static constexpr std::size_t most = 20;
  [[nodiscard]] static FunctionSimulator simulator() {
    return {statistic_names(most), [](auto theta, Rng& rng, auto x) -> std::uint16_t {
              for (double& v : x) v = theta[0] + rng.normal();
              return 0;
            }};
  }
  /// `n` trials around 0.8, and no more.
  [[nodiscard]] static std::vector<double> observed(std::size_t n) {
    std::vector<double> x(most, std::numeric_limits<double>::quiet_NaN());
    Rng rng(5, stream_id("observed"), n);
    for (std::size_t i = 0; i < n; ++i) x[i] = 0.8 + rng.normal();
    return x;
  }
  [[nodiscard]] static Moments exact(std::span<const double> x) {
    double sum = 0.0, n = 0.0;
    for (const double v : x)
      if (std::isfinite(v)) sum += v, n += 1.0;
    return {sum / (n + 1.0), 1.0 / std::sqrt(n + 1.0)};
  }
};

Found fit_trials(std::size_t rounds, std::size_t observed, std::uint64_t simulations, const std::string& density) {
  Found out{{}, same_priors(1, "normal", {0.0, 1.0})};
  auto simulator = Trials::simulator();
  SimulationProblem p;
  p.simulator = &simulator;
  p.space = &out.space;
  p.observed = Trials::observed(observed);
  p.layout = StatisticLayout::of(Embedding::set, 0, Trials::most, 1);
  NpeOptions o = small_networks();
  o.estimator.density = density;
  o.rounds = rounds;
  InferenceBudget budget;
  budget.simulations = simulations;
  Silent silent;
  auto found = npe(p, o, budget, silent);
  EXPECT_TRUE(found) << render(found.error());
  out.posterior = std::move(*found);
  return out;
}

TEST(Embedding, OfTrialsHoldsForAnyNumberOfThem) {
  const Found found = fit_trials(1, 20, 10'000, "nsf");
  const auto saved =
      SavedPosterior::of(found.posterior, found.space, statistic_names(Trials::most), Trials::observed(20));
  ASSERT_TRUE(saved) << render(saved.error());
  for (const std::size_t n : {1U, 2U, 5U, 10U, 20U}) {
    std::vector<double> x = Trials::observed(n);
    x.resize(n);  // as many as there are
    const auto draws = saved->draw(x, 8000, 1);
    ASSERT_TRUE(draws) << render(draws.error());
    const Moments m = moments(*draws, 0), exact = Trials::exact(x);
    EXPECT_NEAR(m.mean, exact.mean, 0.2 * exact.sd) << n;
    EXPECT_NEAR(m.sd, exact.sd, 0.12 * exact.sd) << n;
  }
}

TEST(Embedding, OfTrialsKnowsNoOrder) {
  const Found found = fit_trials(1, 20, 1000, "maf");
  const auto saved =
      SavedPosterior::of(found.posterior, found.space, statistic_names(Trials::most), Trials::observed(20));
  ASSERT_TRUE(saved);
  std::vector<double> x = Trials::observed(7);
  const auto one = saved->draw(x, 100, 1);
  std::reverse(x.begin(), x.begin() + 7);
  std::rotate(x.begin(), x.begin() + 15, x.end());  // gaps in front
  const auto other = saved->draw(x, 100, 1);
  ASSERT_TRUE(one && other);
  for (std::size_t k = 0; k < 100; ++k) EXPECT_NEAR((*one)(k, 0), (*other)(k, 0), 1e-4) << k;
}

TEST(Embedding, InRoundsLearnsForTheTrialsThereAre) {
  const Found found = fit_trials(2, 6, 6000, "nsf");
  EXPECT_FALSE(found.posterior.amortised);
  const Moments m = moments(found.posterior.parameters, 0), exact = Trials::exact(Trials::observed(6));
  EXPECT_NEAR(m.mean, exact.mean, 0.2 * exact.sd);
  EXPECT_NEAR(m.sd, exact.sd, 0.12 * exact.sd);
}

TEST(Nle, MultipliesTheLikelihoodsOfTrials) {
  // One trial is learnt: theta ~ N(0, 1), x ~ N(theta, 1).
  FunctionSimulator simulator({"x"}, [](auto theta, Rng& rng, auto x) -> std::uint16_t {
    x[0] = theta[0] + rng.normal();
    return 0;
  });
  const auto space = same_priors(1, "normal", {0.0, 1.0});
  SimulationProblem p;
  p.simulator = &simulator;
  p.space = &space;
  const std::vector<double> all = Trials::observed(8);
  p.observed = {all[0]};
  for (std::size_t t = 1; t < 8; ++t) p.more_trials.push_back({all[t]});
  NleOptions o;
  o.estimator = small_networks().estimator;
  o.estimator.density = "maf";
  o.rounds = 2;
  o.draws = 4000;
  InferenceBudget budget;
  budget.simulations = 3000;
  Silent silent;
  const auto found = nle(p, o, budget, silent);
  ASSERT_TRUE(found) << render(found.error());
  const Moments m = moments(found->parameters, 0), exact = Trials::exact(all);
  EXPECT_NEAR(m.mean, exact.mean, 0.3 * exact.sd);
  EXPECT_NEAR(m.sd, exact.sd, 0.15 * exact.sd);
  p.more_trials[2][0] = std::numeric_limits<double>::quiet_NaN();
  const auto undefined = nle(p, o, budget, silent);
  ASSERT_FALSE(undefined);
  EXPECT_EQ(undefined.error()[0].code, "trials-undefined");
}

TEST(Embedding, IsKeptAndAnswersAsItDid) {
  NpeOptions o = small_networks();
  o.most_epochs = 3;
  const Decay decay{true};
  const Found traces = fit(decay, o, 500);
  const Found trials = fit_trials(1, 4, 500, "maf");
  std::vector<double> three = Trials::observed(3);
  three.resize(3);
  const auto check = [](const Found& found, std::size_t statistics, const std::vector<double>& observed,
                        const std::vector<double>& other) {
    const auto saved = SavedPosterior::of(found.posterior, found.space, statistic_names(statistics), observed);
    ASSERT_TRUE(saved) << render(saved.error());
    const auto again = SavedPosterior::from_bytes(saved->to_bytes(), "p");
    ASSERT_TRUE(again) << render(again.error());
    EXPECT_EQ(again->to_bytes(), saved->to_bytes());
    for (const auto& x : {observed, other}) {
      const auto a = saved->draw(x, 200, 5), b = again->draw(x, 200, 5);
      ASSERT_TRUE(a && b);
      EXPECT_EQ(a->values, b->values);
      EXPECT_EQ(*saved->log_density(*a, x), *again->log_density(*a, x));
    }
  };
  std::vector<double> shifted = decay.observed();
  for (double& v : shifted) v += 0.05;
  check(traces, decay.statistics(), decay.observed(), shifted);
  check(trials, Trials::most, Trials::observed(4), three);
}

TEST(Embedding, ALayoutThatFitsNothingIsSeen) {
  const Found found = fit_trials(1, 4, 200, "maf");
  const std::string bytes =
      SavedPosterior::of(found.posterior, found.space, statistic_names(Trials::most), Trials::observed(4))->to_bytes();
  const auto network = nn::network_from_bytes(bytes, "p");
  ASSERT_TRUE(network);
  const auto array = [](nn::SavedNetwork& n, std::string_view name) -> std::vector<double>& {
    return std::get<std::vector<double>>(std::ranges::find(n.arrays, name, &nn::NamedArray::name)->values);
  };
  const std::vector<std::function<void(nn::SavedNetwork&)>> changes{
      [](auto& n) { n.fields["layout"] = "sets"; },
      [](auto& n) { n.fields["layout"] = "none"; },
      [](auto& n) { n.fields["layout"] = "trace"; },
      [&](auto& n) { array(n, "layout-sizes")[0] = 1e15; },
      [&](auto& n) { array(n, "layout-sizes")[0] = -20.0; },
      [&](auto& n) { array(n, "layout-sizes")[1] = 2.0; },
      [&](auto& n) { array(n, "layout-block")[3] = 20.0; },
      [&](auto& n) { array(n, "layout-block")[3] = 0.0; },
      [&](auto& n) { array(n, "layout-block")[3] = 0.5; },
      [](auto& n) { std::erase_if(n.arrays, [](const auto& a) { return a.name == "layout-block"; }); },
      [](auto& n) { n.fields["embedding-items"] = "10"; },
  };
  for (std::size_t k = 0; k < changes.size(); ++k) {
    nn::SavedNetwork changed = *network;
    changes[k](changed);
    EXPECT_FALSE(SavedPosterior::from_bytes(nn::to_bytes(changed), "p")) << k;
  }
  EXPECT_TRUE(SavedPosterior::from_bytes(nn::to_bytes(*network), "p"));
}

TEST(Embedding, WrongShapesAreRefused) {
  const Decay decay;
  auto simulator = decay.simulator();
  const auto space = Decay::space();
  SimulationProblem p = problem_of(simulator, space, decay.observed());
  p.layout = StatisticLayout::of(Embedding::trace, 1, Decay::times, 1);  // one too many
  InferenceBudget budget;
  budget.simulations = 100;
  Silent silent;
  NpeOptions o = small_networks();
  EXPECT_EQ(npe(p, o, budget, silent).error()[0].code, "statistics-layout");
  p.layout = StatisticLayout::of(Embedding::trace, 0, Decay::times, 1);
  o.estimator.density = "transformer";
  EXPECT_EQ(npe(p, o, budget, silent).error()[0].code, "density-shape");
  const auto by_nle = nle(p, {}, budget, silent);
  ASSERT_FALSE(by_nle);
  EXPECT_EQ(by_nle.error()[0].code, "embedding-method");
  EXPECT_EQ(by_nle.error()[0].hint,
            "npe and tsnpe learn what to make of it; without an embedding each value is a "
            "statistic of its own");
  p.layout.kind = Embedding::set;
  p.observed.assign(Decay::times, std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(npe(p, small_networks(), budget, silent).error()[0].code, "trials-count");
}

}  // namespace
}  // namespace hillock::infer
