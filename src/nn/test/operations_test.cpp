// Every operation's slopes against finite differences.

#include <gtest/gtest.h>

#include "nn/flow.hpp"
#include "nn/operations/contrastive_loss.hpp"
#include "nn/operations/linear.hpp"
#include "nn/operations/logistic_loss.hpp"
#include "nn/operations/rows.hpp"
#include "nn/operations/standard_normal.hpp"
#include "nn/operations/sum.hpp"
#include "nn/operations/transform.hpp"
#include "nn/test/slopes.hpp"

namespace hillock::nn {
namespace {

TEST(Operations, LinearWithEveryActivation) {
  for (const Activation a : {Activation::none, Activation::tanh, Activation::silu}) {
    Tape tape;
    const Var x = tape.value(5), c = tape.value(3);
    LinearOptions how;
    how.activation = a;
    how.context = c;
    expect_slopes(tape, {x, c}, linear(tape, x, 19, how));
  }
}

TEST(Operations, MaskedLinear) {
  Tape tape;
  const Var x = tape.value(4);
  LinearOptions how;
  how.input_degrees = {1, 2, 3, 4};
  how.output_degrees = hidden_degrees(21, 4);
  how.activation = Activation::tanh;
  const Var h = linear(tape, x, 21, how);
  how.input_degrees = how.output_degrees;
  how.output_degrees = {1, 1, 2, 2, 3, 3, 4, 4};
  how.strict = true;
  how.activation = Activation::none;
  expect_slopes(tape, {x}, linear(tape, h, 8, how));
}

TEST(Operations, AMaskedLayerSeesWhatItsDegreesSay) {
  Tape tape;
  const Var x = tape.value(4);
  LinearOptions how;
  how.input_degrees = {1, 2, 3, 4};
  how.output_degrees = {1, 2, 2, 4};
  how.strict = true;
  const Var y = linear(tape, x, 4, how);
  const std::vector<float> parameters = tape.initial(3);
  Pass pass(tape, 16);
  const auto outputs = [&](std::size_t moved) {
    for (std::size_t r = 0; r < 4; ++r) pass.row(x, r)[0] = r == moved ? 1.0F : 0.0F;
    pass.forward(parameters);
    std::vector<float> out;
    for (std::size_t r = 0; r < 4; ++r) out.push_back(pass.row(y, r)[0]);
    return out;
  };
  const auto still = outputs(9);
  for (std::size_t moved = 0; moved < 4; ++moved) {
    const auto now = outputs(moved);
    for (std::size_t r = 0; r < 4; ++r)
      EXPECT_EQ(now[r] != still[r], how.input_degrees[moved] < how.output_degrees[r]) << moved << " " << r;
  }
}

TEST(Operations, TakenRowsAndSums) {
  Tape tape;
  const Var x = tape.value(3), y = tape.value(2);
  const Var t = take_rows(tape, x, y, {4, 0, 0, 2});
  const Var u = take_rows(tape, x, {2, 1, 1, 0});
  expect_slopes(tape, {x, y}, sum(tape, t, u));
}

TEST(Operations, AffineTransform) {
  Tape tape;
  const Var x = tape.value(3), p = tape.value(6);
  const Transformed t = transform(tape, x, p, std::nullopt, {});
  const Transformed again = transform(tape, t.z, p, t.log_slope, {});
  expect_slopes(tape, {x, p}, standard_normal(tape, again.z, again.log_slope), {.tolerance = 6e-3, .spread = 0.5});
}

TEST(Operations, SplineTransform) {
  Tape tape;
  Transform how;
  how.spline = true;
  how.shape.bins = 5;
  how.shape.bound = 1.5F;  // some samples lie outside
  const Var x = tape.value(2), p = tape.value(2 * how.parameters());
  const Transformed t = transform(tape, x, p, std::nullopt, how);
  // Splines have corners in their second derivative: a smaller step sees less of them.
  expect_slopes(tape, {x, p}, standard_normal(tape, t.z, t.log_slope),
                {.step = 1.0 / 1024, .tolerance = 1e-2, .spread = 0.9});
}

TEST(Operations, LogisticLoss) {
  Tape tape;
  const Var logit = tape.value(1), label = tape.value(1);
  expect_slopes(tape, {logit, label}, logistic_loss(tape, logit, label));
}

TEST(Operations, ContrastiveLoss) {
  Tape tape;
  const Var x = tape.value(2);
  expect_slopes(tape, {x}, contrastive_loss(tape, linear(tape, x, 1), 3), {.samples = 21});
}

TEST(Operations, LossesHaveTheirValues) {
  Tape tape;
  const Var logit = tape.value(1), label = tape.value(1);
  const Var logistic = logistic_loss(tape, logit, label), contrastive = contrastive_loss(tape, logit, 3);
  Pass pass(tape, 6);
  // Large ones too: neither may become infinite.
  const float logits[] = {2.0F, -1.0F, 0.5F, -200.0F, 300.0F, 0.0F}, labels[] = {1.0F, 0.0F, 1.0F, 0.0F, 0.0F, 1.0F};
  for (std::size_t s = 0; s < 6; ++s) pass.row(logit, 0)[s] = logits[s], pass.row(label, 0)[s] = labels[s];
  pass.forward(tape.initial(1));
  const double expected[] = {-std::log1p(std::exp(-2.0)),
                             -std::log1p(std::exp(-1.0)),
                             -std::log1p(std::exp(-0.5)),
                             0.0,
                             -300.0,
                             -std::log(2.0)};
  for (std::size_t s = 0; s < 6; ++s) EXPECT_NEAR(static_cast<double>(pass.value(logistic)[s]), expected[s], 1e-5) << s;
  const double first = 2.0 - std::log(std::exp(2.0) + std::exp(-1.0) + std::exp(0.5));
  EXPECT_NEAR(static_cast<double>(pass.value(contrastive)[0]), first, 1e-6);
  EXPECT_NEAR(static_cast<double>(pass.value(contrastive)[3]), -500.0, 1e-3);
  for (const std::size_t s : {1, 2, 4, 5}) EXPECT_EQ(pass.value(contrastive)[s], 0.0F);
  pass.resize(5);
  EXPECT_THROW(pass.forward(tape.initial(1)), Bug) << "a group would be cut";
}

TEST(Operations, WholeFlows) {
  for (const bool spline : {false, true}) {
    FlowOptions o;
    o.dimension = 3;
    o.context = 2;
    o.steps = 2;
    o.hidden = 9;
    o.blocks = 1;
    o.residual = spline;
    o.activation = spline ? Activation::silu : Activation::tanh;
    o.spline = spline;
    struct Open : Flow {
      using Flow::Flow;
      Tape& open() { return tape_; }
    } flow(o);
    expect_slopes(flow.open(), {flow.y(), flow.context()}, flow.log_density(),
                  {.samples = 7, .step = 1.0 / 512, .tolerance = 2e-2, .spread = 0.8});
  }
}

}  // namespace
}  // namespace hillock::nn
