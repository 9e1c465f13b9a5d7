#pragma once
/// A benchmark's rows as a JSON document, and as a Markdown table beside it.

#include <string>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "machine.hpp"
#include "row.hpp"

namespace hillock::bench {

/// What the rows were made of: a table with columns of its own, below them.
struct Sheet {
  using Entry = std::variant<std::string, double, bool>;  ///< NaN and "" are shown as nothing
  std::string name;                                       ///< its key in the JSON document
  std::string title;
  std::vector<std::string> columns;
  std::vector<std::vector<Entry>> lines;  ///< as long as `columns`, each
};

struct Table {
  std::string benchmark;           ///< "simulate"
  std::string title;               ///< one sentence: what is measured and how
  Machine machine;                 ///< taken when the benchmark began
  std::string hillock;             ///< what `hillock --version` says
  std::vector<std::string> notes;  ///< what a reader must know to judge the numbers
  std::vector<Row> rows;
  std::vector<Sheet> sheets;
};

/// Writes `path` (something.json) and something.md, both whole, and says the table on stdout. Error codes: those of
/// io/whole_file.hpp.
[[nodiscard]] Result<void> write_table(const Table& table, const std::string& path);

}  // namespace hillock::bench
