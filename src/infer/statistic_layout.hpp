#pragma once
/// Which statistics of a simulation belong together, so that a network learns what to make of them (an embedding): the
/// samples of one trace, or the statistics of trials of one experiment. All others are features of their own.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/array.hpp"
#include "base/error.hpp"

namespace hillock::infer {

enum class Embedding : std::uint8_t {
  none,   ///< every statistic is a feature of its own
  trace,  ///< items are samples in order of time, features are channels
  set     ///< items are independent trials, whose order does not count, features are the statistics of a trial
};

struct StatisticLayout {
  Embedding kind = Embedding::none;
  std::size_t items = 0;           ///< samples, or trials at most
  std::size_t features = 0;        ///< of each
  std::vector<std::size_t> block;  ///< [item][feature]: which statistic it is

  /// All statistics from `first` on, item by item.
  static StatisticLayout of(Embedding kind, std::size_t first, std::size_t items, std::size_t features);

  /// Error codes "option-range" (items or features that no embedding has), "statistics-layout" (a block of another
  /// size, a statistic that is none or is there twice).
  [[nodiscard]] Result<void> validate(std::size_t statistics) const;

  /// Is a trial there? One without any value was not made.
  [[nodiscard]] bool there(std::span<const double> x, std::size_t item) const;
  /// How many are.
  [[nodiscard]] std::size_t present(std::span<const double> x) const;
  /// Takes all values away from the trials behind the first `count` that are there.
  void keep_first(std::span<double> x, std::size_t count) const;

  /// An observation of `statistics` values, where of a set with nothing beside it there may be fewer trials: they are
  /// filled up with such as were not made. Error codes "statistics-count" (another number of values), "trials-count"
  /// (no trial, or more than there can be).
  [[nodiscard]] Result<std::vector<double>> complete(std::span<const double> x, std::size_t statistics) const;
};

/// What networks get: plain rows, then item x feature, then for sets a row an item, 1 where it is there.
struct InputShape {
  Embedding kind = Embedding::none;
  std::size_t plain = 0, items = 0, features = 0;
  [[nodiscard]] bool operator==(const InputShape&) const = default;
};

}  // namespace hillock::infer
