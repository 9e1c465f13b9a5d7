#include "nn/learner.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/option_ranges.hpp"

namespace hillock::nn {

Result<void> LearnerOptions::validate() const {
  OptionRanges ranges;
  ranges.need(rate > 0.0 && rate <= 1.0, "rate", rate, "above 0, at most 1");
  ranges.need(final_rate >= 0.0 && final_rate <= 1.0, "final_rate", final_rate, "between 0 and 1");
  ranges.need(warmup >= 0, "warmup", static_cast<double>(warmup), "0 or above");
  ranges.need(steps >= 1, "steps", static_cast<double>(steps), "1 or above");
  ranges.need(clip >= 0.0, "clip", clip, "0 (none) or above");
  ranges.need(decay >= 0.0 && decay <= 10.0, "decay", decay, "between 0 and 10");
  ranges.need(average >= 0.0 && average < 1.0, "average", average, "at least 0, below 1");
  ranges.need(chunk >= 16 && chunk % 16 == 0 && chunk <= 65536, "chunk", static_cast<double>(chunk),
              "a multiple of 16");
  ranges.need(group >= 1 && group <= chunk, "group", static_cast<double>(group), "between 1 and `chunk`");
  return std::move(ranges).result();
}

Learner::Learner(const Tape& tape, Var objective, std::vector<float> initial, const LearnerOptions& options)
    : options_(options),
      objective_(objective),
      pass_(tape, options.chunk),
      theta_(std::move(initial)),
      m_(theta_.size(), 0.0F),
      v_(theta_.size(), 0.0F),
      gradient_(theta_.size(), 0.0F),
      seed_(options.chunk, 0.0F) {
  HILLOCK_CHECK(theta_.size() == tape.parameter_count(), "another number of parameters than the tape's");
  if (options_.average > 0.0) average_ = theta_;
}

double Learner::rate() const {
  const auto t = static_cast<double>(step_);
  const auto warm = static_cast<double>(options_.warmup);
  if (t < warm) return options_.rate * (t + 1.0) / warm;
  const double span = std::max(1.0, static_cast<double>(options_.steps) - warm);
  const double share = std::min(1.0, (t - warm) / span);
  const double low = options_.final_rate;
  return options_.rate * (low + (1.0 - low) * 0.5 * (1.0 + std::cos(std::numbers::pi * share)));
}

double Learner::step(std::size_t samples, const Feed& feed) {
  std::ranges::fill(gradient_, 0.0F);
  std::ranges::fill(seed_, 1.0F / static_cast<float>(samples));
  double sum = 0.0;
  HILLOCK_CHECK(samples % options_.group == 0, "a batch that does not hold whole groups");
  // Chunks of nearly one size, of whole groups, and where that can be of whole cache lines of samples.
  const std::size_t unit = 16 % options_.group == 0 ? 16 : options_.group;
  const std::size_t most = options_.chunk / unit * unit;
  const std::size_t chunks = (samples + most - 1) / most;
  const std::size_t each = ((samples + chunks - 1) / chunks + unit - 1) / unit * unit;
  for (std::size_t first = 0; first < samples; first += each) {
    const std::size_t count = std::min(each, samples - first);
    pass_.resize(count);
    feed(pass_, first);
    pass_.forward(theta_);
    const float* value = pass_.value(objective_);
    for (std::size_t i = 0; i < count; ++i) sum += static_cast<double>(value[i]);
    pass_.backward(theta_, objective_, seed_, gradient_);
  }
  // Eight sums, so that the processor can add them beside each other; the order is always this one.
  double parts[8] = {};
  std::size_t i = 0;
  for (; i + 8 <= gradient_.size(); i += 8)
    for (std::size_t k = 0; k < 8; ++k) {
      const auto g = static_cast<double>(gradient_[i + k]);
      parts[k] += g * g;
    }
  for (; i < gradient_.size(); ++i) parts[0] += static_cast<double>(gradient_[i]) * static_cast<double>(gradient_[i]);
  const double norm =
      std::sqrt(((parts[0] + parts[4]) + (parts[2] + parts[6])) + ((parts[1] + parts[5]) + (parts[3] + parts[7])));
  const double now = rate();
  ++step_;
  const double mean = sum / static_cast<double>(samples);
  if (!std::isfinite(norm) || !std::isfinite(mean)) {
    ++skipped_;
    return mean;
  }
  ++updates_;
  AdamStep adam;
  adam.rate = static_cast<float>(now);
  adam.decay = static_cast<float>(options_.decay);
  adam.correction1 = static_cast<float>(1.0 / (1.0 - std::pow(0.9, static_cast<double>(updates_))));
  adam.correction2 = static_cast<float>(1.0 / (1.0 - std::pow(0.999, static_cast<double>(updates_))));
  // The objective is made large, the optimiser makes small.
  adam.scale = -static_cast<float>(options_.clip > 0.0 && norm > options_.clip ? options_.clip / norm : 1.0);
  const Kernels& k = pass_.kernels();
  k.adam(adam, theta_.size(), theta_.data(), gradient_.data(), m_.data(), v_.data());
  if (!average_.empty()) {
    // Young averages forget their first values faster.
    const double c = std::min(options_.average, static_cast<double>(updates_) / (static_cast<double>(updates_) + 10.0));
    k.blend(theta_.size(), static_cast<float>(c), average_.data(), theta_.data());
  }
  return mean;
}

double Learner::evaluate(std::span<const float> parameters, std::size_t samples, const Feed& feed) {
  HILLOCK_CHECK(samples % options_.group == 0, "a batch that does not hold whole groups");
  const std::size_t most = options_.chunk / options_.group * options_.group;
  double sum = 0.0;
  for (std::size_t first = 0; first < samples; first += most) {
    const std::size_t count = std::min(most, samples - first);
    pass_.resize(count);
    feed(pass_, first);
    pass_.forward(parameters);
    const float* value = pass_.value(objective_);
    for (std::size_t i = 0; i < count; ++i) sum += static_cast<double>(value[i]);
  }
  return sum / static_cast<double>(samples);
}

void Learner::restore(State state) {
  theta_ = std::move(state.theta);
  m_ = std::move(state.m);
  v_ = std::move(state.v);
  average_ = std::move(state.average);
  step_ = state.step;
  updates_ = state.updates;
  skipped_ = state.skipped;
  options_.steps = state.plan;
  options_.rate = state.rate;
}

}  // namespace hillock::nn
