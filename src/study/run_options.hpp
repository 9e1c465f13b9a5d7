#pragma once
/// How to run, as against what to compute (resolved.hpp): none of these may change a number.

#include <optional>
#include <string>

namespace hillock::study {

struct RunOptions {
  int threads = 0;               ///< 0: one per core
  std::string isa = "auto";      ///< "auto", "avx2", "avx512", "interpreter"
  std::optional<double> budget;  ///< seconds
  bool resume = false;           ///< go on from the checkpoints in the results folder
  bool color = false;            ///< in the answer's text
  int width = 100;               ///< of the answer's text, columns
  std::string cache = {};        ///< the folder of compiled models (code_cache.hpp); empty: none
};

}  // namespace hillock::study
