/// A model as a simulator: statistics of what is recorded, the same bits always, failures with their reasons.

#include "study/model_simulator.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "lang/load.hpp"
#include "study/read_study.hpp"
#include "study/test/scratch.hpp"

namespace hillock::study {
namespace {

/// A study whose data file is not looked at.
struct Made {
  Scratch scratch;
  ResolvedStudy study;
  ir::Model model;
  LoadedSplit data;

  Made(const std::string& equations, const std::string& observe, const std::string& of_data = {},
       const std::string& of_model = {}) {
    scratch.write("m.model", equations);
    scratch.write("x.csv", "x\n0\n");
    std::string text = "[model]\nfile = \"m.model\"\n" + of_model;
    text += "[data.train]\nholds = \"statistics\"\nfile = \"x.csv\"\n" + of_data;
    if (!observe.empty()) text += "[observe]\nstatistics = " + observe + "\n";
    auto read = resolve_study(text, scratch.path("study.toml"), {});
    EXPECT_TRUE(read) << render(read.error());
    study = std::move(*read);
    auto loaded = lang::load_model(equations, "m.model");
    EXPECT_TRUE(loaded) << render(loaded.error());
    model = std::move(*loaded);
    auto split = load_experiment(study, study.train(), model);
    EXPECT_TRUE(split) << render(split.error());
    data = std::move(*split);
  }
  [[nodiscard]] ModelSimulator simulator(int threads = 1, std::uint64_t seed = 1) const {
    sim::RunOptions run;
    run.backend = *sim::choose_backend("auto");
    run.threads = threads;
    run.seed = seed;
    auto out = ModelSimulator::create(study, model, data.experiment, run);
    EXPECT_TRUE(out) << render(out.error());
    return std::move(*out);
  }
};

infer::Simulations run(ModelSimulator& simulator, const Array2& parameters, std::uint64_t first = 0) {
  infer::Simulations out;
  const auto ran = simulator.run(parameters, first, out, {});
  EXPECT_TRUE(ran) << render(ran.error());
  return out;
}

std::string reason(const ModelSimulator& simulator, std::uint16_t code) {
  return code == 0 ? "" : simulator.reasons()[code - 1U];
}

Array2 points(std::initializer_list<std::vector<double>> rows) {
  Array2 out(rows.size(), rows.begin()->size());
  std::size_t k = 0;
  for (const std::vector<double>& row : rows) std::ranges::copy(row, out.row(k++).begin());
  return out;
}

const std::string grid = "duration = \"20 ms\"\nsampling_interval = \"1 ms\"\n";

/// Noise in the equations and random initial values; channels whose noise is of the loop, and drawn after it.
const std::string noisy = R"(
param g : Hz = 100 Hz
param s : 1 = 0.1
dv/dt = -g*v + 5*xi*ms**-0.5 : 1
init v = 1 + 0.1*rand()
rate = 3 + abs(v) : 1
observe v ~ normal(v, s)
observe y ~ ar1(v, s, 2 ms)
observe n ~ poisson(rate)
observe k ~ binomial(20, exp(-abs(v)))
)";

void expect_same_bits(const std::string& statistics) {
  const Made made(noisy, statistics, grid);
  Array2 parameters(53, 2);
  for (std::size_t k = 0; k < parameters.rows; ++k)
    parameters(k, 0) = 50.0 + static_cast<double>(k), parameters(k, 1) = 0.1;
  ModelSimulator one = made.simulator(1);
  const infer::Simulations want = run(one, parameters, 1000);
  ASSERT_EQ(want.x.cols, one.statistics().size());
  for (const int threads : {1, 2}) {
    ModelSimulator simulator = made.simulator(threads);
    for (const std::size_t piece : {std::size_t{53}, std::size_t{7}, std::size_t{1}})
      for (std::size_t first = 0; first < parameters.rows; first += piece) {
        Array2 some(std::min(piece, parameters.rows - first), 2);
        for (std::size_t k = 0; k < some.rows; ++k) std::ranges::copy(parameters.row(first + k), some.row(k).begin());
        const infer::Simulations got = run(simulator, some, 1000 + first);
        for (std::size_t k = 0; k < some.rows; ++k)
          for (std::size_t i = 0; i < want.x.cols; ++i)
            ASSERT_EQ(std::bit_cast<std::uint64_t>(got.x(k, i)), std::bit_cast<std::uint64_t>(want.x(first + k, i)))
                << statistics << " " << threads << " " << piece << " " << first + k << " " << one.statistics()[i];
      }
  }
  ModelSimulator other = made.simulator(1, 2);
  EXPECT_NE(run(other, parameters, 1000).x.values, want.x.values);
}

TEST(ModelSimulator, TheSameBitsForAnyThreadsAndBatches) {
  expect_same_bits("");                                                                    // all samples
  expect_same_bits("[\"mean(v)\", \"sd(y)\", \"maximum(v, until=10 ms)\"]");               // in the loop
  expect_same_bits("[\"mean(n)\", \"variance(k)\", \"mean(v)\", \"value(n, at=3 ms)\"]");  // of all kinds
}

TEST(ModelSimulator, EveryKeptSampleOfEveryChannelByDefault) {
  const Made made(noisy, "", grid + "mask.samples = [\"1:20\"]\n");
  ModelSimulator simulator = made.simulator();
  EXPECT_EQ(simulator.statistics(),
            (std::vector<std::string>{"v[0]", "v[20]", "y[0]", "y[20]", "n[0]", "n[20]", "k[0]", "k[20]"}));
}

TEST(ModelSimulator, AStatisticIsTheSameWhateverElseIsAsked) {
  const Array2 parameters = points({{100, 0.1}, {100, 0.1}, {200, 0.1}});
  const Made all(noisy, "", grid);
  ModelSimulator whole = all.simulator();
  const infer::Simulations traces = run(whole, parameters, 5);
  const Made some(
      noisy, "[\"mean(n)\", \"mean(v)\", \"value(k, at=7 ms)\", \"maximum(n, until=10 ms)\", \"mean(rate)\"]", grid);
  ModelSimulator few = some.simulator();
  const infer::Simulations got = run(few, parameters, 5);
  for (std::size_t k = 0; k < parameters.rows; ++k) {
    double n = 0, v = 0, most = 0;
    for (std::size_t i = 0; i < 21; ++i) {
      v += traces.x(k, i) / 21, n += traces.x(k, 42 + i) / 21;
      if (i < 10) most = std::max(most, traces.x(k, 42 + i));
    }
    EXPECT_NEAR(got.x(k, 0), n, 1e-14 * n * 21);  // sums of 21 numbers of that size
    EXPECT_NEAR(got.x(k, 1), v, 1e-14 * 21);
    EXPECT_EQ(got.x(k, 2), traces.x(k, 63 + 7));
    EXPECT_EQ(got.x(k, 3), most);
    EXPECT_GT(got.x(k, 4), 3.0);  // a sub-expression has no noise of its own
  }
  // Channels, samples and simulations have numbers of their own: same parameters, other draws.
  EXPECT_NE(got.x(0, 0), got.x(1, 0));
}

TEST(ModelSimulator, CountsHaveTheirMoments) {
  const Made made("param m : 1 = 12\nobserve n ~ poisson(m)\nobserve k ~ binomial(40, m/20)\n",
                  "[\"mean(n)\", \"variance(n)\", \"mean(k)\", \"variance(k)\"]",
                  "duration = \"99 ms\"\nsampling_interval = \"1 ms\"\n");
  ModelSimulator simulator = made.simulator();
  const std::size_t count = 500;
  const infer::Simulations got = run(simulator, Array2(count, 1, 12.0));
  // Of n numbers the variance (1/n) has the mean s^2 (1 - 1/n) and the sd s^2 sqrt(2/n), nearly.
  const double n = 100, want[] = {12.0, 12.0 * 0.99, 24.0, 40 * 0.6 * 0.4 * 0.99};
  const double sd[] = {std::sqrt(12.0 / n), 12.0 * std::sqrt(2.1 / n), std::sqrt(9.6 / n), 9.6 * std::sqrt(2.1 / n)};
  for (std::size_t s = 0; s < 4; ++s) {
    double mean = 0;
    for (std::size_t k = 0; k < count; ++k) mean += got.x(k, s) / count;
    EXPECT_NEAR(mean, want[s], 5.0 * sd[s] / std::sqrt(count)) << s;
  }
}

TEST(ModelSimulator, SpikesAreTheModelsOwnForChannelsToo) {
  const Made made(
      "param I : 1 = 2\ndv/dt = (I - v)/(10*ms) : 1\nthreshold v > 1\nreset v = 0\nobserve n ~ poisson(3)\n"
      "observe v ~ normal(v, 0.5)\n",
      "[\"spike_count(v)\", \"spike_count(n)\", \"latency(v)\", \"latency(n)\"]",
      "duration = \"100 ms\"\nsampling_interval = \"1 ms\"\n");
  ModelSimulator simulator = made.simulator();
  const infer::Simulations got = run(simulator, points({{2.0}, {0.5}}));
  EXPECT_GT(got.x(0, 0), 10.0);
  EXPECT_EQ(got.x(0, 0), got.x(0, 1));
  EXPECT_EQ(got.x(0, 2), got.x(0, 3));
  EXPECT_EQ(got.x(1, 0), 0.0);
  EXPECT_EQ(got.x(1, 1), 0.0);
  for (const std::size_t s : {2U, 3U}) EXPECT_EQ(reason(simulator, got.undefined[4 + s]), "too-few-spikes");
  EXPECT_EQ(got.failed[1], 0);
}

/// Hodgkin & Huxley's cell with current noise.
const std::string cell = R"(
param g_Na : msiemens/cm2 = 120 msiemens/cm2
param g_K : msiemens/cm2 = 36 msiemens/cm2
param sigma : volt*second**-0.5 = 0.02 volt*second**-0.5
input I : uA/cm2
am = 1/exprel(-(V + 40*mV)/(10*mV))/ms : Hz
bm = 4*exp(-(V + 65*mV)/(18*mV))/ms : Hz
ah = 0.07*exp(-(V + 65*mV)/(20*mV))/ms : Hz
bh = 1/(1 + exp(-(V + 35*mV)/(10*mV)))/ms : Hz
an = 0.1/exprel(-(V + 55*mV)/(10*mV))/ms : Hz
bn = 0.125*exp(-(V + 65*mV)/(80*mV))/ms : Hz
dm/dt = am*(1 - m) - bm*m : 1
dh/dt = ah*(1 - h) - bh*h : 1
dn/dt = an*(1 - n) - bn*n : 1
dV/dt = (I - g_Na*m**3*h*(V - 50*mV) - g_K*n**4*(V + 77*mV) - 0.3*msiemens/cm2*(V + 54.4*mV))/(1*uF/cm2) + sigma*xi : mV
init V = -65 mV
init m = 0.053
init h = 0.596
init n = 0.318
observe V ~ normal(V, 0.1 mV)
)";

TEST(ModelSimulator, StatisticsOfANoisyCellOrWhyThereAreNone) {
  const Made made(
      cell,
      "[\"spike_count(V, from=on, until=off)\", \"mean(V, until=on)\", \"sd(V, until=on)\", \"mean(V, "
      "from=on, until=off)\", \"variance(V, from=on, until=off)\", \"skewness(V, from=on, until=off)\", "
      "\"kurtosis(V, from=on, until=off)\", \"latency(V, from=on)\", \"isi_mean(V)\"]",
      "duration = \"200 ms\"\nsampling_interval = \"0.05 ms\"\ninput.I = { pieces = [ { until = \"50 ms\", "
      "value = \"0 uA/cm2\" }, { until = \"150 ms\", value = \"15 uA/cm2\" }, { value = \"0 uA/cm2\" } ] }\n");
  ModelSimulator simulator = made.simulator(2);
  EXPECT_EQ(simulator.described()[4].unit.name, "mV**2");
  // A cell that fires, one without sodium channels, and one that is no number.
  const infer::Simulations got = run(simulator, points({{1200, 360, 0.02}, {0, 360, 0.02}, {NAN, 360, 0.02}}));
  EXPECT_NEAR(got.x(0, 0), 7.0, 1.5);  // 68 Hz at that current without noise
  EXPECT_NEAR(got.x(0, 1), -65e-3, 2e-3);
  EXPECT_GT(got.x(0, 2), 0.1e-3);  // at least what the amplifier adds
  EXPECT_GT(got.x(0, 5), 1.0);     // spikes are rare and high
  for (std::size_t s = 0; s < 9; ++s) EXPECT_EQ(got.undefined[s], 0) << s;
  EXPECT_EQ(got.x(1, 0), 0.0);
  for (std::size_t s = 0; s < 7; ++s) EXPECT_EQ(got.undefined[9 + s], 0) << s;
  for (const std::size_t s : {7U, 8U}) {
    EXPECT_EQ(reason(simulator, got.undefined[9 + s]), "too-few-spikes");
    EXPECT_TRUE(std::isnan(got.x(1, s)));
  }
  EXPECT_EQ(got.failed[0], 0);
  EXPECT_EQ(got.failed[1], 0);
  EXPECT_EQ(reason(simulator, got.failed[2]), "not-finite");
}

TEST(ModelSimulator, ABlowUpIsAFailedSimulationUnlessAllWasDecidedBefore) {
  const std::string equations = "param a : Hz = 1 Hz\ndx/dt = a*x**2 : 1\ninit x = 1\nobserve x ~ normal(x, 0.1)\n";
  const Array2 parameters = points({{1.0}, {100.0}});  // x = 1/(1 - a t): infinite after 10 ms
  for (const auto& [integrator, why] : {std::pair{"rk4", "not-finite"}, {"dopri5", "step-limit"}}) {
    const std::string of_model = "integrator = \"" + std::string(integrator) + "\"\n";
    for (const char* statistics : {"", "[\"mean(x)\", \"value(x, at=1 ms)\"]", "[\"value(x, at=15 ms)\"]"}) {
      const Made made(equations, statistics, grid, of_model);
      ModelSimulator simulator = made.simulator();
      const infer::Simulations got = run(simulator, parameters);
      EXPECT_EQ(got.failed[0], 0) << statistics;
      EXPECT_EQ(reason(simulator, got.failed[1]), why) << statistics;
      for (std::size_t s = 0; s < got.x.cols; ++s) {
        EXPECT_EQ(got.undefined[s], 0);
        EXPECT_EQ(got.undefined[got.x.cols + s], got.failed[1]);
        EXPECT_TRUE(std::isnan(got.x(1, s)));
      }
    }
    for (const char* statistics : {"[\"mean(x, until=5 ms)\", \"value(x, at=1 ms)\"]", "[\"value(x, at=1 ms)\"]"}) {
      const Made made(equations, statistics, grid, of_model);
      ModelSimulator simulator = made.simulator();
      EXPECT_EQ(run(simulator, parameters).failed[1], 0) << statistics;
    }
  }
}

TEST(ModelSimulator, ANumberThatIsNoneIsNoFailureOfTheSimulation) {
  const Made made("param p : 1 = 1\nobserve b ~ binomial(10, p)\nobserve c ~ normal(p, 1)\n", "");
  ModelSimulator simulator = made.simulator();
  const infer::Simulations got = run(simulator, points({{0.5}, {1.5}}));
  EXPECT_EQ(simulator.statistics(), (std::vector<std::string>{"b[0]", "c[0]"}));
  EXPECT_EQ(got.failed[1], 0);
  EXPECT_EQ(reason(simulator, got.undefined[2]), "not-finite");
  EXPECT_EQ(got.undefined[3], 0);
}

TEST(ModelSimulator, StopsWhereItIsAskedTo) {
  for (const char* statistics : {"", "[\"mean(v)\"]", "[\"mean(n)\", \"mean(v)\"]"}) {
    const Made made(noisy, statistics, grid);
    ModelSimulator simulator = made.simulator(2);
    infer::Simulations out;
    const auto ran = simulator.run(Array2(100000, 2, 0.1), 0, out, [] { return true; });
    ASSERT_FALSE(ran);
    EXPECT_EQ(ran.error().front().code, "interrupted");
  }
}

TEST(ModelSimulator, ABufferThatIsUsedAgainHoldsNothingOld) {
  const Made made("param p : 1 = 1\nobserve b ~ binomial(10, p)\n", "");
  ModelSimulator simulator = made.simulator();
  infer::Simulations out;
  ASSERT_TRUE(simulator.run(points({{1.5}, {0.5}}), 0, out, {}));
  ASSERT_TRUE(simulator.run(points({{0.5}, {1.5}}), 0, out, {}));
  EXPECT_EQ(out.undefined[0], 0);
  EXPECT_TRUE(std::isfinite(out.x(0, 0)));
  EXPECT_TRUE(std::isnan(out.x(1, 0)));
}

TEST(ModelSimulator, SeedsBeyondWhatSimulationsTake) {
  EXPECT_EQ(simulation_seed(1), 1U);
  EXPECT_EQ(simulation_seed((std::int64_t{1} << 52U) - 1), (std::uint64_t{1} << 52U) - 1);
  EXPECT_LT(simulation_seed(9000000000000000000), std::uint64_t{1} << 52U);
  EXPECT_NE(simulation_seed(9000000000000000000), simulation_seed(8000000000000000000));
}

}  // namespace
}  // namespace hillock::study
