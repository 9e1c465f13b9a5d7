#pragma once
/// What every fit does before it computes: the results folder is taken, the study is locked into it, and every look at
/// the data goes on record.

#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "study/lock.hpp"
#include "study/resolved.hpp"
#include "study/run_folder.hpp"
#include "study/run_options.hpp"

namespace hillock::study {

struct BegunRun {
  RunFolder folder;
  std::vector<StudyFile> files;
  LockContext context;
};

/// @param isa    what runs the loops, for the record
/// @param looks  split and sha256 of the data that are looked at; the first is fitted, the others are predicted
/// Error codes: those of run_folder.hpp, lock.hpp and ledger.hpp.
[[nodiscard]] Result<BegunRun> begin_run(const ResolvedStudy& study, const RunOptions& options, std::string_view isa,
                                         const std::vector<std::pair<std::string, std::string>>& looks);

/// The verdict's provenance.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> provenance_of(const BegunRun& run, std::int64_t seed);

}  // namespace hillock::study
