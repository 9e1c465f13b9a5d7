#pragma once
/// What the scores must show, as rows, and the cells that they were counted from, as a sheet.

#include <vector>

#include "inference/cell.hpp"
#include "inference/published_medians.hpp"
#include "table.hpp"

namespace hillock::bench {

/// All that is known of one task and budget.
struct CellGroup {
  std::string task;
  Budget budget;
  std::vector<Outcome> outcomes;  ///< of the observations that were fitted; those without a score count for nothing
  std::string lacking;            ///< why there is none, where that is known
};

/// The median over the scored observations; NaN where there are none.
[[nodiscard]] double c2st_of(const CellGroup& group);

/// Adds to `table`: the sheet "cells", one line a group, and the rows
/// - cells (task, number of simulations) at most the best published of six algorithms: at least 24 of 30;
/// - the most by which a cell is worse than published NPE: at most 0.02;
/// - tasks at most 0.55 in 60 s: at least 8 of 10; slcp at most 0.57; bernoulli_glm at most 0.58.
/// A row about several cells has its goal once the missing ones cannot change the answer; until then its name says how
/// many are missing. A fit that ended badly is an observation that is missing.
void add_demands(const std::vector<CellGroup>& groups, const PublishedMedians& published, Table& table);

}  // namespace hillock::bench
