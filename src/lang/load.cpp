#include "lang/load.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "lang/check.hpp"
#include "lang/format.hpp"
#include "lang/lower.hpp"
#include "lang/parser.hpp"
#include "lang/prior.hpp"
#include "lang/topology.hpp"
#include "lang/words.hpp"
#include "units/unit_parser.hpp"

namespace hillock::lang {
namespace {

using Kind = Statement::Kind;

constexpr std::size_t widest_kept_line = 256;       // of spans that the model keeps
constexpr std::size_t most_suggested_names = 5000;  // searched for the nearest

/// What a name of the model stands for.
struct Entity {
  enum class Role : std::uint8_t { broken, state, definition, parameter, constant, input, declared };
  Role role = Role::broken;
  std::uint32_t statement = 0;  ///< where it gets its value
  std::string_view name;
  Value value;           ///< dimension and type, where `known`
  units::Unit unit;      ///< as written, or chosen for display
  bool literal = false;  ///< a constant with a number of its own
  ir::SymbolId symbol{};
  std::vector<std::uint32_t> needs;       ///< entities in its expression
  std::optional<std::uint32_t> init;      ///< a state's `init` statement
  std::vector<std::uint32_t> init_needs;  ///< entities in that
};
using Role = Entity::Role;

/// Up to two different things that an expression changes with.
struct Varies {
  static constexpr std::uint32_t nothing = 0xFFFFFFFFU, time = 0xFFFFFFFEU, step = 0xFFFFFFFDU;
  std::uint32_t first = nothing, second = nothing;
  void add(std::uint32_t what) {
    if (what == nothing || what == first || what == second) return;
    if (first == nothing) first = what;
    else if (second == nothing) second = what;
  }
  void add(const Varies& other) { add(other.first), add(other.second); }
  /// Something other than `allowed`, or nothing.
  [[nodiscard]] std::uint32_t other_than(std::uint32_t allowed) const { return first != allowed ? first : second; }
};

struct UnitOfStatement {
  std::optional<units::Unit> unit;
  bool boolean = false;
  bool whole = false;
};

std::string quoted(std::string_view text) { return "'" + std::string(text.substr(0, 60)) + "'"; }

std::string_view role_text(Role role) {
  switch (role) {
    case Role::state:
      return "a state";
    case Role::definition:
      return "a sub-expression";
    case Role::parameter:
      return "a parameter";
    case Role::constant:
      return "a constant";
    case Role::input:
      return "an input";
    default:
      return "declared without a value";
  }
}

class Builder {
 public:
  Builder(const Ast& ast, Problems& problems) : ast_(ast), problems_(problems), checker_(ast, problems) {}

  void check() {
    declare_all();
    for (const Entity& entity : entities_) {
      if (checker_.known_names.size() >= most_suggested_names) break;
      checker_.known_names.emplace_back(entity.name);
    }
    find_needs();
    check_constants();
    check_definitions_for_cycles();
    for (std::uint32_t i = 0; i < ast_.statements.size(); ++i) check_statement(i);
    check_values_given();
    check_initial_cycles();
    for (const NotYetRun& use : checker_.not_yet_run) cannot_run(use.construct, use.reason, use.at);
  }

  ir::Model build(std::string_view text, std::string_view file_name);

 private:
  const Ast& ast_;
  Problems& problems_;
  Checker checker_;
  std::vector<Entity> entities_;
  std::unordered_map<std::string_view, std::uint32_t> by_name_;
  std::unordered_map<std::string_view, std::uint32_t> channels_;  // name -> statement
  std::unordered_map<std::string_view, UnitOfStatement> units_;   // by text
  std::vector<std::uint32_t> run_order_;                          // definitions and constants
  std::vector<Varies> varies_;                                    // by entity
  std::unordered_map<std::uint32_t, ir::PriorSpec> priors_;       // by statement
  std::unordered_map<std::uint32_t, double> defaults_;            // by statement
  struct Range {
    double low = 0, high = 0, from = 0, to = 0;
    Value bound;  // of a name that only this requirement has
  };
  std::unordered_map<std::uint32_t, Range> ranges_;  // by statement
  const units::Dimension second_ = units::find_unit("second")->dimension;
  std::unordered_map<std::uint32_t, units::Unit> observed_units_;  // by statement
  bool has_threshold_ = false, has_refractory_ = false;

  // Helpers.

  [[nodiscard]] std::string_view text(Extent at) const { return ast_.text(at); }
  Entity* find(std::string_view name) {
    const auto place = by_name_.find(name);
    return place == by_name_.end() ? nullptr : &entities_[place->second];
  }
  void cannot_run(const std::string& construct, const std::string& reason, Extent at) {
    problems_.add("not-yet-run", construct + " cannot be run yet: " + reason, at);
  }
  [[nodiscard]] Extent at(const Expr& expr) const { return ast_.nodes[expr.root].at; }

  UnitOfStatement unit_of(const Statement& s) {
    const std::string_view written = text(s.unit);
    if (const auto place = units_.find(written); place != units_.end() && place->second.unit) return place->second;
    UnitOfStatement out;
    if (written == "boolean" || written == "integer") {
      out.unit = units::Unit{};
      out.boolean = written == "boolean";
      out.whole = true;
    } else if (written == "bool") {
      problems_.add("unit-unknown", "there is no unit 'bool'", s.unit, "'boolean'");
    } else if (auto unit = units::read_unit(written, problems_.room()); !unit) {
      const units::UnitMistake& wrong = unit.error();
      const auto begin = s.unit.begin + static_cast<std::uint32_t>(wrong.offset);
      problems_.add(wrong.code, wrong.message, {begin, begin + static_cast<std::uint32_t>(wrong.length)}, wrong.hint);
    } else if (unit->offset != 0.0) {
      problems_.add("unit-offset", "degC cannot be the unit of a variable", s.unit, "'kelvin'");
    } else {
      out.unit = std::move(*unit);
    }
    units_[written] = out;
    return out;
  }

  /// What `name` means where the model runs.
  std::optional<Value> resolve_running(std::string_view name, Extent where) {
    if (const Entity* entity = find(name)) return entity->value;
    if (name == "t" || name == "dt") return Value::of(second_);
    if (channels_.contains(name)) {
      problems_.add("unknown-name", quoted(name) + " is the name of a recorded channel, not of a value", where,
                    "define it first: '" + std::string(name) + " = ... : unit', then 'observe " + std::string(name) +
                        " ~ normal(" + std::string(name) + ", sd)'");
      return Value::unknown();
    }
    return std::nullopt;
  }
  Resolve running() {
    return [this](std::string_view name, Extent where) { return resolve_running(name, where); };
  }

  // Names.

  void declare_all() {
    for (std::uint32_t i = 0; i < ast_.statements.size(); ++i) {
      const Statement& s = ast_.statements[i];
      switch (s.kind) {
        case Kind::ode:
          declare(i, Role::state);
          break;
        case Kind::definition:
          declare(i, Role::definition);
          break;
        case Kind::declaration:
          declare(i, Role::declared);
          break;
        case Kind::param:
          declare(i, Role::parameter);
          break;
        case Kind::constant:
          declare(i, Role::constant);
          break;
        case Kind::input:
          declare(i, Role::input);
          break;
        case Kind::observe:
          if (!s.broken) channels_.emplace(text(s.name), i);
          break;
        default:
          break;
      }
    }
  }

  void declare(std::uint32_t index, Role role) {
    const Statement& s = ast_.statements[index];
    Entity entity;
    entity.statement = index;
    entity.name = text(s.name);
    entity.role = role;
    entity.value = Value::unknown();
    if (!s.unit.empty()) {
      const UnitOfStatement unit = unit_of(s);
      if (unit.unit) {
        entity.unit = *unit.unit;
        entity.value = Value::of(unit.unit->dimension);
        entity.value.boolean = unit.boolean;
        entity.value.whole = unit.whole;
        const bool typed = unit.boolean || unit.whole;
        if (typed && role == Role::state) {
          problems_.add("type-mismatch", "a differential equation needs a real variable, found " + quoted(text(s.unit)),
                        s.unit, "': 1'");
        } else if (typed && (role == Role::parameter || role == Role::input ||
                             ((role == Role::declared || role == Role::constant) && unit.boolean))) {
          cannot_run("a variable of type " + quoted(text(s.unit)) + " that is not computed",
                     "values that come from outside are real numbers", s.unit);
        }
      }
    }
    if (const std::string why = why_illegal(entity.name); !why.empty()) {
      problems_.add("illegal-name", why + " and cannot name a variable", s.name);
      entity.role = Role::broken;
      entity.value = Value::unknown();
    }
    check_flags(s, role);
    const auto [place, is_new] = by_name_.try_emplace(entity.name, static_cast<std::uint32_t>(entities_.size()));
    if (is_new) {
      entities_.push_back(std::move(entity));
      return;
    }
    Entity& before = entities_[place->second];
    const auto gives_value = [](Role r) { return r == Role::parameter || r == Role::constant || r == Role::input; };
    const bool completes =
        (before.role == Role::declared && gives_value(role)) || (role == Role::declared && gives_value(before.role));
    if (!completes) {
      const int line = ast_.source->line(ast_.statements[before.statement].name.begin);
      problems_.add("duplicate", quoted(entity.name) + " is defined twice, first in line " + std::to_string(line),
                    s.name, "rename one, or delete it");
      return;
    }
    // A Brian 2 parameter `x : unit (constant)` that a statement gives a value to.
    if (before.value.known && entity.value.known && before.value.dimension != entity.value.dimension) {
      problems_.add("unit-mismatch",
                    quoted(entity.name) + " is " + units::describe(entity.value.dimension) + " here, but " +
                        units::describe(before.value.dimension) + " in line " +
                        std::to_string(ast_.source->line(ast_.statements[before.statement].name.begin)),
                    s.unit);
      before.role = Role::broken;
      before.value = Value::unknown();
      return;
    }
    if (role == Role::declared) {
      if (!before.value.known && ast_.statements[before.statement].unit.empty())
        before.value = entity.value, before.unit = entity.unit;
      return;
    }
    if (!entity.value.known && s.unit.empty()) entity.value = before.value, entity.unit = before.unit;
    before = std::move(entity);
  }

  void check_flags(const Statement& s, Role role) {
    struct Flag {
      std::string_view name;
      bool ode, definition, declaration, alone;
      std::string_view reason;
    };
    static constexpr std::string_view synapse = "there are no synapses yet",
                                      group = "a model is one cell, not yet a group",
                                      spikes = "spikes are read and checked, but not simulated",
                                      compartments = "there are no compartments yet",
                                      held = "nothing is held over a step yet";
    static constexpr Flag flags[] = {
        {"constant", false, false, true, false, ""},
        {"shared", false, true, true, false, group},
        {"linked", false, false, true, true, group},
        {"unless refractory", true, false, false, false, spikes},
        {"constant over dt", false, true, false, false, held},
        {"summed", false, true, false, true, synapse},
        {"event-driven", true, false, false, false, synapse},
        {"clock-driven", true, false, false, false, synapse},
        {"point current", false, true, true, false, compartments},
    };
    for (const Extent& written : s.flags) {
      std::string name;  // one space between words
      for (const char c : text(written)) {
        const bool space = c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
        if (!space) name += c;
        else if (!name.empty() && name.back() != ' ') name += ' ';
      }
      const auto* flag = std::ranges::find(flags, name, &Flag::name);
      if (flag == std::end(flags)) {
        std::vector<std::string> names;
        for (const Flag& row : flags) names.emplace_back(row.name);
        const std::string near = nearest(name, names);
        problems_.add("unknown-flag", "there is no flag " + quoted(name), written,
                      near.empty() ? "" : "'" + near + "'");
        continue;
      }
      const bool allowed = role == Role::state        ? flag->ode
                           : role == Role::definition ? flag->definition
                                                      : flag->declaration;
      if (!allowed)
        problems_.add("misplaced-flag",
                      "the flag " + quoted(name) + " does not go with " +
                          (role == Role::state        ? "a differential equation"
                           : role == Role::definition ? "a sub-expression"
                                                      : "a parameter"),
                      written);
      else if (flag->alone && s.flags.size() > 1)
        problems_.add("misplaced-flag", "the flag " + quoted(name) + " must stand alone", written);
      else if (!flag->reason.empty()) cannot_run("the flag " + quoted(name), std::string(flag->reason), written);
    }
  }

  std::vector<std::uint32_t> names_in(const Expr& expr) const {
    std::vector<std::uint32_t> out;
    if (!expr.given()) return out;
    for (std::uint32_t i = expr.first; i <= expr.root; ++i) {
      const ExprNode& node = ast_.nodes[i];
      if (node.kind != ExprNode::Kind::name) continue;
      if (const auto place = by_name_.find(text(node.word)); place != by_name_.end()) out.push_back(place->second);
    }
    return out;
  }

  void find_needs() {
    for (Entity& entity : entities_) {
      const Statement& s = ast_.statements[entity.statement];
      const bool computed = entity.role == Role::definition || entity.role == Role::constant;
      if (computed && !s.broken) entity.needs = names_in(s.value);
    }
    for (std::uint32_t i = 0; i < ast_.statements.size(); ++i) {
      const Statement& s = ast_.statements[i];
      if (s.kind != Kind::init || s.broken) continue;
      Entity* state = find(text(s.name));
      if (state == nullptr || state->role != Role::state) continue;  // reported in check_init
      if (state->init) {
        problems_.add("duplicate",
                      quoted(text(s.name)) + " has two initial values, the first in line " +
                          std::to_string(ast_.source->line(ast_.statements[*state->init].at.begin)),
                      s.name, "delete one");
        continue;
      }
      state->init = i;
      state->init_needs = names_in(s.value);
    }
  }

  // Constants first: their units follow from their values.

  std::optional<Value> resolve_constant(std::string_view name, Extent where) {
    const Entity* entity = find(name);
    if (entity == nullptr) {
      if (name != "t" && name != "dt") return std::nullopt;
      problems_.add("not-constant", quoted(name) + " changes with time, a constant does not", where,
                    "a sub-expression: 'x = ... : unit'");
      return Value::unknown();
    }
    if (entity->role == Role::constant || entity->role == Role::broken) return entity->value;
    if (entity->role != Role::declared)
      problems_.add(
          "not-constant",
          quoted(name) + " is " + std::string(role_text(entity->role)) + ", a constant depends on constants only",
          where, "a sub-expression instead: 'x = ... : unit'");
    return Value::unknown();
  }

  void report_cycle(const std::vector<std::uint32_t>& cycle, const std::string& what, const std::string& hint) {
    std::string path;
    constexpr std::size_t longest = 12;
    for (std::size_t i = 0; i < cycle.size() && i < longest; ++i)
      path += std::string(entities_[cycle[i]].name) + " -> ";
    if (cycle.size() > longest) path += "... -> ";
    path += entities_[cycle.front()].name;
    problems_.add("cycle", what + " in a circle: " + path, ast_.statements[entities_[cycle.front()].statement].name,
                  hint);
  }

  void check_constants() {
    static const std::vector<std::uint32_t> none;
    std::vector<std::uint32_t> constants;
    for (std::uint32_t i = 0; i < entities_.size(); ++i)
      if (entities_[i].role == Role::constant) constants.push_back(i);
    const auto needs = [&](std::uint32_t i) -> const std::vector<std::uint32_t>& {
      return entities_[i].role == Role::constant ? entities_[i].needs : none;
    };
    std::vector<bool> circular(entities_.size(), false);
    const auto order =
        dependency_order(static_cast<std::uint32_t>(entities_.size()), constants, needs, [&](const auto& cycle) {
          for (const std::uint32_t i : cycle) circular[i] = true;
          report_cycle(cycle, "constants depend on each other", "give one of them a number");
        });
    for (const std::uint32_t i : order) {
      if (entities_[i].role != Role::constant) continue;
      if (circular[i]) entities_[i].value = Value::unknown();
      else check_constant(entities_[i]);
    }
  }

  void check_constant(Entity& entity) {
    const Statement& s = ast_.statements[entity.statement];
    if (s.broken) return;
    const Resolve resolve = [this](std::string_view name, Extent where) { return resolve_constant(name, where); };
    const bool has_unit = entity.value.known || !s.unit.empty();
    Value value;
    if (entity.value.known) {
      value = checker_.check(s.value, resolve, entity.value.dimension, "the constant " + quoted(entity.name));
      if (value.known && entity.value.whole && !value.whole)
        problems_.add("type-mismatch",
                      "the constant " + quoted(entity.name) + " is an integer, but its value is none by its form",
                      at(s.value), "'int(...)'");
    } else {
      value = checker_.check(s.value, resolve);
    }
    if (!value.known) {
      if (!has_unit) entity.value = value;
      return;
    }
    if (value.number && std::isnan(*value.number)) {
      problems_.add("not-finite", "the constant " + quoted(entity.name) + " is not a number", at(s.value));
      return;
    }
    if (!has_unit) {
      entity.value = Value::of(value.any_dimension ? units::Dimension{} : value.dimension);
      entity.value.whole = value.whole;
      entity.unit = unit_as_written(s.value).value_or(units::display_unit(entity.value.dimension));
    }
    // A name inside makes it depend on other constants, even if it cancels.
    const bool named =
        std::ranges::any_of(entity.needs, [&](std::uint32_t i) { return entities_[i].role == Role::constant; });
    if (value.number && !named) {
      entity.literal = true;
      defaults_[entity.statement] = *value.number;
    }
  }

  /// The unit of `5 mV`, `-5 mV`, `5*mV`.
  [[nodiscard]] std::optional<units::Unit> unit_as_written(const Expr& expr) const {
    const ExprNode* node = &ast_.nodes[expr.root];
    if (node->kind == ExprNode::Kind::unary) node = &ast_.nodes[node->a];
    if (node->kind == ExprNode::Kind::binary && (node->op == Operator::mul || node->op == Operator::div)) {
      // number, then units only: the text after the number is the unit
      const ExprNode* left = node;
      while (left->kind == ExprNode::Kind::binary && (left->op == Operator::mul || left->op == Operator::div))
        left = &ast_.nodes[left->a];
      if (left->kind != ExprNode::Kind::number && left->kind != ExprNode::Kind::quantity) return std::nullopt;
      const std::string written = std::string(text({left->at.begin, node->at.end}));
      auto quantity = units::parse_quantity(written);
      if (quantity && quantity->unit.offset == 0.0) return quantity->unit;
      return std::nullopt;
    }
    if (node->kind != ExprNode::Kind::quantity) return std::nullopt;
    auto unit = units::read_unit(text(node->word));
    if (!unit) return std::nullopt;
    return std::move(*unit);
  }

  void check_definitions_for_cycles() {
    static const std::vector<std::uint32_t> none;
    std::vector<std::uint32_t> roots;
    for (std::uint32_t i = 0; i < entities_.size(); ++i)
      if (entities_[i].role == Role::definition || entities_[i].role == Role::constant) roots.push_back(i);
    const auto needs = [&](std::uint32_t i) -> const std::vector<std::uint32_t>& {
      return entities_[i].role == Role::definition || entities_[i].role == Role::constant ? entities_[i].needs : none;
    };
    const auto order =
        dependency_order(static_cast<std::uint32_t>(entities_.size()), roots, needs, [&](const auto& cycle) {
          if (entities_[cycle.front()].role == Role::constant) return;  // reported
          report_cycle(cycle, "sub-expressions depend on each other",
                       "a quantity that feeds back on itself is a state: 'dx/dt = ...'");
        });
    varies_.assign(entities_.size(), {});
    for (std::uint32_t i = 0; i < entities_.size(); ++i)
      if (entities_[i].role == Role::state || entities_[i].role == Role::input) varies_[i].add(i);
    for (const std::uint32_t i : order) {
      const Entity& entity = entities_[i];
      if (entity.role != Role::definition && entity.role != Role::constant) continue;
      run_order_.push_back(i);
      if (!ast_.statements[entity.statement].broken) varies_[i] = varies(ast_.statements[entity.statement].value);
    }
  }

  [[nodiscard]] Varies varies(const Expr& expr) const {
    Varies out;
    if (!expr.given()) return out;
    for (std::uint32_t i = expr.first; i <= expr.root; ++i) {
      const ExprNode& node = ast_.nodes[i];
      if (node.kind != ExprNode::Kind::name) continue;
      const std::string_view name = text(node.word);
      if (const auto place = by_name_.find(name); place != by_name_.end()) out.add(varies_[place->second]);
      else if (name == "t") out.add(Varies::time);
      else if (name == "dt") out.add(Varies::step);
    }
    return out;
  }
  [[nodiscard]] std::string varying_name(std::uint32_t what) const {
    if (what == Varies::time) return "t";
    if (what == Varies::step) return "dt";
    return std::string(entities_[what].name.substr(0, 60));
  }

  void check_initial_cycles() {
    static const std::vector<std::uint32_t> none;
    std::vector<std::uint32_t> roots;
    for (std::uint32_t i = 0; i < entities_.size(); ++i)
      if (entities_[i].init) roots.push_back(i);
    (void)dependency_order(
        static_cast<std::uint32_t>(entities_.size()), roots, initial_needs(), [&](const auto& cycle) {
          const bool states =
              std::ranges::any_of(cycle, [&](std::uint32_t i) { return entities_[i].role == Role::state; });
          if (states) report_cycle(cycle, "initial values depend on each other", "give one of them a number");
        });
  }
  [[nodiscard]] std::function<const std::vector<std::uint32_t>&(std::uint32_t)> initial_needs() const {
    static const std::vector<std::uint32_t> none;
    return [this](std::uint32_t i) -> const std::vector<std::uint32_t>& {
      const Entity& entity = entities_[i];
      if (entity.role == Role::state) return entity.init_needs;
      return entity.role == Role::definition || entity.role == Role::constant ? entity.needs : none;
    };
  }

  // Statements.

  void check_statement(std::uint32_t index) {
    const Statement& s = ast_.statements[index];
    if (s.broken) return;
    switch (s.kind) {
      case Kind::ode:
        return check_ode(s);
      case Kind::definition:
        return check_definition(s);
      case Kind::param:
        return check_param(index);
      case Kind::init:
        return check_init(s);
      case Kind::observe:
        return check_observe(index);
      case Kind::require:
        return check_require(index);
      case Kind::threshold:
        checker_.check_condition(s.value, running(), "a threshold");
        if (has_threshold_) problems_.add("duplicate", "a second threshold", s.at, "join the conditions with 'or'");
        has_threshold_ = true;
        return cannot_run("'threshold'", "spikes are read and checked, but not simulated", s.at);
      case Kind::refractory: {
        const Value value = checker_.check(s.value, running());
        if (value.known && !value.boolean && !value.any_dimension && value.dimension != second_)
          problems_.add(
              "unit-mismatch",
              "a refractory period must be second, or a condition, but is " + units::describe(value.dimension),
              at(s.value));
        if (has_refractory_) problems_.add("duplicate", "a second refractory period", s.at, "delete one");
        has_refractory_ = true;
        return cannot_run("'refractory'", "spikes are read and checked, but not simulated", s.at);
      }
      case Kind::event:
        checker_.check_condition(s.value, running(), "the condition of an event");
        return cannot_run("'event'", "events are read and checked, but not simulated", s.at);
      case Kind::reset:
        return check_reset(s);
      case Kind::declaration:
      case Kind::constant:
      case Kind::input:
        return;  // names, units and constants are done
    }
  }

  void check_ode(const Statement& s) {
    const UnitOfStatement unit = unit_again(s);
    const std::string name(text(s.name));
    if (!unit.unit) {
      checker_.check(s.value, running());
      return;
    }
    const units::Dimension wanted = unit.unit->dimension / second_;
    checker_.check(s.value, running(), wanted, "the right side of 'd" + name + "/dt'", [&] {
      return "'d" + name + "/dt = ... : " + unit.unit->name + "' needs a right side in " + units::describe(wanted);
    });
  }
  /// The unit of a statement whose unit was read, and reported if wrong, in declare().
  [[nodiscard]] UnitOfStatement unit_again(const Statement& s) const {
    const auto place = units_.find(text(s.unit));
    return place == units_.end() ? UnitOfStatement{} : place->second;
  }

  void check_definition(const Statement& s) {
    const UnitOfStatement unit = unit_again(s);
    const std::string what = quoted(text(s.name));
    if (!unit.unit) {
      checker_.check(s.value, running());
    } else if (unit.boolean) {
      checker_.check_condition(s.value, running(), what);
    } else {
      const Value value = checker_.check(s.value, running(), unit.unit->dimension, what);
      if (value.known && unit.whole && !value.whole)
        problems_.add("type-mismatch", what + " is an integer, but its expression is none by its form", at(s.value),
                      "'int(...)'");
    }
  }

  void check_param(std::uint32_t index) {
    const Statement& s = ast_.statements[index];
    const UnitOfStatement unit = unit_again(s);
    const std::string name(text(s.name));
    std::optional<double> value;
    if (!unit.unit) {  // reported
      if (s.distribution) (void)check_prior(ast_, *s.distribution, nullptr, checker_, problems_);
      return;
    }
    if (s.value.given()) {
      value = check_number(ast_, s.value, unit.unit->dimension, "the default of " + quoted(name), checker_, problems_);
      if (value) defaults_[index] = *value;
    }
    if (!s.distribution) return;
    auto prior = check_prior(ast_, *s.distribution, &unit.unit->dimension, checker_, problems_);
    if (!prior) return;
    if (value && !in_support(*prior, *value))
      problems_.add("default-outside-prior", "the default of " + quoted(name) + " is impossible under its prior",
                    at(s.value), "widen the prior, or move the default into it");
    priors_[index] = std::move(*prior);
  }

  void check_init(const Statement& s) {
    const std::string_view name = text(s.name);
    const Entity* entity = find(name);
    if (entity == nullptr) {
      std::string near;
      if (problems_.room()) {
        std::vector<std::string> states;
        for (const Entity& e : entities_)
          if (e.role == Role::state && states.size() < most_suggested_names) states.emplace_back(e.name);
        near = nearest(name, states);
      }
      problems_.add("unknown-name", "there is no state " + quoted(name), s.name, near.empty() ? "" : "'" + near + "'");
      checker_.check(s.value, running());
      return;
    }
    if (entity->role != Role::state) {
      if (entity->role != Role::broken)
        problems_.add(
            "init-of-no-state",
            quoted(name) + " is " + std::string(role_text(entity->role)) + ": only states have initial values", s.name,
            "states are defined by 'd" + std::string(name) + "/dt = ...'");
      return;
    }
    if (entity->value.known)
      checker_.check(s.value, running(), entity->value.dimension, "the initial value of " + quoted(name));
    else checker_.check(s.value, running());
  }

  void check_observe(std::uint32_t index) {
    const Statement& s = ast_.statements[index];
    const std::string_view channel = text(s.name);
    if (channels_.at(channel) != index)
      problems_.add("duplicate",
                    quoted(channel) + " is observed twice, first in line " +
                        std::to_string(ast_.source->line(ast_.statements[channels_.at(channel)].at.begin)),
                    s.name, "delete one");
    const Entity* entity = find(channel);
    if (entity == nullptr) {
      if (const std::string why = why_illegal(channel); !why.empty())
        problems_.add("illegal-name", why + " and cannot name a channel", s.name);
    } else if (entity->role != Role::state && entity->role != Role::definition && entity->role != Role::broken) {
      problems_.add("observe-of-no-result",
                    quoted(channel) + " is " + std::string(role_text(entity->role)) +
                        ": what is observed is a state, a sub-expression or a new name",
                    s.name);
    }
    const Distribution& noise = *s.distribution;
    const std::string family(text(noise.family));
    if (family != "normal" && family != "ar1") {
      const std::string near = nearest(family, {"normal", "ar1"});
      problems_.add("noise-family", "there is no noise " + quoted(family), noise.family,
                    near.empty() ? "'normal(mean, sd)' or 'ar1(mean, sd, tau)'" : "'" + near + "'");
      for (const Expr& argument : noise.arguments) checker_.check(argument, running());
      return;
    }
    const bool ar1 = family == "ar1";
    if (noise.arguments.size() != (ar1 ? 3U : 2U)) {
      problems_.add("argument-count",
                    "the noise " + quoted(family) + " takes " + (ar1 ? "3" : "2") + " arguments, found " +
                        std::to_string(noise.arguments.size()),
                    noise.at, ar1 ? "'ar1(mean, sd, tau)'" : "'normal(mean, sd)'");
      for (const Expr& argument : noise.arguments) checker_.check(argument, running());
      return;
    }
    const bool has_unit = entity != nullptr && entity->value.known;
    Value mean = has_unit ? checker_.check(noise.arguments[0], running(), entity->value.dimension,
                                           "the mean of " + quoted(channel))
                          : checker_.check(noise.arguments[0], running());
    if (has_unit) mean = entity->value;
    const std::string sd_name = "the sd of " + quoted(channel);
    const Value sd = mean.known && !mean.any_dimension
                         ? checker_.check(noise.arguments[1], running(), mean.dimension, sd_name)
                         : checker_.check(noise.arguments[1], running());
    if (has_unit) {
      observed_units_[index] = entity->unit;
    } else {
      const units::Dimension dimension = !mean.any_dimension ? mean.dimension : sd.dimension;
      const ExprNode& sd_node = ast_.nodes[noise.arguments[1].root];
      const Entity* sd_entity = sd_node.kind == ExprNode::Kind::name ? find(text(sd_node.word)) : nullptr;
      observed_units_[index] = sd_entity != nullptr ? sd_entity->unit : units::display_unit(dimension);
    }
    if (sd.known && sd.number && !(*sd.number > 0.0))
      problems_.add("noise-not-positive", sd_name + " must be above 0", at(noise.arguments[1]));
    if (!ar1) return;
    const std::string tau_name = "the correlation time of " + quoted(channel);
    const Value tau = checker_.check(noise.arguments[2], running(), second_, tau_name);
    if (tau.known && tau.number && !(*tau.number > 0.0))
      problems_.add("noise-not-positive", tau_name + " must be above 0", at(noise.arguments[2]));
    for (std::size_t i = 1; i < 3; ++i) {
      const std::uint32_t with = varies(noise.arguments[i]).first;
      if (with != Varies::nothing)
        problems_.add(
            "noise-varies",
            (i == 1 ? sd_name : tau_name) + " changes with " + quoted(varying_name(with)) + ", but 'ar1' is stationary",
            at(noise.arguments[i]), "use parameters and constants only");
    }
  }

  void check_require(std::uint32_t index) {
    const Statement& s = ast_.statements[index];
    const std::string_view name = text(s.name);
    Range& range = ranges_[index];
    std::uint32_t allowed = Varies::nothing;
    Value bound = Value::unknown();
    const Entity* entity = nullptr;
    if (!name.empty()) {
      entity = find(name);
      if (entity != nullptr) {
        bound = entity->value;
        if (entity->role == Role::state || entity->role == Role::input) {
          allowed = static_cast<std::uint32_t>(entity - entities_.data());
        } else if (entity->role != Role::broken) {
          problems_.add("require-range",
                        quoted(name) + " is " + std::string(role_text(entity->role)) +
                            ": what ranges is an input, a state or 't'",
                        s.name);
          bound = Value::unknown();
        }
      } else if (name == "t") {
        bound = Value::of(second_);
        allowed = Varies::time;
      } else if (const std::string why = why_illegal(name); !why.empty()) {
        problems_.add("illegal-name", why + " and cannot name what ranges", s.name);
      } else {
        bound = value_of_range(s.from, s.to);
      }
      const Interval over = check_interval(s.from, s.to, bound, "range of " + quoted(name), false);
      range.from = over.low;
      range.to = over.high;
      range.bound = bound;
    }
    const Resolve resolve = [&](std::string_view wanted, Extent where) -> std::optional<Value> {
      if (!name.empty() && wanted == name && entity == nullptr && name != "t") return bound;
      return resolve_running(wanted, where);
    };
    std::optional<Value> shared;  // by all conditions: the interval's
    for (const RequiredItem& item : s.items) {
      const Value value = checker_.check(item.expression, resolve);
      const std::uint32_t other = varies(item.expression).other_than(allowed);
      if (other != Varies::nothing)
        problems_.add("require-open",
                      "the condition depends on " + quoted(varying_name(other)) + ", which has no value here", item.at,
                      name.empty() ? "add 'for " + varying_name(other) + " in [from, to]'" : "only one name can range");
      if (!shared) {
        shared = value;
        const Interval inside = check_interval(s.low, s.high, value, "interval", true);
        range.low = inside.low;
        range.high = inside.high;
      } else if (value.known && shared->known && !value.any_dimension && !shared->any_dimension &&
                 value.dimension != shared->dimension) {
        problems_.add("unit-mismatch",
                      "the conditions share an interval: the first is " + units::describe(shared->dimension) +
                          ", this is " + units::describe(value.dimension),
                      item.at, "a 'require' of its own");
      }
    }
  }

  /// [low, high] as numbers of the dimension of `wanted`.
  struct Interval {
    double low = 0.0, high = 0.0;
  };
  Interval check_interval(const Expr& low, const Expr& high, const Value& wanted, const std::string& what,
                          bool may_be_infinite) {
    if (!wanted.known) return {};
    const units::Dimension dimension = wanted.any_dimension ? units::Dimension{} : wanted.dimension;
    const auto a =
        check_number(ast_, low, dimension, "the lower end of the " + what, checker_, problems_, may_be_infinite);
    const auto b =
        check_number(ast_, high, dimension, "the upper end of the " + what, checker_, problems_, may_be_infinite);
    if (!a || !b) return {};
    if (!(*a < *b)) {
      problems_.add("empty-interval", "the lower end of the " + what + " must be below the upper one",
                    join(at(low), at(high)), *a > *b ? "swap them" : "");
      return {};
    }
    return {*a, *b};
  }
  /// What a name has that ranges over [low, high] and is nothing else: the dimension of its ends. (Mistakes in them are
  /// reported by check_interval.)
  Value value_of_range(const Expr& low, const Expr& high) {
    const Resolve units_only = [](std::string_view, Extent) -> std::optional<Value> { return std::nullopt; };
    Problems unheard(ast_.source);
    Checker quiet(ast_, unheard);
    const Value a = quiet.check(low, units_only), b = quiet.check(high, units_only);
    return Value::of(a.known && !a.any_dimension   ? a.dimension
                     : b.known && !b.any_dimension ? b.dimension
                                                   : units::Dimension{});
  }

  void check_reset(const Statement& s) {
    std::unordered_map<std::string_view, Value> locals;
    const Resolve resolve = [&](std::string_view name, Extent where) -> std::optional<Value> {
      if (const auto place = locals.find(name); place != locals.end()) return place->second;
      return resolve_running(name, where);
    };
    for (const ResetAssignment& assignment : s.assignments) {
      const std::string_view name = text(assignment.name);
      const Entity* entity = find(name);
      const bool keeps_unit = assignment.op != Operator::mul && assignment.op != Operator::div;
      Value target = Value::unknown();
      if (entity != nullptr) {
        target = entity->value;
        if (entity->role != Role::state && entity->role != Role::declared && entity->role != Role::broken) {
          problems_.add("assignment",
                        quoted(name) + " is " + std::string(role_text(entity->role)) + " and cannot be reset",
                        assignment.name);
          target = Value::unknown();
        }
      } else if (const auto place = locals.find(name); place != locals.end()) {
        target = place->second;
      } else if (assignment.op != Operator::none) {
        problems_.add("unknown-name", "there is no " + quoted(name) + " here", assignment.name);
      } else {
        if (const std::string why = why_illegal(name); !why.empty())
          problems_.add("illegal-name", why + " and cannot name a variable", assignment.name);
        locals[name] = checker_.check(assignment.value, resolve);
        continue;
      }
      if (!target.known) checker_.check(assignment.value, resolve);
      else
        checker_.check(assignment.value, resolve, keeps_unit ? target.dimension : units::Dimension{},
                       "what " + quoted(name) + " is reset with");
    }
    cannot_run("'reset'", "spikes are read and checked, but not simulated", s.at);
  }

  void check_values_given() {
    for (const Entity& entity : entities_) {
      if (entity.role != Role::declared) continue;
      const Statement& s = ast_.statements[entity.statement];
      if (s.broken || entity.value.boolean) continue;
      const std::string name(entity.name);
      const std::string unit = entity.value.known ? entity.unit.name : "unit";
      problems_.add("no-value",
                    quoted(entity.name) + " is declared but gets no value (Brian 2 would take it from Python)", s.name,
                    "'param " + name + " : " + unit + " ~ prior' to fit it, 'const " + name +
                        " = value' to fix it, 'input " + name + " : " + unit + "' if it is recorded or commanded");
    }
  }
};

ir::Model Builder::build(std::string_view source_text, std::string_view file_name) {
  ir::Model model;
  const std::size_t slash = file_name.find_last_of('/');
  model.name = std::string(slash == std::string_view::npos ? file_name : file_name.substr(slash + 1));
  if (const std::size_t dot = model.name.rfind('.'); dot != std::string::npos && dot > 0) model.name.resize(dot);
  model.source_text = source_text;
  ir::Graph& graph = model.graph;

  const auto add_symbol = [&](std::string_view name, ir::SymbolKind kind, const units::Unit& unit, Extent where) {
    ir::Symbol symbol;
    symbol.name = name;
    symbol.kind = kind;
    symbol.unit = unit;
    symbol.span = ast_.source->span(where, widest_kept_line);
    model.symbols.push_back(std::move(symbol));
    return ir::SymbolId{static_cast<std::uint32_t>(model.symbols.size() - 1)};
  };
  const units::Unit ms = *units::find_unit("ms");
  model.time = add_symbol("t", ir::SymbolKind::time, ms, {});
  model.step = add_symbol("dt", ir::SymbolKind::step, ms, {});
  Span nowhere;
  nowhere.file = file_name;
  for (const ir::SymbolId id : {model.time, model.step}) model.symbols[index(id)].span = nowhere;
  // Symbols, in the order of the text.
  for (Entity& entity : entities_) {
    const Extent where = ast_.statements[entity.statement].name;
    switch (entity.role) {
      case Role::state:
        entity.symbol = add_symbol(entity.name, ir::SymbolKind::state, entity.unit, where);
        break;
      case Role::parameter:
        entity.symbol = add_symbol(entity.name, ir::SymbolKind::parameter, entity.unit, where);
        break;
      case Role::input:
        entity.symbol = add_symbol(entity.name, ir::SymbolKind::input, entity.unit, where);
        break;
      case Role::constant:
        if (entity.literal) entity.symbol = add_symbol(entity.name, ir::SymbolKind::constant, entity.unit, where);
        break;
      case Role::definition:
      case Role::declared:
      case Role::broken:
        break;
    }
  }

  // What every name is while the model runs.
  std::vector<ir::NodeId> running(entities_.size(), ir::no_node);
  const auto is_computed = [](const Entity& entity) {
    return entity.role == Role::definition || (entity.role == Role::constant && !entity.literal);
  };
  for (std::uint32_t i = 0; i < entities_.size(); ++i)
    if (!is_computed(entities_[i])) running[i] = graph.symbol(entities_[i].symbol);
  const auto entity_index = [&](std::string_view name) {
    const auto place = by_name_.find(name);
    HILLOCK_CHECK(place != by_name_.end(), "an unchecked name");
    return place->second;
  };
  const auto implied = [&](std::string_view name) -> std::optional<ir::NodeId> {
    if (by_name_.contains(name)) return std::nullopt;
    if (name == "t") return graph.symbol(model.time);
    if (name == "dt") return graph.symbol(model.step);
    return std::nullopt;
  };
  const ResolveNode resolve = [&](std::string_view name) {
    if (const auto node = implied(name)) return *node;
    return running[entity_index(name)];
  };
  const auto lower_value = [&](const Entity& entity, const ResolveNode& names) {
    const ir::NodeId node = lower(ast_, ast_.statements[entity.statement].value, graph, names);
    return entity.value.boolean ? node : as_real(graph, node);
  };
  for (const std::uint32_t i : run_order_)
    if (is_computed(entities_[i])) running[i] = lower_value(entities_[i], resolve);

  // What every name is at the start.
  std::vector<ir::NodeId> initially = running;
  for (std::uint32_t i = 0; i < entities_.size(); ++i)
    if (entities_[i].role == Role::state) initially[i] = graph.constant(0.0);
  const ResolveNode resolve_initially = [&](std::string_view name) {
    if (const auto node = implied(name)) return *node;
    return initially[entity_index(name)];
  };
  std::vector<std::uint32_t> started;
  for (std::uint32_t i = 0; i < entities_.size(); ++i)
    if (entities_[i].init) started.push_back(i);
  for (const std::uint32_t i :
       dependency_order(static_cast<std::uint32_t>(entities_.size()), started, initial_needs(), [](const auto&) {})) {
    const Entity& entity = entities_[i];
    if (entity.role == Role::state && entity.init)
      initially[i] = as_real(graph, lower(ast_, ast_.statements[*entity.init].value, graph, resolve_initially));
    else if (is_computed(entity)) initially[i] = lower_value(entity, resolve_initially);
  }

  const auto lower_real = [&](const Expr& expr, const ResolveNode& names) {
    return as_real(graph, lower(ast_, expr, graph, names));
  };
  for (std::uint32_t i = 0; i < entities_.size(); ++i) {
    const Entity& entity = entities_[i];
    const Statement& s = ast_.statements[entity.statement];
    switch (entity.role) {
      case Role::state:
        model.states.push_back({entity.symbol, lower_real(s.value, resolve), initially[i]});
        break;
      case Role::parameter: {
        ir::Parameter parameter{entity.symbol, std::nullopt, std::nullopt};
        if (const auto place = defaults_.find(entity.statement); place != defaults_.end())
          parameter.value = place->second;
        if (const auto place = priors_.find(entity.statement); place != priors_.end()) parameter.prior = place->second;
        model.parameters.push_back(std::move(parameter));
        break;
      }
      case Role::input:
        model.inputs.push_back(entity.symbol);
        break;
      case Role::constant:
        if (entity.literal) {
          model.constants.push_back({entity.symbol, defaults_.at(entity.statement)});
          break;
        }
        [[fallthrough]];
      case Role::definition:
        model.definitions.push_back({std::string(entity.name), as_real(graph, running[i]), entity.unit});
        break;
      case Role::declared:
      case Role::broken:
        break;
    }
  }

  for (std::uint32_t i = 0; i < ast_.statements.size(); ++i) {
    const Statement& s = ast_.statements[i];
    if (s.kind == Kind::observe) {
      const Distribution& noise = *s.distribution;
      ir::Observation observation;
      observation.channel = text(s.name);
      observation.family = text(noise.family) == "ar1" ? ir::NoiseFamily::ar1 : ir::NoiseFamily::normal;
      observation.mean = lower_real(noise.arguments[0], resolve);
      observation.sd = lower_real(noise.arguments[1], resolve);
      if (noise.arguments.size() > 2) observation.tau = lower_real(noise.arguments[2], resolve);
      observation.span = ast_.source->span(s.at, widest_kept_line);
      observation.unit = observed_units_.at(i);
      model.observations.push_back(std::move(observation));
    } else if (s.kind == Kind::require) {
      const Range& range = ranges_.at(i);
      std::optional<ir::SymbolId> bound;
      const std::string_view name = text(s.name);
      std::optional<ir::NodeId> fresh;
      if (!name.empty()) {
        if (const Entity* entity = find(name)) {
          bound = entity->symbol;
        } else if (name == "t") {
          bound = model.time;
        } else {
          bound = add_symbol(name, ir::SymbolKind::bound, units::display_unit(range.bound.dimension), s.name);
          fresh = graph.symbol(*bound);
        }
      }
      const ResolveNode with_bound = [&](std::string_view wanted) {
        return fresh && wanted == name ? *fresh : resolve(wanted);
      };
      for (const RequiredItem& item : s.items) {
        ir::Requirement requirement{};
        requirement.expression = lower_real(item.expression, with_bound);
        requirement.reduce = item.reduce == RequiredItem::Reduce::maximum   ? ir::Requirement::Reduce::maximum
                             : item.reduce == RequiredItem::Reduce::minimum ? ir::Requirement::Reduce::minimum
                                                                            : ir::Requirement::Reduce::every;
        requirement.low = range.low;
        requirement.high = range.high;
        requirement.bound = bound;
        requirement.from = range.from;
        requirement.to = range.to;
        requirement.text = format_requirement(ast_, s, item);
        requirement.span = ast_.source->span(item.at, widest_kept_line);
        model.requirements.push_back(std::move(requirement));
      }
    }
  }
  return model;
}

}  // namespace

Result<ir::Model> load_model(std::string_view text, std::string_view file_name) {
  Recovered parsed = parse_recovering(text, file_name);
  Builder builder(parsed.ast, parsed.problems);
  builder.check();
  if (parsed.problems.any()) return fail(parsed.problems.take());
  return builder.build(text, file_name);
}

}  // namespace hillock::lang
