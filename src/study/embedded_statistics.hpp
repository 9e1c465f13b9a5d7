#pragma once
/// What search.embedding asks for: which statistics a network learns a summary of.

#include <string>
#include <vector>

#include "base/error.hpp"
#include "infer/statistic_layout.hpp"

namespace hillock::study {

/// The statistics of one simulation, or of one of its trials.
struct EmbeddingRequest {
  std::string embedding = "auto";   ///< search.embedding
  std::vector<std::string> traces;  ///< by statistic: the trace that it is a sample of; empty: none
  bool traces_asked = false;        ///< were they asked for as traces? Then "auto" takes them for such
  std::size_t trials = 1;           ///< at most; of more than one there are as many times the statistics
  std::string hint;                 ///< how a trace is asked for
};

/// auto: a set where there are trials, a trace where one was asked for, else none. Channels of a trace are what has
/// another name. Error codes: "embedding-trials" (a set of one trial, a trace of several), "embedding-trace" (no
/// statistic is a sample of a trace, or traces of different lengths), those of infer::StatisticLayout.
[[nodiscard]] Result<infer::StatisticLayout> embedded_statistics(const EmbeddingRequest& request);

/// The traces of statistics that are called v[0], v[1], ...: "v" for each of them.
[[nodiscard]] std::vector<std::string> traces_by_name(const std::vector<std::string>& statistics);

}  // namespace hillock::study
