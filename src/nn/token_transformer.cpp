#include "nn/token_transformer.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "nn/attention_block.hpp"
#include "nn/operations/convolution.hpp"
#include "nn/operations/layer_norm.hpp"
#include "nn/operations/learnt_constant.hpp"
#include "nn/operations/linear.hpp"
#include "nn/operations/rows.hpp"
#include "nn/operations/sum.hpp"

namespace hillock::nn {

TokenTransformer::TokenTransformer(const TokenTransformerOptions& o)
    : VelocityDensity(o.ode_steps), posterior_share_(o.posterior_share) {
  (void)begin(o.dimension, o.context, {});
  const std::size_t n = o.dimension + o.context, f = o.features;
  HILLOCK_CHECK(n <= 512 && o.heads > 0 && f % o.heads == 0, "too many tokens, or heads that do not divide features");
  state_ = tape_.value(n);
  given_ = tape_.value(n);
  weight_ = tape_.value(n);
  time_ = tape_.value(time_rows);
  // Rows token x (value, given), each token by one map; its name and the time are added.
  std::vector<std::size_t> pairs, repeated;
  for (std::size_t i = 0; i < n; ++i) {
    pairs.push_back(i);
    pairs.push_back(n + i);
    for (std::size_t k = 0; k < f; ++k) repeated.push_back(k);
  }
  ConvolutionOptions each;
  each.times = n;
  Var h = convolution(tape_, take_rows(tape_, state_, given_, pairs), f, each);
  h = sum(tape_, h, learnt_constant(tape_, n * f, 1.0));
  h = sum(tape_, h, take_rows(tape_, linear(tape_, time_, f), repeated));
  for (std::size_t b = 0; b < o.blocks; ++b) h = attention_block(tape_, h, {n, o.heads, o.hidden, std::nullopt});
  each.gain = 0.1;
  finish(convolution(tape_, layer_norm(tape_, h, n), 1, each), weight_);
}

void TokenTransformer::randomise(Pass& pass, const float* noise) const {
  const Extent e = pass.extent();
  const std::size_t n = tokens(), d = dimension();
  const float* t = noise + n * e.stride;
  const float* kind = t + e.stride;
  const float* chance = kind + e.stride;
  const auto posterior = static_cast<float>(posterior_share_);
  for (std::size_t i = 0; i < n; ++i) {
    straight_path(pass, i, token(pass, i).data(), noise + i * e.stride, t);
    const std::span<float> given = pass.row(given_, i);
    for (std::size_t s = 0; s < e.samples; ++s) {
      const float rest = posterior < 1.0F ? (kind[s] - posterior) / (1.0F - posterior) : 0.0F;
      bool here = false;
      if (kind[s] < posterior) here = i >= d;
      else if (rest < 0.25F) here = false;
      else if (rest < 0.5F) here = i < d;
      else here = chance[i * e.stride + s] < (rest < 0.75F ? 0.3F : 0.7F);
      given[s] = here ? 1.0F : 0.0F;
    }
  }
  // Nothing would be learnt where everything is given.
  for (std::size_t s = 0; s < e.samples; ++s) {
    float all = 1.0F;
    for (std::size_t i = 0; i < n; ++i) all *= pass.row(given_, i)[s];
    for (std::size_t i = 0; i < n && all > 0.0F; ++i) pass.row(given_, i)[s] = 0.0F;
  }
  for (std::size_t i = 0; i < n; ++i) {
    const std::span<float> given = pass.row(given_, i), weight = pass.row(weight_, i), x = pass.row(state_, i);
    const std::span<const float> value = token(pass, i);
    for (std::size_t s = 0; s < e.samples; ++s) {
      weight[s] = 1.0F - given[s];
      if (given[s] > 0.0F) x[s] = value[s];
    }
  }
  write_time(pass, t);
}

std::vector<std::size_t> TokenTransformer::place(Pass& pass, const std::vector<bool>& given) const {
  HILLOCK_CHECK(given.size() == tokens(), "another number of tokens");
  std::vector<std::size_t> free;
  for (std::size_t i = 0; i < tokens(); ++i) {
    std::ranges::fill(pass.row(given_, i), given[i] ? 1.0F : 0.0F);
    std::ranges::copy(token(pass, i), pass.row(state_, i).begin());
    if (!given[i]) free.push_back(i);
  }
  return free;
}

void TokenTransformer::condition(Pass& pass) const {
  std::vector<bool> given(tokens(), true);
  std::fill_n(given.begin(), dimension(), false);
  (void)place(pass, given);
}

void TokenTransformer::draw_given(Pass& pass, std::span<const float> parameters, const std::vector<bool>& given,
                                  const float* noise) const {
  const std::vector<std::size_t> free = place(pass, given);
  const Extent e = pass.extent();
  for (const std::size_t i : free) std::copy_n(noise + i * e.stride, e.samples, pass.row(state_, i).begin());
  carry(pass, parameters, free);
  for (const std::size_t i : free) std::ranges::copy(pass.row(state_, i), token(pass, i).begin());
}

void TokenTransformer::evaluate_given(Pass& pass, std::span<const float> parameters, const std::vector<bool>& given,
                                      float* log_q) const {
  const std::vector<std::size_t> free = place(pass, given);
  log_density_of(pass, parameters, free, log_q);
}

}  // namespace hillock::nn
