/// The simulators of examples/benchmark: their distributions at given parameters, against closed forms and scipy.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <numbers>
#include <regex>
#include <sstream>

#include "lang/load.hpp"
#include "study/model_simulator.hpp"
#include "study/read_study.hpp"

namespace hillock::study {
namespace {

const std::string tasks = HILLOCK_SOURCE_DIR "/examples/benchmark/";

struct Task {
  ResolvedStudy study;
  ir::Model model;
  LoadedSplit data;

  explicit Task(const std::string& name, const std::vector<std::string>& set = {}) {
    auto read = read_study(tasks + name, set);
    EXPECT_TRUE(read) << render(read.error());
    study = std::move(*read);
    std::ostringstream text;
    text << std::ifstream(study.model.file.absolute).rdbuf();
    // Parameters are given by hand here; priors are tested where they are drawn from.
    auto loaded = lang::load_model(std::regex_replace(text.str(), std::regex("(param [^~\n]*)~[^\n]*"), "$1"), name);
    EXPECT_TRUE(loaded) << render(loaded.error());
    model = std::move(*loaded);
    auto split = load_experiment(study, study.train(), model);
    EXPECT_TRUE(split) << render(split.error());
    data = std::move(*split);
  }
  [[nodiscard]] ModelSimulator simulator(int threads = 1) const {
    sim::RunOptions run;
    run.backend = *sim::choose_backend("auto");
    run.threads = threads;
    auto made = ModelSimulator::create(study, model, data.experiment, run);
    EXPECT_TRUE(made) << render(made.error());
    return std::move(*made);
  }
};

constexpr std::size_t draws = 20000;

infer::Simulations simulated(ModelSimulator& simulator, const std::vector<double>& theta, std::size_t count = draws) {
  Array2 parameters(count, theta.size());
  for (std::size_t k = 0; k < count; ++k) std::ranges::copy(theta, parameters.row(k).begin());
  infer::Simulations out;
  const auto ran = simulator.run(parameters, 0, out, {});
  EXPECT_TRUE(ran) << render(ran.error());
  EXPECT_EQ(std::ranges::count_if(out.failed, std::logical_not<>()), static_cast<std::ptrdiff_t>(count));
  EXPECT_EQ(std::ranges::count_if(out.undefined, std::logical_not<>()),
            static_cast<std::ptrdiff_t>(out.undefined.size()));
  return out;
}

using Matrix = std::vector<std::vector<double>>;

/// Means within five of their errors, sd/sqrt(N). A covariance c_ij has the error sqrt((k_ij - c_ij^2)/N) with k_ij the
/// mean of the squared products, which the draws themselves give.
void expect_moments(const std::string& task, const std::vector<double>& theta, const std::vector<double>& mean,
                    const Matrix& covariance, const std::vector<std::string>& set = {}) {
  const Task t(task, set);
  ModelSimulator simulator = t.simulator();
  ASSERT_EQ(simulator.statistics().size(), mean.size()) << task;
  ASSERT_EQ(t.model.parameters.size(), theta.size()) << task;
  const Array2 x = simulated(simulator, theta).x;
  for (std::size_t i = 0; i < mean.size(); ++i) {
    double sum = 0.0;
    for (std::size_t k = 0; k < draws; ++k) sum += x(k, i) - mean[i];
    EXPECT_NEAR(sum / draws, 0.0, 5.0 * std::sqrt(covariance[i][i] / draws)) << task << " " << i;
    for (std::size_t j = 0; j <= i; ++j) {
      double product = 0.0, squared = 0.0;
      for (std::size_t k = 0; k < draws; ++k) {
        const double p = (x(k, i) - mean[i]) * (x(k, j) - mean[j]);
        product += p, squared += p * p;
      }
      product /= draws;
      const double error = std::sqrt((squared / draws - product * product) / draws);
      EXPECT_NEAR(product, covariance[i][j], 5.0 * error + 1e-12) << task << " " << i << " " << j;
    }
  }
}

Matrix diagonal(const std::vector<double>& variance) {
  Matrix out(variance.size(), std::vector<double>(variance.size(), 0.0));
  for (std::size_t i = 0; i < variance.size(); ++i) out[i][i] = variance[i];
  return out;
}

TEST(BenchmarkTasks, GaussianOnes) {
  const std::vector<double> theta{0.1, -0.2, 0.3, -0.4, 0.5, -0.6, 0.7, -0.8, 0.9, -1.0};
  for (const char* task : {"gaussian_linear", "gaussian_linear_uniform"})
    expect_moments(task, theta, theta, diagonal(std::vector<double>(10, 0.1)));
}

TEST(BenchmarkTasks, GaussianMixture) {
  expect_moments("gaussian_mixture", {3.0, -7.0}, {3.0, -7.0}, diagonal({0.505, 0.505}));
  // Both coordinates are of one component: E[z1^2 z2^2] = (1 + 0.01^2)/2, of independent ones 0.505^2.
  const Task t("gaussian_mixture");
  ModelSimulator simulator = t.simulator();
  const Array2 x = simulated(simulator, {0.0, 0.0}).x;
  double product = 0.0;
  for (std::size_t k = 0; k < draws; ++k) product += std::pow(x(k, 0) * x(k, 1), 2);
  EXPECT_NEAR(product / draws, 0.50005, 5.0 * std::sqrt(0.5 * 9.0 / draws));  // E[z^4]^2 = 9
}

TEST(BenchmarkTasks, TwoMoons) {
  // a uniform in (-pi/2, pi/2): E cos a = 2/pi, E sin a = 0, E cos^2 a = E sin^2 a = 1/2, E sin a cos a = 0.
  const double t1 = 0.4, t2 = -0.7, r = 0.1, r2 = 0.01 + 0.0001;
  expect_moments("two_moons", {t1, t2},
                 {r * 2 / std::numbers::pi + 0.25 - std::fabs(t1 + t2) / std::sqrt(2.0), (t2 - t1) / std::sqrt(2.0)},
                 diagonal({r2 / 2 - std::pow(r * 2 / std::numbers::pi, 2), r2 / 2}));
}

TEST(BenchmarkTasks, Slcp) {
  const double t[] = {0.7, -2.0, 1.3, -0.8, 0.6};
  const double s1 = t[2] * t[2], s2 = t[3] * t[3], rho = std::tanh(t[4]);
  Matrix covariance = diagonal(std::vector<double>(8, 0.0));
  for (std::size_t i = 0; i < 8; i += 2) {
    covariance[i][i] = s1 * s1 + 1e-6;
    covariance[i + 1][i + 1] = s2 * s2 + 1e-6;
    covariance[i + 1][i] = covariance[i][i + 1] = rho * s1 * s2;
  }
  expect_moments("slcp", {t[0], t[1], t[2], t[3], t[4]}, {0.7, -2.0, 0.7, -2.0, 0.7, -2.0, 0.7, -2.0}, covariance);
}

/// The design matrix from the table of the model: column 0 is 1, column j the stimulus j - 1 bins before.
Matrix design(const std::string& task) {
  std::ostringstream text;
  text << std::ifstream(tasks + task + "/" + task + ".model").rdbuf();
  const std::string all = text.str();
  std::string values = all.substr(all.find('[', all.find("table V")) + 1);
  values.resize(values.find(']'));
  std::replace(values.begin(), values.end(), ',', ' ');
  std::istringstream in(values);
  std::vector<double> v;
  for (double one = 0.0; in >> one;) v.push_back(one);
  EXPECT_EQ(v.size(), 108U);
  Matrix out;
  for (std::size_t i = 0; i < 100; ++i) {
    out.push_back({1.0});
    for (std::size_t lag = 0; lag < 9; ++lag) out.back().push_back(v[i + 8 - lag]);
  }
  return out;
}

TEST(BenchmarkTasks, BernoulliGlm) {
  const std::vector<double> theta{-0.5, 0.8, 1.1, 0.4, -0.3, -0.2, 0.1, 0.5, 0.2, -0.6};
  const Matrix x = design("bernoulli_glm");
  std::vector<double> p(100), mean(10, 0.0);
  Matrix covariance = diagonal(std::vector<double>(10, 0.0));
  std::vector<double> variance(100);
  for (std::size_t i = 0; i < 100; ++i) {
    double psi = 0.0;
    for (std::size_t j = 0; j < 10; ++j) psi += x[i][j] * theta[j];
    p[i] = 1.0 / (1.0 + std::exp(-psi));
    variance[i] = p[i] * (1.0 - p[i]);
    for (std::size_t j = 0; j < 10; ++j) {
      mean[j] += x[i][j] * p[i];
      for (std::size_t k = 0; k < 10; ++k) covariance[j][k] += x[i][j] * x[i][k] * variance[i];
    }
  }
  expect_moments("bernoulli_glm", theta, mean, covariance);
  expect_moments("bernoulli_glm_raw", theta, p, diagonal(variance));
  EXPECT_EQ(design("bernoulli_glm_raw"), x);
}

// scipy 1.10.1, solve_ivp(method="DOP853", rtol=1e-12, atol=1e-12).

struct Trajectory {
  std::vector<double> theta;
  std::vector<double> x;  ///< in the order of the statistics
};

const Trajectory predators[] = {{{0.88, 0.05, 0.88, 0.05},
                                 {30.0,
                                  36.78056284555784,
                                  0.8610887450200835,
                                  1.8161545832430135,
                                  9.327192279443958,
                                  52.90417682203195,
                                  4.570995685557326,
                                  0.8852961098235478,
                                  3.0278819595451307,
                                  16.765579760213377,
                                  1.0,
                                  73.41853091141127,
                                  22.234865012996067,
                                  3.9348561228061514,
                                  0.9933145938196211,
                                  2.2350460786498196,
                                  67.43051607478834,
                                  12.350672659164115,
                                  2.3047198598343894,
                                  0.835756223211369}},
                                {{1.6, 0.1, 0.5, 0.02},
                                 {30.0,
                                  65.17678514272478,
                                  0.05244140804841054,
                                  0.033531744302327665,
                                  0.25413037624793255,
                                  4.5516632204744445,
                                  102.8765907707501,
                                  1.2029585775661609,
                                  0.027048930014904042,
                                  0.06326633264354731,
                                  1.0,
                                  64.51438415605472,
                                  29.266118872372402,
                                  10.254572476802132,
                                  3.6033147555136114,
                                  1.3396474261950446,
                                  1.7759795405804601,
                                  54.710120873950515,
                                  19.29851238635136,
                                  6.7632351498355435}},
                                {{0.4, 0.03, 1.5, 0.08},
                                 {30.0,
                                  39.18358643344586,
                                  5.247491843730343,
                                  7.501550289928102,
                                  16.199431028010764,
                                  35.62333329505609,
                                  22.61077874849296,
                                  5.118738188020138,
                                  8.843813400656517,
                                  19.42780466310208,
                                  1.0,
                                  38.55949656027518,
                                  19.307753822836787,
                                  2.1991609956105065,
                                  0.620163711881741,
                                  1.704440061030572,
                                  61.48282998700703,
                                  11.498823642373678,
                                  1.468839626118561,
                                  0.5973247819692277}}};

const Trajectory infections[] = {
    {{0.4, 0.125},
     {1.0, 107.20880216145744, 11225.309361398722, 307012.6876591604, 128837.76527466212, 23296.058656593905,
      3894.460585865387, 643.646157366828, 106.1805780591594, 17.511009855537488}},
    {{1.1, 0.2},
     {1.0, 506763.67314515635, 28407.518478100043, 1029.0651315500788, 37.14162658402052, 1.3403673905810556,
      0.04837097059990404, 0.001745603827097924, 6.299525978820556e-05, 2.2733115393887106e-06}},
    {{0.25, 0.1},
     {1.0, 12.806720037157138, 163.9485907710408, 2088.475536571476, 25019.938303365227, 168944.40865723573,
      205312.4818184173, 85028.33602910858, 26872.652744358613, 7946.1490891803105}}};

/// What the states are at the samples, without the noise of what is recorded.
void expect_trajectory(const Task& t, const std::vector<std::string>& states, const Trajectory& want) {
  sim::ProgramRequest request;
  request.purpose = sim::Purpose::trace;
  request.integrator = t.study.model.integrator;
  ir::Model shown = t.model;
  shown.observations.clear();
  const ir::NodeId one = shown.graph.constant(1.0);
  for (const std::string& state : states)
    shown.observations.push_back(
        {state, ir::NoiseFamily::normal, shown.graph.symbol(*shown.find(state)), one, ir::no_node, {}, {}});
  auto batch = sim::Batch::create(shown, t.data.experiment, request, {});
  ASSERT_TRUE(batch) << render(batch.error());
  Array2 point(1, want.theta.size());
  std::ranges::copy(want.theta, point.values.begin());
  batch->outputs(point, [&](std::size_t, std::span<const double> values) {
    for (std::size_t s = 0; s < states.size(); ++s)
      for (std::size_t i = 0; i < 10; ++i) {
        const double x = want.x[s * 10 + i];
        EXPECT_NEAR(values[(i * states.size() + s) * 2], x, 1e-4 * std::fabs(x)) << states[s] << " " << i;
      }
  });
}

TEST(BenchmarkTasks, LotkaVolterra) {
  for (const Trajectory& want : predators) expect_trajectory(Task("lotka_volterra"), {"X", "Y"}, want);
  // Log-normal about the median m: mean m exp(s^2/2), variance m^2 (exp(s^2) - 1) exp(s^2).
  std::vector<double> mean, variance;
  for (const double m : predators[0].x) {
    mean.push_back(m * std::exp(0.005));
    variance.push_back(m * m * std::expm1(0.01) * std::exp(0.01));
  }
  expect_moments("lotka_volterra", predators[0].theta, mean, diagonal(variance));
}

TEST(BenchmarkTasks, Sir) {
  for (const Trajectory& want : infections) expect_trajectory(Task("sir"), {"I"}, want);
  std::vector<double> mean, variance;
  for (const double infected : infections[0].x) {
    const double p = infected / 1e6;
    mean.push_back(1000 * p);
    variance.push_back(1000 * p * (1 - p));
  }
  expect_moments("sir", infections[0].theta, mean, diagonal(variance));
}

TEST(BenchmarkTasks, EachFolderHasAnObservationThatFits) {
  for (const char* task : {"gaussian_linear", "gaussian_linear_uniform", "gaussian_mixture", "two_moons", "slcp",
                           "bernoulli_glm", "bernoulli_glm_raw", "sir", "lotka_volterra"}) {
    const Task t(task);
    ModelSimulator simulator = t.simulator();
    const auto observed = observed_statistics(t.study.train(), t.data, simulator.described());
    ASSERT_TRUE(observed) << render(observed.error());
    for (const std::string& why : observed->why) EXPECT_EQ(why, "") << task;
  }
}

}  // namespace
}  // namespace hillock::study
