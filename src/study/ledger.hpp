#pragma once
/// ledger.jsonl: every look at every data split, append-only. One JSON object a line; each carries the sha256 of the
/// line before it, so that a line cannot be changed or taken out unseen. How often a held-out recording was looked at
/// is part of what a verdict is worth.

#include <string>
#include <vector>

#include "base/error.hpp"

namespace hillock::study {

/// One look.
struct Look {
  std::string what;         ///< "fit", "predict"
  std::string split;        ///< "train", "test"
  std::string data_sha256;  ///< of the recording
};

class Ledger {
 public:
  explicit Ledger(std::string path);

  /// Adds one line and waits until it is on the disk. `time` is UTC, ISO 8601. Error codes "ledger-broken"
  /// and those of io/whole_file.hpp.
  [[nodiscard]] Result<void> append(const Look& look, const std::string& time);

  /// The lines' looks, in order, after the chain has been checked. No file: none. A last line without its end (the
  /// machine went down while writing) is left out. Error code "ledger-broken", with the line.
  [[nodiscard]] Result<std::vector<Look>> read() const;

 private:
  std::string path_;
};

/// Now, as "2026-03-14T15:09:26Z".
[[nodiscard]] std::string utc_now();

}  // namespace hillock::study
