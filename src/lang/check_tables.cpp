#include "lang/check_tables.hpp"

#include "lang/prior.hpp"

namespace hillock::lang {

void check_tables(const Ast& ast, Names& names, Checker& checker, Problems& problems) {
  for (auto& [name, table] : names.tables) {
    const Statement& s = ast.statements[table.statement];
    const std::string what = "of the table " + quoted(name);
    const auto unit = s.unit.empty() ? units::Unit{} : names.unit_of(ast, s).unit;
    if (!unit) continue;  // reported
    for (const Expr& value : s.values) {
      const auto number = check_number(ast, value, {}, "a value " + what, checker, problems);
      if (!number) break;  // one message a table
      table.values.push_back(*number * unit->factor);
    }
    const units::Dimension second = units::find_unit("second")->dimension;
    const auto interval = check_number(ast, s.value, second, "the 'dt' " + what, checker, problems);
    if (!interval) continue;
    table.interval = *interval;
    if (!(*interval > 0.0))
      problems.add("empty-interval", "the 'dt' " + what + " must be above 0", ast.nodes[s.value.root].at);
  }
}

}  // namespace hillock::lang
