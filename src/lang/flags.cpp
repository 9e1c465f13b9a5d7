#include "lang/flags.hpp"

#include <algorithm>

namespace hillock::lang {
namespace {

struct Flag {
  std::string_view name;
  bool ode, definition, declaration;  // where it may stand
  bool alone;                         // no other beside it
  std::string_view reason;            // why it cannot be run; empty: it can
};

constexpr std::string_view synapse = "there are no synapses yet";
constexpr std::string_view compartments = "there are no compartments yet";

constexpr Flag flags[] = {
    {"constant", false, false, true, false, ""},
    {"shared", false, true, true, false, ""},
    {"linked", false, false, true, true, ""},
    {"unless refractory", true, false, false, false, ""},
    {"constant over dt", false, true, false, false, ""},
    {"summed", false, true, false, true, synapse},
    {"event-driven", true, false, false, false, synapse},
    {"clock-driven", true, false, false, false, synapse},
    {"point current", false, true, true, false, compartments},
};

/// The words of a flag with one space between them.
std::string one_spaced(std::string_view written) {
  std::string out;
  for (const char c : written) {
    const bool space = c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
    if (!space) out += c;
    else if (!out.empty() && out.back() != ' ') out += ' ';
  }
  return out;
}

bool goes_with(const Flag& flag, Role role) {
  if (role == Role::state) return flag.ode;
  return role == Role::definition ? flag.definition : flag.declaration;
}

std::string_view statement_text(Role role) {
  if (role == Role::state) return "a differential equation";
  return role == Role::definition ? "a sub-expression" : "a parameter";
}

std::string nearest_flag(std::string_view name) {
  std::vector<std::string> names;
  for (const Flag& row : flags) names.emplace_back(row.name);
  return nearest(name, names);
}

}  // namespace

void check_flags(const Ast& ast, const Statement& statement, Role role, Problems& problems) {
  for (const Extent& written : statement.flags) {
    const std::string name = one_spaced(ast.text(written));
    const std::string what = "the flag " + quoted(name);
    const auto* flag = std::ranges::find(flags, name, &Flag::name);
    if (flag == std::end(flags)) {
      const std::string near = nearest_flag(name);
      problems.add("unknown-flag", "there is no flag " + quoted(name), written, near.empty() ? "" : "'" + near + "'");
    } else if (!goes_with(*flag, role)) {
      problems.add("misplaced-flag", what + " does not go with " + std::string(statement_text(role)), written);
    } else if (flag->alone && statement.flags.size() > 1) {
      problems.add("misplaced-flag", what + " must stand alone", written);
    } else if (!flag->reason.empty()) {
      problems.add_not_yet_run(what, std::string(flag->reason), written);
    }
  }
}

bool has_flag(const Ast& ast, const Statement& statement, std::string_view flag) {
  return std::ranges::any_of(statement.flags, [&](Extent at) { return one_spaced(ast.text(at)) == flag; });
}

}  // namespace hillock::lang
