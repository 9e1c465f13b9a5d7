#include "nn/learner.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/option_ranges.hpp"
#include "nn/flush_subnormals.hpp"

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
  ranges.need(threads >= 1 && threads <= 256, "threads", static_cast<double>(threads), "between 1 and 256");
  ranges.need(group >= 1 && group <= chunk, "group", static_cast<double>(group), "between 1 and `chunk`");
  return std::move(ranges).result();
}

Learner::Learner(const Tape& tape, Var objective, std::vector<float> initial, const LearnerOptions& options)
    : options_(options),
      objective_(objective),
      pool_(std::make_unique<WorkerPool>(std::max<std::size_t>(options.threads, 1))),
      theta_(std::move(initial)),
      m_(theta_.size(), 0.0F),
      v_(theta_.size(), 0.0F),
      seed_(options.chunk, 0.0F) {
  HILLOCK_CHECK(theta_.size() == tape.parameter_count(), "another number of parameters than the tape's");
  if (options_.average > 0.0) average_ = theta_;
  for (std::size_t w = 0; w < pool_->workers(); ++w) passes_.emplace_back(tape, options.chunk);
}

double Learner::rate() const {
  const auto t = static_cast<double>(step_);
  const auto warm = static_cast<double>(options_.warmup);
  if (t < warm) return options_.rate * (t + 1.0) / warm;
  const double from = std::max(warm, static_cast<double>(from_));
  const double span = std::max(1.0, static_cast<double>(options_.steps) - from);
  const double share = std::min(1.0, (t - from) / span);
  const double low = options_.final_rate;
  return options_.rate * (low + (1.0 - low) * 0.5 * (1.0 + std::cos(std::numbers::pi * share)));
}

double Learner::step(std::size_t samples, const Feed& feed) {
  HILLOCK_CHECK(samples > 0 && samples % options_.group == 0, "a batch that does not hold whole groups");
  std::ranges::fill(seed_, 1.0F / static_cast<float>(samples));
  // Chunks of nearly one size, of whole groups, and where that can be of whole cache lines of samples.
  const std::size_t unit = 16 % options_.group == 0 ? 16 : options_.group;
  const std::size_t most = options_.chunk / unit * unit;
  const std::size_t wanted = (samples + most - 1) / most;
  const std::size_t each = ((samples + wanted - 1) / wanted + unit - 1) / unit * unit;
  const std::size_t chunks = (samples + each - 1) / each;
  const bool alone = pool_->workers() == 1;
  while (gradients_.size() < (alone ? std::min<std::size_t>(chunks, 2) : chunks))
    gradients_.emplace_back(theta_.size());
  std::vector<double> sums(chunks, 0.0);
  const Kernels& kernels = passes_.front().kernels();
  // A chunk's slopes are summed from 0 whoever does it: added to those of another chunk they would have other bits.
  pool_->run(chunks, [&](std::size_t worker, std::size_t chunk) {
    const FlushSubnormals flush;
    Pass& pass = passes_[worker];
    std::vector<float>& gradient = gradients_[alone ? std::min<std::size_t>(chunk, 1) : chunk];
    std::ranges::fill(gradient, 0.0F);
    const std::size_t first = chunk * each;
    pass.resize(std::min(each, samples - first));
    feed(pass, first);
    pass.forward(theta_);
    const float* value = pass.value(objective_);
    for (std::size_t i = 0; i < pass.samples(); ++i) sums[chunk] += static_cast<double>(value[i]);
    pass.backward(theta_, objective_, seed_, gradient);
    if (alone && chunk > 0) kernels.add(theta_.size(), gradients_[0].data(), gradient.data());
  });
  const FlushSubnormals flush;
  for (std::size_t c = 1; c < chunks && !alone; ++c)
    kernels.add(theta_.size(), gradients_[0].data(), gradients_[c].data());
  const std::vector<float>& gradient = gradients_[0];
  double sum = 0.0;
  for (const double part : sums) sum += part;
  // Eight sums, so that the processor can add them beside each other; the order is always this one.
  double parts[8] = {};
  std::size_t i = 0;
  for (; i + 8 <= gradient.size(); i += 8)
    for (std::size_t k = 0; k < 8; ++k) {
      const auto g = static_cast<double>(gradient[i + k]);
      parts[k] += g * g;
    }
  for (; i < gradient.size(); ++i) parts[0] += static_cast<double>(gradient[i]) * static_cast<double>(gradient[i]);
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
  kernels.adam(adam, theta_.size(), theta_.data(), gradient.data(), m_.data(), v_.data());
  if (!average_.empty()) {
    // Young averages forget their first values faster.
    const double c = std::min(options_.average, static_cast<double>(updates_) / (static_cast<double>(updates_) + 10.0));
    kernels.blend(theta_.size(), static_cast<float>(c), average_.data(), theta_.data());
  }
  return mean;
}

double Learner::evaluate(std::span<const float> parameters, std::size_t samples, const Feed& feed) {
  HILLOCK_CHECK(samples % options_.group == 0, "a batch that does not hold whole groups");
  const std::size_t most = options_.chunk / options_.group * options_.group;
  double sum = 0.0;
  for (std::size_t first = 0; first < samples; first += most) {
    const std::size_t count = std::min(most, samples - first);
    passes_.front().resize(count);
    feed(passes_.front(), first);
    passes_.front().forward(parameters);
    const float* value = passes_.front().value(objective_);
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
  from_ = state.from;
  options_.rate = state.rate;
}

}  // namespace hillock::nn
