#pragma once
/// What a density sees of its context: the rows themselves, or learnt summary statistics of a trace or of a set of
/// trials, with named statistics beside them.

#include "base/error.hpp"
#include "nn/tape.hpp"

namespace hillock::nn {

enum class EmbeddingKind : std::uint8_t {
  none,   ///< the context as it is
  trace,  ///< convolutions over time, then means over quarters of it
  set     ///< each trial by one network, then their mean (Zaheer et al. 2017, "Deep sets", eq. 4): order does not count
};

/// A context's rows: `plain` ones, then item x feature, then for sets one row an item, above 0 where it is present.
struct EmbeddingShape {
  EmbeddingKind kind = EmbeddingKind::none;
  std::size_t plain = 0;     ///< statistics that go by untouched
  std::size_t items = 1;     ///< times or trials
  std::size_t features = 1;  ///< channels of the trace, or statistics of a trial
  std::size_t hidden = 32;   ///< units, or filters
  std::size_t outputs = 16;  ///< learnt statistics
  /// Error code "option-range", one for every value that makes no sense with a context of `rows` rows.
  [[nodiscard]] Result<void> validate(std::size_t rows) const;
  /// The rows of the context that it describes (none: 0, any number is right).
  [[nodiscard]] std::size_t rows() const;
};

/// The rows that a density is to see.
Var embed(Tape& tape, Var context, const EmbeddingShape& shape);

}  // namespace hillock::nn
