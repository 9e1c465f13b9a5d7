#pragma once
/// What has been found, kept on disk, so that a stopped run goes on where it ended.
///
/// <root>/<build>/<cell>/ holds posterior.nc, verdict.json and, written last, outcome.json: what one build of the
/// program found in one cell. Scores are kept in <root>/scores/ by what was judged (draws, reference, judge: sha256),
/// so that a build that finds the same bits is not judged again.

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/error.hpp"
#include "inference/cell.hpp"

namespace hillock::bench {

class CellStore {
 public:
  /// @param build  names the program; a folder's name
  /// @param judge  the program that gives scores; its text counts
  /// Error codes: those of io/whole_file.hpp.
  [[nodiscard]] static Result<CellStore> open(std::filesystem::path root, std::string build, const std::string& judge);

  [[nodiscard]] std::filesystem::path folder(const Cell& cell) const { return root_ / build_ / cell.folder(); }
  /// Where the draws of what was found lie, whichever build found it.
  [[nodiscard]] std::filesystem::path draws(const Cell& cell, const Outcome& outcome) const {
    return root_ / outcome.build / cell.folder() / "posterior.nc";
  }
  /// What this build lacks is taken from these, the first that has it. For changes that leave most cells as they were.
  void borrow(std::vector<std::string> builds) { others_ = std::move(builds); }
  /// With its score, where there is one. Files that cannot be read are as none.
  [[nodiscard]] std::optional<Outcome> find(const Cell& cell) const;
  [[nodiscard]] Result<void> add(const Cell& cell, const Outcome& outcome);
  /// Where the judge's document for these draws belongs.
  [[nodiscard]] std::filesystem::path score_file(const Cell& cell, const Outcome& outcome) const;
  /// Outcome and draws go; the score of those draws stays.
  void forget(const Cell& cell);

  /// Numbers of a measurement that is no cell: "training", "memory", ...; null where there are none. Borrowed ones name
  /// their build under "borrowed".
  [[nodiscard]] nlohmann::json measurement(const std::string& name) const;
  [[nodiscard]] Result<void> keep_measurement(const std::string& name, const nlohmann::json& numbers);

 private:
  [[nodiscard]] std::optional<Outcome> find_in(const std::string& build, const Cell& cell) const;

  std::filesystem::path root_;
  std::string build_, judge_;  // sha256 of the judge
  std::vector<std::string> others_;
  mutable std::map<std::string, std::string> reference_;  // sha256 by path
};

}  // namespace hillock::bench
