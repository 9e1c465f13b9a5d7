#pragma once
/// The study's recordings as experiments on its model: units checked, commands built, masks found.

#include <map>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "data/mask.hpp"
#include "data/recording.hpp"
#include "ir/model.hpp"
#include "sim/experiment.hpp"
#include "study/resolved.hpp"

namespace hillock::study {

/// One recording of the study, ready to be simulated and shown.
struct LoadedSplit {
  std::string name;                                     ///< "train", "test"
  sim::Experiment experiment;                           ///< what the model is run on
  std::map<std::string, std::vector<double>> commands;  ///< each input at the samples, as the model sees it (SI)
  std::vector<data::SampleWindow> gaps;                 ///< what the mask leaves out
  std::string sha256;                                   ///< of the data file
  std::vector<data::Array> statistics;                  ///< of a file that holds them: its columns, by trial
};

/// Has the model no differential equations, spikes or events? Then an experiment may be one sample at time 0.
[[nodiscard]] bool is_static(const ir::Model& model);

/// All recordings, train first. Error codes: those of io/recording_reader.hpp and data/assemble.hpp (a file's errors
/// name the file), "key-missing" (a channel or input of the model without an array), "channel-unknown",
/// "input-unknown", "constant-unknown" (with the nearest), "unit-mismatch" (an array against the model), "dt-unfit",
/// "mask-everything", "pieces-short", "statistics-rows" (a file of statistics whose columns are not equally long), and
/// those of lang/expression.hpp. All at once.
[[nodiscard]] Result<std::vector<LoadedSplit>> load_experiments(const ResolvedStudy& study, const ir::Model& model);

/// One of them.
[[nodiscard]] Result<LoadedSplit> load_experiment(const ResolvedStudy& study, const DataSplit& split,
                                                  const ir::Model& model);

/// `command` with a straight line across each gap, from the last sample before it to the first after it; constant where
/// a gap touches an end.
[[nodiscard]] std::vector<double> across_gaps(std::vector<double> command, const std::vector<data::SampleWindow>& gaps);

}  // namespace hillock::study
