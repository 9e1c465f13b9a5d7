#pragma once
/// Why a run should end early: Ctrl-C, or a spent budget. The clock and the signals are read here, and reach the
/// algorithms only through a Progress.

#include <chrono>
#include <optional>
#include <string_view>

#include "base/error.hpp"
#include "base/progress.hpp"

namespace hillock::study {

/// While it lives, the first SIGINT or SIGTERM asks to stop and the second ends the program at once (exit code 130).
/// One at a time.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  /// True once a signal has come. Any thread.
  [[nodiscard]] static bool requested();

 private:
  struct Saved;
  Saved* saved_;
};

/// How long a run may take, from now on.
class Budget {
 public:
  using Clock = std::chrono::steady_clock;
  /// Seconds; none: for ever.
  explicit Budget(std::optional<double> seconds = std::nullopt);
  [[nodiscard]] bool limited() const { return end_.has_value(); }
  [[nodiscard]] bool spent() const { return end_ && Clock::now() >= *end_; }
  /// Seconds left, at least 0; infinity where there is no limit.
  [[nodiscard]] double left() const;
  /// Seconds since the budget began.
  [[nodiscard]] double elapsed() const;

 private:
  Clock::time_point start_;
  std::optional<Clock::time_point> end_;
};

/// "60s", "1.5 min", "2h", "90": seconds where there is no unit. Error code "budget-syntax".
[[nodiscard]] Result<double> parse_budget(std::string_view text);

/// A stage with less time than the whole run: stops when its parent does or when its own share is spent.
class WithBudget final : public Progress {
 public:
  WithBudget(Progress& parent, std::optional<double> seconds) : parent_(parent), budget_(seconds) {}
  void begin(std::string_view stage, double total) override { parent_.begin(stage, total); }
  void update(double done, std::string_view note) override { parent_.update(done, note); }
  [[nodiscard]] bool should_stop() const override { return parent_.should_stop() || budget_.spent(); }

 private:
  Progress& parent_;
  Budget budget_;
};

}  // namespace hillock::study
