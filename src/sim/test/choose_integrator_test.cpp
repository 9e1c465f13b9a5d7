/// integrator = "auto": each rule with a model that it is for.

#include "sim/choose_integrator.hpp"

#include <gtest/gtest.h>

#include "sim/test/models.hpp"

namespace hillock::sim {
namespace {

using ir::NodeId;

std::string chosen(const ir::Model& model, bool stiff = false) {
  const auto found = choose_integrator(model, stiff);
  return found ? std::string(found->name) : found.error()[0].code;
}

ir::Model spiking(ir::Model model) {
  ir::Spiking spikes;
  const NodeId x = model.graph.symbol(model.states[0].symbol);
  spikes.threshold = model.graph.make(ir::Op::gt, x, model.graph.constant(1.0));
  model.spiking = spikes;
  return model;
}

/// x' = -x^power + factor xi.
ir::Model noisy(bool linear, bool multiplied) {
  fixture::ModelBuilder m("noisy");
  const NodeId xi = m.noise("xi"), x = m.state("x");
  m.equation(0, m.sub(multiplied ? m.mul(x, xi) : xi, linear ? x : m.mul(m.mul(x, x), x)), m.num(1.0));
  m.observe_normal("x", x, m.num(1.0));
  return m.done();
}

TEST(ChooseIntegrator, TheFirstThatFits) {
  EXPECT_EQ(chosen(fixture::relaxation()), "exact");
  EXPECT_EQ(chosen(fixture::gate(fixture::Noise::normal)), "exact");
  EXPECT_EQ(chosen(spiking(fixture::relaxation())), "exact");
  EXPECT_EQ(chosen(noisy(true, false)), "exact");
  EXPECT_EQ(chosen(fixture::lotka_volterra()), "exponential_midpoint");
  EXPECT_EQ(chosen(fixture::lotka_volterra(), true), "exponential_midpoint");  // stable at any step
  EXPECT_EQ(chosen(noisy(false, false)), "exponential_midpoint");
  EXPECT_EQ(chosen(fixture::fitzhugh_nagumo()), "dopri5");
  EXPECT_EQ(chosen(fixture::fitzhugh_nagumo(), true), "rodas4");
  EXPECT_EQ(chosen(spiking(fixture::fitzhugh_nagumo())), "dopri5");
  ir::Model eventful = fixture::fitzhugh_nagumo();
  eventful.events.push_back({"high", spiking(eventful).spiking->threshold, {}, {}});
  eventful.graph = spiking(eventful).graph;
  EXPECT_EQ(chosen(eventful), "rk4");
  EXPECT_EQ(chosen(eventful, true), "exponential_midpoint");
}

TEST(ChooseIntegrator, DoesNotGuessACalculus) {
  const auto found = choose_integrator(noisy(true, true));
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error()[0].message,
            "the meaning of noise that a state multiplies is not guessed: x multiplies xi in dx/dt");
  EXPECT_NE(found.error()[0].hint.find("milstein_stratonovich"), std::string::npos);
  EXPECT_NE(found.error()[0].hint.find("milstein_ito"), std::string::npos);
}

TEST(ChooseIntegrator, AutoIsTheOneThatIsChosen) {
  const Experiment e = fixture::experiment(20, 0.1);
  const std::vector<double> wolves{1.1, 0.7, 0.6, 0.9};
  const auto traced = [&](const char* name) {
    return fixture::outputs(fixture::batch(fixture::lotka_volterra(), e, fixture::trace_by(name)), wolves);
  };
  EXPECT_EQ(traced("auto"), traced("exponential_midpoint"));
  EXPECT_NE(traced("auto"), traced("exponential_euler"));
}

}  // namespace
}  // namespace hillock::sim
