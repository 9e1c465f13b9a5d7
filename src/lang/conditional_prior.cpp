#include "lang/conditional_prior.hpp"

#include <algorithm>
#include <unordered_set>

#include "ir/derive.hpp"
#include "ir/range.hpp"
#include "lang/limits.hpp"
#include "lang/lower.hpp"
#include "lang/parser.hpp"

namespace hillock::lang {
namespace {

const std::string parameters_only = "a prior reads parameters that are declared before its own, and nothing else";

/// The parameter that a name stands for in a prior: also where a variable of that name starts from it.
const Entity* parameter_called(const Names& names, std::string_view name) {
  const Entity* entity = names.find(name);
  if (entity != nullptr && entity->starts_from) entity = &names.entities[*entity->starts_from];
  return entity;
}

/// From `from` to `to` through the priors: the names on the way, or none where there is no way.
std::vector<std::string> way_between(const Ast& ast, const Names& names, const Entity& from, const Entity& to) {
  struct Step {
    const Entity* entity;
    std::size_t before;
  };
  std::vector<Step> steps{{&from, SIZE_MAX}};
  std::unordered_set<const Entity*> seen{&from};
  for (std::size_t k = 0; k < steps.size(); ++k) {
    if (steps[k].entity == &to) {
      std::vector<std::string> out;
      for (std::size_t at = k; at != SIZE_MAX; at = steps[at].before) out.emplace_back(steps[at].entity->name);
      std::ranges::reverse(out);
      return out;
    }
    const Statement& s = ast.statements[steps[k].entity->statement];
    if (!s.distribution) continue;
    for (const Expr& expr : s.distribution->arguments)
      for (std::uint32_t i = expr.first; expr.given() && i <= expr.root; ++i) {
        if (ast.nodes[i].kind != ExprNode::Kind::name) continue;
        const Entity* next = parameter_called(names, ast.text(ast.nodes[i].word));
        if (next == nullptr || next->role != Role::parameter) continue;
        if (seen.insert(next).second) steps.push_back({next, k});
      }
  }
  return {};
}

/// What a parameter can be under its prior; the ends are not reached.
std::optional<ir::Range> range_of_parameter(const ir::Parameter& p) {
  const auto between = [](double low, double high) { return ir::Range{low, high, low >= 0.0 || high <= 0.0, true}; };
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (!p.prior) {
    if (!p.value) return std::nullopt;
    return ir::Range{*p.value, *p.value, *p.value != 0.0, true};
  }
  if (p.prior->family == "normal") return ir::Range{};
  if (p.prior->family == "uniform" || p.prior->family == "loguniform")
    return between(p.prior->arguments[0], p.prior->arguments[1]);
  return between(0.0, infinity);
}

}  // namespace

PriorNames names_in_prior(const Ast& ast, const Names& names, std::uint32_t statement, Problems& problems) {
  return [&ast, &names, &problems, statement](std::string_view name, Extent at,
                                              const std::string& what) -> std::optional<Value> {
    const Entity* entity = parameter_called(names, name);
    const std::string own(ast.text(ast.statements[statement].name));
    if (entity == nullptr) {
      const bool moment = name == "lastspike" || name == "not_refractory";
      if (name != "t" && name != "dt" && name != "t_in_timesteps" && !moment) return std::nullopt;
      problems.add("prior-not-of-parameters", what + " reads " + quoted(name) + ", which changes while the model runs",
                   at, parameters_only);
      return Value::unknown();
    }
    if (entity->role == Role::broken) return entity->value;
    if (entity->role != Role::parameter) {
      problems.add("prior-not-of-parameters",
                   what + " reads " + quoted(name) + ", " + std::string(role_text(entity->role)), at,
                   entity->role == Role::constant ? "write the number itself: " + parameters_only : parameters_only);
      return Value::unknown();
    }
    const Entity* self = parameter_called(names, own);
    if (entity == self) {
      problems.add("prior-order", "the prior of " + quoted(own) + " reads " + quoted(name) + " itself", at,
                   parameters_only);
      return Value::unknown();
    }
    // Entities stand in the order in which the text declares them, and so do the parameters of the model.
    if (entity < self) return entity->value;
    const auto way = problems.room() ? way_between(ast, names, *entity, *self) : std::vector<std::string>{};
    if (!way.empty()) {
      constexpr std::size_t longest = 12;
      std::string circle = own;
      for (std::size_t k = 0; k + 1 < way.size() && k < longest; ++k) circle += " -> " + way[k];
      circle += way.size() > longest ? " -> ... -> " + own : " -> " + own;
      problems.add("cycle", "priors depend on each other in a circle: " + circle, at, "give one of them numbers");
    } else {
      problems.add("prior-order",
                   "the prior of " + quoted(own) + " reads " + quoted(name) + ", which is declared later, in " +
                       line_of(ast, ast.statements[entity->statement].at),
                   at, "move 'param " + std::string(name.substr(0, 60)) + "' above it");
    }
    return Value::unknown();
  };
}

void add_expressions(const Ast& ast, const Distribution& distribution, ir::Model& model,
                     const std::function<ir::NodeId(std::string_view name)>& node, ir::PriorSpec& spec) {
  spec.given.clear();
  const ResolveNode noted = [&](std::string_view name) {
    const ir::NodeId found = node(name);
    spec.given.push_back(model.graph[found].symbol);
    return found;
  };
  for (std::size_t i = 0; i < spec.expressions.size(); ++i)
    spec.expressions[i].value = as_real(model.graph, lower(ast, distribution.arguments[i], model.graph, noted));
  std::ranges::sort(spec.given);
  const auto again = std::ranges::unique(spec.given);
  spec.given.erase(again.begin(), again.end());
}

Result<ir::PriorSpec> parse_prior(std::string_view text, ir::Model& model, std::size_t parameter,
                                  std::string_view where) {
  LoneDistribution parsed = parse_lone_distribution(text, where);
  Problems& problems = parsed.problems;
  const ir::Symbol own = model.symbol(model.parameters[parameter].symbol);
  // Parameters by their names: what else is called so is not meant.
  const auto place_of = [&](std::string_view name) {
    return static_cast<std::size_t>(
        std::ranges::find_if(model.parameters,
                             [&](const ir::Parameter& p) { return model.symbol(p.symbol).name == name; }) -
        model.parameters.begin());
  };
  const PriorNames names = [&](std::string_view name, Extent at, const std::string& what) -> std::optional<Value> {
    const std::size_t place = place_of(name);
    if (place < parameter) return Value::of(model.symbol(model.parameters[place].symbol).unit.dimension);
    if (place == parameter) {
      problems.add("prior-order", "the prior of " + quoted(name) + " reads " + quoted(name) + " itself", at,
                   parameters_only);
    } else if (place < model.parameters.size()) {
      problems.add("prior-order",
                   "the prior of " + quoted(own.name) + " reads " + quoted(name) + ", which the model declares later",
                   at, "move 'param " + std::string(name.substr(0, 60)) + "' above it in the model");
    } else if (model.find(name) ||
               std::ranges::any_of(model.definitions, [&](const ir::Definition& d) { return d.name == name; })) {
      problems.add("prior-not-of-parameters", what + " reads " + quoted(name) + ", which is no parameter", at,
                   parameters_only);
    } else {
      return std::nullopt;
    }
    return Value::unknown();
  };
  std::optional<ir::PriorSpec> spec;
  if (parsed.value) {
    Checker checker(parsed.ast, problems);
    for (std::size_t i = 0; i < parameter; ++i)
      checker.known_names.push_back(model.symbol(model.parameters[i].symbol).name);
    spec = check_prior(parsed.ast, *parsed.value, &own.unit.dimension, names, checker, problems);
  }
  if (problems.any()) return fail(problems.take_about_one_line());
  HILLOCK_CHECK(spec.has_value(), "a prior that is refused without a reason");
  add_expressions(
      parsed.ast, *parsed.value, model,
      [&](std::string_view name) { return model.graph.symbol(model.parameters[place_of(name)].symbol); }, *spec);
  return std::move(*spec);
}

std::vector<PriorMistake> range_mistakes(const ir::Model& model) {
  std::vector<PriorMistake> out;
  std::vector<std::optional<ir::Range>> known(model.symbols.size());
  for (const ir::Parameter& p : model.parameters) known[index(p.symbol)] = range_of_parameter(p);
  std::vector<ir::Range> ranges;
  for (const auto& range : known) ranges.push_back(range.value_or(ir::Range{}));
  struct Looked {
    std::size_t parameter;
    const ir::PriorSpec::Argument* argument;
  };
  std::vector<Looked> looked;
  std::vector<ir::NodeId> roots;
  for (std::size_t i = 0; i < model.parameters.size(); ++i) {
    const auto& prior = model.parameters[i].prior;
    if (!prior || !prior->conditional()) continue;
    if (!std::ranges::all_of(prior->given, [&](ir::SymbolId id) { return known[index(id)].has_value(); })) continue;
    for (const ir::PriorSpec::Argument& argument : prior->expressions) {
      looked.push_back({i, &argument});
      roots.push_back(argument.value);
    }
  }
  const std::vector<ir::Range> found = ir::ranges_of(model.graph, roots, ranges);
  for (std::size_t k = 0; k < looked.size() && out.size() < max_errors; ++k) {
    const auto& [parameter, argument] = looked[k];
    if (found[k].defined && (!argument->positive || found[k].positive())) continue;
    std::string read;
    for (const ir::SymbolId id : model.parameters[parameter].prior->given)
      if (ir::depends_on(model.graph, argument->value, id))
        read += (read.empty() ? "" : " and ") + quoted(model.symbol(id).name);
    if (!found[k].defined)
      out.push_back({parameter,
                     {"prior-undefined", argument->what + " has no value for some values of " + read, argument->span,
                      "", "keep log and sqrt to what is above 0, and divide by nothing that can be 0"}});
    else
      out.push_back(
          {parameter,
           {"prior-not-positive", argument->what + " must be above 0, but may not be for some values of " + read,
            argument->span, "", "exp(...) of it, or a prior of " + read + " that keeps it above 0"}});
  }
  return out;
}

}  // namespace hillock::lang
