// What every kind of density must do: integrate to one, draw from what it says, learn what it is shown.

#include "nn/densities.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <functional>

#include "nn/learner.hpp"
#include "nn/token_transformer.hpp"

namespace hillock::nn {
namespace {

DensityShape small(std::string_view kind, std::size_t dimension, std::size_t context) {
  DensityShape s;
  s.dimension = dimension;
  s.context = context;
  s.hidden = 24;
  s.steps = kind == "mdn" ? 6 : kind == "transformer" ? 2 : 3;
  return s;
}

std::unique_ptr<ConditionalDensity> made(std::string_view kind, const DensityShape& shape) {
  Result<std::unique_ptr<ConditionalDensity>> density = make_density(kind, shape);
  EXPECT_TRUE(density) << render(density.error());
  return std::move(*density);
}

/// A network that nobody taught: its first values, shaken.
std::vector<float> shaken(const ConditionalDensity& density, double by) {
  std::vector<float> theta = density.tape().initial(1);
  Rng rng(3, 1);
  for (float& p : theta) p += static_cast<float>(by * rng.normal());
  density.tape().mask(theta);
  return theta;
}

std::vector<float> noise_of(const ConditionalDensity& density, const Pass& pass, std::uint64_t first) {
  const Extent e = pass.extent();
  const std::size_t normals = density.normals(), uniforms = density.uniforms();
  std::vector<float> noise((normals + uniforms) * e.stride, 0.0F);
  for (std::size_t s = 0; s < pass.samples(); ++s) {
    Rng rng(17, 3, first + s);
    for (std::size_t i = 0; i < normals + uniforms; ++i)
      noise[i * e.stride + s] = static_cast<float>(i < normals ? rng.normal() : rng.uniform());
  }
  return noise;
}

/// Draws at c, row-major.
std::vector<double> drawn(const ConditionalDensity& density, std::span<const float> theta, std::size_t count, float c) {
  std::vector<double> out;
  Pass pass(density.tape(), 128, !density.explicit_density());
  for (std::size_t first = 0; first < count; first += 128) {
    pass.resize(std::min<std::size_t>(128, count - first));
    for (std::size_t r = 0; r < density.context_dimension(); ++r) std::ranges::fill(pass.row(density.context(), r), c);
    density.draw(pass, theta, noise_of(density, pass, first).data());
    for (std::size_t s = 0; s < pass.samples(); ++s)
      for (std::size_t r = 0; r < density.dimension(); ++r)
        out.push_back(static_cast<double>(pass.row(density.y(), r)[s]));
  }
  return out;
}

class EveryDensity : public testing::TestWithParam<DensityKind> {
 protected:
  std::string_view kind() const { return GetParam().name; }
};
std::vector<DensityKind> kinds_of_numbers() {
  std::vector<DensityKind> out;
  for (const DensityKind& kind : density_kinds())
    if (!kind.labels) out.push_back(kind);
  return out;
}
INSTANTIATE_TEST_SUITE_P(Kinds, EveryDensity, testing::ValuesIn(kinds_of_numbers()),
                         [](const auto& about) { return std::string(about.param.name); });

TEST_P(EveryDensity, IntegratesToOneAndDrawsWhatItSays) {
  DensityShape shape = small(kind(), 2, 1);
  shape.ode_steps = 8;
  const auto density = made(kind(), shape);
  const std::vector<float> theta = shaken(*density, 0.05);
  // Splines have heavy tails here: what an affine step shifts differs from sample to sample.
  const std::size_t n = density->explicit_density() ? 384 : 64;
  const double end = density->explicit_density() ? 24.0 : 8.0, h = 2.0 * end / static_cast<double>(n);
  Pass pass(density->tape(), n);
  std::vector<float> log_q(pass.extent().stride);
  double sum = 0.0;
  std::array<double, 5> moments{}, squares{};
  const auto functions = [](double a, double b) { return std::array<double, 5>{a, b, a * a, b * b, a * b}; };
  for (std::size_t i = 0; i < n; ++i) {
    const double a = -end + h * static_cast<double>(i);
    for (std::size_t j = 0; j < n; ++j) {
      pass.row(density->y(), 0)[j] = static_cast<float>(a);
      pass.row(density->y(), 1)[j] = static_cast<float>(-end + h * static_cast<double>(j));
    }
    std::ranges::fill(pass.row(density->context(), 0), 0.7F);
    density->evaluate(pass, theta, log_q.data());
    for (std::size_t j = 0; j < n; ++j) {
      const double q = std::exp(static_cast<double>(log_q[j])) * h * h;
      sum += q;
      const auto f = functions(a, -end + h * static_cast<double>(j));
      for (std::size_t k = 0; k < 5; ++k) moments[k] += q * f[k], squares[k] += q * f[k] * f[k];
    }
  }
  // The rule's error falls faster than any power of h for smooth densities; corners of splines leave about h^3 of a
  // part; an equation solved in 8 steps leaves (1/8)^4 times what a shaken field's fifth derivatives are.
  EXPECT_NEAR(sum, 1.0, 5e-3);
  constexpr std::size_t draws = 4096;
  const std::vector<double> y = drawn(*density, theta, draws, 0.7F);
  std::array<double, 5> found{};
  for (std::size_t s = 0; s < draws; ++s) {
    const auto f = functions(y[2 * s], y[2 * s + 1]);
    for (std::size_t k = 0; k < 5; ++k) found[k] += f[k] / draws;
  }
  for (std::size_t k = 0; k < 5; ++k) {
    const double sd = std::sqrt(std::max(0.0, squares[k] - moments[k] * moments[k]));
    // Four and a half standard errors: 5 moments of 6 kinds fail by chance once in 5000 runs, and the seed is fixed.
    EXPECT_NEAR(found[k], moments[k], 4.5 * sd / std::sqrt(static_cast<double>(draws)) + 5e-3) << "moment " << k;
  }
}

TEST_P(EveryDensity, ADrawDependsOnItsOwnNoiseAlone) {
  const auto density = made(kind(), small(kind(), 3, 2));
  const std::vector<float> theta = shaken(*density, 0.1);
  const std::vector<double> many = drawn(*density, theta, 100, -0.4F), few = drawn(*density, theta, 7, -0.4F);
  EXPECT_TRUE(std::equal(few.begin(), few.end(), many.begin()));
}

TEST_P(EveryDensity, OneDimensionWithoutContext) {
  const auto density = made(kind(), small(kind(), 1, 0));
  const std::vector<float> theta = shaken(*density, 0.1);
  Pass pass(density->tape(), 256);
  std::vector<float> log_q(pass.extent().stride);
  for (std::size_t s = 0; s < 256; ++s) pass.row(density->y(), 0)[s] = -8.0F + static_cast<float>(s) / 16.0F;
  density->evaluate(pass, theta, log_q.data());
  double sum = 0.0;
  for (std::size_t s = 0; s < 256; ++s) sum += std::exp(static_cast<double>(log_q[s])) / 16.0;
  EXPECT_NEAR(sum, 1.0, 5e-3);
}

TEST_P(EveryDensity, SlopesAreThoseOfTheDensity) {
  const auto density = made(kind(), small(kind(), 2, 2));
  const std::vector<float> theta = shaken(*density, 0.05);
  Pass pass(density->tape(), 16);
  const std::size_t stride = pass.extent().stride;
  std::vector<float> by_y(2 * stride), by_c(2 * stride), log_q(stride), up(stride), down(stride);
  const auto fill = [&](std::size_t moved, float by) {
    Rng rng(8, 8);
    for (std::size_t s = 0; s < 16; ++s)
      for (std::size_t k = 0; k < 4; ++k) {
        const Var v = k < 2 ? density->y() : density->context();
        pass.row(v, k % 2)[s] = static_cast<float>(0.7 * rng.normal()) + (k == moved ? by : 0.0F);
      }
  };
  fill(9, 0.0F);
  density->differentiate(pass, theta, log_q.data(), by_y.data(), by_c.data());
  const float step = density->explicit_density() ? 1.0F / 512 : 1.0F / 128;
  for (std::size_t k = 0; k < 4; ++k) {
    fill(k, step);
    density->evaluate(pass, theta, up.data());
    fill(k, -step);
    density->evaluate(pass, theta, down.data());
    for (std::size_t s = 0; s < 16; ++s) {
      // Where splines meet the slope jumps: there it is one of the two sides', and lies between their differences.
      // Rounding: 3e-6 of log q over the step.
      const float left = (log_q[s] - down[s]) / step, right = (up[s] - log_q[s]) / step;
      const float slope = (k < 2 ? by_y : by_c)[k % 2 * stride + s], slack = 3e-2F * (1.0F + std::abs(slope));
      EXPECT_GE(slope, std::min(left, right) - slack) << k << " " << s;
      EXPECT_LE(slope, std::max(left, right) + slack) << k << " " << s;
    }
  }
}

/// One pair: writes y and c, returns log p(y | c).
using Truth = std::function<double(Rng& rng, std::span<float> y, std::span<float> c)>;

struct Learnt {
  std::vector<float> theta;
  double truth = 0.0, found = 0.0;  ///< mean log densities of fresh pairs
};

Learnt learnt(const ConditionalDensity& density, const Truth& pair, std::int64_t steps) {
  const std::size_t normals = density.objective_normals(), uniforms = density.objective_uniforms();
  double sum = 0.0;
  std::uint64_t batch = 0;
  const auto feed = [&](Pass& pass, std::size_t first) {
    const Extent e = pass.extent();
    std::vector<float> y(density.dimension()), c(density.context_dimension());
    std::vector<float> noise((normals + uniforms) * e.stride, 0.0F);
    for (std::size_t s = 0; s < pass.samples(); ++s) {
      Rng rng(5, 9, batch * 4096 + first + s);
      sum += pair(rng, y, c);
      for (std::size_t i = 0; i < y.size(); ++i) pass.row(density.y(), i)[s] = y[i];
      for (std::size_t i = 0; i < c.size(); ++i) pass.row(density.context(), i)[s] = c[i];
      for (std::size_t i = 0; i < normals + uniforms; ++i)
        noise[i * e.stride + s] = static_cast<float>(i < normals ? rng.normal() : rng.uniform());
    }
    density.randomise(pass, noise.data());
  };
  LearnerOptions how;
  how.rate = 4e-3;
  how.steps = steps;
  how.average = 0.99;
  Learner learner(density.tape(), density.objective(), density.tape().initial(1), how);
  for (; batch < static_cast<std::uint64_t>(steps); ++batch) learner.step(256, feed);
  Learnt out;
  out.theta = learner.averaged();
  constexpr std::size_t fresh = 1024;
  sum = 0.0;
  Pass pass(density.tape(), 128);
  std::vector<float> log_q(pass.extent().stride);
  batch = 1U << 20;
  for (std::size_t first = 0; first < fresh; first += 128) {
    feed(pass, first);
    density.evaluate(pass, out.theta, log_q.data());
    for (std::size_t s = 0; s < 128; ++s) out.found += static_cast<double>(log_q[s]) / fresh;
  }
  out.truth = sum / fresh;
  return out;
}

constexpr double log_2pi = 1.8378770664093453;

/// y1 = c + noise bent by y0.
double banana(Rng& rng, std::span<float> y, std::span<float> c) {
  const double about = rng.normal(), a = rng.normal(), b = rng.normal();
  c[0] = static_cast<float>(about);
  y[0] = static_cast<float>(0.8 * a);
  y[1] = static_cast<float>(about + 0.3 * b + 0.64 * a * a);
  return -0.5 * (a * a + b * b) - std::log(0.8 * 0.3) - log_2pi;
}

/// Two modes, c in opposite directions.
double two_modes(Rng& rng, std::span<float> y, std::span<float> c) {
  const double about = 0.5 * rng.normal(), side = rng.uniform() < 0.5 ? -1.0 : 1.0, a = rng.normal(), b = rng.normal();
  c[0] = static_cast<float>(about);
  y[0] = static_cast<float>(side * (1.2 + 0.3 * about) + 0.25 * a);
  y[1] = static_cast<float>(side * about + 0.25 * b);
  const auto log_normal = [&](double s) {
    const double u = (static_cast<double>(y[0]) - s * (1.2 + 0.3 * about)) / 0.25,
                 v = (static_cast<double>(y[1]) - s * about) / 0.25;
    return -0.5 * (u * u + v * v) - 2.0 * std::log(0.25) - log_2pi;
  };
  return std::log(0.5 * std::exp(log_normal(-1.0)) + 0.5 * std::exp(log_normal(1.0)));
}

/// A mean and a covariance that bend with c.
double breathing(Rng& rng, std::span<float> y, std::span<float> c) {
  const double about = rng.normal(), a = rng.normal(), b = rng.normal();
  const double spread = std::exp(0.5 * about), tilt = std::tanh(about);
  c[0] = static_cast<float>(about);
  y[0] = static_cast<float>(about * about + spread * a);
  y[1] = static_cast<float>(tilt * a + 0.4 * b);
  return -0.5 * (a * a + b * b) - std::log(spread * 0.4) - log_2pi;
}

TEST(Gaussian, LearnsHowMeanAndCovarianceDependOnTheContext) {
  const auto density = made("gaussian", small("gaussian", 2, 1));
  // It begins as the standard normal density.
  Pass pass(density->tape(), 16);
  std::vector<float> log_q(pass.extent().stride);
  pass.row(density->y(), 0)[0] = 1.0F, pass.row(density->y(), 1)[0] = -2.0F, pass.row(density->context(), 0)[0] = 3.0F;
  density->evaluate(pass, density->tape().initial(1), log_q.data());
  EXPECT_NEAR(static_cast<double>(log_q[0]), -2.5 - log_2pi, 1e-5);
  const Learnt l = learnt(*density, breathing, 1500);
  EXPECT_NEAR(l.found, l.truth, 0.03);
}

/// Labels a, b, a xor b (but for one in twenty), b being likely where c is large.
double parity(Rng& rng, std::span<float> y, std::span<float> c) {
  const double about = rng.normal(), p = 1.0 / (1.0 + std::exp(-2.0 * about));
  const bool a = rng.uniform() < 0.3, b = rng.uniform() < p, flip = rng.uniform() < 0.05;
  c[0] = static_cast<float>(about);
  y[0] = a ? 1.0F : 0.0F, y[1] = b ? 1.0F : 0.0F, y[2] = (a != b) != flip ? 1.0F : 0.0F;
  return std::log(a ? 0.3 : 0.7) + std::log(b ? p : 1.0 - p) + std::log(flip ? 0.05 : 0.95);
}

TEST(Bernoulli, LearnsWhatDependsOnWhatAndDrawsIt) {
  DensityShape shape = small("bernoulli", 3, 1);
  shape.hidden = 60;  // few units see both: an exclusive or has local optima
  const auto density = made("bernoulli", shape);
  const Learnt l = learnt(*density, parity, 4000);
  EXPECT_NEAR(l.found, l.truth, 0.03);
  // All eight answers, at one c.
  Pass pass(density->tape(), 16);
  std::vector<float> log_q(pass.extent().stride);
  for (std::size_t s = 0; s < 8; ++s) {
    for (std::size_t i = 0; i < 3; ++i) pass.row(density->y(), i)[s] = (s >> i & 1U) != 0 ? 1.0F : 0.0F;
    pass.row(density->context(), 0)[s] = 0.4F;
  }
  density->evaluate(pass, l.theta, log_q.data());
  double sum = 0.0;
  for (std::size_t s = 0; s < 8; ++s) sum += std::exp(static_cast<double>(log_q[s]));
  EXPECT_NEAR(sum, 1.0, 1e-5);
  constexpr std::size_t draws = 4096;
  const std::vector<double> y = drawn(*density, l.theta, draws, 0.4F);
  std::array<double, 8> found{};
  for (std::size_t k = 0; k < draws; ++k)
    found[static_cast<std::size_t>(y[3 * k] + 2.0 * y[3 * k + 1] + 4.0 * y[3 * k + 2])] += 1.0 / draws;
  for (std::size_t s = 0; s < 8; ++s) {
    const double p = std::exp(static_cast<double>(log_q[s]));
    // Five standard errors of a share.
    EXPECT_NEAR(found[s], p, 5.0 * std::sqrt(p * (1.0 - p) / draws) + 1e-4) << s;
  }
}

TEST(Bernoulli, BeginsWithTheLinearMapThatItIsGiven) {
  const auto density = made("bernoulli", small("bernoulli", 2, 2));
  std::vector<float> theta = density->tape().initial(1);
  density->set_linear(theta, std::array{1.0, -2.0, 0.5, 0.0}, std::array{0.25, -1.0});
  Pass pass(density->tape(), 16);
  const std::size_t stride = pass.extent().stride;
  std::vector<float> log_q(stride), by_y(2 * stride), by_c(2 * stride);
  pass.row(density->y(), 0)[0] = 1.0F, pass.row(density->y(), 1)[0] = 0.0F;
  pass.row(density->context(), 0)[0] = 0.5F, pass.row(density->context(), 1)[0] = 1.0F;
  density->differentiate(pass, theta, log_q.data(), by_y.data(), by_c.data());
  const double first = 0.25 + 0.5 - 2.0, second = -1.0 + 0.25;  // logits
  const double p = 1.0 / (1.0 + std::exp(-first)), q = 1.0 / (1.0 + std::exp(-second));
  EXPECT_NEAR(static_cast<double>(log_q[0]), std::log(p) + std::log(1.0 - q), 1e-5);
  EXPECT_NEAR(static_cast<double>(by_c[0]), (1.0 - p) - 0.5 * q, 1e-5);
  EXPECT_NEAR(static_cast<double>(by_c[stride]), -2.0 * (1.0 - p), 1e-5);
}

/// One normal density has neither bends nor modes: its own test is above.
class EveryFlexibleDensity : public EveryDensity {};
std::vector<DensityKind> flexible_kinds() {
  std::vector<DensityKind> out = kinds_of_numbers();
  std::erase_if(out, [](const DensityKind& kind) { return kind.name == "gaussian"; });
  return out;
}
INSTANTIATE_TEST_SUITE_P(Kinds, EveryFlexibleDensity, testing::ValuesIn(flexible_kinds()),
                         [](const auto& about) { return std::string(about.param.name); });

TEST_P(EveryFlexibleDensity, LearnsABananaAndTwoModes) {
  const bool velocity = kind() == "flow_matching" || kind() == "transformer";
  // The difference is a Kullback-Leibler divergence, averaged over 1024 draws of log p - log q, whose standard
  // deviation is about sqrt(2 KL): 0.01 of noise. Normal components fit a bend piece by piece; a regression on noisy
  // targets learns more slowly than a likelihood, and half of the transformer's samples are of other conditions.
  const double allowed = velocity ? 0.12 : 0.06;
  const auto bent = made(kind(), small(kind(), 2, 1));
  const Learnt b = learnt(*bent, banana, 1200);
  EXPECT_NEAR(b.found, b.truth, allowed) << "banana";
  const auto modes = made(kind(), small(kind(), 2, 1));
  const Learnt m = learnt(*modes, two_modes, 1200);
  // Affine steps cannot part what is in one piece: a thin bridge stays between the modes.
  EXPECT_NEAR(m.found, m.truth, kind() == "maf" ? 0.2 : allowed) << "two modes";
  constexpr std::size_t draws = 2048;
  const std::vector<double> y = drawn(*modes, m.theta, draws, 0.0F);
  double left = 0.0, between = 0.0;
  for (std::size_t s = 0; s < draws; ++s) left += y[2 * s] < 0.0, between += std::abs(y[2 * s]) < 0.4;
  // Standard error of a share of 1/2: 0.011. The exact share between (3.2 sd away) is 7e-4.
  EXPECT_NEAR(left / draws, 0.5, 0.06);
  EXPECT_LT(between / draws, 0.04);
}

/// Three correlated normal variables, y of two and c of one: every conditional is known.
TEST(TokenTransformer, ConditionsOnAnySubset) {
  TokenTransformerOptions o;
  o.dimension = 2;
  o.context = 1;
  o.features = 16;
  o.blocks = 2;
  o.hidden = 32;
  o.posterior_share = 0.2;
  const TokenTransformer density(o);
  // y0 = a, y1 = 0.8 a + 0.6 b, c = 0.6 y1 + 0.8 e: unit variances.
  const auto pair = [](Rng& rng, std::span<float> y, std::span<float> c) {
    const double a = rng.normal(), b = rng.normal(), e = rng.normal(), y1 = 0.8 * a + 0.6 * b;
    y[0] = static_cast<float>(a);
    y[1] = static_cast<float>(y1);
    c[0] = static_cast<float>(0.6 * y1 + 0.8 * e);
    return 0.0;
  };
  const std::vector<float> theta = learnt(density, pair, 1500).theta;
  constexpr double correlation[3][3] = {{1.0, 0.8, 0.48}, {0.8, 1.0, 0.6}, {0.48, 0.6, 1.0}};
  Pass pass(density.tape(), 128);
  const std::size_t stride = pass.extent().stride;
  // One given, one asked for, the third drawn along: its marginal must not disturb.
  for (std::size_t known = 0; known < 3; ++known) {
    std::vector<bool> given(3, false);
    given[known] = true;
    double sum[3] = {}, square[3] = {};
    constexpr std::size_t rounds = 16, draws = rounds * 128;
    for (std::size_t round = 0; round < rounds; ++round) {
      std::vector<float> noise(3 * stride);
      Rng rng(2, 2, round * 8 + known);
      for (float& z : noise) z = static_cast<float>(rng.normal());
      for (std::size_t k = 0; k < 3; ++k)
        std::ranges::fill(k < 2 ? pass.row(density.y(), k) : pass.row(density.context(), 0), 1.0F);
      density.draw_given(pass, theta, given, noise.data());
      for (std::size_t k = 0; k < 3; ++k)
        for (std::size_t s = 0; s < 128; ++s) {
          const auto v = static_cast<double>((k < 2 ? pass.row(density.y(), k) : pass.row(density.context(), 0))[s]);
          sum[k] += v / draws, square[k] += v * v / draws;
        }
    }
    for (std::size_t k = 0; k < 3; ++k) {
      const double r = correlation[k][known], sd = std::sqrt(square[k] - sum[k] * sum[k]);
      if (k == known) {
        EXPECT_EQ(sum[k], 1.0);
        continue;
      }
      // Standard errors: 0.02 of the mean, 0.015 of the sd; the rest is what 1500 steps leave.
      EXPECT_NEAR(sum[k], r, 0.12) << k << " given " << known;
      EXPECT_NEAR(sd, std::sqrt(1.0 - r * r), 0.1) << k << " given " << known;
    }
  }
  // A density of one given the other two: normal with known mean and sd.
  std::vector<float> log_q(stride);
  for (std::size_t s = 0; s < 128; ++s) {
    pass.row(density.y(), 0)[s] = 0.5F;
    pass.row(density.y(), 1)[s] = -0.5F;
    pass.row(density.context(), 0)[s] = -2.3F + static_cast<float>(s) / 32.0F;
  }
  density.evaluate_given(pass, theta, {true, true, false}, log_q.data());
  double mass = 0.0, mean = 0.0;
  for (std::size_t s = 0; s < 128; ++s) {
    const double q = std::exp(static_cast<double>(log_q[s])) / 32.0;
    mass += q, mean += q * static_cast<double>(pass.row(density.context(), 0)[s]);
  }
  // Over 2.5 sd below to 2.3 above the mean.
  EXPECT_NEAR(mass, 0.98, 0.03);
  EXPECT_NEAR(mean / mass, 0.6 * -0.5, 0.1);
}

TEST(Densities, EveryKindHasASentence) {
  for (const DensityKind& kind : density_kinds()) EXPECT_GT(kind.sentence.size(), 20U) << kind.name;
}

TEST(Densities, WhatCannotBeMadeIsSaid) {
  const auto unknown = make_density("msf", {});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().front().code, "unknown-density");
  EXPECT_NE(unknown.error().front().message.find("nsf_coupling"), std::string::npos);
  EXPECT_FALSE(unknown.error().front().hint.empty());
  DensityShape wrong;
  wrong.dimension = 0;
  wrong.bins = 17;
  wrong.ode_steps = 0;
  const auto out_of_range = make_density("nsf", wrong);
  ASSERT_FALSE(out_of_range);
  EXPECT_EQ(out_of_range.error().size(), 3U) << render(out_of_range.error());
  DensityShape large;
  large.dimension = 65;
  const auto mixture = make_density("mdn", large);
  ASSERT_FALSE(mixture);
  EXPECT_EQ(mixture.error().front().message, "\"mdn\" has at most 64 dimensions, found 65");
  large.context = 600;
  const auto tokens = make_density("transformer", large);
  ASSERT_FALSE(tokens);
  EXPECT_EQ(tokens.error().front().code, "density-shape");
  DensityShape embedded;
  embedded.context = 30;
  embedded.embedding.kind = EmbeddingKind::trace;
  embedded.embedding.items = 30;
  EXPECT_FALSE(make_density("transformer", embedded));
  EXPECT_TRUE(make_density("nsf", embedded));
}

/// A trace whose second half's mean is y, through each kind's embedding: draws follow it.
TEST(Densities, LearntStatisticsOfATrace) {
  for (const std::string_view kind : {"nsf", "nsf_coupling", "mdn", "flow_matching"}) {
    DensityShape shape = small(kind, 1, 16);
    shape.steps = 2;
    shape.embedding.kind = EmbeddingKind::trace;
    shape.embedding.items = 16;
    shape.embedding.hidden = 8;
    shape.embedding.outputs = 4;
    const auto density = made(kind, shape);
    const auto pair = [](Rng& rng, std::span<float> y, std::span<float> c) {
      const double level = rng.normal();
      for (std::size_t t = 0; t < 16; ++t) c[t] = static_cast<float>((t < 8 ? 0.0 : level) + 0.4 * rng.normal());
      y[0] = static_cast<float>(level);
      return 0.0;
    };
    const Learnt l = learnt(*density, pair, 500);
    // The posterior's sd is 1 / sqrt(1 + 8 / 0.16) = 0.14: mean log density -0.5 log(2 pi e) - log 0.14 = 0.55, while
    // that of one that sees nothing is -1.42.
    EXPECT_GT(l.found, 0.25) << kind;
  }
}

}  // namespace
}  // namespace hillock::nn
