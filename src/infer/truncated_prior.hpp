#pragma once
/// The prior, cut to where an estimated posterior can be: what the rounds of tsnpe simulate from (Deistler, Goncalves &
/// Macke 2022, section 3.1 and algorithm 1).
///
/// A cut keeps the points at which the estimator's density, given the data, is above the quantile `epsilon` of its own
/// draws'. Two things keep an estimator that is too sure of itself from cutting the truth away. A cut leaves out no
/// more than a share `most_cut` of the simulations that the estimator has learnt from: of a smaller region it has seen
/// too little to know its shape, and where the posterior is smaller, the next round will say so. And each cut lies
/// within the one before: outside of it an estimator has seen nothing.

#include <memory>
#include <span>
#include <vector>

#include "infer/cut_region.hpp"
#include "infer/simulation_source.hpp"

namespace hillock::infer {

struct TruncationOptions {
  double epsilon = 1e-3;         ///< of the posterior's mass, outside the region
  double most_cut = 0.97;        ///< of the simulations known in the region so far, outside the next one
  std::size_t least_known = 40;  ///< of them for each parameter, to cut at all: of fewer nobody knows the shape
  std::size_t least_kept = 50;   ///< of them, inside the next region; and 5 for each parameter
  /// Of the particles that stand for the cut prior: at first (and as many as there are parameters), and for a block.
  std::size_t first_moves = 12, moves = 2;
};

class TruncatedPrior {
 public:
  TruncatedPrior(SimulationSource& source, const TruncationOptions& options) : source_(source), options_(options) {}

  [[nodiscard]] bool is_cut() const { return region_.size() > 0; }
  /// @param inputs  the data, as the estimator takes them
  /// @param known   draws of the cut prior so far, among which the estimator's pairs are; where there are few, nothing
  ///                is cut
  void cut(std::shared_ptr<const ConditionalEstimator> estimator, std::vector<double> inputs, const Array2& known);
  [[nodiscard]] const CutRegion& region() const { return region_; }
  /// Which rows lie in the region, and are allowed by the prior's joint conditions.
  void inside(const Array2& z, std::span<std::uint8_t> out) const;

  /// Draws of the cut prior, or of the prior where nothing is cut: by rejection while that is cheap, and else from a
  /// few thousand particles that are moved on before each block is taken (cut_walk.hpp). Once `progress` stops, blocks
  /// are taken without further moves. Errors: SimulationSource::prior's.
  [[nodiscard]] Result<Array2> draw(std::size_t count, const Progress& progress);
  /// Of the prior, the share in the region; by 10 000 draws.
  [[nodiscard]] double acceptance() const { return acceptance_; }
  /// A loop of the last draw ended at its cap.
  [[nodiscard]] bool capped() const { return capped_; }

 private:
  Result<Array2> by_rejection(std::size_t count);
  Result<Array2> by_particles(std::size_t count, const Progress& progress);
  void place_particles(std::size_t count);

  SimulationSource& source_;
  TruncationOptions options_;
  CutRegion region_;
  Array2 seeds_;  // known in the region
  Array2 particles_;
  double acceptance_ = 1.0;
  bool capped_ = false;
  std::uint64_t walks_ = 0;
};

}  // namespace hillock::infer
