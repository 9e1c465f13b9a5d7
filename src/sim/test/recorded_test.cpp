/// What is recorded of a channel: each family's distribution, where its numbers come from, and the same bits always.

#include "sim/recorded.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <mutex>

#include "lang/load.hpp"
#include "sim/simulator.hpp"

namespace hillock::sim {
namespace {

ir::Model load(const char* text) {
  auto model = lang::load_model(text, "m.model");
  EXPECT_TRUE(model.has_value()) << render(model.error());
  return std::move(*model);
}

Experiment samples(std::size_t count, double interval = 1e-3) {
  Experiment e;
  e.interval = interval;
  e.samples = count;
  e.mask.assign(count, 1);
  return e;
}

/// [simulation][kept sample * outputs + output]
Array2 records(const Batch& batch, const Array2& points, std::size_t outputs, const Each& each = {}) {
  Array2 out(points.rows, batch.kept_samples() * outputs);
  EXPECT_TRUE(batch.records(
      points,
      [&](std::size_t, std::size_t k, const Record& record) {
        for (std::size_t i = 0; i < batch.kept_samples(); ++i)
          for (std::size_t o = 0; o < outputs; ++o) out(k, i * outputs + o) = record(i, o);
      },
      {}, each));
  return out;
}

Batch batch_of(const ir::Model& model, const Experiment& e, std::vector<std::string> names, RunOptions run = {}) {
  ProgramRequest request;
  request.purpose = Purpose::recorded;
  request.record = std::move(names);
  auto batch = Batch::create(model, e, request, run);
  EXPECT_TRUE(batch.has_value()) << render(batch.error());
  return std::move(*batch);
}

RunOptions compiled(std::uint64_t seed = 1) {
  RunOptions run;
  run.backend = *choose_backend("auto");
  run.seed = seed;
  return run;
}

constexpr const char* families = R"(
param m : 1 = 2
param s : 1 = 0.5
param p : 1 = 0.3
observe a ~ normal(m, s)
observe b ~ lognormal(m, s)
observe c ~ bernoulli(p)
observe d ~ normal(-m, 2*s)
)";

TEST(Recorded, FamiliesHaveTheirMoments) {
  const ir::Model model = load(families);
  const std::size_t n = 500, sims = 200;
  const Batch batch = batch_of(model, samples(n), {"a", "b", "c", "d"}, compiled());
  const Array2 x = records(batch, Array2(sims, 3, 0.0), 4);
  Array2 points(sims, 3);
  for (std::size_t k = 0; k < sims; ++k) points(k, 0) = 2.0, points(k, 1) = 0.5, points(k, 2) = 0.3;
  const Array2 y = records(batch, points, 4);
  double sum[4] = {}, square[4] = {}, fourth[4] = {}, cross_ad = 0, cross_ab = 0, lagged = 0, ones = 0;
  for (std::size_t k = 0; k < sims; ++k)
    for (std::size_t i = 0; i < n; ++i) {
      const double z[4] = {(y(k, 4 * i) - 2.0) / 0.5, (std::log(y(k, 4 * i + 1)) - std::log(2.0)) / 0.5,
                           (y(k, 4 * i + 2) - 0.3) / std::sqrt(0.21), (y(k, 4 * i + 3) + 2.0) / 1.0};
      for (int o = 0; o < 4; ++o) sum[o] += z[o], square[o] += z[o] * z[o], fourth[o] += std::pow(z[o], 4);
      cross_ad += z[0] * z[3], cross_ab += z[0] * z[1];
      if (i > 0) lagged += z[0] * (y(k, 4 * (i - 1)) - 2.0) / 0.5;
      ones += y(k, 4 * i + 2) == 0.0 || y(k, 4 * i + 2) == 1.0 ? 1 : 0;
      EXPECT_EQ(x(k, 4 * i), 0.0);  // no spread, no mean
    }
  // Standardised numbers: errors of the mean 1/sqrt(N), of the square sqrt(2/N), of the fourth power sqrt(96/N); five
  // of them.
  const double total = static_cast<double>(n * sims), five = 5.0 / std::sqrt(total);
  for (int o = 0; o < 4; ++o) {
    EXPECT_NEAR(sum[o] / total, 0.0, five) << o;
    EXPECT_NEAR(square[o] / total, 1.0, five * std::sqrt(2.0)) << o;
    if (o != 2) {
      EXPECT_NEAR(fourth[o] / total, 3.0, five * std::sqrt(96.0)) << o;
    }
  }
  EXPECT_EQ(ones, total);
  for (const double product : {cross_ad, cross_ab, lagged}) EXPECT_NEAR(product / total, 0.0, five);
}

TEST(Recorded, Ar1RemembersAsItSays) {
  const ir::Model model = load("observe a ~ ar1(0, 2, 3 ms)\n");
  Experiment e = samples(2000);
  for (std::size_t i = 500; i < 505; ++i) e.mask[i] = 0;  // time goes on in a gap
  const std::size_t sims = 100;
  const Array2 x = records(batch_of(model, e, {"a"}, compiled()), Array2(sims, 0), 1);
  double square = 0, one = 0, three = 0, gap = 0;
  for (std::size_t k = 0; k < sims; ++k) {
    for (std::size_t i = 0; i < 500; ++i) {
      square += x(k, i) * x(k, i) / 4.0;
      if (i >= 1) one += x(k, i) * x(k, i - 1) / 4.0;
      if (i >= 3) three += x(k, i) * x(k, i - 3) / 4.0;
    }
    gap += x(k, 499) * x(k, 500) / 4.0;  // 6 ms apart
  }
  // N correlated products: the variance of a mean is that of (1 + r^2)/(1 - r^2) = 3.1 times fewer; five sd.
  const double total = static_cast<double>(sims) * 500, five = 5.0 * std::sqrt(2.0 * 3.1 / total);
  EXPECT_NEAR(square / total, 1.0, five);
  EXPECT_NEAR(one / (total - sims), std::exp(-1.0 / 3.0), five);
  EXPECT_NEAR(three / (total - 3 * sims), std::exp(-1.0), five);
  EXPECT_NEAR(gap / sims, std::exp(-2.0), 5.0 * std::sqrt(2.0 / sims));
}

constexpr const char* noisy = R"(
param g : 1/ms = 0.1/ms
param s : 1 = 0.1
dv/dt = -g*v + 0.2*xi*ms**-0.5 : 1
init v = 1 + 0.1*rand()
w = 2*v : 1
observe v ~ normal(v, s)
observe y ~ ar1(v, s, 2 ms)
observe n ~ binomial(10, clip(v, 0, 1))
)";

TEST(Recorded, TheSameBitsForAnyBatchThreadsAndBackEnd) {
  const ir::Model model = load(noisy);
  const Experiment e = samples(20);
  Array2 points(37, 2);
  for (std::size_t k = 0; k < points.rows; ++k) points(k, 0) = 50.0 + static_cast<double>(k), points(k, 1) = 0.1;
  const std::size_t outputs = 6;  // v, y, w, the two arguments of n, and v itself once more
  const std::vector<std::string> names{"v", "y", "w", "n", "v"};
  RunOptions plain;
  plain.threads = 1;
  std::vector<std::size_t> numbers(points.rows);
  for (std::size_t k = 0; k < numbers.size(); ++k) numbers[k] = 1000 + k;
  const Array2 want = records(batch_of(model, e, names, plain), points, outputs, {{}, numbers});
  for (const int threads : {1, 2, 3}) {
    RunOptions run = compiled();
    run.threads = threads;
    const Batch batch = batch_of(model, e, names, run);
    for (const std::size_t piece : {std::size_t{37}, std::size_t{5}, std::size_t{1}})
      for (std::size_t first = 0; first < points.rows; first += piece) {
        const std::size_t count = std::min(piece, points.rows - first);
        Array2 some(count, 2);
        for (std::size_t k = 0; k < count; ++k)
          for (std::size_t p = 0; p < 2; ++p) some(k, p) = points(first + k, p);
        const Array2 got = records(batch, some, outputs, {{}, std::span(numbers).subspan(first, count)});
        for (std::size_t k = 0; k < count; ++k)
          for (std::size_t i = 0; i < got.cols; ++i)
            ASSERT_EQ(std::bit_cast<std::uint64_t>(got(k, i)), std::bit_cast<std::uint64_t>(want(first + k, i)))
                << threads << " " << piece << " " << k << " " << i;
      }
  }
  // A channel asked for twice is one; another simulation and another seed have other numbers.
  EXPECT_EQ(want(0, 0), want(0, 5));
  EXPECT_NE(want(0, 0), want(1, 0));
  EXPECT_NE(records(batch_of(model, e, names, compiled(2)), points, outputs, {{}, numbers})(0, 0), want(0, 0));
}

TEST(Recorded, ATraceHasNoneOfThatNoise) {
  // The same numbers in the equations: w is twice the state that a trace shows.
  const ir::Model model = load(noisy);
  Array2 points(5, 2, 0.1);
  ProgramRequest trace;
  trace.purpose = Purpose::trace;
  auto silent = Batch::create(model, samples(20), trace, compiled());
  ASSERT_TRUE(silent.has_value());
  const Array2 x = records(batch_of(model, samples(20), {"w", "v"}, compiled()), points, 2);
  const std::size_t stride = silent->program().outputs_per_sample;
  silent->outputs(points, [&](std::size_t k, std::span<const double> values) {
    for (std::size_t i = 0; i < 20; ++i) {
      EXPECT_NEAR(2.0 * values[i * stride], x(k, 2 * i), 1e-14) << k << " " << i;
      EXPECT_NE(values[i * stride], x(k, 2 * i + 1));
    }
  });
}

TEST(Recorded, AMaskChangesNoOtherSamplesNoise) {
  const ir::Model model = load("observe a ~ normal(0, 1)\nobserve b ~ bernoulli(0.5)\n");
  Experiment e = samples(10);
  const Array2 all = records(batch_of(model, e, {"a", "b"}), Array2(3, 0), 2);
  e.mask[0] = e.mask[4] = 0;
  const Array2 some = records(batch_of(model, e, {"a", "b"}), Array2(3, 0), 2);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < 10; ++i) {
    if (e.mask[i] == 0) continue;
    for (std::size_t k = 0; k < 3; ++k)
      for (std::size_t o = 0; o < 2; ++o) EXPECT_EQ(some(k, 2 * kept + o), all(k, 2 * i + o)) << i;
    ++kept;
  }
}

TEST(Recorded, FeaturesAreThoseOfWhatIsRecorded) {
  const ir::Model model = load(noisy);
  const Experiment e = samples(50);
  Array2 points(9, 2, 0.1);
  for (std::size_t k = 0; k < points.rows; ++k) points(k, 0) = 100.0;
  ProgramRequest request;
  request.purpose = Purpose::features;
  for (const char* quantity : {"v", "y", "w"})
    for (const char* name : {"mean", "maximum"})
      request.features.push_back({features::find_feature(name), quantity, {}, {}, name});
  const auto plain = Batch::create(model, e, request, compiled());
  request.recorded = true;
  const auto noisy_ones = Batch::create(model, e, request, compiled());
  ASSERT_TRUE(plain && noisy_ones);
  const FeatureTable without = plain->features(points), with = noisy_ones->features(points);
  const Array2 traces = records(batch_of(model, e, {"v", "y", "w"}, compiled()), points, 3);
  for (std::size_t k = 0; k < points.rows; ++k)
    for (std::size_t q = 0; q < 3; ++q) {
      double mean = 0, largest = -INFINITY;
      for (std::size_t i = 0; i < 50; ++i) {
        mean += traces(k, 3 * i + q) / 50;
        largest = std::max(largest, traces(k, 3 * i + q));
      }
      EXPECT_NEAR(with.values(k, 2 * q), mean, 1e-14) << q;  // sums of 50 numbers near 1
      EXPECT_NEAR(with.values(k, 2 * q + 1), largest, 1e-15) << q;
      EXPECT_EQ(with.ending[k], Ending::well);
      if (q < 2) EXPECT_NE(with.values(k, 2 * q), without.values(k, 2 * q));
      else EXPECT_EQ(with.values(k, 2 * q + 1), without.values(k, 2 * q + 1));
    }
}

TEST(Recorded, ArgumentsThatMakeNoSenseGiveNoNumber) {
  const ir::Model model =
      load("param p : 1 = 1\nobserve a ~ normal(0, p)\nobserve b ~ bernoulli(p)\nobserve c ~ lognormal(1, p)\n");
  Array2 points(3, 1);
  points(0, 0) = -0.5, points(1, 0) = 1.0, points(2, 0) = std::nan("");
  const Array2 x = records(batch_of(model, samples(1), {"a", "b", "c"}), points, 3);
  for (std::size_t o = 0; o < 3; ++o) {
    EXPECT_TRUE(std::isnan(x(0, o))) << o;
    EXPECT_TRUE(std::isfinite(x(1, o))) << o;
    EXPECT_TRUE(std::isnan(x(2, o))) << o;
  }
  EXPECT_EQ(x(1, 1), 1.0);  // p = 1
}

TEST(Recorded, EndingsAreTyped) {
  const ir::Model model = load("param a : 1/ms = 1/ms\ndx/dt = a*x**2 : 1\ninit x = 1\nobserve x ~ normal(x, 0.1)\n");
  Array2 points(2, 1);
  points(0, 0) = 1000.0, points(1, 0) = 1.0;  // x = 1/(1 - a t): infinite after 1 ms
  for (const auto& [integrator, ending] : {std::pair{"rk4", Ending::not_finite}, {"dopri5", Ending::step_limit}}) {
    ProgramRequest request;
    request.purpose = Purpose::recorded;
    request.record = {"x"};
    request.integrator = integrator;
    const auto batch = Batch::create(model, samples(20), request, compiled());
    ASSERT_TRUE(batch.has_value()) << render(batch.error());
    std::vector<Ending> endings(2);
    batch->records(points, [&](std::size_t, std::size_t k, const Record& r) { endings[k] = r.ending; });
    EXPECT_EQ(endings[0], ending) << integrator;
    EXPECT_EQ(endings[1], Ending::well) << integrator;
    request.purpose = Purpose::features;
    request.recorded = true;
    request.features = {{features::find_feature("mean"), "x", {}, {}, "mean"}};
    const auto features = Batch::create(model, samples(20), request, compiled());
    ASSERT_TRUE(features.has_value());
    const FeatureTable table = features->features(points);
    EXPECT_EQ(table.ending[0], ending) << integrator;
    EXPECT_EQ(table.ending[1], Ending::well) << integrator;
  }
}

TEST(Recorded, MethodsOfSquaresRefuseByName) {
  const ir::Model model = load("param p : 1 = 1\nobserve b ~ bernoulli(p)\nobserve a ~ normal(p, 1)\n");
  for (const Purpose purpose : {Purpose::squares, Purpose::squares_linearised, Purpose::fisher}) {
    const auto built = build_program(model, {purpose, "exponential_euler", {}});
    ASSERT_FALSE(built.has_value());
    EXPECT_EQ(
        render(built.error()),
        "m.model:2:1: error: this method takes noise that is normal or ar1, and that of 'b' is 'bernoulli' "
        "[no-likelihood]\n"
        "    observe b ~ bernoulli(p)\n"
        "    ^~~~~~~~~~~~~~~~~~~~~~~~\n"
        "    try: a method that only simulates, such as npe, nle, nre or abc_smc; or noise that is normal or ar1\n");
  }
  EXPECT_TRUE(build_program(model, {Purpose::trace, "exponential_euler", {}}).has_value());
  ProgramRequest unknown;
  unknown.purpose = Purpose::recorded;
  unknown.record = {"aa"};
  const auto built = build_program(model, unknown);
  ASSERT_FALSE(built.has_value());
  EXPECT_EQ(built.error().front().code, "name-unknown");
}

}  // namespace
}  // namespace hillock::sim
