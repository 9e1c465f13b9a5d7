#pragma once
/// Passes of `bind`: each makes a program that takes fewer operations, or waits less, for the same values (but for a
/// rounding more or less), one file a pass. A new one is a file, a line here, a row of registry.cpp and a test.

#include <span>
#include <string_view>

#include "ir/program.hpp"

namespace hillock::ir {

struct Pass {
  std::string_view name;
  std::string_view sentence;
  bool optional;                    ///< may be left out (BindOptions::without): the values stay
  bool of_written_functions;        ///< runs too where functions are not lowered, for the interpreter's oracle
  bool (*applies)(const Program&);  ///< null: to all
  void (*run)(Program&);
};

/// In the order in which they run.
[[nodiscard]] std::span<const Pass> passes();

void merge_divisions(Program& program);
void hoist_reciprocals(Program& program);
void share_exponentials(Program& program);
void divide_by_exponentials(Program& program);
void share_reciprocals(Program& program);
void share_divisions(Program& program);
void collect_terms(Program& program);
void contract(Program& program);
void lower_functions(Program& program);

}  // namespace hillock::ir
