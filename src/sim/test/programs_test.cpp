/// What each purpose sums up or puts out, against direct computations from the trace; gradients against differences;
/// the texts of errors.

#include "sim/programs.hpp"

#include <Eigen/Cholesky>
#include <Eigen/Dense>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numbers>

#include "sim/integrate/step.hpp"
#include "sim/test/models.hpp"

namespace hillock::sim {
namespace {

using fixture::Noise;

struct Case {
  Noise noise;
  std::string integrator;
  double tolerance;  ///< of a derivative, relative to the largest one
};

/// A derivative by differences at h and h/2 with h = 1e-3 |p|, extrapolated: truncation (1e-3)^4 = 1e-12 times fifth
/// derivatives of order 100, rounding 1e-16 * 1e3 * (value/derivative, up to 100): together 1e-9 at most, of the
/// largest derivative. Dormand & Prince choose other steps for other parameters: their 1e-8 of error, over h, is 1e-5.
const std::vector<Case>& cases() {
  static const std::vector<Case> all{{Noise::normal, "exponential_euler", 2e-9},
                                     {Noise::ar1, "exponential_euler", 2e-9},
                                     {Noise::two_channels, "exponential_euler", 2e-9},
                                     {Noise::ar1, "rk4", 2e-9},
                                     {Noise::two_channels, "euler", 2e-9},
                                     {Noise::ar1, "dopri5", 1e-4}};
  return all;
}
void PrintTo(const Case& c, std::ostream* out) {
  *out << (c.noise == Noise::normal ? "normal" : c.noise == Noise::ar1 ? "ar1" : "two_channels") << "_" << c.integrator;
}

class EveryPurpose : public testing::TestWithParam<Case> {
 protected:
  ir::Model model = fixture::gate(GetParam().noise);
  std::vector<double> p = fixture::gate_parameters(GetParam().noise);
  Experiment e = fixture::gate_experiment(GetParam().noise);
  std::size_t channels = GetParam().noise == Noise::two_channels ? 2 : 1;

  Batch batch(Purpose purpose, std::vector<std::uint32_t> with_respect_to = {}) const {
    ProgramRequest request;
    request.purpose = purpose;
    request.integrator = GetParam().integrator;
    request.with_respect_to = std::move(with_respect_to);
    return fixture::batch(model, e, request);
  }
  /// Samples that are kept.
  std::vector<std::size_t> kept() const {
    std::vector<std::size_t> out;
    for (std::size_t s = 0; s < e.samples; ++s)
      if (e.mask[s] != 0) out.push_back(s);
    return out;
  }
  double observed(std::size_t channel, std::size_t sample) const {
    return e.observed.at(channel == 0 ? "I" : "y")[sample];
  }
  double sum_of(const Batch& b, const std::vector<double>& at) const {
    return fixture::sums(b, at)[b.program().value.at(0)];
  }
  /// d f / d p[k] of many values at once.
  std::vector<double> differences(const std::function<std::vector<double>(const std::vector<double>&)>& f,
                                  std::size_t k) const {
    const double h = 1e-3 * p[k];
    const auto d = [&](double step) {
      auto up = p, down = p;
      up[k] += step, down[k] -= step;
      auto a = f(up);
      const auto b = f(down);
      for (std::size_t i = 0; i < a.size(); ++i) a[i] = (a[i] - b[i]) / (2 * step);
      return a;
    };
    const auto coarse = d(h);
    auto fine = d(h / 2);
    for (std::size_t i = 0; i < fine.size(); ++i) fine[i] = (4 * fine[i] - coarse[i]) / 3;
    return fine;
  }
  /// Derivatives are compared in units of 1/p, so that one tolerance fits all.
  void expect_derivative(double got, double want, double scale, const std::string& what) const {
    EXPECT_NEAR(got, want, GetParam().tolerance * scale) << what;
  }
};
INSTANTIATE_TEST_SUITE_P(Programs, EveryPurpose, testing::ValuesIn(cases()), testing::PrintToStringParamName());

TEST_P(EveryPurpose, SquaresAreThoseOfTheTrace) {
  const auto trace = fixture::outputs(batch(Purpose::trace), p);
  ASSERT_EQ(trace.size(), kept().size() * 2 * channels);
  double want = 0.0;
  for (std::size_t i = 0; i < kept().size(); ++i)
    for (std::size_t c = 0; c < channels; ++c) {
      const double weight = channels == 1 ? 1.0 : (c == 0 ? 3.0 : 0.25);
      const double error = weight * (observed(c, kept()[i]) - trace[(i * channels + c) * 2]);
      want += error * error;
    }
  // Sums of 106 terms in another order, and fused: 106 * 2^-53 = 1.2e-14 of the sum.
  EXPECT_NEAR(sum_of(batch(Purpose::squares), p), want, 2e-14 * want);
  EXPECT_GT(want, 1e-3);
}

TEST_P(EveryPurpose, TheTraceHasMeanAndStandardDeviationByObservation) {
  const auto trace = fixture::outputs(batch(Purpose::trace), p);
  for (std::size_t i = 0; i < kept().size(); ++i) {
    EXPECT_EQ(trace[i * channels * 2 + 1], p[5]);
    if (channels == 2) {
      EXPECT_EQ(trace[i * 4 + 3], p[8]);
      // I = g x (V - E) and y = q x, at the same sample.
      const double v = e.inputs.at("V")->at(e.time_of(kept()[i]), e.time_of(kept()[i]) + 1e-6);
      const double x = trace[i * 4 + 2] / p[7];
      EXPECT_NEAR(trace[i * 4], p[4] * x * (v + 0.08), 1e-15);
    }
  }
}

/// The log density of an observation's kept samples: a multivariate normal with the covariance written out.
double dense_log_density(const std::vector<double>& residuals, const std::vector<double>& times, double sd,
                         double tau) {
  const auto n = static_cast<Eigen::Index>(residuals.size());
  Eigen::MatrixXd covariance(n, n);
  Eigen::VectorXd r(n);
  for (Eigen::Index i = 0; i < n; ++i) {
    r(i) = residuals[static_cast<std::size_t>(i)];
    for (Eigen::Index j = 0; j < n; ++j) {
      const double lag = std::fabs(times[static_cast<std::size_t>(i)] - times[static_cast<std::size_t>(j)]);
      covariance(i, j) = tau > 0.0 ? sd * sd * std::exp(-lag / tau) : (i == j ? sd * sd : 0.0);
    }
  }
  const Eigen::LLT<Eigen::MatrixXd> factor(covariance);
  const Eigen::MatrixXd lower = factor.matrixL();
  const double quadratic = lower.triangularView<Eigen::Lower>().solve(r).squaredNorm();
  return -0.5 * quadratic - lower.diagonal().array().log().sum() -
         0.5 * static_cast<double>(n) * std::log(2 * std::numbers::pi);
}

TEST_P(EveryPurpose, TheLogDensityIsThatOfTheDenseMultivariateNormal) {
  const auto trace = fixture::outputs(batch(Purpose::trace), p);
  double want = 0.0;
  for (std::size_t c = 0; c < channels; ++c) {
    std::vector<double> residuals, times;
    for (std::size_t i = 0; i < kept().size(); ++i) {
      residuals.push_back(observed(c, kept()[i]) - trace[(i * channels + c) * 2]);
      times.push_back(e.time_of(kept()[i]));  // with the gaps of the mask
    }
    const bool independent = GetParam().noise == Noise::normal || c == 1;
    want += dense_log_density(residuals, times, c == 0 ? p[5] : p[8], independent ? 0.0 : p[6]);
  }
  // The covariance's condition number is about 4 tau/interval = 32: 53 * 32 * 1e-16 * (|quadratic| of some 1000) =
  // 2e-10.
  EXPECT_NEAR(sum_of(batch(Purpose::log_density), p), want, 1e-9 * std::max(1.0, std::fabs(want)));
}

TEST_P(EveryPurpose, InnovationsAreStandardisedAndMakeUpTheDensity) {
  const auto z = fixture::outputs(batch(Purpose::innovations), p);
  const auto trace = fixture::outputs(batch(Purpose::trace), p);
  ASSERT_EQ(z.size(), kept().size() * 2 * channels);
  double density = 0.0;
  for (std::size_t i = 0; i < z.size() / 2; ++i)
    density -= 0.5 * z[2 * i] * z[2 * i] + z[2 * i + 1] + 0.5 * std::log(2 * std::numbers::pi);
  const double want = sum_of(batch(Purpose::log_density), p);
  EXPECT_NEAR(density, want, 1e-12 * std::fabs(want));
  // x - mean, this way round; the first kept sample has nothing before it.
  for (std::size_t c = 0; c < channels; ++c) {
    const double sd = trace[c * 2 + 1];
    EXPECT_NEAR(z[2 * c], (observed(c, kept()[0]) - trace[c * 2]) / sd, 1e-12);
    EXPECT_NEAR(z[2 * c + 1], std::log(sd), 1e-15);
  }
}

TEST_P(EveryPurpose, TheLinearisationIsTheGradientAndTheProductOfJacobians) {
  const Batch b = batch(Purpose::squares_linearised);
  const auto got = fixture::sums(b, p);
  const Batch squares = batch(Purpose::squares);
  EXPECT_NEAR(got[b.program().value[0]], sum_of(squares, p), 1e-12 * sum_of(squares, p));
  const Batch traces = batch(Purpose::trace);
  const std::size_t n = p.size();
  ASSERT_EQ(b.program().gradient.size(), n);
  ASSERT_EQ(b.program().matrix.size(), n * (n + 1) / 2);
  std::vector<std::vector<double>> jacobian;  // of weight * mean, by parameter, times p
  std::vector<double> half;
  double most = 0.0;
  for (std::size_t k = 0; k < n; ++k) {
    half.push_back(0.5 * differences([&](const auto& at) { return std::vector{sum_of(squares, at)}; }, k)[0]);
    most = std::max(most, std::fabs(half[k] * p[k]));
    jacobian.push_back(differences([&](const auto& at) { return fixture::outputs(traces, at); }, k));
    for (std::size_t i = 0; i < jacobian[k].size(); ++i) {
      const double weight = channels == 1 ? 1.0 : (i % 4 < 2 ? 3.0 : 0.25);
      jacobian[k][i] *= i % 2 == 0 ? weight * p[k] : 0.0;  // means, not standard deviations
    }
  }
  for (std::size_t k = 0; k < n; ++k)
    expect_derivative(got[b.program().gradient[k]] * p[k], half[k] * p[k], most, "gradient " + std::to_string(k));
  const auto product = [&](std::size_t i, std::size_t j) {
    double sum = 0.0;
    for (std::size_t s = 0; s < jacobian[i].size(); ++s) sum += jacobian[i][s] * jacobian[j][s];
    return sum;
  };
  double largest = 0.0;
  for (std::size_t i = 0; i < n; ++i) largest = std::max(largest, product(i, i));
  std::size_t at = 0;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j <= i; ++j) {
      expect_derivative(got[b.program().matrix[at++]] * p[i] * p[j], product(i, j), 2 * largest,
                        "matrix " + std::to_string(i) + ", " + std::to_string(j));
    }
}

TEST_P(EveryPurpose, TheGradientOfTheLogDensityIsItsDerivative) {
  const Batch b = batch(Purpose::log_density_gradient);
  const Batch plain = batch(Purpose::log_density);
  const auto got = fixture::sums(b, p);
  EXPECT_NEAR(got[b.program().value[0]], sum_of(plain, p), 1e-11 * std::fabs(sum_of(plain, p)));
  std::vector<double> want;
  double most = 0.0;
  for (std::size_t k = 0; k < p.size(); ++k) {
    want.push_back(p[k] * differences([&](const auto& at) { return std::vector{sum_of(plain, at)}; }, k)[0]);
    most = std::max(most, std::fabs(want[k]));
    EXPECT_GT(std::fabs(want[k]), 1e-3) << "parameter " << k << " does nothing here";
  }
  for (std::size_t k = 0; k < p.size(); ++k)
    expect_derivative(got[b.program().gradient[k]] * p[k], want[k], most, "parameter " + std::to_string(k));
}

TEST_P(EveryPurpose, ScoresSumToTheGradient) {
  const Batch b = batch(Purpose::log_density_gradient);
  const auto total = fixture::sums(b, p);
  const Batch scores = batch(Purpose::scores);
  const auto by_sample = fixture::outputs(scores, p);
  ASSERT_EQ(scores.program().outputs_per_sample, p.size());
  ASSERT_EQ(by_sample.size(), p.size() * kept().size());
  for (std::size_t k = 0; k < p.size(); ++k) {
    double sum = 0.0, size = 0.0;
    for (std::size_t i = 0; i < kept().size(); ++i) {
      sum += by_sample[i * p.size() + k];
      size += std::fabs(by_sample[i * p.size() + k]);
    }
    EXPECT_NEAR(total[b.program().gradient[k]], sum, 1e-12 * size) << k;
  }
}

TEST_P(EveryPurpose, TheInformationIsMadeOfDerivativesOfInnovations) {
  const Batch b = batch(Purpose::fisher);
  const auto got = fixture::sums(b, p);
  const Batch innovations = batch(Purpose::innovations);
  const std::size_t n = p.size();
  std::vector<std::vector<double>> d;
  for (std::size_t k = 0; k < n; ++k) {
    d.push_back(differences([&](const auto& at) { return fixture::outputs(innovations, at); }, k));
    for (double& v : d[k]) v *= p[k];
  }
  const auto product = [&](std::size_t i, std::size_t j) {
    double sum = 0.0;
    for (std::size_t s = 0; s < d[i].size(); ++s) sum += d[i][s] * d[j][s];
    return sum;
  };
  double largest = 0.0;
  for (std::size_t i = 0; i < n; ++i) largest = std::max(largest, product(i, i));
  std::size_t at = 0;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j <= i; ++j) {
      expect_derivative(got[b.program().matrix[at++]] * p[i] * p[j], product(i, j), 2 * largest,
                        std::to_string(i) + ", " + std::to_string(j));
    }
}

TEST_P(EveryPurpose, DerivativesComeInTheOrderAskedFor) {
  const Batch all = batch(Purpose::log_density_gradient);
  const auto everything = fixture::sums(all, p);
  const std::vector<std::uint32_t> some{5, 2, 0};
  const Batch b = batch(Purpose::log_density_gradient, some);
  const auto got = fixture::sums(b, p);
  ASSERT_EQ(b.program().gradient.size(), 3U);
  for (std::size_t k = 0; k < 3; ++k) {
    const double want = everything[all.program().gradient[some[k]]];
    EXPECT_NEAR(got[b.program().gradient[k]], want, 1e-11 * std::fabs(want) + 1e-12);
  }
  EXPECT_LT(b.carried_count(), all.carried_count());
  EXPECT_EQ(batch(Purpose::fisher, some).program().matrix.size(), 6U);
  EXPECT_EQ(batch(Purpose::scores, some).program().outputs_per_sample, 3U);
}

TEST_P(EveryPurpose, OneParameterAloneHasTheSlopesThatItHasAmongAll) {
  // By one parameter derivatives go forward, by several in reverse.
  for (const Purpose purpose : {Purpose::log_density_gradient, Purpose::squares_linearised}) {
    const Batch all = batch(purpose);
    const auto everything = fixture::sums(all, p);
    double largest = 0.0;
    for (std::size_t k = 0; k < p.size(); ++k)
      largest = std::max(largest, std::fabs(everything[all.program().gradient[k]] * p[k]));
    for (std::uint32_t k = 0; k < p.size(); ++k) {
      const Batch one = batch(purpose, {k});
      const double got = fixture::sums(one, p)[one.program().gradient[0]];
      EXPECT_NEAR(got * p[k], everything[all.program().gradient[k]] * p[k], 1e-11 * largest) << k;
    }
  }
}

TEST(Programs, AnInitialValueOfTheModelHasItsTangent) {
  // x = u + (x0 - u) exp(-k t): d/dx0 = exp(-kt), d/dk = -t (x0 - u) exp(-kt).
  Experiment e = fixture::experiment(11, 0.1);
  e.inputs["u"] = fixture::held(2.0);
  e.observed["x"] = std::vector<double>(11, 0.0);
  e.mask.assign(11, 0);
  e.mask[10] = 1;  // one sample: the gradient of half the square is x dx
  ProgramRequest request;
  request.purpose = Purpose::squares_linearised;
  const Batch b = fixture::batch(fixture::relaxation(), e, request);
  const double k = 1.5, x0 = -1.0, decay = std::exp(-k), x = 2.0 + (x0 - 2.0) * decay;
  const auto got = fixture::sums(b, {k, x0});
  EXPECT_NEAR(got[b.program().gradient[0]], x * (-(x0 - 2.0) * decay), 1e-13);
  EXPECT_NEAR(got[b.program().gradient[1]], x * decay, 1e-13);
  EXPECT_NEAR(got[b.program().matrix[1]], decay * (-(x0 - 2.0) * decay), 1e-13);
}

TEST(Programs, WithoutKeptSamplesSumsAreZero) {
  Experiment e = fixture::gate_experiment(Noise::ar1);
  e.mask.assign(e.samples, 0);
  ProgramRequest request;
  request.purpose = Purpose::log_density;
  const Batch b = fixture::batch(fixture::gate(Noise::ar1), e, request);
  EXPECT_EQ(fixture::sums(b, fixture::gate_parameters(Noise::ar1))[b.program().value[0]], 0.0);
  EXPECT_EQ(b.kept_samples(), 0U);
  EXPECT_TRUE(fixture::outputs(fixture::batch(fixture::gate(Noise::ar1), e, fixture::trace_by("rk4")),
                               fixture::gate_parameters(Noise::ar1))
                  .empty());
}

TEST(Programs, MechanismParametersAreThoseThatTheMeansDependOn) {
  EXPECT_EQ(mechanism_parameters(fixture::gate(Noise::normal)), (std::vector<std::uint32_t>{0, 1, 2, 3, 4}));
  EXPECT_EQ(mechanism_parameters(fixture::gate(Noise::two_channels)), (std::vector<std::uint32_t>{0, 1, 2, 3, 4, 7}));
  // Through an initial value alone, and through another state.
  EXPECT_EQ(mechanism_parameters(fixture::relaxation()), (std::vector<std::uint32_t>{0, 1}));
  EXPECT_EQ(mechanism_parameters(fixture::lotka_volterra()), (std::vector<std::uint32_t>{0, 1, 2, 3}));
  fixture::ModelBuilder b("unused");
  const auto k = b.parameter("k"), other = b.parameter("other"), x = b.state("x"), y = b.state("y");
  b.equation(0, b.neg(b.mul(k, x)), b.num(1.0));
  b.equation(1, other, x);  // nobody observes y
  b.observe_normal("x", x, b.num(1.0));
  (void)y;
  EXPECT_EQ(mechanism_parameters(b.done()), (std::vector<std::uint32_t>{0}));
}

TEST(ProgramErrors, AnUnknownIntegratorNamesTheNearest) {
  const auto text = [](std::string_view name) {
    auto built = build_program(fixture::relaxation(), fixture::trace_by(name));
    HILLOCK_CHECK(!built && built.error().size() == 1, "expected one error");
    return built.error()[0];
  };
  const Error near = text("exponential_eler");
  EXPECT_EQ(near.code, "integrator-unknown");
  EXPECT_EQ(near.message, "there is no integrator \"exponential_eler\"");
  EXPECT_EQ(near.where, "model.integrator");
  EXPECT_EQ(near.hint, "exponential_euler");
  for (const Integrator& row : integrators()) EXPECT_NE(text("leapfrog").hint.find(row.name), std::string::npos);
}

TEST(ProgramErrors, ExponentialEulerNamesEveryEquationThatIsNotLinear) {
  auto built = build_program(fixture::fitzhugh_nagumo(), fixture::trace_by("exponential_euler"));
  ASSERT_FALSE(built);
  ASSERT_EQ(built.error().size(), 1U);  // w is linear in w
  EXPECT_EQ(built.error()[0].code, "integrator-unfit");
  EXPECT_EQ(built.error()[0].message, "exponential_euler needs dv/dt to be linear in v, and it is not");
  EXPECT_EQ(built.error()[0].where, "model.integrator");
  EXPECT_EQ(built.error()[0].hint, "integrator = \"rk4\" or \"dopri5\"");
  fixture::ModelBuilder b("two");
  const auto x = b.state("x"), y = b.state("y");
  b.equation(0, b.mul(x, x), b.num(1.0));
  b.equation(1, b.exp(y), b.num(1.0));
  b.observe_normal("x", x, b.num(1.0));
  built = build_program(b.done(), fixture::trace_by("exponential_euler"));
  ASSERT_FALSE(built);
  EXPECT_EQ(built.error().size(), 2U);  // all at once
}

TEST(ProgramErrors, AModelMustSayWhatIsRecorded) {
  fixture::ModelBuilder b("silent");
  const auto x = b.state("x");
  b.equation(0, b.neg(x), b.num(1.0));
  auto built = build_program(b.done(), {});
  ASSERT_FALSE(built);
  EXPECT_EQ(built.error()[0].code, "no-observation");
  EXPECT_EQ(built.error()[0].message, "the model does not say what is recorded");
  EXPECT_EQ(built.error()[0].where, "silent");
  EXPECT_EQ(built.error()[0].hint, "a line such as: observe I ~ normal(g*(V - E), sigma)");
}

}  // namespace
}  // namespace hillock::sim
