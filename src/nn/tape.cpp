#include "nn/tape.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <new>

#include "base/error.hpp"
#include "nn/flush_subnormals.hpp"

namespace hillock::nn {
namespace {

constexpr std::size_t lanes = 16;
constexpr std::align_val_t line{64};

std::size_t whole_lanes(std::size_t samples) { return (samples + lanes - 1) / lanes * lanes; }

/// An odd number of cache lines: rows below each other then lie in different sets of the cache.
std::size_t stride_for(std::size_t samples) {
  const std::size_t padded = whole_lanes(samples);
  return padded / lanes % 2 == 0 ? padded + lanes : padded;
}

}  // namespace

Var Tape::value(std::size_t rows) {
  HILLOCK_CHECK(rows > 0, "a value without rows");
  rows_.push_back(rows);
  return {static_cast<std::uint32_t>(rows_.size() - 1)};
}

Block Tape::parameters(std::size_t count) {
  const Block block{parameter_count_, count};
  parameter_count_ += count;
  return block;
}

std::vector<float> Tape::initial(std::uint64_t seed, std::uint64_t member) const {
  std::vector<float> out(parameter_count_, 0.0F);
  Rng rng(seed, stream_id("nn.initial"), member);
  for (const auto& operation : operations_) operation->initialise(out, rng);
  return out;
}

void Pass::Free::operator()(float* p) const { ::operator delete[](p, line); }

Pass::Memory Pass::allocate(std::size_t count) {
  auto* p = static_cast<float*>(::operator new[](std::max<std::size_t>(count, 1) * sizeof(float), line));
  std::fill_n(p, count, 0.0F);
  return Memory(p);
}

Pass::Pass(const Tape& tape, std::size_t most_samples, bool slopes, const Kernels& kernels)
    : tape_(&tape), kernels_(&kernels), stride_(stride_for(std::max<std::size_t>(most_samples, 1))) {
  std::size_t total = 0;
  for (std::uint32_t v = 0; v < tape.values(); ++v) {
    value_at_.push_back(total);
    total += tape.rows({v}) * stride_;
  }
  values_ = allocate(total);
  if (slopes) plan_slopes();
  resize(most_samples);
}

/// Going backwards, a value's slope lives from the last operation that reads the value to the one that makes it. Memory
/// that is free again is taken by the next of the same size.
void Pass::plan_slopes() {
  const std::size_t count = tape_->operation_count();
  slope_at_.assign(tape_->values(), SIZE_MAX);
  begins_.assign(count, {});
  std::multimap<std::size_t, std::size_t> free;  // size, place
  std::size_t total = 0;
  const auto begin = [&](Var v, std::size_t operation) {
    if (slope_at_[v.id] != SIZE_MAX) return;
    const std::size_t size = tape_->rows(v) * stride_;
    if (const auto fit = free.find(size); fit != free.end()) {
      slope_at_[v.id] = fit->second;
      free.erase(fit);
    } else {
      slope_at_[v.id] = total;
      total += size;
    }
    begins_[operation].push_back(v);
  };
  for (std::size_t i = count; i-- > 0;) {
    const Operation& operation = tape_->operation(i);
    for (const Var v : operation.outputs()) begin(v, i);
    for (const Var v : operation.inputs()) begin(v, i);
    for (const Var v : operation.outputs()) free.emplace(tape_->rows(v) * stride_, slope_at_[v.id]);
  }
  for (std::size_t& at : slope_at_)
    if (at == SIZE_MAX) at = 0;  // of a value that nothing reads or makes
  slopes_ = allocate(total);
}

void Pass::resize(std::size_t samples) {
  HILLOCK_CHECK(whole_lanes(samples) <= stride_, "more samples than a pass has room for");
  samples_ = samples;
  padded_ = whole_lanes(samples);
}

void Pass::forward(std::span<const float> parameters) { forward(parameters, 0, tape_->operation_count()); }

void Pass::forward(std::span<const float> parameters, std::size_t from, std::size_t to) {
  const FlushSubnormals flush;
  parameters_ = parameters.data();
  for (std::size_t i = from; i < to; ++i) tape_->operation(i).forward(*this);
}

void Pass::backward(std::span<const float> parameters, Var output, std::span<const float> seed,
                    std::span<float> gradient) {
  HILLOCK_CHECK(slopes_ != nullptr && tape_->rows(output) == 1, "a pass without slopes, or an output of several rows");
  const FlushSubnormals flush;
  parameters_ = parameters.data();
  gradient_ = gradient.data();
  for (std::size_t i = tape_->operation_count(); i-- > 0;) {
    for (const Var v : begins_[i]) {
      for (std::size_t r = 0; r < tape_->rows(v); ++r) std::memset(slope(v) + r * stride_, 0, padded_ * sizeof(float));
      if (v == output) std::ranges::copy(seed.first(samples_), slope(v));
    }
    tape_->operation(i).backward(*this);
  }
}

}  // namespace hillock::nn
