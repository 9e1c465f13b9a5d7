// The kinds of processors give the same bits; the functions are as accurate as they say.

#include "nn/kernels/kernels.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/rng.hpp"
#include "nn/flow.hpp"
#include "nn/learner.hpp"

namespace hillock::nn {
namespace {

std::vector<float> trained(const Kernels& kernels, bool spline) {
  FlowOptions o;
  o.dimension = 5;
  o.context = 3;
  o.steps = 2;
  o.hidden = 27;
  o.activation = spline ? Activation::silu : Activation::tanh;
  o.spline = spline;
  const Flow flow(o);
  std::vector<float> theta = flow.tape().initial(1);
  Pass pass(flow.tape(), 100, true, kernels);
  Rng rng(1, 2);
  for (const Var v : {flow.y(), flow.context()})
    for (std::size_t r = 0; r < flow.tape().rows(v); ++r)
      for (std::size_t s = 0; s < 100; ++s) pass.row(v, r)[s] = static_cast<float>(1.5 * rng.normal());
  std::vector<float> gradient(theta.size(), 0.0F);
  std::vector<float> seed(100, 0.01F);
  pass.forward(theta);
  pass.backward(theta, flow.log_density(), seed, gradient);
  AdamStep step;
  step.rate = 0.01F;
  std::vector<float> m(theta.size()), v(theta.size());
  kernels.adam(step, theta.size(), theta.data(), gradient.data(), m.data(), v.data());
  theta.insert(theta.end(), gradient.begin(), gradient.end());
  const float* value = pass.value(flow.log_density());
  theta.insert(theta.end(), value, value + 100);
  return theta;
}

TEST(Kernels, EveryKindOfProcessorGivesTheSameBits) {
  for (const bool spline : {false, true}) {
    const std::vector<float> expected = trained(*kernels_of(Isa::plain), spline);
    int kinds = 0;
    for (const Isa isa : {Isa::avx2, Isa::avx512})
      if (const Kernels* k = kernels_of(isa)) {
        ++kinds;
        const std::vector<float> found = trained(*k, spline);
        ASSERT_EQ(found.size(), expected.size());
        std::size_t different = 0;
        for (std::size_t i = 0; i < found.size(); ++i) different += found[i] != expected[i];
        EXPECT_EQ(different, 0U) << "on kind " << static_cast<int>(isa);
      }
    if (kinds == 0) GTEST_SKIP() << "this processor has no vectors";
  }
}

// An activation of a panel, for its accuracy.
std::vector<float> activated(Activation a, const std::vector<float>& x) {
  std::vector<float> y(x.size());
  kernels().activate(a, 1, x.data(), y.data(), {x.size(), x.size()});
  return y;
}

TEST(Kernels, ActivationsAreAccurate) {
  std::vector<float> x;
  for (int i = -8000; i < 8000; ++i) x.push_back(static_cast<float>(i) * 0.0023F);
  const auto t = activated(Activation::tanh, x), s = activated(Activation::silu, x);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double at = static_cast<double>(x[i]);
    EXPECT_NEAR(static_cast<double>(t[i]), std::tanh(at), 3e-7) << at;
    EXPECT_NEAR(static_cast<double>(s[i]), at / (1.0 + std::exp(-at)), 4e-7 * (1.0 + std::abs(at))) << at;
  }
}

}  // namespace
}  // namespace hillock::nn
