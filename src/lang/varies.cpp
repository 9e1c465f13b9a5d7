#include "lang/varies.hpp"

#include "lang/words.hpp"

namespace hillock::lang {

Variation::Variation(const Ast& ast, const Names& names, const std::vector<std::uint32_t>& order)
    : ast_(ast), names_(names), by_entity_(names.entities.size()) {
  for (std::uint32_t i = 0; i < names.entities.size(); ++i)
    if (names.entities[i].role == Role::state || names.entities[i].role == Role::input) by_entity_[i].add(i);
  for (const std::uint32_t i : order) {
    const Statement& s = ast.statements[names.entities[i].statement];
    if (!s.broken) by_entity_[i] = of(s.value);
  }
}

Varies Variation::of(const Expr& expr) const {
  Varies out;
  if (!expr.given()) return out;
  for (std::uint32_t i = expr.first; i <= expr.root; ++i) {
    const ExprNode& node = ast_.nodes[i];
    const std::string_view name = ast_.text(node.word);
    if (node.kind == ExprNode::Kind::call && is_random(name)) out.add(Varies::chance);
    if (node.kind != ExprNode::Kind::name) continue;
    if (const auto place = names_.by_name.find(name); place != names_.by_name.end()) out.add(by_entity_[place->second]);
    else if (name == "t" || name == "t_in_timesteps") out.add(Varies::time);
    else if (name == "lastspike" || name == "not_refractory") out.add(Varies::spike);
    else if (name == "dt") out.add(Varies::step);
  }
  return out;
}

std::string Variation::name(std::uint32_t what) const {
  if (what == Varies::time) return "t";
  if (what == Varies::step) return "dt";
  if (what == Varies::spike) return "lastspike";
  if (what == Varies::chance) return "rand()";
  return std::string(names_.entities[what].name.substr(0, 60));
}

}  // namespace hillock::lang
