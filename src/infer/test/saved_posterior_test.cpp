// A saved posterior answers as it did, refuses what it cannot answer, and no damage to its bytes goes unseen.

#include "infer/saved_posterior.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "infer/learnt_likelihood.hpp"
#include "infer/learnt_ratio.hpp"
#include "infer/nle.hpp"
#include "infer/npe.hpp"
#include "infer/test/simulators.hpp"

namespace hillock::infer {
namespace {

struct Learnt {
  SimulationPosterior posterior;
  prob::ParameterSpace space;
  std::vector<double> observed;
};

/// What `method` learns of two parameters with normal noise.
template <class Method, class Options>
Learnt learn_by(Method method, const Options& options, FunctionSimulator simulator, std::uint64_t simulations) {
  const LinearGaussian problem{2};
  Learnt out{{}, problem.space(), problem.observed()};
  SimulationProblem p;
  p.simulator = &simulator;
  p.space = &out.space;
  p.observed = out.observed;
  InferenceBudget budget;
  budget.simulations = simulations;
  Silent silent;
  out.posterior = *method(p, options, budget, silent);
  return out;
}

Learnt learn(std::size_t rounds) {
  NpeOptions o;
  o.estimator.members = 2;
  o.estimator.steps = 2;
  o.estimator.hidden = 16;
  o.estimator.batch = 64;
  o.rounds = rounds;
  o.draws = 500;
  return learn_by(npe, o, LinearGaussian{2}.simulator(), 1500);
}

TEST(SavedPosterior, AnswersAsItDid) {
  const Learnt learnt = learn(1);
  const auto saved = SavedPosterior::of(learnt.posterior, learnt.space, {"x0", "x1"}, learnt.observed);
  ASSERT_TRUE(saved) << render(saved.error());
  const auto again = SavedPosterior::from_bytes(saved->to_bytes(), "p");
  ASSERT_TRUE(again) << render(again.error());
  EXPECT_EQ(again->statistics(), saved->statistics());
  EXPECT_EQ(again->observed(), learnt.observed);
  const std::vector<double> other{-0.3, 0.9};
  for (const auto& x : {learnt.observed, other}) {
    const auto a = saved->draw(x, 300, 5), b = again->draw(x, 300, 5);
    ASSERT_TRUE(a && b);
    EXPECT_EQ(a->values, b->values);
    const auto p = saved->log_density(*a, x), q = again->log_density(*a, x);
    ASSERT_TRUE(p && q);
    EXPECT_EQ(*p, *q);
  }
  // The density is that of theta: N(mean, sd^2) in closed form, within what 1500 simulations teach.
  const LinearGaussian problem{2};
  Array2 at(1, 2);
  at(0, 0) = problem.mean(0), at(0, 1) = problem.mean(1);
  const double exact = -2.0 * (std::log(problem.sd()) + 0.91893853320467274);
  EXPECT_NEAR(again->log_density(at, learnt.observed)->front(), exact, 0.25);
}

/// Of tsnpe: cut to the region of its simulations, and normalised there.
TEST(SavedPosterior, ACutDensityIsKeptWithItsRegion) {
  Learnt learnt = learn(4);
  ASSERT_TRUE(learnt.posterior.region);
  ASSERT_GT(learnt.posterior.region->size(), 1U);
  // As if a third of the density had leaked, and the model could not do one of the statistics.
  learnt.posterior.inside_share = 0.75;
  learnt.posterior.attainable = learnt.posterior.scale.inputs(std::span<const double>(learnt.observed));
  learnt.posterior.attainable[0] += 0.05;
  const auto saved = SavedPosterior::of(learnt.posterior, learnt.space, {"x0", "x1"}, learnt.observed);
  ASSERT_TRUE(saved) << render(saved.error());
  const auto again = SavedPosterior::from_bytes(saved->to_bytes(), "p");
  ASSERT_TRUE(again) << render(again.error());
  const auto a = saved->draw(learnt.observed, 2000, 5), b = again->draw(learnt.observed, 2000, 5);
  ASSERT_TRUE(a && b);
  EXPECT_EQ(a->values, b->values);
  EXPECT_NE(a->values, saved->draw(learnt.observed, 2000, 5, 2000)->values);
  const auto p = saved->log_density(*a, learnt.observed), q = again->log_density(*a, learnt.observed);
  ASSERT_TRUE(p && q);
  EXPECT_EQ(*p, *q);
  for (const double v : *p) EXPECT_TRUE(std::isfinite(v));
  // What they were given moves the posterior; the share inside moves the density.
  learnt.posterior.attainable.clear();
  learnt.posterior.inside_share = 1.0;
  const auto plain = SavedPosterior::of(learnt.posterior, learnt.space, {"x0", "x1"}, learnt.observed);
  ASSERT_TRUE(plain);
  EXPECT_NE(*plain->log_density(*a, learnt.observed), *p);
  // The mean of p(theta | x)/p(theta) over draws of the prior is 1.
  const Array2 z = standard_normal_rows(3, 4, 0, 200'000, 2);
  const Array2 theta = learnt.space.from_standard_normal(z);
  const auto density = plain->log_density(theta, learnt.observed);
  ASSERT_TRUE(density);
  double sum = 0.0, square = 0.0;
  for (std::size_t k = 0; k < z.rows; ++k) {
    // The prior is standard normal, in theta too.
    const double w =
        std::exp((*density)[k] + 0.5 * (theta(k, 0) * theta(k, 0) + theta(k, 1) * theta(k, 1)) + 1.8378770664);
    sum += w / 2e5, square += w * w / 2e5;
  }
  EXPECT_NEAR(sum, 1.0, 0.02 + 5.0 * std::sqrt(square / 2e5));
}

TEST(SavedPosterior, OutsideThePriorThereIsNoDensity) {
  FunctionSimulator simulator(statistic_names(1), [](auto theta, Rng& rng, auto x) -> std::uint16_t {
    x[0] = theta[0] + 0.3 * rng.normal();
    return 0;
  });
  const auto space = same_priors(1, "uniform", {-1.0, 1.0});
  SimulationProblem p = problem_of(simulator, space, {0.2});
  NpeOptions o;
  o.estimator.hidden = 16;
  o.draws = 10;
  InferenceBudget budget;
  budget.simulations = 500;
  Silent silent;
  const auto found = npe(p, o, budget, silent);
  ASSERT_TRUE(found);
  const auto saved = SavedPosterior::of(*found, space, {"x"}, {0.2});
  ASSERT_TRUE(saved);
  Array2 at(3, 1);
  at.values = {-1.5, 0.1, 1.0};
  const auto density = saved->log_density(at, std::vector<double>{0.2});
  ASSERT_TRUE(density);
  EXPECT_EQ((*density)[0], -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isfinite((*density)[1]));
  EXPECT_EQ((*density)[2], -std::numeric_limits<double>::infinity());
}

TEST(SavedPosterior, OneObservationsPosteriorIsNoOthers) {
  const Learnt learnt = learn(2);
  const auto saved = SavedPosterior::of(learnt.posterior, learnt.space, {"x0", "x1"}, learnt.observed);
  ASSERT_TRUE(saved);
  EXPECT_TRUE(saved->draw(learnt.observed, 5, 1));
  const auto refused = saved->draw(std::vector<double>{0.0, 0.0}, 5, 1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error()[0].code, "not-amortised");
  const auto short_one = saved->draw(std::vector<double>{0.0}, 5, 1);
  ASSERT_FALSE(short_one);
  EXPECT_EQ(short_one.error()[0].message, "found 1 values, expected 2, one for each statistic");
}

/// LinearGaussian; where the first parameter is above `fails_above`, so many of the simulations fail.
FunctionSimulator sometimes_failing(double fails_above, double share) {
  return FunctionSimulator(statistic_names(2),
                           [=](auto theta, Rng& rng, auto x) -> std::uint16_t {
                             for (std::size_t j = 0; j < 2; ++j)
                               x[j] = theta[j] + LinearGaussian{2}.noise_sd * rng.normal();
                             return theta[0] > fails_above && rng.uniform() < share ? 1 : 0;
                           },
                           {"broke"});
}

/// What nle learns of two parameters.
Learnt learn_likelihood(double fails_above) {
  FunctionSimulator simulator = sometimes_failing(fails_above, 0.5);
  NleOptions o;
  o.estimator.members = 2;
  o.estimator.density = "auto";
  o.rounds = 2;
  o.draws = 2000;
  return learn_by(nle, o, std::move(simulator), 2000);
}

/// What nre learns of them.
Learnt learn_ratio(double fails_above) {
  const LinearGaussian problem{2};
  Learnt out{{}, problem.space(), problem.observed()};
  FunctionSimulator simulator = sometimes_failing(fails_above, 1.0);
  SimulationProblem p;
  p.simulator = &simulator;
  p.space = &out.space;
  p.observed = out.observed;
  NreOptions o;
  o.simulations = 3000;
  o.ratio.hidden = 16;
  o.sampler.draws = 2000;
  Silent silent;
  auto found = nre(p, o, silent);
  EXPECT_TRUE(found);
  EXPECT_EQ(found->posterior.left_out != nullptr, fails_above < 1.0);
  out.posterior.method = "nre";
  out.posterior.scale = found->posterior.scale;
  out.posterior.log_evidence = found->draws.log_evidence;
  out.posterior.likelihood = std::make_shared<LearntRatio>(std::move(found->posterior), out.observed);
  return out;
}

TEST(SavedPosterior, OfALikelihoodAnswersAsItDid) {
  for (const auto& [fails_above, ratio] : {std::pair{1e9, false}, {0.0, false}, {1e9, true}, {0.8, true}}) {
    const Learnt learnt = ratio ? learn_ratio(fails_above) : learn_likelihood(fails_above);
    ASSERT_TRUE(learnt.posterior.likelihood);
    if (const auto* of_nle = dynamic_cast<const LearntLikelihood*>(learnt.posterior.likelihood.get())) {
      EXPECT_EQ(of_nle->failure != nullptr, fails_above < 1.0);
    }
    const auto saved = SavedPosterior::of(learnt.posterior, learnt.space, {"x0", "x1"}, learnt.observed);
    ASSERT_TRUE(saved) << render(saved.error());
    const auto again = SavedPosterior::from_bytes(saved->to_bytes(), "p");
    ASSERT_TRUE(again) << render(again.error());
    EXPECT_FALSE(again->amortised());
    const auto a = saved->draw(learnt.observed, 300, 5), b = again->draw(learnt.observed, 300, 5),
               c = again->draw(learnt.observed, 300, 5, 300);
    ASSERT_TRUE(a && b && c);
    EXPECT_EQ(a->rows, 300U);
    EXPECT_EQ(a->values, b->values);
    EXPECT_NE(a->values, c->values);
    EXPECT_EQ(*saved->log_density(*a, learnt.observed), *again->log_density(*a, learnt.observed));
    EXPECT_EQ(*saved->map(), *again->map());
    const auto refused = again->draw(std::vector<double>{0.0, 0.0}, 5, 1);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error()[0].code, "not-amortised");
  }
}

TEST(SavedPosterior, TheDensityOfALikelihoodIsNormalised) {
  for (const bool ratio : {false, true}) {
    SCOPED_TRACE(ratio ? "nre" : "nle");
    const Learnt learnt = ratio ? learn_ratio(1e9) : learn_likelihood(1e9);
    const auto saved = SavedPosterior::of(learnt.posterior, learnt.space, {"x0", "x1"}, learnt.observed);
    ASSERT_TRUE(saved) << render(saved.error());
    const LinearGaussian problem{2};
    Array2 at(1, 2);
    at(0, 0) = problem.mean(0), at(0, 1) = problem.mean(1);
    const double exact = -2.0 * (std::log(problem.sd()) + 0.91893853320467274);
    EXPECT_NEAR(saved->log_density(at, learnt.observed)->front(), exact, 0.15);
    // On a grid of five standard deviations, whatever was learnt.
    constexpr int cells = 80;
    Array2 grid(cells * cells, 2);
    const double step = 10.0 * problem.sd() / cells;
    for (int i = 0; i < cells; ++i)
      for (int j = 0; j < cells; ++j) {
        const auto k = static_cast<std::size_t>(i * cells + j);
        grid(k, 0) = problem.mean(0) + (i + 0.5 - 0.5 * cells) * step;
        grid(k, 1) = problem.mean(1) + (j + 0.5 - 0.5 * cells) * step;
      }
    double mass = 0.0;
    const auto value = saved->log_density(grid, learnt.observed);
    ASSERT_TRUE(value);
    for (const double v : *value) mass += std::exp(v) * step * step;
    // The evidence is that of 2000 particles.
    EXPECT_NEAR(mass, 1.0, 0.1);
    const auto map = saved->map();
    ASSERT_TRUE(map);
    for (std::size_t j = 0; j < 2; ++j) EXPECT_NEAR((*map)[j], problem.mean(j), 0.3 * problem.sd());
  }
}

TEST(SavedPosterior, DamageIsSeen) {
  const Learnt learnt = learn(1);
  const std::string bytes =
      SavedPosterior::of(learnt.posterior, learnt.space, {"x0", "x1"}, learnt.observed)->to_bytes();
  for (const std::size_t size : {std::size_t{0}, std::size_t{10}, bytes.size() / 2, bytes.size() - 1})
    EXPECT_FALSE(SavedPosterior::from_bytes(std::string_view(bytes).substr(0, size), "p")) << size;
  std::string other = bytes;
  other[bytes.size() / 2] = static_cast<char>(other[bytes.size() / 2] ^ 1);
  EXPECT_FALSE(SavedPosterior::from_bytes(other, "p"));
}

}  // namespace
}  // namespace hillock::infer
