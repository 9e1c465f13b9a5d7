#include "lang/check_shared.hpp"

#include "lang/flags.hpp"

namespace hillock::lang {
namespace {

/// Parameters, constants and inputs have no cell, unless they are declared as variables of one: `x : unit`.
bool is_shared(const Ast& ast, const Entity& entity) {
  const auto flagged = [&](std::uint32_t statement) { return has_flag(ast, ast.statements[statement], "shared"); };
  if (entity.role == Role::definition) return flagged(entity.statement);
  if (entity.declaration) return flagged(*entity.declaration);
  return entity.role != Role::state;
}

}  // namespace

void check_shared(const Ast& ast, const Names& names, Problems& problems) {
  for (const Statement& s : ast.statements) {
    if (s.broken || s.kind != Statement::Kind::definition || !has_flag(ast, s, "shared")) continue;
    for (std::uint32_t i = s.value.first; i <= s.value.root; ++i) {
      const ExprNode& node = ast.nodes[i];
      if (node.kind != ExprNode::Kind::name) continue;
      const std::string_view name = ast.text(node.word);
      const Entity* entity = names.find(name);
      const bool of_one_cell = entity == nullptr ? name == "i" || name == "lastspike" || name == "not_refractory"
                                                 : entity->role != Role::broken && !is_shared(ast, *entity);
      if (of_one_cell)
        problems.add("not-shared",
                     quoted(ast.text(s.name)) + " is shared by all cells, and " + quoted(name) + " is not", node.word,
                     "without the flag: in a model of one cell it means the same");
    }
  }
}

}  // namespace hillock::lang
