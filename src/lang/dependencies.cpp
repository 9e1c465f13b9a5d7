#include "lang/dependencies.hpp"

#include <algorithm>

#include "lang/topology.hpp"

namespace hillock::lang {
namespace {

using Indices = std::vector<std::uint32_t>;

const Indices none;

Indices names_in(const Ast& ast, const Names& names, const Expr& expr) {
  Indices out;
  if (!expr.given()) return out;
  for (std::uint32_t i = expr.first; i <= expr.root; ++i) {
    const ExprNode& node = ast.nodes[i];
    if (node.kind != ExprNode::Kind::name) continue;
    if (const auto place = names.by_name.find(ast.text(node.word)); place != names.by_name.end())
      out.push_back(place->second);
  }
  return out;
}

bool has_expression(const Entity& entity) { return entity.role == Role::definition || entity.role == Role::constant; }

template <class Wanted>
Indices entities_where(const Names& names, const Wanted& wanted) {
  Indices out;
  for (std::uint32_t i = 0; i < names.entities.size(); ++i)
    if (wanted(names.entities[i])) out.push_back(i);
  return out;
}

void report_circle(const Ast& ast, const Names& names, const Indices& cycle, const std::string& what,
                   const std::string& hint, Problems& problems) {
  std::string path;
  constexpr std::size_t longest = 12;
  for (std::size_t i = 0; i < cycle.size() && i < longest; ++i)
    path += std::string(names.entities[cycle[i]].name) + " -> ";
  if (cycle.size() > longest) path += "... -> ";
  const Entity& first = names.entities[cycle.front()];
  path += first.name;
  problems.add("cycle", what + " in a circle: " + path, ast.statements[first.statement].name, hint);
}

}  // namespace

void find_needs(const Ast& ast, Names& names, Problems& problems) {
  for (Entity& entity : names.entities) {
    const Statement& s = ast.statements[entity.statement];
    if (has_expression(entity) && !s.broken) entity.needs = names_in(ast, names, s.value);
  }
  for (Entity& entity : names.entities)
    if (entity.starts_from) entity.init_needs = {*entity.starts_from};
  for (std::uint32_t i = 0; i < ast.statements.size(); ++i) {
    const Statement& s = ast.statements[i];
    if (s.kind != Statement::Kind::init || s.broken) continue;
    Entity* state = names.find(ast.text(s.name));
    if (state == nullptr || state->role != Role::state) continue;  // reported by check_statements
    if (state->init || state->starts_from) {
      const std::uint32_t other = state->init ? *state->init : names.entities[*state->starts_from].statement;
      problems.add(
          "duplicate",
          quoted(ast.text(s.name)) + " has two initial values, the other in " + line_of(ast, ast.statements[other].at),
          s.name, "delete one");
      continue;
    }
    state->init = i;
    state->init_needs = names_in(ast, names, s.value);
  }
}

ConstantOrder constant_order(const Ast& ast, const Names& names, Problems& problems) {
  const auto is_constant = [](const Entity& entity) { return entity.role == Role::constant; };
  const auto needs = [&](std::uint32_t i) -> const Indices& {
    return is_constant(names.entities[i]) ? names.entities[i].needs : none;
  };
  std::vector<bool> circular(names.entities.size(), false);
  const auto on_cycle = [&](const Indices& cycle) {
    for (const std::uint32_t i : cycle) circular[i] = true;
    report_circle(ast, names, cycle, "constants depend on each other", "give one of them a number", problems);
  };
  Indices order = dependency_order(static_cast<std::uint32_t>(names.entities.size()),
                                   entities_where(names, is_constant), needs, on_cycle);
  std::erase_if(order, [&](std::uint32_t i) { return !is_constant(names.entities[i]); });
  return {std::move(order), std::move(circular)};
}

std::vector<std::uint32_t> run_order(const Ast& ast, const Names& names, Problems& problems) {
  const auto needs = [&](std::uint32_t i) -> const Indices& { return names.entities[i].needs; };
  const auto on_cycle = [&](const Indices& cycle) {
    if (names.entities[cycle.front()].role == Role::constant) return;  // reported by constant_order
    report_circle(ast, names, cycle, "sub-expressions depend on each other",
                  "a quantity that feeds back on itself is a state: 'dx/dt = ...'", problems);
  };
  Indices order = dependency_order(static_cast<std::uint32_t>(names.entities.size()),
                                   entities_where(names, has_expression), needs, on_cycle);
  std::erase_if(order, [&](std::uint32_t i) { return !has_expression(names.entities[i]); });
  return order;
}

std::vector<std::uint32_t> start_order(const Ast& ast, const Names& names, Problems& problems) {
  const auto needs = [&](std::uint32_t i) -> const Indices& {
    const Entity& entity = names.entities[i];
    return entity.role == Role::state ? entity.init_needs : entity.needs;
  };
  const auto on_cycle = [&](const Indices& cycle) {
    const bool states =
        std::ranges::any_of(cycle, [&](std::uint32_t i) { return names.entities[i].role == Role::state; });
    if (states)  // others are reported by run_order
      report_circle(ast, names, cycle, "initial values depend on each other", "give one of them a number", problems);
  };
  return dependency_order(static_cast<std::uint32_t>(names.entities.size()),
                          entities_where(names, [](const Entity& entity) { return entity.init || entity.starts_from; }),
                          needs, on_cycle);
}

}  // namespace hillock::lang
