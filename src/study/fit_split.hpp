#pragma once
/// From a study's recording to the experiment that a model is run in.

#include <string>
#include <vector>

#include "base/error.hpp"
#include "ir/model.hpp"
#include "sim/experiment.hpp"
#include "study/resolved.hpp"

namespace hillock::study {

/// One recording, ready to run. All in SI.
struct LoadedSplit {
  std::string name;                  ///< "train", "test", ...
  std::string sha256;                ///< of the file
  sim::Experiment experiment;        ///< with the command that the study asks for in gaps
  std::vector<double> observed;      ///< the first observation's channel, by sample
  std::vector<double> command;       ///< the first input at the samples, as used; empty where the model has no input
  /// The same experiment with the other treatment of the command in gaps; absent where nothing differs.
  std::shared_ptr<const sim::Experiment> other_gaps;
  bool interpolated = false;         ///< the command is interpolated across left-out samples
  std::vector<std::string> notes;    ///< what was left out, in words
};

/// Reads the file and puts it together. All mistakes at once: those of the readers and of `data::assemble`;
/// "observe-missing" and "input-missing" (the model has it, the study does not say where it is), "name-unknown" (the
/// study has it, the model does not), "unit-mismatch", "mask-empty", "expression" errors of closed forms.
[[nodiscard]] Result<LoadedSplit> load_split(const DataSplit& split, const ModelOptions& options,
                                             const ir::Model& model);

}  // namespace hillock::study
