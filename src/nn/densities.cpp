#include "nn/densities.hpp"

#include "base/option_ranges.hpp"
#include "nn/bernoulli.hpp"
#include "nn/coupling.hpp"
#include "nn/flow.hpp"
#include "nn/flow_matching.hpp"
#include "nn/mixture.hpp"
#include "nn/token_transformer.hpp"

namespace hillock::nn {
namespace {

using Density = std::unique_ptr<ConditionalDensity>;

Density flow(const DensityShape& s, bool spline) {
  FlowOptions o;
  o.dimension = s.dimension;
  o.context = s.context;
  o.steps = s.steps;
  o.hidden = s.hidden;
  o.blocks = s.blocks;
  o.residual = o.spline = spline;
  o.activation = spline ? Activation::silu : Activation::tanh;
  o.shape.bins = s.bins;
  o.seed = s.seed;
  o.embedding = s.embedding;
  return std::make_unique<Flow>(o);
}

Density maf(const DensityShape& s) { return flow(s, false); }
Density nsf(const DensityShape& s) { return flow(s, true); }

Density nsf_coupling(const DensityShape& s) {
  CouplingOptions o{s.dimension, s.context, s.steps, s.hidden, s.blocks, {}, s.embedding};
  o.shape.bins = s.bins;
  return std::make_unique<Coupling>(o);
}

Density mdn(const DensityShape& s) {
  return std::make_unique<Mixture>(MixtureOptions{s.dimension, s.context, s.steps, s.hidden, s.blocks, s.embedding});
}

Density gaussian(const DensityShape& s) {
  return std::make_unique<Mixture>(MixtureOptions{s.dimension, s.context, 1, s.hidden, s.blocks, s.embedding});
}

Density bernoulli(const DensityShape& s) {
  return std::make_unique<Bernoulli>(BernoulliOptions{s.dimension, s.context, s.hidden, s.blocks, s.embedding});
}

Density flow_matching(const DensityShape& s) {
  return std::make_unique<FlowMatching>(
      FlowMatchingOptions{s.dimension, s.context, s.hidden, s.blocks, s.ode_steps, s.embedding});
}

Density transformer(const DensityShape& s) {
  TokenTransformerOptions o;
  o.dimension = s.dimension;
  o.context = s.context;
  o.features = (s.hidden + o.heads - 1) / o.heads * o.heads;
  o.hidden = 2 * o.features;
  o.blocks = s.steps;
  o.ode_steps = s.ode_steps;
  return std::make_unique<TokenTransformer>(o);
}

struct Row {
  DensityKind kind;
  Density (*make)(const DensityShape&);
  std::size_t most_dimensions, most_tokens;  ///< of y, of y and context together; 0: any
  bool embeds;
};

constexpr DensityKind kinds[] = {
    {"maf", "masked autoregressive flow, affine steps"},
    {"nsf", "autoregressive neural spline flow"},
    {"nsf_coupling", "coupling neural spline flow: draws are as fast as densities"},
    {"mdn", "mixture density network: normal densities with full covariances, `steps` of them"},
    {"gaussian", "one normal density: a network gives its mean and full covariance"},
    {"bernoulli", "probabilities of binary data, one after the other: logits by a masked network", true},
    {"flow_matching", "velocity field learnt by flow matching: flexible, slower draws and densities"},
    {"transformer", "velocity field of a transformer over parameters and data: conditions on any subset"},
};
constexpr Row rows[] = {
    {kinds[0], maf, 0, 0, true},           {kinds[1], nsf, 0, 0, true},
    {kinds[2], nsf_coupling, 0, 0, true},  {kinds[3], mdn, 64, 0, true},
    {kinds[4], gaussian, 64, 0, true},     {kinds[5], bernoulli, 0, 0, true},
    {kinds[6], flow_matching, 0, 0, true}, {kinds[7], transformer, 0, 512, false},
};

}  // namespace

std::span<const DensityKind> density_kinds() { return kinds; }

Result<void> DensityShape::validate() const {
  OptionRanges ranges;
  const auto within = [&](std::size_t value, std::size_t least, std::size_t most, const char* name, const char* range) {
    ranges.need(value >= least && value <= most, name, static_cast<double>(value), range);
  };
  within(dimension, 1, 4096, "dimension", "between 1 and 4096");
  within(context, 0, 65536, "context", "at most 65536");
  within(steps, 1, 64, "steps", "between 1 and 64");
  within(hidden, 1, 4096, "hidden", "between 1 and 4096");
  within(blocks, 0, 16, "blocks", "at most 16");
  within(bins, 2, 16, "bins", "between 2 and 16");
  within(ode_steps, 1, 1000, "ode_steps", "between 1 and 1000");
  Errors all;
  if (Result<void> own = std::move(ranges).result(); !own) all = std::move(own.error());
  if (Result<void> inner = embedding.validate(context); !inner)
    all.insert(all.end(), inner.error().begin(), inner.error().end());
  if (!all.empty()) return fail(std::move(all));
  return {};
}

Result<Density> make_density(std::string_view kind, const DensityShape& shape) {
  const Row* found = nullptr;
  std::vector<std::string> names;
  std::string list;
  for (const Row& row : rows) {
    names.emplace_back(row.kind.name);
    list += (list.empty() ? "" : ", ") + names.back();
    if (row.kind.name == kind) found = &row;
  }
  if (!found) {
    const std::string near = nearest(kind, names);
    return fail("unknown-density", "no density is called \"" + std::string(kind) + "\"; there are " + list, "density",
                near.empty() ? "" : "did you mean \"" + near + "\"?");
  }
  if (Result<void> good = shape.validate(); !good) return fail(std::move(good.error()));
  const std::string name(kind);
  if (found->most_dimensions > 0 && shape.dimension > found->most_dimensions)
    return fail("density-shape",
                "\"" + name + "\" has at most " + std::to_string(found->most_dimensions) + " dimensions, found " +
                    std::to_string(shape.dimension),
                "density", "try \"nsf\"");
  if (found->most_tokens > 0 && shape.dimension + shape.context > found->most_tokens)
    return fail("density-shape",
                "\"" + name + "\" has at most " + std::to_string(found->most_tokens) +
                    " parameters and statistics together, found " + std::to_string(shape.dimension + shape.context),
                "density", "try \"nsf\"");
  if (!found->embeds && shape.embedding.kind != EmbeddingKind::none)
    return fail("density-shape", "\"" + name + "\" sees statistics one by one and takes no embedding", "density",
                "try \"nsf\"");
  return found->make(shape);
}

}  // namespace hillock::nn
