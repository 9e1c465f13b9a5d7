#pragma once
/// Draws of a density that is cut to a set, from draws of it that are there: a batch of particles, moved by slices.
///
/// Each move is along the difference of two particles of the other half (ter Braak 2006, eq. 2), so directions have the
/// set's shape; the new point is drawn from the slice on that line by shrinkage (Neal 2003, Annals of Statistics
/// 31:705, fig. 5; the first interval lies at random about the point and does not grow). A line through a narrow or
/// curved set nearly always has another point of it, where a jump of fixed length would nearly always miss.

#include <cstdint>

#include "base/array.hpp"
#include "base/error.hpp"
#include "base/progress.hpp"
#include "infer/annealed_smc.hpp"

namespace hillock::infer {

struct CutWalkOptions {
  std::size_t moves = 16;  ///< of each particle
  double width = 2.0;      ///< of first intervals, in differences
  int most_shrinks = 8;    ///< after which a particle stays
  std::uint64_t seed = 1;
  [[nodiscard]] Result<void> validate() const;
};

struct CutWalk {
  Array2 points;
  std::size_t moves = 0;  ///< done
  std::int64_t evaluations = 0;
  double moved = 0.0;  ///< share of moves that did not stay
};

/// @param start  at least 4 points where the density is not 0; draws of it, or of a part of it that it mixes out of.
///               Where `progress` stops it, after any number of moves, draws are still draws.
/// @param density  log density, -inf outside
[[nodiscard]] Result<CutWalk> cut_walk(const Array2& start, const BatchDensity& density, const CutWalkOptions& options,
                                       const Progress& progress);

}  // namespace hillock::infer
