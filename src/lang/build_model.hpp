#pragma once
/// From checked statements to the graph of a model.

#include <span>
#include <string>
#include <string_view>

#include "ir/model.hpp"
#include "lang/check_statements.hpp"
#include "lang/names.hpp"

namespace hillock::lang {

/// A text in which no mistake was found. `running` and `starting` are run_order and start_order of dependencies.hpp.
struct CheckedText {
  const Ast& ast;
  const Names& names;
  const Findings& findings;
  const std::vector<std::uint32_t>& running;
  const std::vector<std::uint32_t>& starting;
  std::span<const std::string> started;  ///< as load_model has it
};

/// The model, with every number in SI. It is called as the file, without folder and ending.
[[nodiscard]] ir::Model build_model(const CheckedText& checked, std::string_view text, std::string_view file_name);

}  // namespace hillock::lang
