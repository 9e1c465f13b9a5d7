#include "nn/embedding.hpp"

#include <algorithm>
#include <numeric>

#include "base/option_ranges.hpp"
#include "nn/operations/activation.hpp"
#include "nn/operations/convolution.hpp"
#include "nn/operations/linear.hpp"
#include "nn/operations/pool.hpp"
#include "nn/operations/rows.hpp"

namespace hillock::nn {
namespace {

std::vector<std::size_t> range(std::size_t from, std::size_t count) {
  std::vector<std::size_t> out(count);
  std::iota(out.begin(), out.end(), from);
  return out;
}

Var joined(Tape& tape, Var a, Var b) { return take_rows(tape, a, b, range(0, tape.rows(a) + tape.rows(b))); }

/// Halves the number of times with each layer, then means over quarters: what happened, and roughly when.
Var trace(Tape& tape, Var x, const EmbeddingShape& s) {
  std::size_t times = s.items;
  Var h = x;
  for (std::size_t layer = 0; layer < 3; ++layer) {
    ConvolutionOptions how;
    how.times = times;
    how.width = std::min<std::size_t>(5, times);
    how.stride = times >= 8 ? 2 : 1;
    how.padded = true;
    h = activation(tape, convolution(tape, h, s.hidden, how), Activation::silu);
    times = how.windows();
  }
  const std::size_t parts = std::min<std::size_t>(4, times);
  std::optional<Var> all;
  for (std::size_t p = 0; p < parts; ++p) {
    const std::size_t from = p * times / parts, to = (p + 1) * times / parts;
    const Var part = take_rows(tape, h, range(from * s.hidden, (to - from) * s.hidden));
    const Var mean = pool(tape, part, to - from, Pooling::mean);
    all = all ? joined(tape, *all, mean) : mean;
  }
  LinearOptions last;
  last.activation = Activation::silu;
  return linear(tape, *all, s.outputs, last);
}

/// The last layer sees the mask: how many trials there are says how much is known.
Var set(Tape& tape, Var x, Var mask, const EmbeddingShape& s) {
  ConvolutionOptions each;
  each.times = s.items;
  Var h = activation(tape, convolution(tape, x, s.hidden, each), Activation::silu);
  h = activation(tape, convolution(tape, h, s.hidden, each), Activation::silu);
  LinearOptions last;
  last.activation = Activation::silu;
  const Var count = pool(tape, mask, s.items, Pooling::mean);
  return linear(tape, joined(tape, pool(tape, h, s.items, Pooling::mean, mask), count), s.outputs, last);
}

}  // namespace

std::size_t EmbeddingShape::rows() const {
  if (kind == EmbeddingKind::none) return 0;
  return plain + items * features + (kind == EmbeddingKind::set ? items : 0);
}

Result<void> EmbeddingShape::validate(std::size_t context) const {
  OptionRanges ranges;
  if (kind == EmbeddingKind::none) return std::move(ranges).result();
  const auto within = [&](std::size_t value, std::size_t most, const char* name, const char* range) {
    ranges.need(value >= 1 && value <= most, name, static_cast<double>(value), range);
  };
  within(items, 4096, "embedding.items", "between 1 and 4096");
  within(features, 1024, "embedding.features", "between 1 and 1024");
  within(hidden, 1024, "embedding.hidden", "between 1 and 1024");
  within(outputs, 1024, "embedding.outputs", "between 1 and 1024");
  if (items <= 4096 && features <= 1024 && plain <= context) {
    const std::string wanted = std::to_string(rows()) + ", what its embedding describes";
    ranges.need(rows() == context, "context", static_cast<double>(context), wanted);
  } else if (plain > context) {
    ranges.need(false, "embedding.plain", static_cast<double>(plain), "at most the rows of the context");
  }
  return std::move(ranges).result();
}

Var embed(Tape& tape, Var context, const EmbeddingShape& s) {
  if (s.kind == EmbeddingKind::none) return context;
  HILLOCK_CHECK(tape.rows(context) == s.rows(), "a context of another shape than its embedding's");
  const Var x = take_rows(tape, context, range(s.plain, s.items * s.features));
  Var learnt = x;
  if (s.kind == EmbeddingKind::trace) learnt = trace(tape, x, s);
  else learnt = set(tape, x, take_rows(tape, context, range(s.plain + s.items * s.features, s.items)), s);
  if (s.plain == 0) return learnt;
  return joined(tape, take_rows(tape, context, range(0, s.plain)), learnt);
}

}  // namespace hillock::nn
