// Spaces whose priors depend on parameters before them.

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <ctime>
#include <numbers>
#include <thread>

#include "prob/parameter_space.hpp"
#include "prob/test/functions.hpp"

namespace hillock::prob {
namespace {

constexpr double log_sqrt_two_pi = 0.91893853320467274178;

/// a ~ N(0.3, 1), s ~ halfnormal(0.8), then one of each family that reads them, and a grandchild.
ParameterSpace every_family() {
  return ParameterSpace::make_joint({"a", "s", "n", "l", "h", "e", "g"},
                                    {fixed("normal", {0.3, 1.0}), fixed("halfnormal", {0.8}),
                                     conditional(Family::normal, {0, 1},
                                                 [](auto x, double* out, double* by) {
                                                   out[0] = 2.0 * x[0], out[1] = 0.5 + x[1];
                                                   if (by != nullptr)
                                                     by[0] = 2.0, by[1] = 0.0, by[2] = 0.0, by[3] = 1.0;
                                                 }),
                                     conditional(Family::lognormal, {1, 0},
                                                 [](auto x, double* out, double* by) {
                                                   out[0] = x[0] * std::exp(x[1]), out[1] = 0.3;
                                                   if (by != nullptr)
                                                     by[0] = std::exp(x[1]), by[1] = out[0], by[2] = by[3] = 0.0;
                                                 }),
                                     conditional(Family::halfnormal, {1},
                                                 [](auto x, double* out, double* by) {
                                                   out[0] = x[0] * x[0];
                                                   if (by != nullptr) by[0] = 2.0 * x[0];
                                                 }),
                                     conditional(Family::exponential, {0},
                                                 [](auto x, double* out, double* by) {
                                                   out[0] = std::exp(0.5 * x[0]);
                                                   if (by != nullptr) by[0] = 0.5 * out[0];
                                                 }),
                                     conditional(Family::normal, {2, 5},
                                                 [](auto x, double* out, double* by) {
                                                   out[0] = x[0] * x[1], out[1] = 1.0;
                                                   if (by != nullptr) by[0] = x[1], by[1] = x[0], by[2] = by[3] = 0.0;
                                                 })})
      .value();
}

TEST(ConditionalSpace, TheDensityIsTheProductOfTheConditionals) {
  const ParameterSpace space = every_family();
  const Array2 x = space.sample(3, 0, 300);
  const Array2 u = space.to_unconstrained(x);
  std::vector<double> value(x.rows);
  space.log_density_unconstrained(u, value, nullptr);
  const auto normal = [](double at, double mean, double sd) {
    return -0.5 * std::pow((at - mean) / sd, 2) - std::log(sd) - log_sqrt_two_pi;
  };
  for (std::size_t k = 0; k < x.rows; ++k) {
    const auto r = x.row(k);
    const double a = r[0], s = r[1], n = r[2], l = r[3], h = r[4], e = r[5], g = r[6];
    double wanted = normal(a, 0.3, 1.0) + std::numbers::ln2 + normal(s, 0.0, 0.8) + normal(n, 2.0 * a, 0.5 + s);
    wanted += normal(std::log(l), std::log(s) + a, 0.3) - std::log(l);
    wanted += std::numbers::ln2 + normal(h, 0.0, s * s);
    wanted += -e / std::exp(0.5 * a) - 0.5 * a;
    wanted += normal(g, n * e, 1.0);
    for (const double positive : {s, l, h, e}) wanted += std::log(positive);  // dx/du
    EXPECT_NEAR(value[k], wanted, 1e-11 * std::max(1.0, std::fabs(wanted)));
  }
}

TEST(ConditionalSpace, TheGradientReachesTheParents) {
  const ParameterSpace space = every_family();
  const Array2 u = space.to_unconstrained(space.sample(4, 0, 300));  // more than a block
  std::vector<double> value(u.rows), moved(u.rows);
  Array2 gradient(u.rows, u.cols);
  space.log_density_unconstrained(u, value, &gradient);
  constexpr double h = 1e-3;
  for (std::size_t c = 0; c < u.cols; ++c) {
    std::vector<double> slope(u.rows);
    for (const auto& [step, weight] : {std::pair(1, 8.0), {-1, -8.0}, {2, -1.0}, {-2, 1.0}}) {
      Array2 at = u;
      for (std::size_t k = 0; k < u.rows; ++k) at(k, c) += step * h;
      space.log_density_unconstrained(at, moved, nullptr);
      for (std::size_t k = 0; k < u.rows; ++k) slope[k] += weight * moved[k] / (12.0 * h);
    }
    for (std::size_t k = 0; k < u.rows; ++k) {
      // Rounding 4e-16 |value| / h, and h^4/30 = 3e-14 of a fifth derivative, which goes with the value's largest term.
      const double size = std::max({1.0, std::fabs(value[k]), std::fabs(gradient(k, c))});
      EXPECT_NEAR(gradient(k, c), slope[k], 1e-9 * size) << c;
    }
  }
}

/// f_i ~ N((2 f_{i-1} - f_{i-2})/(1 + sqrt(i/9)), 1/(1 + sqrt(i/9))): f ~ N(0, (F^T F)^-1), F = D^2 + diag sqrt(i/9).
ParameterSpace chain() {
  std::vector<std::string> names;
  std::vector<Entry> priors;
  for (std::size_t i = 0; i < 9; ++i) {
    names.push_back("f" + std::to_string(i));
    const double scale = 1.0 / (1.0 + std::sqrt(static_cast<double>(i) / 9.0));
    if (i == 0) priors.emplace_back(fixed("normal", {0.0, 1.0}));
    else if (i == 1)
      priors.emplace_back(conditional(Family::normal, {0}, [scale](auto x, double* out, double* by) {
        out[0] = 2.0 * x[0] * scale, out[1] = scale;
        if (by != nullptr) by[0] = 2.0 * scale, by[1] = 0.0;
      }));
    else
      priors.emplace_back(conditional(Family::normal, {i - 1, i - 2}, [scale](auto x, double* out, double* by) {
        out[0] = (2.0 * x[0] - x[1]) * scale, out[1] = scale;
        if (by != nullptr) by[0] = 2.0 * scale, by[1] = -scale, by[2] = by[3] = 0.0;
      }));
  }
  return ParameterSpace::make_joint(names, priors).value();
}

/// F of the smoothness prior: z = F f.
std::array<std::array<double, 9>, 9> smoothness() {
  std::array<std::array<double, 9>, 9> f{};
  for (std::size_t i = 0; i < 9; ++i) {
    f[i][i] = 1.0 + std::sqrt(static_cast<double>(i) / 9.0);  // D^2: 1, -2, 1
    if (i > 0) f[i][i - 1] = -2.0;
    if (i > 1) f[i][i - 2] = 1.0;
  }
  return f;
}

/// (F^T F)^-1 = G G^T with G = F^-1, lower triangular.
std::array<std::array<double, 9>, 9> covariance() {
  const auto f = smoothness();
  std::array<std::array<double, 9>, 9> g{}, out{};
  for (std::size_t c = 0; c < 9; ++c)
    for (std::size_t r = c; r < 9; ++r) {
      double sum = r == c ? 1.0 : 0.0;
      for (std::size_t k = c; k < r; ++k) sum -= f[r][k] * g[k][c];
      g[r][c] = sum / f[r][r];
    }
  for (std::size_t i = 0; i < 9; ++i)
    for (std::size_t j = 0; j < 9; ++j)
      for (std::size_t k = 0; k < 9; ++k) out[i][j] += g[i][k] * g[j][k];
  return out;
}

TEST(ConditionalSpace, TheMomentsOfTheSmoothnessPrior) {
  const ParameterSpace space = chain();
  const auto wanted = covariance();
  constexpr std::size_t n = 200000;
  const Array2 x = space.sample(11, 0, n);
  for (std::size_t i = 0; i < 9; ++i) {
    double mean = 0.0;
    for (std::size_t k = 0; k < n; ++k) mean += x(k, i) / n;
    EXPECT_NEAR(mean, 0.0, 4.5 * std::sqrt(wanted[i][i] / n));
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = 0.0;
      for (std::size_t k = 0; k < n; ++k) sum += x(k, i) * x(k, j) / n;
      // Var(x_i x_j) = S_ii S_jj + S_ij^2 of a normal pair; 4.5 standard errors in 54 numbers.
      const double error = std::sqrt((wanted[i][i] * wanted[j][j] + wanted[i][j] * wanted[i][j]) / n);
      EXPECT_NEAR(sum, wanted[i][j], 4.5 * error) << i << j;
    }
  }
}

TEST(ConditionalSpace, StandardNormalsOfTheSmoothnessPriorAreFTimesX) {
  const ParameterSpace space = chain();
  const auto f = smoothness();
  const Array2 x = space.sample(12, 0, 300);
  std::vector<double> slope(x.rows), density(x.rows);
  const Array2 z = space.to_standard_normal(x, slope);
  space.log_density_unconstrained(x, density, nullptr);  // u is x here
  double log_determinant = 0.0;
  for (std::size_t i = 0; i < 9; ++i) log_determinant -= std::log(f[i][i]);
  for (std::size_t k = 0; k < x.rows; ++k) {
    double squares = 0.0;
    for (std::size_t i = 0; i < 9; ++i) {
      double wanted = 0.0;
      for (std::size_t j = 0; j < 9; ++j) wanted += f[i][j] * x(k, j);
      EXPECT_NEAR(z(k, i), wanted, 1e-13 * 30);
      squares += z(k, i) * z(k, i);
    }
    EXPECT_NEAR(slope[k], log_determinant, 1e-13);
    EXPECT_NEAR(density[k], -0.5 * squares - 9 * log_sqrt_two_pi - slope[k], 1e-12);
  }
  // Its curvature is F^T F, exactly and on average.
  Array2 expected(9, 9);
  expected(0, 0) = 1.0;  // the first prior stands alone
  space.add_conditional_information(x.row(0), expected);
  const Array2 observed = space.curvature(x.row(0));
  for (std::size_t i = 0; i < 9; ++i)
    for (std::size_t j = 0; j < 9; ++j) {
      double wanted = 0.0;
      for (std::size_t k = 0; k < 9; ++k) wanted += f[k][i] * f[k][j];
      EXPECT_NEAR(expected(i, j), wanted, 1e-13);
      EXPECT_NEAR(observed(i, j), wanted, 1e-9);
    }
}

TEST(ConditionalSpace, StandardNormalsGoForthAndBack) {
  const ParameterSpace space = every_family();
  Rng rng(5, stream_id("test"), 0);
  Array2 z(1000, space.size());
  for (double& value : z.values) value = rng.normal();
  std::vector<double> slope(z.rows), back_slope(z.rows), density(z.rows);
  const Array2 x = space.from_standard_normal(z, slope);
  const Array2 back = space.to_standard_normal(x, back_slope);
  const Array2 u = space.to_unconstrained(x);
  space.log_density_unconstrained(u, density, nullptr);
  const Array2 dx_du = space.jacobian(u);
  for (std::size_t k = 0; k < z.rows; ++k) {
    double carried = -slope[k];
    for (std::size_t c = 0; c < z.cols; ++c) {
      // x - mean cancels where the grandchild's mean is large: 40 here.
      EXPECT_NEAR(back(k, c), z(k, c), 2e-13) << c;
      carried += -0.5 * z(k, c) * z(k, c) - log_sqrt_two_pi + std::log(dx_du(k, c));
    }
    EXPECT_NEAR(back_slope[k], slope[k], 1e-12);
    EXPECT_NEAR(density[k], carried, 1e-11);
  }
}

TEST(ConditionalSpace, ADrawIsItsAddressOnAnyThread) {
  const ParameterSpace space = every_family();
  const Array2 all = space.sample(7, 0, 1000);
  std::array<Array2, 4> parts;
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 4; ++t) threads.emplace_back([&, t] { parts[t] = space.sample(7, 250 * t, 250); });
  for (std::thread& thread : threads) thread.join();
  for (std::size_t t = 0; t < 4; ++t)
    for (std::size_t k = 0; k < 250; ++k)
      for (std::size_t c = 0; c < all.cols; ++c) ASSERT_EQ(parts[t](k, c), all(250 * t + k, c));
  // The columns before the first conditional prior have the bits that they have alone.
  const Array2 alone = ParameterSpace::make({"a", "s"}, {fixed("normal", {0.3, 1.0}), fixed("halfnormal", {0.8})})
                           .value()
                           .sample(7, 0, 9);
  for (std::size_t k = 0; k < 9; ++k) EXPECT_EQ(alone(k, 1), all(k, 1));
}

// What the checks of a model refuse; a space lives with it all the same.
TEST(ConditionalSpace, AScaleThatIsNoneHasNoMassAndNoNaN) {
  const ParameterSpace space =
      ParameterSpace::make_joint({"a", "b", "c"}, {fixed("normal", {0.0, 1.0}),
                                                   conditional(Family::normal, {0},
                                                               [](auto x, double* out, double* by) {
                                                                 out[0] = std::log(x[0]), out[1] = x[0];
                                                                 if (by != nullptr) by[0] = 1 / x[0], by[1] = 1.0;
                                                               }),
                                                   conditional(Family::exponential, {1},
                                                               [](auto x, double* out, double* by) {
                                                                 out[0] = std::exp(x[0]);
                                                                 if (by != nullptr) by[0] = out[0];
                                                               })})
          .value();
  const Array2 x = space.sample(1, 0, 1000);
  std::vector<double> value(x.rows), slope(x.rows), forth(x.rows);
  Array2 gradient(x.rows, 3);
  const Array2 u = space.to_unconstrained(x);
  space.log_density_unconstrained(u, value, &gradient);
  const Array2 z = space.to_standard_normal(x, slope);
  const Array2 again = space.from_standard_normal(z, forth);
  for (std::size_t k = 0; k < x.rows; ++k) {
    for (std::size_t c = 0; c < 3; ++c) ASSERT_TRUE(std::isfinite(x(k, c)) && std::isfinite(again(k, c)));
    if (x(k, 0) > 0.0) {
      EXPECT_TRUE(std::isfinite(value[k]) && std::isfinite(slope[k])) << x(k, 0);
      continue;
    }
    EXPECT_EQ(value[k], -HUGE_VAL);
    EXPECT_EQ(slope[k], HUGE_VAL);
    EXPECT_EQ(forth[k], HUGE_VAL);
    for (std::size_t c = 0; c < 3; ++c) EXPECT_EQ(gradient(k, c), 0.0);
  }
  const double bad[] = {-1.0, 0.0, 1.0};
  EXPECT_FALSE(space.prior_given(1, bad).has_value());
  EXPECT_TRUE(space.prior_given(2, bad).has_value());
}

TEST(ConditionalSpace, TheCentreIsEachMedianGivenTheOnesBefore) {
  const std::vector<double> centre = every_family().centre();
  EXPECT_EQ(centre[0], 0.3);
  EXPECT_DOUBLE_EQ(centre[2], 0.6);
  EXPECT_DOUBLE_EQ(centre[3], centre[1] * std::exp(0.3));
  EXPECT_DOUBLE_EQ(centre[5], std::numbers::ln2 * std::exp(0.15));
  EXPECT_DOUBLE_EQ(centre[6], centre[2] * centre[5]);
}

TEST(ConditionalSpace, Mistakes) {
  const auto none = [](auto, double*, double*) {};
  const auto space = ParameterSpace::make_joint(
      {"a", "b", "a"},
      {conditional(Family::uniform, {}, none), conditional(Family::normal, {1, 2}, none), fixed("normal", {0.0, 1.0})});
  ASSERT_FALSE(space);
  ASSERT_EQ(space.error().size(), 4U);
  EXPECT_EQ(space.error()[0].code, "parameter-twice");
  EXPECT_EQ(space.error()[1].message, "the bounds of `uniform` cannot depend on other parameters");
  EXPECT_EQ(space.error()[2].message, "the prior of `b` reads `b`, which does not come before it");
  EXPECT_EQ(space.error()[3].message, "the prior of `b` reads `a`, which does not come before it");
}

// A million rows of 8 parameters in under a second on one core; ten times that in CPU time here, where anything may run
// beside it.
TEST(ConditionalSpace, BatchesAreFast) {
  const ParameterSpace space =
      ParameterSpace::make({"a", "b", "c", "d", "e", "f", "g", "h"},
                           {fixed("uniform", {0.0, 1.0}), fixed("loguniform", {0.1, 10.0}), fixed("normal", {0.0, 1.0}),
                            fixed("lognormal", {1.0, 1.0}), fixed("halfnormal", {1.0}), fixed("exponential", {1.0}),
                            fixed("uniform", {-3.0, 1.0}), fixed("uniform", {0.0, 2.0})})
          .value();
  const Array2 x = space.sample(1, 0, 100000);
  std::vector<double> slope(x.rows);
  const std::clock_t begun = std::clock();
  const Array2 z = space.to_standard_normal(x, slope);
  const std::clock_t half = std::clock();
  const Array2 back = space.from_standard_normal(z, slope);
  const std::clock_t end = std::clock();
  const double to = static_cast<double>(half - begun) / CLOCKS_PER_SEC;
  const double from = static_cast<double>(end - half) / CLOCKS_PER_SEC;
  RecordProperty("seconds_a_million_to", std::to_string(10 * to));
  RecordProperty("seconds_a_million_from", std::to_string(10 * from));
  EXPECT_LT(to, 1.0);
  EXPECT_LT(from, 1.0);
}

}  // namespace
}  // namespace hillock::prob
