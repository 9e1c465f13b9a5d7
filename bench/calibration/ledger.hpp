#pragma once
/// What each synthetic recording gave, kept in a file line by line, so that a stopped run goes on where it ended.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace hillock::bench {

/// One fit.
struct Outcome {
  std::string study;    ///< "white", "gate", "ar1"
  std::uint64_t k = 0;  ///< which synthetic cell
  std::string status;
  std::vector<std::string> reasons;    ///< codes
  std::map<std::string, bool> inside;  ///< by parameter: does its 90 % interval hold the truth?
  double cpu_s = 0.0;
};

class Ledger {
 public:
  /// Reads the file's lines that were made with the same `settings`; others are left alone.
  [[nodiscard]] static Result<Ledger> open(const std::string& path, const std::string& settings);
  [[nodiscard]] std::optional<Outcome> find(const std::string& study, std::uint64_t k) const;
  [[nodiscard]] Result<void> add(const Outcome& outcome);

 private:
  std::string path_, settings_;
  std::map<std::pair<std::string, std::uint64_t>, Outcome> known_;
};

}  // namespace hillock::bench
