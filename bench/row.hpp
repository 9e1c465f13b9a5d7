#pragma once
/// One line of a benchmark's table: a number, what it is held against, and whether that is met.

#include <optional>
#include <string>

namespace hillock::bench {

struct Row {
  std::string name;
  double value = 0.0;  ///< NaN: could not be measured; the name says why
  std::string unit;
  std::string peer;                   ///< what else was measured or published; empty: nothing
  std::optional<double> peer_value;   ///< in the same unit
  std::optional<double> target_low;   ///< the goal: at least this ...
  std::optional<double> target_high;  ///< ... and at most that
  bool of_ratio = false;              ///< the goal is for value / peer_value, not for the value

  [[nodiscard]] std::optional<double> ratio() const;
  [[nodiscard]] std::string target() const;       ///< ">= 0.6 x peer", "0.85 to 0.95"; empty: none
  [[nodiscard]] std::optional<bool> met() const;  ///< nothing where there is no goal
};

/// Rows are written as sentences: row("error", 0.0073, "1").against("published", 0.0073).ratio_at_most(1.0001).
class RowBuilder {
 public:
  RowBuilder(std::string name, double value, std::string unit)
      : row_{std::move(name), value, std::move(unit), {}, {}, {}, {}, false} {}
  RowBuilder& against(std::string peer, double value) {
    row_.peer = std::move(peer);
    row_.peer_value = value;
    return *this;
  }
  RowBuilder& at_least(double low) { return goal(low, {}, false); }
  RowBuilder& at_most(double high) { return goal({}, high, false); }
  RowBuilder& within(double low, double high) { return goal(low, high, false); }
  RowBuilder& ratio_at_least(double low) { return goal(low, {}, true); }
  RowBuilder& ratio_at_most(double high) { return goal({}, high, true); }
  RowBuilder& ratio_within(double low, double high) { return goal(low, high, true); }
  operator Row() const { return row_; }  // NOLINT(google-explicit-constructor): the sentence is the row

 private:
  RowBuilder& goal(std::optional<double> low, std::optional<double> high, bool of_ratio) {
    row_.target_low = low;
    row_.target_high = high;
    row_.of_ratio = of_ratio;
    return *this;
  }
  Row row_;
};

[[nodiscard]] inline RowBuilder row(std::string name, double value, std::string unit) {
  return {std::move(name), value, std::move(unit)};
}

}  // namespace hillock::bench
