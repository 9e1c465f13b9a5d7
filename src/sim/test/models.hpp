#pragma once
/// Small models built by hand, and experiments on them, for this room's tests.

#include <cmath>
#include <limits>
#include <memory>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

#include "ir/model.hpp"
#include "sim/experiment.hpp"
#include "sim/simulator.hpp"
#include "sim/stimulus.hpp"

namespace hillock::sim::fixture {

using ir::NodeId;
using ir::Op;

/// A model under construction, with algebra on nodes.
class ModelBuilder {
 public:
  explicit ModelBuilder(std::string name) {
    model_.name = std::move(name);
    model_.time = symbol("t", ir::SymbolKind::time);
    model_.step = symbol("dt", ir::SymbolKind::step);
  }
  NodeId parameter(const std::string& name) {
    model_.parameters.push_back({symbol(name, ir::SymbolKind::parameter), {}, {}});
    return model_.graph.symbol(model_.parameters.back().symbol);
  }
  NodeId constant(const std::string& name, double value) {
    model_.constants.push_back({symbol(name, ir::SymbolKind::constant), value});
    return model_.graph.symbol(model_.constants.back().symbol);
  }
  NodeId input(const std::string& name) {
    model_.inputs.push_back(symbol(name, ir::SymbolKind::input));
    return model_.graph.symbol(model_.inputs.back());
  }
  NodeId noise(const std::string& name) {
    model_.noises.push_back(symbol(name, ir::SymbolKind::noise));
    return model_.graph.symbol(model_.noises.back());
  }
  NodeId state(const std::string& name) {
    model_.states.push_back({symbol(name, ir::SymbolKind::state), ir::no_node, ir::no_node});
    return model_.graph.symbol(model_.states.back().symbol);
  }
  /// The equation and initial value of the i-th state.
  void equation(std::size_t i, NodeId derivative, NodeId init) {
    model_.states[i].derivative = derivative;
    model_.states[i].init = init;
  }
  void observe_normal(const std::string& channel, NodeId mean, NodeId sd) {
    model_.observations.push_back({channel, ir::NoiseFamily::normal, mean, sd, ir::no_node, {}, {}});
  }
  void observe_ar1(const std::string& channel, NodeId mean, NodeId sd, NodeId tau) {
    model_.observations.push_back({channel, ir::NoiseFamily::ar1, mean, sd, tau, {}, {}});
  }
  NodeId time() { return model_.graph.symbol(model_.time); }
  NodeId num(double v) { return model_.graph.constant(v); }
  NodeId add(NodeId a, NodeId b) { return model_.graph.make(Op::add, a, b); }
  NodeId sub(NodeId a, NodeId b) { return model_.graph.make(Op::sub, a, b); }
  NodeId mul(NodeId a, NodeId b) { return model_.graph.make(Op::mul, a, b); }
  NodeId div(NodeId a, NodeId b) { return model_.graph.make(Op::div, a, b); }
  NodeId neg(NodeId a) { return model_.graph.make(Op::neg, a); }
  NodeId exp(NodeId a) { return model_.graph.make(Op::exp, a); }
  NodeId op(Op which, NodeId a, NodeId b) { return model_.graph.make(which, a, b); }
  NodeId sin(NodeId a) { return model_.graph.make(Op::sin, a); }
  ir::Model done() { return std::move(model_); }

 private:
  ir::SymbolId symbol(const std::string& name, ir::SymbolKind kind) {
    model_.symbols.push_back({name, kind, {}, ir::Type::real, {}});
    return ir::SymbolId{static_cast<std::uint32_t>(model_.symbols.size() - 1)};
  }
  ir::Model model_;
};

enum class Noise { normal, ar1, two_channels };

/// dx/dt = a(V)(1 - x) - b(V) x with a = p0 exp(p1 V), b = p2 exp(-p3 V), at rest at first; I = g x (V - E).
/// Parameters p0..p3, g, sigma, and tau for ar1; with two channels also q and sd_y: y = q x, independent noise.
inline ir::Model gate(Noise noise) {
  ModelBuilder b("gate");
  const NodeId p0 = b.parameter("p0"), p1 = b.parameter("p1"), p2 = b.parameter("p2"), p3 = b.parameter("p3");
  const NodeId g = b.parameter("g"), sigma = b.parameter("sigma");
  const NodeId tau = noise == Noise::normal ? b.num(1.0) : b.parameter("tau");
  const NodeId e = b.constant("E", -0.08), v = b.input("V"), x = b.state("x");
  const NodeId opening = b.mul(p0, b.exp(b.mul(p1, v))), closing = b.mul(p2, b.exp(b.neg(b.mul(p3, v))));
  b.equation(0, b.sub(b.mul(opening, b.sub(b.num(1.0), x)), b.mul(closing, x)),
             b.div(opening, b.add(opening, closing)));
  const NodeId mean = b.mul(b.mul(g, x), b.sub(v, e));
  if (noise == Noise::normal) b.observe_normal("I", mean, sigma);
  else b.observe_ar1("I", mean, sigma, tau);
  if (noise == Noise::two_channels) {
    const NodeId q = b.parameter("q"), sd = b.parameter("sd_y");
    b.observe_normal("y", b.mul(q, x), sd);
  }
  return b.done();
}
inline std::vector<double> gate_parameters(Noise noise) {
  std::vector<double> p{40.0, 25.0, 60.0, 18.0, 1.5, 0.02};  // 1/s, 1/V, 1/s, 1/V, S, A
  if (noise != Noise::normal) p.push_back(0.004);            // s
  if (noise == Noise::two_channels) p.insert(p.end(), {2.0, 0.1});
  return p;
}

/// dx/dt = k (u - x) from x = x0.
inline ir::Model relaxation() {
  ModelBuilder b("relaxation");
  const NodeId k = b.parameter("k"), x0 = b.parameter("x0"), u = b.input("u"), x = b.state("x");
  b.equation(0, b.mul(k, b.sub(u, x)), x0);
  b.observe_normal("x", x, b.num(1.0));
  return b.done();
}

/// FitzHugh & Nagumo: v' = v - v^3/3 - w + I, w' = eps (v + a - c w). Not linear in v.
inline ir::Model fitzhugh_nagumo() {
  ModelBuilder b("fitzhugh_nagumo");
  const NodeId i = b.parameter("I"), eps = b.parameter("eps"), a = b.parameter("a"), c = b.parameter("c");
  const NodeId v = b.state("v"), w = b.state("w");
  const NodeId cube = b.div(b.mul(b.mul(v, v), v), b.num(3.0));
  b.equation(0, b.add(b.sub(b.sub(v, cube), w), i), b.num(-1.0));
  b.equation(1, b.mul(eps, b.sub(b.add(v, a), b.mul(c, w))), b.num(1.0));
  b.observe_normal("v", v, b.num(1.0));
  b.observe_normal("w", w, b.num(1.0));
  return b.done();
}

/// Lotka & Volterra: x' = x (a - b y), y' = y (c x - d): each linear in its own state.
inline ir::Model lotka_volterra() {
  ModelBuilder m("lotka_volterra");
  const NodeId a = m.parameter("a"), b = m.parameter("b"), c = m.parameter("c"), d = m.parameter("d");
  const NodeId x = m.state("x"), y = m.state("y");
  m.equation(0, m.mul(x, m.sub(a, m.mul(b, y))), m.num(1.0));
  m.equation(1, m.mul(y, m.sub(m.mul(c, x), d)), m.num(1.5));
  m.observe_normal("x", x, m.num(1.0));
  m.observe_normal("y", y, m.num(1.0));
  return m.done();
}

inline std::shared_ptr<const Stimulus> held(double value) {
  ir::Graph g;
  const NodeId id = g.constant(value);
  std::vector<Piece> pieces;
  pieces.push_back({std::numeric_limits<double>::infinity(), std::move(g), id});
  return piecewise(std::move(pieces));
}

/// value[i] until until[i]; the last value for ever.
inline std::shared_ptr<const Stimulus> steps(const std::vector<double>& values, const std::vector<double>& until) {
  std::vector<Piece> pieces;
  for (std::size_t i = 0; i < values.size(); ++i) {
    ir::Graph g;
    const NodeId id = g.constant(values[i]);
    pieces.push_back({i < until.size() ? until[i] : std::numeric_limits<double>::infinity(), std::move(g), id});
  }
  return piecewise(std::move(pieces));
}

/// mean + amplitude sin(omega t).
inline std::shared_ptr<const Stimulus> sine(double mean, double amplitude, double omega) {
  ir::Graph g;
  const NodeId angle = g.make(Op::mul, g.constant(omega), g.symbol(ir::SymbolId{0}));
  const NodeId id = g.make(Op::add, g.constant(mean), g.make(Op::mul, g.constant(amplitude), g.make(Op::sin, angle)));
  std::vector<Piece> pieces;
  pieces.push_back({std::numeric_limits<double>::infinity(), std::move(g), id});
  return piecewise(std::move(pieces));
}

inline Experiment experiment(std::size_t samples, double interval) {
  Experiment e;
  e.name = "test";
  e.interval = interval;
  e.samples = samples;
  e.mask.assign(samples, 1);
  return e;
}

inline Batch batch(const ir::Model& model, const Experiment& e, const ProgramRequest& request,
                   const RunOptions& options = {Backend::interpreter, 1}) {
  auto made = Batch::create(model, e, request, options);
  HILLOCK_CHECK(made.has_value(), "the batch was refused");
  return std::move(*made);
}

inline ProgramRequest trace_by(std::string_view integrator) {
  ProgramRequest out;
  out.purpose = Purpose::trace;
  out.integrator = integrator;
  return out;
}

inline Array2 one_point(const std::vector<double>& p) {
  Array2 out(1, p.size());
  out.values = p;
  return out;
}

/// The carried variables at the end, of one simulation.
inline std::vector<double> sums(const Batch& b, const std::vector<double>& p) {
  Array2 carried;
  b.sums(one_point(p), carried);
  return carried.values;
}

/// [kept sample * outputs + o], of one simulation.
inline std::vector<double> outputs(const Batch& b, const std::vector<double>& p) {
  std::vector<double> out;
  b.outputs(one_point(p),
            [&](std::size_t, std::span<const double> values) { out.assign(values.begin(), values.end()); });
  return out;
}

/// A sine wave with two steps, 60 samples, of which some are left out, and data near the model's mean.
inline Experiment gate_experiment(Noise noise) {
  Experiment e = experiment(60, 5e-4);
  e.start = 0.1;
  std::vector<double> command;
  for (std::size_t i = 0; i < e.samples; ++i) {
    const double t = static_cast<double>(i);
    command.push_back(i < 8 ? -0.08 : (i < 14 ? 0.04 : -0.03 + 0.03 * std::sin(0.4 * t)));
  }
  e.inputs["V"] = sampled(e.start, e.interval, command, Interpolation::linear);
  e.holding["V"] = -0.07;
  for (const std::size_t out : {0U, 8U, 9U, 10U, 30U, 31U, 47U}) e.mask[out] = 0;
  std::vector<double> current, second;
  for (std::size_t i = 0; i < e.samples; ++i) {
    const double t = static_cast<double>(i);
    current.push_back(0.05 * std::sin(0.4 * t) + 0.02 * std::cos(2.1 * t));
    second.push_back(0.8 + 0.2 * std::sin(1.3 * t));
  }
  e.observed["I"] = current;
  if (noise == Noise::two_channels) {
    e.observed["y"] = second;
    e.weights = {{"I", 3.0}, {"y", 0.25}};
  }
  return e;
}

}  // namespace hillock::sim::fixture
