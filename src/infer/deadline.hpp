#pragma once
/// A stage that has less time than the whole: it is told to stop when its parent is, or when its seconds are over. Its
/// end is no interruption: what asks the parent goes on.

#include <functional>
#include <string_view>

#include "base/progress.hpp"

namespace hillock::infer {

class Deadline final : public Progress {
 public:
  /// @param elapsed  seconds since some start; any thread may call it
  /// @param until    on that clock
  Deadline(const Progress& parent, const std::function<double()>& elapsed, double until)
      : parent_(parent), elapsed_(elapsed), until_(until) {}
  [[nodiscard]] bool should_stop() const override { return parent_.should_stop() || elapsed_() >= until_; }

 private:
  const Progress& parent_;
  const std::function<double()>& elapsed_;
  double until_;
};

/// The same for a stage that shows how far it is. No end where `until` is 0.
class ProgressUntil final : public Progress {
 public:
  ProgressUntil(Progress& parent, const std::function<double()>& elapsed, double until)
      : parent_(parent), elapsed_(elapsed), until_(until) {}
  void begin(std::string_view stage, double total) override { parent_.begin(stage, total); }
  void update(double done, std::string_view note) override { parent_.update(done, note); }
  [[nodiscard]] bool should_stop() const override {
    return parent_.should_stop() || (until_ > 0.0 && elapsed_() >= until_);
  }

 private:
  Progress& parent_;
  const std::function<double()>& elapsed_;
  double until_;
};

}  // namespace hillock::infer
