/// Gradients backwards through the rows against gradients forwards, to rounding; memory; where it is chosen.

#include <gtest/gtest.h>

#include <cmath>

#include "sim/adjoint_run.hpp"
#include "sim/simulator.hpp"
#include "sim/test/models.hpp"

namespace hillock::sim {
namespace {

using fixture::ModelBuilder;
using fixture::Noise;
using ir::NodeId;
using ir::Op;

ProgramRequest gradient(std::string_view integrator, Sweep sweep, Events events = Events::grid) {
  ProgramRequest request;
  request.purpose = Purpose::log_density_gradient;
  request.integrator = integrator;
  request.sweep = sweep;
  request.events = events;
  request.pathwise = true;
  return request;
}

/// [value, gradient...]
std::vector<double> by(Sweep sweep, const ir::Model& model, const Experiment& e, std::string_view integrator,
                       const std::vector<double>& p, Events events = Events::grid,
                       Backend backend = Backend::interpreter) {
  const Batch b = fixture::batch(model, e, gradient(integrator, sweep, events), {backend, 1});
  EXPECT_EQ(b.backwards(), sweep == Sweep::adjoint);
  const auto all = fixture::sums(b, p);
  std::vector<double> out{all.at(b.program().value[0])};
  for (const std::uint32_t c : b.program().gradient) out.push_back(all.at(c));
  return out;
}

void expect_same(const std::vector<double>& got, const std::vector<double>& want, const std::vector<double>& p,
                 double tolerance) {
  ASSERT_EQ(got.size(), want.size());
  double most = 0.0;
  for (std::size_t k = 1; k < want.size(); ++k) most = std::max(most, std::fabs(want[k] * p[k - 1]));
  EXPECT_NEAR(got[0], want[0], tolerance * std::fabs(want[0]));
  EXPECT_GT(most, 0.0);
  for (std::size_t k = 1; k < want.size(); ++k)
    EXPECT_NEAR(got[k] * p[k - 1], want[k] * p[k - 1], tolerance * most) << "parameter " << k - 1;
}

TEST(Adjoint, IsTheForwardGradientToRoundingForEveryIntegratorAndNoise) {
  for (const Noise noise : {Noise::normal, Noise::ar1, Noise::two_channels}) {
    const ir::Model model = fixture::gate(noise);
    const auto p = fixture::gate_parameters(noise);
    // One piece, and (24 000 rows of up to four numbers) several.
    for (const int substeps : {1, 400}) {
      Experiment e = fixture::gate_experiment(noise);
      e.substeps = substeps;
      for (const char* integrator : {"exponential_euler", "euler", "rk2", "rk4", "exact", "exponential_midpoint"})
        // Sums of 24 000 terms in another order, of size 1e-16 each relative to the largest.
        expect_same(by(Sweep::adjoint, model, e, integrator, p), by(Sweep::forward, model, e, integrator, p), p, 1e-11);
    }
  }
}

TEST(Adjoint, OfCoupledNonlinearEquationsIsTheForwardGradient) {
  Experiment e = fixture::experiment(300, 0.1);
  e.substeps = 3;
  for (const char* channel : {"v", "w", "x", "y"}) {
    for (std::size_t s = 0; s < e.samples; ++s)
      e.observed[channel].push_back(1.0 + 0.5 * std::sin(0.3 * static_cast<double>(s)));
    e.mask[7] = 0;
  }
  expect_same(by(Sweep::adjoint, fixture::fitzhugh_nagumo(), e, "rk4", {0.5, 0.08, 0.7, 0.8}),
              by(Sweep::forward, fixture::fitzhugh_nagumo(), e, "rk4", {0.5, 0.08, 0.7, 0.8}), {0.5, 0.08, 0.7, 0.8},
              1e-10);
  const std::vector<double> p{1.1, 0.4, 0.1, 0.4};
  expect_same(by(Sweep::adjoint, fixture::lotka_volterra(), e, "exponential_euler", p),
              by(Sweep::forward, fixture::lotka_volterra(), e, "exponential_euler", p), p, 1e-10);
}

/// x' = -x/tau + m + s xi, threshold level, reset r, refractory tr, x standing still until then.
ir::Model noisy_cell() {
  ModelBuilder b("noisy");
  const NodeId tau = b.parameter("tau"), m = b.parameter("m"), s = b.parameter("s"), level = b.parameter("level"),
               r = b.parameter("r"), tr = b.parameter("tr"), x0 = b.parameter("x0");
  const NodeId x = b.state("x"), xi = b.noise("xi");
  b.equation(0, b.add(b.sub(m, b.div(x, tau)), b.mul(s, xi)), x0);
  b.observe_normal("x", x, b.num(0.5));
  const NodeId above = b.op(Op::gt, x, level);
  ir::Model model = b.done();
  model.spiking = ir::Spiking{above, {{0, r}}, tr, {}};
  model.states[0].unless_refractory = true;
  return model;
}

TEST(Adjoint, GoesThroughLocatedSpikesAndNoise) {
  Experiment e = fixture::experiment(900, 0.01);
  for (std::size_t s = 0; s < e.samples; ++s) e.observed["x"].push_back(0.5);
  const std::vector<double> p{2.0, 0.9, 0.3, 1.0, 0.1, 0.137, 0.05};
  for (const char* integrator : {"exponential_euler", "euler", "exact"})
    expect_same(by(Sweep::adjoint, noisy_cell(), e, integrator, p, Events::located),
                by(Sweep::forward, noisy_cell(), e, integrator, p, Events::located), p, 1e-11);
  // And it is the derivative: by differences with common numbers.
  const auto got = by(Sweep::adjoint, noisy_cell(), e, "exponential_euler", p, Events::located);
  for (std::size_t k = 0; k < p.size(); ++k) {
    const auto at = [&](double step) {
      auto q = p;
      q[k] += step;
      return by(Sweep::adjoint, noisy_cell(), e, "exponential_euler", q, Events::located)[0];
    };
    const double h = 1e-6 * p[k];
    EXPECT_NEAR(got[1 + k], (at(h) - at(-h)) / (2 * h), 1e-5 * std::max(1.0, std::fabs(got[1 + k]))) << k;
  }
}

TEST(Adjoint, HasTheSameBitsOnEveryMachineAndThread) {
  Experiment e = fixture::gate_experiment(Noise::two_channels);
  e.substeps = 100;
  const ir::Model model = fixture::gate(Noise::two_channels);
  const auto p = fixture::gate_parameters(Noise::two_channels);
  Array2 points(11, p.size());
  for (std::size_t k = 0; k < points.rows; ++k)
    for (std::size_t i = 0; i < p.size(); ++i) points(k, i) = p[i] * (1.0 + 0.01 * static_cast<double>(k));
  Array2 want, got;
  for (const char* name : {"interpreter", "avx2", "avx512"})
    for (const int threads : {1, 2}) {
      const auto backend = choose_backend(name);
      if (!backend) continue;
      const Batch b = fixture::batch(model, e, gradient("exponential_euler", Sweep::adjoint), {*backend, threads});
      b.sums(points, got);
      ASSERT_EQ(got.cols, 1 + p.size());
      EXPECT_EQ(b.carried_count(), got.cols);
      if (want.rows == 0) want = got;
      EXPECT_EQ(got.values, want.values) << name;
      b.sums(points, got, [] { return true; });
      EXPECT_TRUE(std::isnan(got(0, 0)));
    }
}

TEST(Adjoint, MemoryIsBounded) {
  // 100 000 steps, and 400 000, for which the tape does not suffice: below 50 MB a thread.
  const auto bytes = [](int substeps) {
    Experiment e = fixture::gate_experiment(Noise::ar1);
    e.substeps = substeps;
    const ir::Model model = fixture::gate(Noise::ar1);
    ProgramRequest request;
    request.purpose = Purpose::log_density;
    const auto sum = build_program(model, request);
    const std::vector<std::uint32_t> all{0, 1, 2, 3, 4, 5, 6};
    return AdjointRun(sum->program, make_timeline(model, e), sum->value[0], all, Backend::avx512).bytes();
  };
  EXPECT_LT(bytes(1700), std::size_t{50} << 20U);
  EXPECT_LT(bytes(6800), std::size_t{50} << 20U);
}

TEST(Adjoint, WhatIsRunAgainChangesNoBit) {
  // 60 000 rows in several pieces of the interpreter's: none, some and all of them are on the tape from the first pass.
  Experiment e = fixture::gate_experiment(Noise::ar1);
  e.substeps = 1000;
  const ir::Model model = fixture::gate(Noise::ar1);
  const auto p = fixture::gate_parameters(Noise::ar1);
  ProgramRequest request;
  request.purpose = Purpose::log_density;
  const auto sum = build_program(model, request);
  const std::vector<std::uint32_t> all{0, 1, 2, 3, 4, 5, 6};
  std::vector<std::vector<double>> got;
  std::vector<double> operations;
  for (const std::size_t tape : {std::size_t{0}, std::size_t{600} << 10U, AdjointRun::most_tape_bytes}) {
    AdjointRun run(sum->program, make_timeline(model, e), sum->value[0], all, Backend::interpreter, tape);
    got.emplace_back(1 + all.size());
    EXPECT_TRUE(run.run(p, got.back(), {}));
    operations.push_back(run.operations());
  }
  EXPECT_GT(operations[0], operations[1]);
  EXPECT_GT(operations[1], operations[2]);
  EXPECT_EQ(got[0], got[2]);
  EXPECT_EQ(got[1], got[2]);
}

TEST(Adjoint, IsChosenWhereItTakesFewerOperations) {
  // A chain of states, each with parameters of its own: n^2 tangents forwards, and backwards as many adjoints as
  // states.
  const auto chain = [](std::size_t n) {
    ModelBuilder b("chain");
    std::vector<NodeId> x, k;
    for (std::size_t i = 0; i < n; ++i) k.push_back(b.parameter("k" + std::to_string(i)));
    for (std::size_t i = 0; i < n; ++i) x.push_back(b.state("x" + std::to_string(i)));
    for (std::size_t i = 0; i < n; ++i)
      b.equation(i, b.mul(k[i], b.sub(i == 0 ? b.num(1.0) : x[i - 1], x[i])), b.num(0.0));
    b.observe_normal("last", x.back(), b.num(0.1));
    return b.done();
  };
  Experiment e = fixture::experiment(50, 0.1);
  for (std::size_t s = 0; s < e.samples; ++s) e.observed["last"].push_back(0.5);
  EXPECT_FALSE(fixture::batch(chain(1), e, gradient("euler", Sweep::automatic)).backwards());
  EXPECT_TRUE(fixture::batch(chain(12), e, gradient("euler", Sweep::automatic)).backwards());
  const std::vector<double> p(12, 2.0);
  expect_same(by(Sweep::adjoint, chain(12), e, "euler", p), by(Sweep::forward, chain(12), e, "euler", p), p, 1e-12);
  // Steps of a lane's own leave no rows to go back through.
  EXPECT_FALSE(fixture::batch(chain(12), e, gradient("dopri5", Sweep::automatic)).backwards());
  const auto refused = Batch::create(chain(3), e, gradient("dopri5", Sweep::adjoint), {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error()[0].code, "integrator-unfit");
}

}  // namespace
}  // namespace hillock::sim
