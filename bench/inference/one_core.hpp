#pragma once
/// Wall time on one core at 10^5 simulations, beside what the Python package sbi was measured to take.

#include <vector>

#include "inference/cell.hpp"
#include "inference/cell_store.hpp"
#include "table.hpp"

namespace hillock::bench {

/// The cells that sbi was measured on: one thread, 10^5 simulations.
[[nodiscard]] std::vector<Cell> one_core_cells();

/// Rows: simulate, train and draw 10 000, median over the observations that are there, at most a tenth of sbi's time;
/// C2ST on the same observations, at most sbi's.
void add_one_core(const CellStore& store, Table& table);

}  // namespace hillock::bench
