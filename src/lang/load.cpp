#include "lang/load.hpp"

#include <algorithm>

#include "lang/build_model.hpp"
#include "lang/check_noise.hpp"
#include "lang/check_shared.hpp"
#include "lang/check_statements.hpp"
#include "lang/check_tables.hpp"
#include "lang/conditional_prior.hpp"
#include "lang/constants.hpp"
#include "lang/declare.hpp"
#include "lang/dependencies.hpp"
#include "lang/parser.hpp"

namespace hillock::lang {

std::string initial_name(std::string_view state) { return "init " + std::string(state); }

Result<ir::Model> load_model(std::string_view text, std::string_view file_name, std::span<const std::string> started) {
  Recovered parsed = parse_recovering(text, file_name);
  const Ast& ast = parsed.ast;
  Problems& problems = parsed.problems;
  Checker checker(ast, problems);

  Names names = declare(ast, problems);
  checker.known_names = names.to_suggest();
  for (const auto& [name, table] : names.tables) checker.tables[name] = table.dimension;
  check_tables(ast, names, checker, problems);
  find_needs(ast, names, problems);
  check_constants(ast, names, checker, problems);
  const auto running = run_order(ast, names, problems);
  const Findings findings = check_statements(ast, names, Variation(ast, names, running), checker, problems);
  check_shared(ast, names, problems);
  const auto starting = start_order(ast, names, problems);

  if (problems.any()) return fail(problems.take());
  ir::Model model = build_model({ast, names, findings, running, starting, started}, text, file_name);
  for (const Extent at : checker.divided_by_zero)
    model.notes.push_back({"a division by 0: infinite, and NaN where 0 is divided", ast.source->span(at, 256)});
  std::ranges::stable_sort(model.notes, {}, [](const ir::Note& note) { return note.span.line; });
  Errors wrong = noise_mistakes(model);
  for (PriorMistake& mistake : range_mistakes(model)) wrong.push_back(std::move(mistake.error));
  if (!wrong.empty()) return fail(std::move(wrong));
  return model;
}

}  // namespace hillock::lang
