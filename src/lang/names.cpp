#include "lang/names.hpp"

namespace hillock::lang {
namespace {

constexpr std::size_t most_suggested_names = 5000;

}  // namespace

std::string quoted(std::string_view name) { return "'" + std::string(name.substr(0, 60)) + "'"; }

std::string line_of(const Ast& ast, Extent at) { return "line " + std::to_string(ast.source->line(at.begin)); }

std::string_view role_text(Role role) {
  switch (role) {
    case Role::state: return "a state";
    case Role::definition: return "a sub-expression";
    case Role::parameter: return "a parameter";
    case Role::constant: return "a constant";
    case Role::input: return "an input";
    default: return "declared without a value";
  }
}

const Entity* Names::find(std::string_view name) const {
  const auto place = by_name.find(name);
  return place == by_name.end() ? nullptr : &entities[place->second];
}

Entity* Names::find(std::string_view name) {
  const auto place = by_name.find(name);
  return place == by_name.end() ? nullptr : &entities[place->second];
}

WrittenUnit Names::unit_of(const Ast& ast, const Statement& statement) const {
  const auto place = units.find(ast.text(statement.unit));
  return place == units.end() ? WrittenUnit{} : place->second;
}

std::vector<std::string> Names::to_suggest(std::optional<Role> only) const {
  std::vector<std::string> out;
  for (const Entity& entity : entities) {
    if (out.size() >= most_suggested_names) break;
    if (!only || entity.role == *only) out.emplace_back(entity.name);
  }
  return out;
}

Resolve while_running(const Names& names, Problems& problems) {
  return [&](std::string_view name, Extent where) -> std::optional<Value> {
    if (const Entity* entity = names.find(name)) return entity->value;
    const units::Dimension second = units::find_unit("second")->dimension;
    if (name == "t" || name == "dt") return Value::of(second);
    if (name == "lastspike" || name == "not_refractory") {
      if (!names.has_threshold)
        problems.add("no-threshold", quoted(name) + " in a model that has no threshold", where, "threshold v > -50*mV");
      else if (!names.has_last_spike)
        problems.add("no-threshold",
                     quoted(name) + " in a model without a refractory period, where Brian 2 knows it not", where,
                     "refractory 0*ms");
      Value value = Value::of(name == "lastspike" ? second : units::Dimension{});
      value.boolean = value.whole = name == "not_refractory";
      return value;
    }
    if (name == "i" || name == "N" || name == "t_in_timesteps") {
      Value value;
      value.whole = true;
      return value;
    }
    if (names.channels.contains(name)) {
      problems.add("unknown-name", quoted(name) + " is the name of a recorded channel, not of a value", where,
                   "define it first: '" + std::string(name) + " = ... : unit', then 'observe " + std::string(name) +
                       " ~ normal(" + std::string(name) + ", sd)'");
      return Value::unknown();
    }
    return std::nullopt;
  };
}

}  // namespace hillock::lang
