#pragma once
/// What depends on columns alone becomes a column of its own, which is computed once for all lanes.

#include "ir/program.hpp"

namespace hillock::ir {

/// What makes columns from those of a timeline.
struct DerivedColumns {
  Graph graph;
  std::vector<NodeId> wanted;
  std::vector<std::pair<std::size_t, std::uint32_t>> reads;  ///< symbol, column
  std::size_t symbols = 0;
};

/// `program` reads the new columns, which follow those of `timeline`.
[[nodiscard]] DerivedColumns derive_columns(Program& program, const Timeline& timeline);

}  // namespace hillock::ir
