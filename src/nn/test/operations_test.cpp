// Every operation's slopes against finite differences.

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <cmath>

#include "nn/attention_block.hpp"
#include "nn/embedding.hpp"
#include "nn/flow.hpp"
#include "nn/operations/activation.hpp"
#include "nn/operations/attention.hpp"
#include "nn/operations/contrastive_loss.hpp"
#include "nn/operations/convolution.hpp"
#include "nn/operations/invertible_linear.hpp"
#include "nn/operations/layer_norm.hpp"
#include "nn/operations/learnt_constant.hpp"
#include "nn/operations/linear.hpp"
#include "nn/operations/logistic_loss.hpp"
#include "nn/operations/mixture.hpp"
#include "nn/operations/pool.hpp"
#include "nn/operations/recurrent.hpp"
#include "nn/operations/rows.hpp"
#include "nn/operations/squared_error.hpp"
#include "nn/operations/standard_normal.hpp"
#include "nn/operations/sum.hpp"
#include "nn/operations/transform.hpp"
#include "nn/residual_mlp.hpp"
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

TEST(Operations, ActivationsOnTheirOwn) {
  for (const Activation a : {Activation::none, Activation::tanh, Activation::silu}) {
    Tape tape;
    const Var x = tape.value(3);
    expect_slopes(tape, {x}, activation(tape, x, a));
  }
}

TEST(Operations, LearntConstant) {
  Tape tape;
  const Var x = tape.value(2);
  expect_slopes(tape, {x}, sum(tape, x, learnt_constant(tape, 2, 1.0)));
}

TEST(Operations, LayerNorm) {
  for (const std::size_t groups : {1, 3}) {
    Tape tape;
    const Var x = tape.value(15);
    expect_slopes(tape, {x}, layer_norm(tape, x, groups), {.tolerance = 4e-3});
  }
}

TEST(Operations, LayersAreNormalised) {
  Tape tape;
  const Var x = tape.value(8);
  const Var y = layer_norm(tape, x, 2);
  Pass pass(tape, 1);
  for (std::size_t r = 0; r < 8; ++r) pass.row(x, r)[0] = static_cast<float>(r * r);
  pass.forward(tape.initial(1));
  for (std::size_t g = 0; g < 2; ++g) {
    double sum = 0.0, square = 0.0;
    for (std::size_t r = 4 * g; r < 4 * g + 4; ++r) {
      const auto v = static_cast<double>(pass.row(y, r)[0]);
      sum += v, square += v * v;
    }
    EXPECT_NEAR(sum, 0.0, 1e-5);
    EXPECT_NEAR(square, 4.0, 1e-5);  // but for the 1e-5 beside a variance of 12 and more
  }
}

TEST(Operations, Convolution) {
  for (const bool padded : {false, true})
    for (const std::size_t stride : {1, 2}) {
      Tape tape;
      const Var x = tape.value(7 * 2);
      ConvolutionOptions how;
      how.times = 7;
      how.width = 4;
      how.stride = stride;
      how.padded = padded;
      expect_slopes(tape, {x}, convolution(tape, x, 3, how), {.samples = 5});
    }
}

TEST(Operations, AConvolutionIsItsSum) {
  Tape tape;
  const Var x = tape.value(6 * 2);
  ConvolutionOptions how;
  how.times = 6;
  how.width = 3;
  how.stride = 2;
  how.padded = true;
  const Var y = convolution(tape, x, 2, how);
  ASSERT_EQ(tape.rows(y), 3U * 2);
  const std::vector<float> p = tape.initial(5);
  Pass pass(tape, 1);
  for (std::size_t r = 0; r < 12; ++r) pass.row(x, r)[0] = static_cast<float>(1 + r);
  pass.forward(p);
  for (int t = 0; t < 3; ++t)
    for (int o = 0; o < 2; ++o) {
      float sum = 0.0F;
      for (int k = 0; k < 3; ++k)
        for (int c = 0; c < 2; ++c)
          if (const int time = 2 * t + k - 1; time >= 0 && time < 6)
            sum += p[o * 6 + k * 2 + c] * static_cast<float>(1 + time * 2 + c);
      EXPECT_NEAR(pass.row(y, t * 2 + o)[0], sum, 1e-4) << t << " " << o;
    }
}

TEST(Operations, GatedRecurrent) {
  Tape tape;
  const Var x = tape.value(4 * 2);
  expect_slopes(tape, {x}, gated_recurrent(tape, x, 4, 3), {.samples = 9});
}

/// Two tokens or trials of three present: the others' rows hold what nothing may see.
std::vector<float> with_absent(Tape& tape, Var x, Var mask, Var y, float hidden) {
  Pass pass(tape, 1);
  for (std::size_t r = 0; r < tape.rows(x); ++r)
    pass.row(x, r)[0] = r / 4 == 1 ? hidden : 0.25F * static_cast<float>(r + 1);
  for (std::size_t t = 0; t < 3; ++t) pass.row(mask, t)[0] = t == 1 ? 0.0F : 1.0F;
  pass.forward(tape.initial(2));
  std::vector<float> out;
  for (std::size_t r = 0; r < tape.rows(y); ++r) out.push_back(pass.row(y, r)[0]);
  return out;
}

TEST(Operations, Pooling) {
  for (const bool masked : {false, true})
    for (const Pooling how : {Pooling::mean, Pooling::max}) {
      Tape tape;
      const Var x = tape.value(3 * 4), mask = tape.value(3);
      const Var y = pool(tape, x, 3, how, masked ? std::optional(mask) : std::nullopt);
      // The largest has a corner where two are equal: a smaller step meets fewer.
      expect_slopes(tape, {x}, y,
                    {.step = how == Pooling::max ? 1.0 / 2048 : 1.0 / 256, .tolerance = 4e-3, .data = {mask}});
      if (!masked) continue;
      EXPECT_EQ(with_absent(tape, x, mask, y, 0.0F), with_absent(tape, x, mask, y, NAN));
      const std::vector<float> found = with_absent(tape, x, mask, y, 5.0F);
      for (std::size_t r = 0; r < 4; ++r) {
        const float first = 0.25F * static_cast<float>(r + 1), last = 0.25F * static_cast<float>(r + 9);
        EXPECT_EQ(found[r], how == Pooling::mean ? 0.5F * (first + last) : last);
      }
      Pass none(tape, 1);
      none.forward(tape.initial(2));
      EXPECT_EQ(none.row(y, 0)[0], 0.0F) << "no item is present";
    }
}

TEST(Operations, Attention) {
  Tape tape;
  const Var q = tape.value(2 * 4), k = tape.value(3 * 4), v = tape.value(3 * 4);
  expect_slopes(tape, {q, k, v}, attention(tape, q, k, v, {2, 3, 2, std::nullopt}), {.samples = 9});
  Tape masked;
  const Var a = masked.value(2 * 4), b = masked.value(3 * 4), m = masked.value(3);
  expect_slopes(masked, {a, b}, attention(masked, a, b, b, {2, 3, 2, m}), {.samples = 9, .data = {m}});
}

TEST(Operations, AttentionDoesNotSeeAbsentTokens) {
  Tape tape;
  const Var x = tape.value(3 * 4), mask = tape.value(3);
  const Var q = take_rows(tape, x, {0, 1, 2, 3});
  const Var y = attention(tape, q, x, x, {1, 3, 2, mask});
  EXPECT_EQ(with_absent(tape, x, mask, y, 0.0F), with_absent(tape, x, mask, y, NAN));
  Pass none(tape, 1);
  for (std::size_t r = 0; r < 12; ++r) none.row(x, r)[0] = 1.0F;
  none.forward(tape.initial(2));
  EXPECT_EQ(none.row(y, 0)[0], 0.0F) << "no token is present";
}

TEST(Operations, AttentionOfEqualKeysIsTheMean) {
  Tape tape;
  const Var q = tape.value(4), k = tape.value(12), v = tape.value(12);
  const Var y = attention(tape, q, k, v, {1, 3, 2, std::nullopt});
  Pass pass(tape, 1);
  for (std::size_t r = 0; r < 12; ++r) pass.row(k, r)[0] = 0.3F, pass.row(v, r)[0] = static_cast<float>(r);
  for (std::size_t r = 0; r < 4; ++r) pass.row(q, r)[0] = static_cast<float>(r);
  pass.forward(tape.initial(2));
  for (std::size_t r = 0; r < 4; ++r) EXPECT_NEAR(pass.row(y, r)[0], static_cast<float>(4 + r), 1e-5);
}

TEST(Operations, AttentionBlock) {
  Tape tape;
  const Var x = tape.value(3 * 4);
  // Through two normalisations, third derivatives are larger.
  expect_slopes(tape, {x}, attention_block(tape, x, {3, 2, 5, std::nullopt}), {.samples = 5, .tolerance = 1e-2});
  Tape masked;
  const Var u = masked.value(3 * 4), m = masked.value(3);
  const Var y = take_rows(masked, attention_block(masked, u, {3, 2, 5, m}), {0, 1, 2, 3, 8, 9, 10, 11});
  EXPECT_EQ(with_absent(masked, u, m, y, 0.0F), with_absent(masked, u, m, y, 7.0F));
}

TEST(Operations, InvertibleLinear) {
  Tape tape;
  const Var x = tape.value(4);
  const InvertedLinear first = invertible_linear(tape, x, std::nullopt);
  const InvertedLinear second = invertible_linear(tape, first.result.z, first.result.log_slope);
  expect_slopes(tape, {x}, standard_normal(tape, second.result.z, second.result.log_slope),
                {.tolerance = 6e-3, .spread = 0.5});
}

TEST(Operations, AnInvertibleLinearMapHasItsInverseAndDeterminant) {
  Tape tape;
  const Var x = tape.value(5);
  const InvertedLinear map = invertible_linear(tape, x, std::nullopt);
  std::vector<float> p = tape.initial(3);
  Rng rng(4, 4);
  for (float& v : p) v += static_cast<float>(0.4 * rng.normal());
  Pass pass(tape, 16);
  const std::size_t stride = pass.extent().stride;
  // Unit vectors give the columns of the matrix, then 0 its bias.
  for (std::size_t r = 0; r < 5; ++r)
    for (std::size_t s = 0; s < 16; ++s) pass.row(x, r)[s] = r == s ? 1.0F : 0.0F;
  pass.forward(p);
  Eigen::MatrixXd w(5, 5);
  for (Eigen::Index r = 0; r < 5; ++r)
    for (Eigen::Index c = 0; c < 5; ++c)
      w(r, c) = static_cast<double>(pass.row(map.result.z, r)[c]) - static_cast<double>(pass.row(map.result.z, r)[5]);
  EXPECT_NEAR(static_cast<double>(pass.value(map.result.log_slope)[0]), std::log(std::abs(w.determinant())), 1e-5);
  std::vector<float> back(5 * stride);
  map.map.inverse(pass, p, pass.value(map.result.z), back.data());
  for (std::size_t r = 0; r < 5; ++r)
    for (std::size_t s = 0; s < 6; ++s) EXPECT_NEAR(back[r * stride + s], r == s ? 1.0F : 0.0F, 1e-5);
}

TEST(Operations, MixtureOfNormals) {
  Tape tape;
  const Var y = tape.value(3), p = tape.value(2 * mixture_rows(3));
  expect_slopes(tape, {y, p}, mixture(tape, y, p, 2),
                {.samples = 7, .step = 1.0 / 512, .tolerance = 1e-2, .spread = 0.5});
}

TEST(Operations, SquaredError) {
  Tape tape;
  const Var x = tape.value(3), target = tape.value(3), weight = tape.value(3);
  expect_slopes(tape, {x}, squared_error(tape, x, target, weight), {.data = {target, weight}});
  Tape plain;
  const Var a = plain.value(2), b = plain.value(2);
  expect_slopes(plain, {a}, squared_error(plain, a, b), {.data = {b}});
}

TEST(Operations, ResidualMlp) {
  for (const bool normalise : {false, true}) {
    Tape tape;
    const Var x = tape.value(3), c = tape.value(2);
    expect_slopes(tape, {x, c}, residual_mlp(tape, x, {6, 2, Activation::silu, normalise, c}),
                  {.samples = 5, .tolerance = 1e-2});
  }
}

TEST(Operations, Embeddings) {
  EmbeddingShape trace;
  trace.kind = EmbeddingKind::trace;
  trace.plain = 1;
  trace.items = 9;
  trace.features = 2;
  trace.hidden = 3;
  trace.outputs = 2;
  EmbeddingShape set = trace;
  set.kind = EmbeddingKind::set;
  set.items = 3;
  for (const EmbeddingShape& shape : {trace, set}) {
    Tape tape;
    const Var c = tape.value(shape.rows());
    ASSERT_TRUE(shape.validate(shape.rows()));
    const Var y = embed(tape, c, shape);
    EXPECT_EQ(tape.rows(y), 3U);
    if (shape.kind == EmbeddingKind::trace) {
      expect_slopes(tape, {c}, y, {.samples = 3});
      continue;
    }
    // The mask has no slope of its own: only the statistics are compared, trials in another order give the same.
    const std::vector<float> p = tape.initial(1);
    Pass pass(tape, 2);
    const float rows[] = {0.5F, 1.0F, -1.0F, 2.0F, 0.3F, 9.0F, 9.0F, 1.0F, 1.0F, 0.0F};
    const float other[] = {0.5F, 7.0F, 8.0F, 2.0F, 0.3F, 1.0F, -1.0F, 0.0F, 1.0F, 1.0F};
    for (std::size_t r = 0; r < 10; ++r) pass.row(c, r)[0] = rows[r], pass.row(c, r)[1] = other[r];
    pass.forward(p);
    EXPECT_EQ(pass.row(y, 0)[0], 0.5F);
    for (std::size_t r = 0; r < 3; ++r) EXPECT_NEAR(pass.row(y, r)[0], pass.row(y, r)[1], 1e-6);
  }
  EmbeddingShape wrong = set;
  wrong.hidden = 0;
  const Result<void> checked = wrong.validate(7);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().size(), 2U) << render(checked.error());
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
