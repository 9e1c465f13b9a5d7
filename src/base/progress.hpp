#pragma once
/// How a long computation tells where it is, and learns that it should stop.
///
/// Algorithms print nothing and read no clock: they are handed a Progress. The caller decides whether that is a
/// bar on a terminal, a line in a log, or nothing, and whether "stop" means Ctrl-C or a spent budget.

#include <string_view>

namespace hillock {

class Progress {
 public:
  virtual ~Progress() = default;
  /// A new stage begins, of `total` units of work (0: unknown).
  virtual void begin(std::string_view stage, double total) { (void)stage, (void)total; }
  /// `done` units of the stage are done; `note` is a short "best so far", may be empty.
  virtual void update(double done, std::string_view note) { (void)done, (void)note; }
  /// True once the computation should return what it has. Cheap; asked often; may be asked from any thread.
  [[nodiscard]] virtual bool should_stop() const { return false; }
};

/// Says nothing and never stops.
class Silent final : public Progress {};

}  // namespace hillock
