#pragma once
/// One cell fitted by `hillock fit`, and its draws judged by the classifier two-sample test.

#include <filesystem>
#include <vector>

#include "inference/cell.hpp"
#include "inference/cell_store.hpp"

namespace hillock::bench {

class CellRunner {
 public:
  /// @param hillock  the program
  /// @param judge    c2st.py
  CellRunner(std::string hillock, std::string judge, CellStore& store)
      : hillock_(std::move(hillock)), judge_(std::move(judge)), store_(store) {}

  /// Fits, and keeps what came of it. A fit that ends badly is an outcome; one that was stopped ends the benchmark.
  Outcome fit(const Cell& cell);
  /// Judges what has no score yet, two beside each other where there are cores for it. A judge that fails ends the
  /// benchmark. Says on stderr what it does.
  void judge(const std::vector<Cell>& cells);

 private:
  std::string hillock_, judge_;
  CellStore& store_;
};

}  // namespace hillock::bench
