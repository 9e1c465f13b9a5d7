/// Second derivatives against closed forms and against differences of gradients.

#include "sim/curvature.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "sim/test/models.hpp"

namespace hillock::sim {
namespace {

using fixture::ModelBuilder;
using fixture::Noise;
using ir::NodeId;
using ir::Op;

ProgramRequest asking(std::string_view integrator, Events events = Events::grid) {
  ProgramRequest out{Purpose::log_density_gradient, integrator, {}};
  out.events = events;
  out.pathwise = true;
  return out;
}

Curvature curvature(const ir::Model& model, const Experiment& e, const ProgramRequest& request,
                    const RunOptions& options = {Backend::interpreter, 1}) {
  auto made = Curvature::create(model, e, request, options);
  EXPECT_TRUE(made.has_value()) << made.error()[0].message;
  return std::move(*made);
}

std::vector<double> gradient_at(const Batch& batch, const std::vector<double>& p) {
  const auto all = fixture::sums(batch, p);
  std::vector<double> out;
  for (const std::uint32_t c : batch.program().gradient) out.push_back(all.at(c));
  return out;
}

/// The Hessian on the scale of the parameters, H_ij p_i p_j, is that of central differences of exact gradients at h p
/// and h p/2, extrapolated: what is left is h^4, and rounding, 1e-16/h times what gradients of some thousand terms
/// lose; h = 1e-4 leaves 1e-9 or so of the largest entry. Kinks at rows are those of the method.
void expect_differences(const ir::Model& model, const Experiment& e, const ProgramRequest& request,
                        const std::vector<double>& p, double tolerance, double h = 1e-4) {
  const std::size_t d = p.size();
  const Array2 got = curvature(model, e, request).hessians(fixture::one_point(p));
  const Batch batch = fixture::batch(model, e, request);
  std::vector<std::vector<double>> want(d);
  double largest = 0.0;
  for (std::size_t i = 0; i < d; ++i) {
    const auto at = [&](double by) {
      auto q = p;
      q[i] *= 1.0 + by;
      return gradient_at(batch, q);
    };
    const auto up = at(h), down = at(-h), up2 = at(h / 2), down2 = at(-h / 2);
    for (std::size_t j = 0; j < d; ++j) {
      const double coarse = (up[j] - down[j]) / (2 * h), fine = (up2[j] - down2[j]) / h;
      want[i].push_back((4 * fine - coarse) / 3 * p[j]);
      largest = std::max(largest, std::fabs(want[i][j]));
    }
  }
  EXPECT_GT(largest, 0.0);
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = 0; j < d; ++j)
      EXPECT_NEAR(got(0, i * d + j) * p[i] * p[j], want[i][j], tolerance * largest)
          << request.integrator << ", " << i << ", " << j;
}

TEST(Curvature, OfALinearModelIsTheClosedForm) {
  // x = u + (x0 - u) exp(-k t), sd 1: with r = x - y, d2 log p = -(dx dx^T + r d2x). `exact` is exact; 200 steps round.
  Experiment e = fixture::experiment(200, 0.01);
  const double u = 0.7, k = 1.3, x0 = 2.0;
  e.inputs["u"] = fixture::held(u);
  for (std::size_t s = 0; s < e.samples; ++s)
    e.observed["x"].push_back(1.0 + 0.3 * std::sin(0.1 * static_cast<double>(s)));
  double kk = 0.0, kx = 0.0, xx = 0.0;
  for (std::size_t s = 0; s < e.samples; ++s) {
    const double t = 0.01 * static_cast<double>(s), decay = std::exp(-k * t),
                 r = u + (x0 - u) * decay - e.observed["x"][s];
    const double by_k = -t * (x0 - u) * decay;
    kk -= by_k * by_k + r * t * t * (x0 - u) * decay;
    kx -= by_k * decay + r * -t * decay;
    xx -= decay * decay;
  }
  const Array2 got = curvature(fixture::relaxation(), e, asking("exact")).hessians(fixture::one_point({k, x0}));
  EXPECT_NEAR(got(0, 0), kk, 1e-11 * std::fabs(kk));
  EXPECT_NEAR(got(0, 1), kx, 1e-11 * std::fabs(kx));
  EXPECT_EQ(got(0, 1), got(0, 2));
  EXPECT_NEAR(got(0, 3), xx, 1e-11 * std::fabs(xx));
}

TEST(Curvature, IsTheDifferenceOfGradientsForEveryIntegratorAndNoise) {
  for (const Noise noise : {Noise::normal, Noise::ar1, Noise::two_channels}) {
    Experiment e = fixture::gate_experiment(noise);
    e.substeps = 3;
    for (const char* integrator : {"exponential_euler", "euler", "rk2", "rk4", "exact", "exponential_midpoint"})
      expect_differences(fixture::gate(noise), e, asking(integrator), fixture::gate_parameters(noise), 1e-7);
  }
  // Noise whose correlation is as short as a hundredth of a sample, or longer than all of them.
  for (const double tau : {5e-6, 0.5}) {
    auto p = fixture::gate_parameters(Noise::ar1);
    p.back() = tau;
    const Array2 got = curvature(fixture::gate(Noise::ar1), fixture::gate_experiment(Noise::ar1), asking("exact"))
                           .hessians(fixture::one_point(p));
    for (const double entry : got.values) EXPECT_TRUE(std::isfinite(entry)) << tau;
  }
  Experiment e = fixture::experiment(300, 0.1);
  for (const char* channel : {"v", "w", "x", "y"})
    for (std::size_t s = 0; s < e.samples; ++s)
      e.observed[channel].push_back(1.0 + 0.5 * std::sin(0.3 * static_cast<double>(s)));
  expect_differences(fixture::fitzhugh_nagumo(), e, asking("rk4"), {0.5, 0.08, 0.7, 0.8}, 1e-6);
  expect_differences(fixture::lotka_volterra(), e, asking("exponential_euler"), {1.1, 0.4, 0.1, 0.4}, 1e-6);
}

/// tau x' = m - x (+ s xi), threshold level, reset r, refractory tr with x standing still.
ir::Model cell(bool noisy) {
  ModelBuilder b("cell");
  const NodeId tau = b.parameter("tau"), m = b.parameter("m"), level = b.parameter("level"), r = b.parameter("r"),
               tr = b.parameter("tr");
  const NodeId s = noisy ? b.parameter("s") : b.num(0.0);
  const NodeId x = b.state("x");
  NodeId slope = b.div(b.sub(m, x), tau);
  if (noisy) slope = b.add(slope, b.mul(s, b.noise("xi")));
  b.equation(0, slope, b.num(0.0));
  b.observe_normal("x", x, b.num(0.5));
  const NodeId above = b.op(Op::gt, x, level);
  ir::Model model = b.done();
  model.spiking = ir::Spiking{above, {{0, r}}, tr, {}};
  model.states[0].unless_refractory = true;
  return model;
}

TEST(Curvature, GoesThroughSpikesAsTheClosedFormDoes) {
  // Exponential Euler is exact here: the path is a formula, and so is the log density at samples. Its second
  // differences at 2e-5 and 1e-5, in 80 bits: rounding 1e-18/(1e-5)^2 = 1e-8, and no spike passes over a sample.
  Experiment e = fixture::experiment(400, 0.02);
  for (std::size_t s = 0; s < e.samples; ++s) e.observed["x"].push_back(0.5);
  const std::vector<double> p{1.7, 1.9, 1.0, 0.1, 0.137};
  const auto formula = [&](const std::vector<long double>& q) {
    const long double tau = q[0], m = q[1], level = q[2], r = q[3], tr = q[4];
    long double sum = 0.0, begun = 0.0, from = 0.0, spike = tau * std::log(m / (m - level));
    for (std::size_t s = 0; s < e.samples; ++s) {
      const long double t = 0.02L * s;
      while (t > spike) begun = spike + tr, from = r, spike = begun + tau * std::log((m - r) / (m - level));
      const long double x = t < begun ? from : m + (from - m) * std::exp(-(t - begun) / tau);
      sum -= 0.5 * (x - 0.5) * (x - 0.5) / 0.25;
    }
    return sum;
  };
  const std::size_t d = p.size();
  const Array2 got =
      curvature(cell(false), e, asking("exponential_euler", Events::located)).hessians(fixture::one_point(p));
  long double largest = 0.0;
  std::vector<long double> want;
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = 0; j < d; ++j) {
      const auto second = [&](long double h) {
        const auto at = [&](long double a, long double b) {
          std::vector<long double> q(p.begin(), p.end());
          q[i] += a * h * p[i], q[j] += b * h * p[j];
          return formula(q);
        };
        return (at(1, 1) - at(1, -1) - at(-1, 1) + at(-1, -1)) / (4 * h * h);
      };
      want.push_back((4 * second(1e-5L) - second(2e-5L)) / 3);
      largest = std::max(largest, std::fabs(want.back()));
    }
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = 0; j < d; ++j)
      EXPECT_NEAR(got(0, i * d + j) * p[i] * p[j], static_cast<double>(want[i * d + j]),
                  1e-6 * static_cast<double>(largest))
          << i << ", " << j;
}

TEST(Curvature, GoesThroughNoiseAndCurvedCrossings) {
  Experiment e = fixture::experiment(400, 0.02);
  for (std::size_t s = 0; s < e.samples; ++s) e.observed["x"].push_back(0.5);
  for (const char* integrator : {"exponential_euler", "euler"})
    expect_differences(cell(true), e, asking(integrator, Events::located), {1.7, 1.9, 1.0, 0.1, 0.137, 0.3}, 1e-5,
                       1e-6);
}

TEST(Curvature, HasTheSameBitsOnEveryMachineAndThread) {
  Experiment e = fixture::gate_experiment(Noise::two_channels);
  e.substeps = 30;
  const auto p = fixture::gate_parameters(Noise::two_channels);
  Array2 points(3, p.size());
  for (std::size_t k = 0; k < points.rows; ++k)
    for (std::size_t i = 0; i < p.size(); ++i) points(k, i) = p[i] * (1.0 + 0.01 * static_cast<double>(k));
  Array2 directions(3, p.size(), 1.0);
  std::vector<double> want, want_products;
  for (const char* name : {"interpreter", "avx2", "avx512"})
    for (const int threads : {1, 2}) {
      const auto backend = choose_backend(name);
      if (!backend) continue;
      const Curvature c =
          curvature(fixture::gate(Noise::two_channels), e, asking("exponential_euler"), {*backend, threads});
      EXPECT_EQ(c.dimension(), p.size());
      const Array2 got = c.hessians(points), products = c.products(points, directions);
      if (want.empty()) want = got.values, want_products = products.values;
      EXPECT_EQ(got.values, want) << name;
      EXPECT_EQ(products.values, want_products) << name;
      EXPECT_TRUE(std::isnan(c.hessians(points, [] { return true; })(0, 0)));
    }
  // A product is the Hessian times the direction, and the Hessian is symmetric before it is made so: to rounding.
  for (std::size_t k = 0; k < points.rows; ++k)
    for (std::size_t i = 0; i < p.size(); ++i) {
      double sum = 0.0, size = 0.0;
      for (std::size_t j = 0; j < p.size(); ++j) {
        const double entry = want[(k * p.size() + i) * p.size() + j];
        sum += entry, size += std::fabs(entry);
      }
      EXPECT_NEAR(want_products[k * p.size() + i], sum, 1e-9 * size);
    }
}

TEST(Curvature, NeedsTheMemoryOfAnAdjoint) {
  for (const int substeps : {1700, 6800}) {  // 100 000 rows, and 400 000
    Experiment e = fixture::gate_experiment(Noise::ar1);
    e.substeps = substeps;
    EXPECT_LT(curvature(fixture::gate(Noise::ar1), e, asking("exponential_euler")).bytes() * 8,
              std::size_t{400} << 20U);
  }
}

TEST(Curvature, OfStepsThatALaneChoosesIsRefused) {
  Experiment e = fixture::gate_experiment(Noise::normal);
  const auto refused = Curvature::create(fixture::gate(Noise::normal), e, asking("dopri5"), {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error()[0].code, "integrator-unfit");
}

}  // namespace
}  // namespace hillock::sim
