#pragma once
/// Progress for a person: a bar on a terminal, a line every few seconds elsewhere, nothing when asked to be quiet.

#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "base/progress.hpp"

namespace hillock::study {

struct ProgressOptions {
  bool terminal = false;       ///< draw a bar; else plain lines
  bool quiet = false;          ///< nothing at all
  int width = 80;              ///< columns of the terminal
  double first_after_s = 1.0;  ///< a stage that is shorter says nothing
  double bar_every_s = 0.1;
  double line_every_s = 5.0;
  std::function<double()> clock;              ///< seconds; default: the steady clock
  std::function<bool()> stop;                 ///< should_stop; default: never
  std::function<void(std::string_view)> out;  ///< default: stderr
};

class TerminalProgress final : public Progress {
 public:
  explicit TerminalProgress(ProgressOptions options);
  ~TerminalProgress() override;
  TerminalProgress(const TerminalProgress&) = delete;
  TerminalProgress& operator=(const TerminalProgress&) = delete;

  void begin(std::string_view stage, double total) override;
  void update(double done, std::string_view note) override;
  [[nodiscard]] bool should_stop() const override;
  /// Ends the stage's bar, so that other output starts on a clean line.
  void finish();

 private:
  void draw(double now);
  void end_stage();

  ProgressOptions options_;
  std::mutex mutex_;
  std::string stage_;
  std::string note_;
  double total_ = 0.0;
  double done_ = 0.0;
  double started_ = 0.0;
  double drawn_ = 0.0;
  bool shown_ = false;
};

/// Options for this process's stderr: whether it is a terminal, and how wide.
[[nodiscard]] ProgressOptions progress_on_stderr(bool quiet);

/// "8 s", "2 min 5 s", "1 h 3 min".
[[nodiscard]] std::string duration_text(double seconds);

}  // namespace hillock::study
