#include "lang/words.hpp"

#include <algorithm>
#include <array>

#include "ir/op.hpp"
#include "units/unit.hpp"

namespace hillock::lang {
namespace {

constexpr std::array<std::string_view, 13> statements = {"const",   "dialect", "event",    "init",       "input",
                                                         "observe", "on",      "param",    "refractory", "require",
                                                         "reset",   "table",   "threshold"};

constexpr std::string_view python[] = {"False",  "None",   "True",    "and",      "as",       "assert", "async",
                                       "await",  "break",  "class",   "continue", "def",      "del",    "elif",
                                       "else",   "except", "finally", "for",      "from",     "global", "if",
                                       "import", "in",     "is",      "lambda",   "nonlocal", "not",    "or",
                                       "pass",   "raise",  "return",  "try",      "while",    "with",   "yield"};

constexpr std::string_view special[] = {
    "t", "dt", "t_in_timesteps", "xi", "i", "N", "not_refractory", "refractory", "refractory_until"};

}  // namespace

std::span<const std::string_view> statement_words() { return statements; }

bool is_statement_word(std::string_view name) {
  return std::ranges::find(statement_words(), name) != statement_words().end();
}

bool is_random(std::string_view function) { return function == "rand" || function == "randn" || function == "poisson"; }

bool is_python_keyword(std::string_view name) { return std::ranges::find(python, name) != std::end(python); }

bool is_of_hillock_only(std::string_view function) {
  return function == "min" || function == "max" || function == "arctan2";
}

std::string why_illegal(std::string_view name, bool brian) {
  const std::string quoted = "'" + std::string(name) + "'";
  if (name.starts_with('_')) return quoted + " starts with an underscore";
  if (is_python_keyword(name)) return quoted + " is a keyword";
  if (is_statement_word(name)) return quoted + " is a word of the model language";
  if (std::ranges::find(special, name) != std::end(special) || name.starts_with("xi_"))
    return quoted + " has a special meaning in equations";
  if (name == "e" || name == "pi" || name == "inf") return quoted + " is a constant";
  if (name.ends_with("_pre") || name.ends_with("_post")) return quoted + " means a variable on one side of a synapse";
  if (units::find_unit(name) != nullptr) return quoted + " is the name of a unit";
  if (brian && is_of_hillock_only(name)) return {};
  if (ir::find_function(name) != nullptr || name == "timestep" || name == "arctan2" || is_random(name))
    return quoted + " is the name of a function";
  return {};
}

std::string physical_constant(std::string_view name) {
  struct Row {
    std::string_view name, value;
  };
  // The values of Brian 2 (brian2.units.constants), under its names and the usual symbols.
  static constexpr Row rows[] = {
      {"F", "96485.33289*coulomb/mole"},      {"faraday_constant", "96485.33289*coulomb/mole"},
      {"R", "8.3144598*joule/mole/kelvin"},   {"gas_constant", "8.3144598*joule/mole/kelvin"},
      {"k_B", "1.38064852e-23*joule/kelvin"}, {"boltzmann_constant", "1.38064852e-23*joule/kelvin"},
      {"N_A", "6.022140857e23/mole"},         {"avogadro_constant", "6.022140857e23/mole"},
      {"q_e", "1.6021766208e-19*coulomb"},    {"elementary_charge", "1.6021766208e-19*coulomb"},
      {"zero_celsius", "273.15*kelvin"},
  };
  for (const Row& row : rows)
    if (row.name == name) return "const " + std::string(name) + " = " + std::string(row.value);
  return {};
}

}  // namespace hillock::lang
