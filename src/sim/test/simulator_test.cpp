/// Batches: the same bits however the work is split, failures as data, and stopping.

#include "sim/simulator.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <bit>
#include <chrono>
#include <cmath>
#include <limits>

#include "base/rng.hpp"
#include "sim/integrate/step.hpp"
#include "sim/test/models.hpp"

namespace hillock::sim {
namespace {

using fixture::Noise;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::vector<Backend> backends() {
  std::vector<Backend> out{Backend::interpreter};
  for (const char* name : {"avx2", "avx512"})
    if (const auto found = choose_backend(name)) out.push_back(*found);
  return out;
}

bool same_bits(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b) || (std::isnan(a) && std::isnan(b));
}

Array2 random_points(std::size_t count, const std::vector<double>& around) {
  Rng rng(1, stream_id("points"));
  Array2 out(count, around.size());
  for (std::size_t r = 0; r < count; ++r)
    for (std::size_t c = 0; c < around.size(); ++c) out(r, c) = around[c] * std::exp(0.4 * rng.normal());
  return out;
}

Array2 first_rows(const Array2& points, std::size_t from, std::size_t count) {
  Array2 out(count, points.cols);
  std::copy(points.row(from).begin(), points.row(from).begin() + static_cast<std::ptrdiff_t>(count * points.cols),
            out.values.begin());
  return out;
}

struct Asked {
  std::string integrator;
  Purpose purpose;
};
void PrintTo(const Asked& a, std::ostream* out) { *out << a.integrator << "_" << static_cast<int>(a.purpose); }

class SameBits : public testing::TestWithParam<Asked> {};
INSTANTIATE_TEST_SUITE_P(Batch, SameBits, testing::ValuesIn([] {
                           std::vector<Asked> all;
                           for (const Integrator& row : integrators())
                             for (const Purpose purpose : {Purpose::log_density, Purpose::log_density_gradient})
                               all.push_back({std::string(row.name), purpose});
                           return all;
                         }()),
                         testing::PrintToStringParamName());

TEST_P(SameBits, ForAnyBatchLaneThreadAndMachine) {
  // Every integrator; 67 points: not a multiple of any number of lanes.
  const ir::Model model = fixture::gate(Noise::ar1);
  Experiment e = fixture::gate_experiment(Noise::ar1);
  ProgramRequest request;
  request.purpose = GetParam().purpose;
  request.integrator = GetParam().integrator;
  Array2 points = random_points(67, fixture::gate_parameters(Noise::ar1));
  points(20, 0) = nan;  // some that fail, among those that do not
  points(41, 0) = 1e80;
  points(50, 5) = -1.0;  // a negative standard deviation
  Array2 want;
  fixture::batch(model, e, request, {Backend::interpreter, 1}).sums(points, want);
  std::size_t failed = 0;
  for (std::size_t r = 0; r < 67; ++r)
    failed += std::isnan(want(r, fixture::batch(model, e, request).program().value[0]));
  EXPECT_GE(failed, 2U);
  EXPECT_LE(failed, 6U);
  for (const Backend backend : backends())
    for (const int threads : {1, 3}) {
      const Batch b = fixture::batch(model, e, request, {backend, threads});
      for (const std::size_t size : {1U, 2U, 5U, 8U, 16U, 33U, 67U}) {
        for (std::size_t from = 0; from + size <= 67; from += size == 1 ? 11 : size) {
          Array2 got;
          b.sums(first_rows(points, from, size), got);
          ASSERT_EQ(got.rows, size);
          for (std::size_t r = 0; r < size; ++r)
            for (std::size_t c = 0; c < got.cols; ++c) {
              ASSERT_TRUE(same_bits(got(r, c), want(from + r, c)))
                  << to_string(backend) << ", " << threads << " threads, " << size << " points: row " << from + r
                  << " carried " << c << ": " << got(r, c) << " against " << want(from + r, c);
            }
        }
      }
    }
}

TEST(Batch, OutputsComeInOrderWithTheSameBits) {
  const ir::Model model = fixture::gate(Noise::two_channels);
  const Experiment e = fixture::gate_experiment(Noise::two_channels);
  const Array2 points = random_points(37, fixture::gate_parameters(Noise::two_channels));
  std::vector<std::vector<double>> want;
  fixture::batch(model, e, fixture::trace_by("exponential_euler"))
      .outputs(points, [&](std::size_t k, std::span<const double> v) {
        EXPECT_EQ(k, want.size());
        want.emplace_back(v.begin(), v.end());
      });
  ASSERT_EQ(want.size(), 37U);
  EXPECT_EQ(want[0].size(), e.kept() * 4);
  EXPECT_NE(want[0], want[1]);
  for (const Backend backend : backends())
    for (const int threads : {1, 2}) {
      std::size_t next = 0;
      fixture::batch(model, e, fixture::trace_by("exponential_euler"), {backend, threads})
          .outputs(points, [&](std::size_t k, std::span<const double> v) {
            ASSERT_EQ(k, next++);
            ASSERT_TRUE(std::equal(v.begin(), v.end(), want[k].begin(), want[k].end(), same_bits)) << k;
          });
      EXPECT_EQ(next, 37U);
    }
}

TEST(Batch, NoPointsAreNoWork) {
  const Experiment e = fixture::gate_experiment(Noise::normal);
  for (const Backend backend : backends()) {
    const Batch b = fixture::batch(fixture::gate(Noise::normal), e, {}, {backend, 2});
    Array2 got(3, 3);
    b.sums(Array2(0, 6), got);
    EXPECT_EQ(got.rows, 0U);
    b.outputs(Array2(0, 6), [](std::size_t, std::span<const double>) { ADD_FAILURE() << "nobody asked"; });
    EXPECT_THROW(b.sums(Array2(1, 5), got), Bug);  // another model's points
  }
}

TEST(Batch, ALaneThatFailsIsNaNAndItsNeighboursAreNot) {
  // Forward Euler of x' = k (u - x) grows by |1 - kh| a step: k h = 1000 overflows within 200 steps; NaN from the
  // start.
  Experiment e = fixture::experiment(200, 0.1);
  e.inputs["u"] = fixture::held(1.0);
  e.observed["x"] = std::vector<double>(200, 0.5);
  ProgramRequest request;
  request.integrator = "euler";
  for (const Backend backend : backends()) {
    const Batch b = fixture::batch(fixture::relaxation(), e, request, {backend, 1});
    Array2 points(9, 2), got;
    for (std::size_t r = 0; r < 9; ++r) points(r, 0) = 1.0, points(r, 1) = static_cast<double>(r);
    points(2, 0) = 1e4;
    points(5, 1) = nan;
    b.sums(points, got);
    const std::uint32_t value = b.program().value[0];
    for (std::size_t r = 0; r < 9; ++r) {
      EXPECT_EQ(std::isfinite(got(r, value)), r != 2 && r != 5) << r;
    }
  }
}

TEST(Batch, StopsWhenAsked) {
  const Experiment e = fixture::gate_experiment(Noise::normal);
  const Array2 points = random_points(64, fixture::gate_parameters(Noise::normal));
  for (const Backend backend : backends()) {
    const Batch b = fixture::batch(fixture::gate(Noise::normal), e, {}, {backend, 1});
    Array2 all, none, some;
    b.sums(points, all);
    b.sums(points, none, [] { return true; });
    std::atomic<int> asked{0};
    b.sums(points, some, [&] { return ++asked > 2; });  // after two pieces of work
    ASSERT_EQ(none.rows, 64U);
    EXPECT_TRUE(std::all_of(none.values.begin(), none.values.end(), [](double v) { return std::isnan(v); }));
    const std::uint32_t value = b.program().value[0];
    std::size_t done = 0;
    for (std::size_t r = 0; r < 64; ++r) {
      if (std::isnan(some(r, value))) continue;
      ++done;
      EXPECT_EQ(some(r, value), all(r, value));
    }
    EXPECT_GT(done, 0U);
    EXPECT_LT(done, 64U);
    EXPECT_TRUE(std::isfinite(some(0, value)));
    EXPECT_TRUE(std::isnan(some(63, value)));
  }
}

TEST(Batch, StopsWithinAMomentInsideALongSimulation) {
  // 600 000 steps: 10 ms of compiled code at the least, seconds of the interpreter. Whoever asks to stop after 3 ms has
  // an answer 50 ms later, here with a margin of ten for busy machines.
  Experiment e = fixture::experiment(600, 1.0);
  e.substeps = 1000;
  e.inputs["u"] = fixture::sine(0.0, 1.0, 3.0);
  ProgramRequest request = fixture::trace_by("rk4");
  for (const Backend backend : backends()) {
    const Batch b = fixture::batch(fixture::relaxation(), e, request, {backend, 1});
    Array2 points(1, 2, 1.0), got;
    using Clock = std::chrono::steady_clock;
    const auto begin = Clock::now();
    int asked = 0;
    const auto late = [&] {
      ++asked;
      return Clock::now() - begin > std::chrono::milliseconds(3);
    };
    b.sums(points, got, late);
    const std::chrono::duration<double> took = Clock::now() - begin;
    EXPECT_LT(took.count(), 0.5) << to_string(backend);
    EXPECT_GE(asked, 2) << to_string(backend);
    EXPECT_TRUE(std::isnan(got(0, 0))) << to_string(backend);
    asked = 0;
    b.outputs(
        points, [](std::size_t, std::span<const double>) { ADD_FAILURE() << "it was not done"; },
        [&] { return ++asked > 2; });
    EXPECT_EQ(asked, 3);
  }
}

TEST(Batch, BeingAskedChangesNoBit) {
  Experiment e = fixture::experiment(400, 1.0);
  e.substeps = 300;
  e.inputs["u"] = fixture::sine(0.0, 1.0, 3.0);
  for (const char* integrator : {"rk4", "dopri5"})
    for (const Backend backend : backends()) {
      const Batch b = fixture::batch(fixture::relaxation(), e, fixture::trace_by(integrator), {backend, 1});
      Array2 points(1, 2, 0.7), whole, pieces;
      int asked = 0;
      b.sums(points, whole);
      b.sums(points, pieces, [&] { return ++asked < 0; });
      EXPECT_GT(asked, 2);
      EXPECT_EQ(whole.values, pieces.values) << integrator << ", " << to_string(backend);
      std::vector<double> all, some;
      const auto into = [](std::vector<double>& to) {
        return [&to](std::size_t, std::span<const double> v) { to.assign(v.begin(), v.end()); };
      };
      b.outputs(points, into(all));
      b.outputs(points, into(some), [] { return false; });
      ASSERT_EQ(all.size(), 800U);
      EXPECT_EQ(all, some) << integrator << ", " << to_string(backend);
    }
}

/// Long traces are taken over piece by piece: many pieces, and lanes that are not full.
TEST(Batch, LongTracesHaveTheSameBits) {
  Experiment e = fixture::experiment(9000, 0.01);
  e.inputs["u"] = fixture::sine(0.0, 1.0, 3.0);
  Array2 points(11, 2);
  for (std::size_t i = 0; i < points.values.size(); ++i) points.values[i] = 0.5 + 0.03 * static_cast<double>(i);
  std::vector<std::vector<double>> want;
  for (const Backend backend : backends()) {
    std::vector<std::vector<double>> got;
    fixture::batch(fixture::relaxation(), e, fixture::trace_by("rk4"), {backend, 2})
        .outputs(points, [&](std::size_t, std::span<const double> v) { got.emplace_back(v.begin(), v.end()); });
    ASSERT_EQ(got.size(), 11U);
    EXPECT_EQ(got[10].size(), 18000U);
    EXPECT_NE(got[0], got[10]);
    if (want.empty()) want = got;
    EXPECT_EQ(got, want) << to_string(backend);
  }
}

TEST(Batch, AStudyMayAskForTooMuch) {
  auto refused = Batch::create(fixture::fitzhugh_nagumo(), fixture::experiment(3, 1.0), {}, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error()[0].code, "integrator-unfit");
}

TEST(Backends, AreChosenByName) {
  EXPECT_EQ(choose_backend("interpreter"), Backend::interpreter);
  const auto widest = choose_backend("auto");
  ASSERT_TRUE(widest);
  EXPECT_EQ(*widest, backends().back());
  for (const Backend backend : backends()) {
    EXPECT_EQ(choose_backend(to_string(backend)), backend);
  }
  for (const char* name : {"avx2", "avx512"}) {
    const auto chosen = choose_backend(name);
    if (chosen) continue;
    EXPECT_EQ(chosen.error()[0].code, "backend-absent");
    EXPECT_EQ(chosen.error()[0].message, "this machine or this build cannot run " + std::string(name));
  }
  const auto unknown = choose_backend("gpu");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error()[0].code, "backend-unknown");
  EXPECT_EQ(unknown.error()[0].message, "there is no back end \"gpu\"");
  EXPECT_EQ(unknown.error()[0].where, "--isa");
  EXPECT_EQ(unknown.error()[0].hint, "auto, avx512, avx2 or interpreter");
}

}  // namespace
}  // namespace hillock::sim
