#pragma once
/// The simulations of one run: which wait, which worker was asked for which, and what came of them.

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/array.hpp"
#include "io/worker/answers.hpp"

namespace hillock::io::worker {

/// Where answers go. Rows as in infer/simulator.hpp: 0, or 1 + an index of the reasons.
struct Answers {
  Array2& x;
  std::vector<std::uint16_t>& failed;
  std::vector<std::uint16_t>& undefined;
};

class Batch {
 public:
  /// @param workers  how many may be asked
  Batch(const Array2& parameters, std::uint64_t first, std::size_t statistics, std::size_t workers, Answers answers);

  [[nodiscard]] bool done() const { return left_ == 0; }
  [[nodiscard]] std::size_t answered() const { return parameters_.rows - left_; }
  /// Anything that nobody has been asked for, or whose answer is lost.
  [[nodiscard]] bool waiting() const { return untouched() > 0 || suspects() > 0; }
  /// Rows that nobody has been asked for.
  [[nodiscard]] std::size_t untouched() const { return parameters_.rows - next_; }
  /// Rows that a worker was asked for when it died. They are asked for again, alone.
  [[nodiscard]] std::size_t suspects() const { return alone_.size() + alone_and_fresh_.size(); }
  /// What a worker is asked for: row `first` and those that follow.
  struct Rows {
    std::size_t first = 0, count = 0;
  };
  /// The next at most `most` rows that nobody has been asked for. A row whose parameters are not finite fails here and
  /// is none of them.
  [[nodiscard]] Rows take(std::size_t worker, std::size_t most);
  /// The next suspect; `fresh`: the worker has answered nothing since its start, so that any may be taken.
  [[nodiscard]] std::optional<std::size_t> take_suspect(std::size_t worker, bool fresh);

  /// How many answers a worker owes.
  [[nodiscard]] std::size_t owed(std::size_t worker) const { return owed_[worker].count; }
  /// False: it was not asked for this one, or not now (`in_order`: answers come in the order of the questions).
  [[nodiscard]] bool accept(std::size_t worker, const Answer& answer, bool in_order);
  /// The worker is gone. What it owed is asked for again; or has failed, for `reason`, where it was the one simulation
  /// it was asked for, and `certain`: the worker was fresh, or another try would be of no use.
  void lose(std::size_t worker, bool certain, const std::string& reason);

  /// Gives reasons their numbers, in the order of the simulations, so that they do not depend on who was first.
  void finish(std::vector<std::string>& reasons);

 private:
  static constexpr std::int32_t nobody = -1, answered_row = -2;
  struct Owed {
    std::deque<std::size_t> rows;  ///< in the order of the questions; some may be answered
    std::size_t count = 0;
  };
  const Array2& parameters_;
  std::uint64_t first_;
  std::size_t statistics_;
  Answers answers_;
  std::size_t next_ = 0, left_;
  std::vector<std::int32_t> holder_;  ///< of a row: a worker, nobody or answered_row
  std::vector<Owed> owed_;
  std::deque<std::size_t> alone_, alone_and_fresh_;
  std::vector<std::string> reasons_;  ///< of this run; numbers in `answers_` are of these until finish()
  std::map<std::string, std::uint16_t, std::less<>> reason_numbers_;

  std::uint16_t number_of(std::string_view reason);
  void fail_row(std::size_t row, std::string_view reason);
  void hand_to(std::size_t worker, std::size_t row);
};

/// The most different reasons; what comes later is "other".
inline constexpr std::size_t most_reasons = 1000;

}  // namespace hillock::io::worker
