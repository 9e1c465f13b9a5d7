#include "study/check_stiffness.hpp"

#include <fmt/format.h>

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <limits>

#include "ir/derive.hpp"
#include "sim/simulator.hpp"

namespace hillock::study {
namespace {

using Complex = std::complex<double>;
using ir::NodeId;

constexpr std::size_t most_states = 30;  // an eigenvalue problem of n^3 at each sample
constexpr std::size_t most_samples = 500;
constexpr double fixed_step = 1e-4;  // seconds, where no adaptive integrator takes the model

/// The model, observed by the entries of its Jacobian that are not always 0; `places` are theirs, row * n + column.
ir::Model observed_by_jacobian(const ir::Model& model, std::vector<std::size_t>& places) {
  ir::Model out = model;
  out.observations.clear();
  ir::Algebra algebra(out.graph);
  std::vector<NodeId> states;
  std::vector<NodeId> no_noise(out.symbols.size(), ir::no_node);
  for (const ir::State& s : out.states) states.push_back(out.graph.symbol(s.symbol));
  for (const ir::SymbolId noise : out.noises) no_noise[index(noise)] = algebra.number(0.0);
  const NodeId one = algebra.number(1.0);
  for (std::size_t i = 0; i < states.size(); ++i) {
    const NodeId rate = out.states[i].derivative;
    const NodeId quiet = ir::simplify(out.graph, std::span(&rate, 1), out.graph, no_noise)[0];
    const std::vector<NodeId> row = ir::gradient(algebra, quiet, states);
    for (std::size_t j = 0; j < states.size(); ++j) {
      if (out.graph.is_constant(row[j], 0.0)) continue;
      places.push_back(i * states.size() + j);
      out.observations.push_back({"J", ir::NoiseFamily::normal, row[j], one, ir::no_node, {}, {}});
    }
  }
  return out;
}

/// The longest h with |R(h lambda)| <= 1, R the exponential series up to `order`; lambda decays.
double longest_step(Complex lambda, int order) {
  const auto stable = [&](double h) {
    const Complex z = h * lambda;
    Complex sum = 1.0, term = 1.0;
    for (int k = 1; k <= order; ++k) term *= z / static_cast<double>(k), sum += term;
    return std::abs(sum) <= 1.0;
  };
  double low = 0.0, high = 4.0 / std::abs(lambda);  // these regions lie within a radius of 3
  for (int k = 0; k < 60; ++k) {
    const double middle = 0.5 * (low + high);
    (stable(middle) ? low : high) = middle;
  }
  return low;
}

}  // namespace

Result<Stiffness> stiffness(const ir::Model& model, const sim::Experiment& experiment,
                            std::span<const double> parameters) {
  const std::size_t n = model.states.size();
  if (n > most_states)
    return fail(
        "stiffness-unknown",
        fmt::format("{} states are too many for the Jacobian's eigenvalues along a run (at most {})", n, most_states),
        model.name);
  std::vector<std::size_t> places;
  const ir::Model seen = observed_by_jacobian(model, places);
  Stiffness out;
  out.euler = out.rk2 = out.rk4 = std::numeric_limits<double>::infinity();
  if (places.empty()) return out;

  sim::Experiment e = experiment;
  const double duration = static_cast<double>(experiment.samples - 1) * experiment.interval;
  e.samples = std::min(most_samples, experiment.samples - 1) + 1;
  e.interval = duration / static_cast<double>(e.samples - 1);
  e.mask.assign(e.samples, 1);
  Result<sim::Batch> batch = fail("stiffness-unknown", "", model.name);
  for (const char* integrator : {"rodas4", "exponential_midpoint", "heun"}) {
    e.substeps = std::string_view(integrator) == "rodas4"
                     ? 1
                     : static_cast<int>(std::ceil(std::min(e.interval / fixed_step, 1000.0)));
    batch = sim::Batch::create(seen, e, {sim::Purpose::trace, integrator, {}}, {sim::Backend::interpreter, 1});
    if (batch) break;
  }
  if (!batch) return fail(std::move(batch.error()));

  Array2 point(1, parameters.size());
  std::copy(parameters.begin(), parameters.end(), point.values.begin());
  double largest = -1.0;
  batch->outputs(point, [&](std::size_t, std::span<const double> values) {
    const std::size_t stride = batch->program().outputs_per_sample;
    for (std::size_t s = 0; s < e.samples; ++s) {
      Eigen::MatrixXd jacobian = Eigen::MatrixXd::Zero(static_cast<Eigen::Index>(n), static_cast<Eigen::Index>(n));
      for (std::size_t k = 0; k < places.size(); ++k)
        jacobian(static_cast<Eigen::Index>(places[k] / n), static_cast<Eigen::Index>(places[k] % n)) =
            values[s * stride + 2 * k];
      if (!jacobian.allFinite()) continue;
      const Eigen::VectorXcd eigenvalues = jacobian.eigenvalues();
      for (const Complex& lambda : eigenvalues) {
        if (std::abs(lambda) > largest) {
          largest = std::abs(lambda);
          out.eigenvalue = lambda;
          out.at = e.time_of(s);
        }
        // One that hardly decays beside its rotation is a matter of accuracy, not of stability.
        if (lambda.real() > -0.1 * std::abs(lambda) || lambda == 0.0) continue;
        out.euler = std::min(out.euler, longest_step(lambda, 1));
        out.rk2 = std::min(out.rk2, longest_step(lambda, 2));
        out.rk4 = std::min(out.rk4, longest_step(lambda, 4));
      }
    }
  });
  if (largest < 0.0) return fail("stiffness-unknown", "the run is not finite", model.name);
  return out;
}

}  // namespace hillock::study
