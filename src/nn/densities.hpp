#pragma once
/// Every kind of density, by name.

#include <memory>
#include <string_view>

#include "base/error.hpp"
#include "nn/density.hpp"

namespace hillock::nn {

/// What all kinds are made from; each takes what it has a use for.
struct DensityShape {
  std::size_t dimension = 1;
  std::size_t context = 0;
  std::size_t steps = 5;       ///< flows: transforms; mixtures: components; transformers: blocks
  std::size_t hidden = 50;     ///< units of a layer
  std::size_t blocks = 2;      ///< of the network (of each step)
  std::size_t bins = 8;        ///< of splines, 2 to 16
  std::size_t ode_steps = 16;  ///< of velocity fields
  std::uint64_t seed = 1;      ///< of the orders of dimensions
  EmbeddingShape embedding = {};
  /// Error code "option-range", one for every value that makes no sense.
  [[nodiscard]] Result<void> validate() const;
};

struct DensityKind {
  std::string_view name;
  std::string_view sentence;
  bool labels = false;  ///< of data that are 0 or 1, not of numbers
};

[[nodiscard]] std::span<const DensityKind> density_kinds();

/// Errors: "unknown-density" with the nearest name, "option-range", "density-shape" (a kind that cannot have this
/// shape).
[[nodiscard]] Result<std::unique_ptr<ConditionalDensity>> make_density(std::string_view kind,
                                                                       const DensityShape& shape);

}  // namespace hillock::nn
