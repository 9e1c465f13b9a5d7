#pragma once
/// The loop: search, posterior, verify, report, for one study.

#include <string>

#include "base/error.hpp"
#include "base/progress.hpp"
#include "study/answer.hpp"
#include "study/resolved.hpp"
#include "study/run_options.hpp"
#include "verify/verdict.hpp"

namespace hillock::study {

struct FitOutcome {
  verify::Verdict verdict;
  std::string folder;        ///< with verdict.json, posterior.nc, report.html, study.lock.toml, ledger.jsonl
  bool interrupted = false;  ///< stopped by a signal (exit code 130); checkpoints are in the folder
  Answer answer;             ///< the verdict as text and as JSON
};

/// Runs the study and writes its results folder. Stops cleanly when `progress` says so. Errors: all that is wrong with
/// model, data and options together; "results-unwritable"; "no-draw-succeeded"; "disk-full".
[[nodiscard]] Result<FitOutcome> fit(const ResolvedStudy& study, const RunOptions& options, Progress& progress);

}  // namespace hillock::study
