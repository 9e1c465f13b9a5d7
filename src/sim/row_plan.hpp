#pragma once
/// Which rows belong to which sample of an experiment: `substeps` each, but where inputs jump inside a sampling
/// interval. Memory goes with the jumps, not with the samples.

#include <cstddef>
#include <vector>

#include "ir/model.hpp"
#include "sim/experiment.hpp"

namespace hillock::sim {

class RowPlan {
 public:
  RowPlan(const ir::Model& model, const Experiment& experiment);

  /// The row that begins at a sample; after the last one, the number of rows.
  [[nodiscard]] std::size_t first_row(std::size_t sample) const;
  [[nodiscard]] std::size_t rows() const { return first_row(samples_); }
  /// The sample that a row belongs to.
  [[nodiscard]] std::size_t sample_of(std::size_t row) const;
  /// The times at which the steps of a sample end, the next sample's among them.
  void ends(std::size_t sample, std::vector<double>& into) const;
  /// Are the steps of all samples equal?
  [[nodiscard]] bool all_regular() const { return cuts_.empty(); }
  /// Are those of this one?
  [[nodiscard]] bool regular(std::size_t sample) const;

 private:
  struct Cut {
    std::size_t sample;
    std::size_t rows;    ///< of this sample
    std::size_t before;  ///< rows of the samples before it
    bool regular;
  };
  [[nodiscard]] double time_of(std::size_t sample) const { return start_ + static_cast<double>(sample) * interval_; }
  [[nodiscard]] std::vector<Cut>::const_iterator cut_from(std::size_t sample) const;

  std::vector<double> jumps_;  ///< of the inputs, in order
  std::vector<Cut> cuts_;      ///< samples with a jump inside, in order
  double start_, interval_;
  std::size_t substeps_, samples_;
};

}  // namespace hillock::sim
