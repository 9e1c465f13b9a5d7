#include "lang/declare.hpp"

#include <unordered_set>

#include "lang/flags.hpp"
#include "lang/words.hpp"
#include "units/unit_parser.hpp"

namespace hillock::lang {
namespace {

using Kind = Statement::Kind;

std::optional<Role> role_of(Kind kind) {
  switch (kind) {
    case Kind::ode: return Role::state;
    case Kind::definition: return Role::definition;
    case Kind::declaration: return Role::declared;
    case Kind::param: return Role::parameter;
    case Kind::constant: return Role::constant;
    case Kind::input: return Role::input;
    default: return std::nullopt;
  }
}

/// Does a statement of this role say where the value of its name comes from?
bool gives_value(Role role) { return role == Role::parameter || role == Role::constant || role == Role::input; }

class Declarations {
 public:
  Declarations(const Ast& ast, Problems& problems) : ast_(ast), problems_(problems) {}

  Names take() {
    for (std::uint32_t i = 0; i < ast_.statements.size(); ++i) {
      const Statement& s = ast_.statements[i];
      if (const auto role = role_of(s.kind)) declare(i, *role);
      else if (s.kind == Kind::observe && !s.broken) names_.channels.emplace(ast_.text(s.name), i);
      else if (s.kind == Kind::threshold) names_.has_threshold = true;
      else if (s.kind == Kind::table && !s.broken) declare_table(i);
      if (s.kind == (ast_.brian ? Kind::refractory : Kind::threshold)) names_.has_last_spike = true;
    }
    check_table_names();
    find_assigned();
    return std::move(names_);
  }

 private:
  const Ast& ast_;
  Problems& problems_;
  Names names_;

  void declare(std::uint32_t index, Role role) {
    const Statement& s = ast_.statements[index];
    Entity entity;
    entity.statement = index;
    entity.name = ast_.text(s.name);
    entity.role = role;
    if (role == Role::declared) entity.declaration = index;
    entity.value = Value::unknown();
    if (!s.unit.empty()) give_unit(entity, s);
    if (const std::string why = why_illegal(entity.name, ast_.brian); !why.empty()) {
      problems_.add("illegal-name", why + " and cannot name a variable", s.name);
      entity.role = Role::broken;
      entity.value = Value::unknown();
    }
    check_flags(ast_, s, role, problems_);
    const auto [place, is_new] =
        names_.by_name.try_emplace(entity.name, static_cast<std::uint32_t>(names_.entities.size()));
    if (is_new) names_.entities.push_back(std::move(entity));
    else declare_again(names_.entities[place->second], std::move(entity), role);
  }

  /// A name that is there already. Two statements may be about one: a Brian 2 parameter `x : unit (constant)`, and
  /// another that gives it its value.
  void declare_again(Entity& before, Entity entity, Role role) {
    if (before.role == Role::broken || entity.role == Role::broken) return;  // reported
    const Statement& s = ast_.statements[entity.statement];
    const Extent before_at = ast_.statements[before.statement].name;
    const bool completes =
        (before.role == Role::declared && gives_value(role)) || (role == Role::declared && gives_value(before.role));
    if (!completes) {
      problems_.add("duplicate", quoted(entity.name) + " is defined twice, first in " + line_of(ast_, before_at),
                    s.name, "rename one, or delete it");
      return;
    }
    if (before.value.known && entity.value.known && before.value.dimension != entity.value.dimension) {
      problems_.add("unit-mismatch",
                    quoted(entity.name) + " is " + units::describe(entity.value.dimension) + " here, but " +
                        units::describe(before.value.dimension) + " in " + line_of(ast_, before_at),
                    s.unit);
      before.role = Role::broken;
      before.value = Value::unknown();
      return;
    }
    const bool both_written = before.value.known && entity.value.known;
    if (both_written && (before.value.boolean != entity.value.boolean || before.value.whole != entity.value.whole)) {
      problems_.add("type-mismatch",
                    quoted(entity.name) + " is " + quoted(ast_.text(s.unit)) + " here, but " +
                        quoted(ast_.text(ast_.statements[before.statement].unit)) + " in " + line_of(ast_, before_at),
                    s.unit);
      before.role = Role::broken;
      before.value = Value::unknown();
      return;
    }
    if (role == Role::declared) {
      if (!before.value.known && ast_.statements[before.statement].unit.empty())
        before.value = entity.value, before.unit = entity.unit;
      before.declaration = entity.statement;
      return;
    }
    if (!entity.value.known && s.unit.empty()) entity.value = before.value, entity.unit = before.unit;
    entity.declaration = before.declaration;
    before = std::move(entity);
  }

  void declare_table(std::uint32_t index) {
    const Statement& s = ast_.statements[index];
    const std::string_view name = ast_.text(s.name);
    Table table;
    table.statement = index;
    if (!s.unit.empty())
      if (const WrittenUnit unit = read_unit(s); unit.unit) table.dimension = unit.unit->dimension;
    if (const std::string why = why_illegal(name, ast_.brian); !why.empty())
      problems_.add("illegal-name", why + " and cannot name a table", s.name);
    const auto [place, is_new] = names_.tables.try_emplace(name, std::move(table));
    if (!is_new)
      problems_.add("duplicate",
                    "the table " + quoted(name) + " is given twice, first in " +
                        line_of(ast_, ast_.statements[place->second.statement].name),
                    s.name, "rename one, or delete it");
  }

  void check_table_names() {
    for (const auto& [name, table] : names_.tables)
      if (const Entity* entity = names_.find(name))
        problems_.add("duplicate",
                      quoted(name) + " is a table and " + std::string(role_text(entity->role)) + ", in " +
                          line_of(ast_, ast_.statements[entity->statement].name),
                      ast_.statements[table.statement].name, "rename one");
  }

  /// A declared variable that a reset or an event changes, or that has an initial value, is a state without an
  /// equation. One with a value from `param` or `const` starts there.
  void find_assigned() {
    std::unordered_set<std::string_view> changed, started;
    for (const Statement& s : ast_.statements) {
      if (s.kind == Kind::init && !s.broken) started.insert(ast_.text(s.name));
      if (s.kind == Kind::reset || s.kind == Kind::on)
        for (const ResetAssignment& assignment : s.assignments) changed.insert(ast_.text(assignment.name));
    }
    const auto count = static_cast<std::uint32_t>(names_.entities.size());
    for (std::uint32_t i = 0; i < count; ++i) {
      const Entity& entity = names_.entities[i];
      const bool is_changed = changed.contains(entity.name);
      const bool valued = entity.role == Role::parameter || entity.role == Role::constant;
      if (!entity.declaration || (entity.role != Role::declared && !valued)) continue;
      if (!is_changed && (valued || !started.contains(entity.name))) continue;
      std::optional<std::uint32_t> value;
      if (valued) {
        value = static_cast<std::uint32_t>(names_.entities.size());
        names_.entities.push_back(Entity(entity));
      }
      Entity& state = names_.entities[i];
      state.role = Role::state;
      state.assigned = true;
      state.statement = *state.declaration;
      state.starts_from = value;
    }
  }

  void give_unit(Entity& entity, const Statement& s) {
    const WrittenUnit written = read_unit(s);
    if (!written.unit) return;
    entity.unit = *written.unit;
    entity.value = Value::of(written.unit->dimension);
    entity.value.boolean = written.boolean;
    entity.value.whole = written.whole;
    if (!written.boolean && !written.whole) return;
    const Role role = entity.role;
    if (role == Role::state) {
      problems_.add("type-mismatch",
                    "a differential equation needs a real variable, found " + quoted(ast_.text(s.unit)), s.unit,
                    "': 1'");
    } else if (role == Role::parameter || role == Role::input) {
      problems_.add("type-mismatch",
                    std::string(role_text(role)) + " is a real number, found " + quoted(ast_.text(s.unit)), s.unit,
                    "': 1', or a value of the model: 'const " + std::string(entity.name) + " = ...'");
    }
  }

  /// The unit of a statement. Each text is read once, but its mistakes are reported wherever it stands.
  WrittenUnit read_unit(const Statement& s) {
    const std::string_view written = ast_.text(s.unit);
    if (const auto place = names_.units.find(written); place != names_.units.end() && place->second.unit)
      return place->second;
    WrittenUnit out;
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
    names_.units[written] = out;
    return out;
  }
};

}  // namespace

Names declare(const Ast& ast, Problems& problems) { return Declarations(ast, problems).take(); }

}  // namespace hillock::lang
