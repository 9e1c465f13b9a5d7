#pragma once
/// results/<study>/: the one place that a run writes to.
///
///     verdict.json  posterior.nc  report.html  study.lock.toml  ledger.jsonl  .checkpoint/
///
/// It is made, and tried, before anything is computed; one run at a time holds it; files appear whole or not at all.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "study/ledger.hpp"

namespace hillock::study {

class RunFolder {
 public:
  /// Makes the folder where it is missing, checks that it can be written to, and holds it until the RunFolder goes.
  /// Error codes: "results-unwritable" (says what to try), "results-busy" (another run holds it).
  [[nodiscard]] static Result<RunFolder> open(const std::string& path);

  RunFolder(RunFolder&&) noexcept = default;
  RunFolder& operator=(RunFolder&&) noexcept = default;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string file(std::string_view name) const;

  /// Writes a whole file under its name, atomically.
  [[nodiscard]] Result<void> write(std::string_view name, std::string_view bytes) const;

  /// Checkpoints belong to one study: `fingerprint` (lock.hpp). Without `resume` old ones are cleared. With it, ones
  /// of another study are refused ("checkpoint-other-study"); none at all is no error.
  [[nodiscard]] Result<void> begin_checkpoints(const std::string& fingerprint, bool resume) const;
  /// Keeps `bytes` under a name such as "search" or "chain_3"; replaces what was there, atomically.
  [[nodiscard]] Result<void> save_checkpoint(std::string_view name, std::string_view bytes) const;
  /// What was kept, or nothing. Error code "checkpoint-broken" where the bytes are not those that were written.
  [[nodiscard]] Result<std::optional<std::string>> load_checkpoint(std::string_view name) const;
  /// All done: the checkpoints go.
  void clear_checkpoints() const;

  [[nodiscard]] Ledger ledger() const { return Ledger(file("ledger.jsonl")); }

 private:
  struct Hold {  ///< an flock, released with the descriptor even when the program is killed
    int fd = -1;
    std::string path;
    Hold(int fd_in, std::string path_in) : fd(fd_in), path(std::move(path_in)) {}
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;
    ~Hold();
  };
  RunFolder(std::string path, std::unique_ptr<Hold> hold) : path_(std::move(path)), hold_(std::move(hold)) {}

  std::string path_;
  std::unique_ptr<Hold> hold_;
};

}  // namespace hillock::study
