// The language against Brian 2 itself: brian_expressions.tsv holds 500 expressions (a list of corner cases and random
// trees), with the dimension and the value that Brian 2.5.1 gives them, or its refusal.

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <set>
#include <sstream>

#include "ir/interpret.hpp"
#include "lang/load.hpp"
#include "lang/words.hpp"

namespace hillock::lang {
namespace {

struct Row {
  std::string expression, dimension, value;
};

std::vector<Row> rows() {
  std::ifstream file(std::string(HILLOCK_SOURCE_DIR) + "/src/lang/test/brian_expressions.tsv");
  std::vector<Row> out;
  for (std::string line; std::getline(file, line);) {
    std::istringstream parts(line);
    Row row;
    std::getline(parts, row.expression, '\t');
    std::getline(parts, row.dimension, '\t');
    std::getline(parts, row.value, '\t');
    out.push_back(row);
  }
  return out;
}

// What the oracle used: v = -65 mV, u = 12.5 mV, g = 10 nS, tau = 20 ms, w = 2.75, n = -7.5, k = 3, flag = True.
constexpr const char* variables =
    "input v : volt\ninput u : volt\ninput g : siemens\ninput tau : second\ninput w : 1\ninput n : 1\n"
    "const k : integer = 3\nflag = w > 1 : boolean\n";

double value_of(std::string_view name) {
  if (name == "v") return -0.065;
  if (name == "u") return 0.0125;
  if (name == "g") return 1e-8;
  if (name == "tau") return 0.02;
  if (name == "w") return 2.75;
  if (name == "n") return -7.5;
  if (name == "k") return 3.0;
  return NAN;
}

std::string unit_text(const std::string& dimension) {
  static constexpr const char* names[] = {"metre", "kilogram", "second", "amp", "kelvin", "mole", "candle"};
  std::istringstream parts(dimension);
  std::string out;
  for (const char* name : names) {
    std::string exponent;
    parts >> exponent;
    if (exponent != "0") out += (out.empty() ? "" : "*") + std::string(name) + "**" + exponent;
  }
  return out.empty() ? "1" : out;
}

Result<ir::Model> with(const std::string& expression, const std::string& unit) {
  return load_model(variables + ("XX = " + expression + " : " + unit + "\n"), "brian.model");
}

// Differences that docs/language.md states.
const std::set<std::string> accepted_here = {"v > 0", "max(w, 1)", "arctan2(w, 1)"};
const std::set<std::string> refused_here = {"not w"};
// sympy turns (t - t)/0 into 0; by the rules of arithmetic it is no number.
const std::set<std::string> nan_here = {"((5*ms - (5*ms))/((1.5) % (0.5)))**2/(sqrt((20*msecond)**2) + (-(5*ms)))"};

TEST(Brian, DimensionsAndValues) {
  const auto all = rows();
  ASSERT_GE(all.size(), 490U);
  int refused = 0, compared = 0;
  for (const Row& row : all) {
    if (row.dimension == "error") {
      // Refused whatever unit is declared: the mistake is inside.
      const auto model = with(row.expression, "1");
      const auto second = with(row.expression, "volt");
      if (accepted_here.contains(row.expression)) {
        EXPECT_TRUE(model.has_value()) << row.expression;
        continue;
      }
      EXPECT_FALSE(model.has_value()) << row.expression;
      EXPECT_FALSE(second.has_value()) << row.expression;
      ++refused;
      continue;
    }
    const std::string unit = unit_text(row.dimension);
    const auto model = with(row.expression, unit);
    if (refused_here.contains(row.expression)) {
      EXPECT_FALSE(model.has_value()) << row.expression;
      continue;
    }
    ASSERT_TRUE(model.has_value()) << row.expression << "\n" << render(model.error());
    // Any other unit is refused, unless the value is a literal that has none (inf).
    const bool has_unit = row.expression != "inf";
    EXPECT_EQ(has_unit, !with(row.expression, unit == "1" ? "volt" : "1").has_value()) << row.expression;
    std::vector<double> symbols;
    for (const ir::Symbol& symbol : model->symbols) symbols.push_back(value_of(symbol.name));
    const double ours = ir::evaluate(model->graph, model->definitions.back().node, symbols);
    const double theirs = std::stod(row.value);
    ASSERT_EQ(model->definitions.back().name, "XX");
    if (std::isnan(theirs) || nan_here.contains(row.expression)) {
      EXPECT_TRUE(std::isnan(ours)) << row.expression;
    } else if (std::isinf(theirs)) {
      EXPECT_EQ(ours, theirs) << row.expression;
    } else {
      // Brian reorders terms with sympy: a few roundings of 1e-16, amplified where a sum cancels. The operands are
      // between 1e-9 and 1e9 of their SI units, so 1e-9 relative leaves room for that and for nothing else.
      EXPECT_NEAR(ours, theirs, 1e-9 * std::abs(theirs) + 1e-24) << row.expression;
    }
    ++compared;
  }
  EXPECT_GE(refused, 30);
  EXPECT_GE(compared, 430);
}

// brian2.equations.equations refuses these names, and accepts those; checked with Brian 2.5.1.
TEST(Brian, Names) {
  for (const char* name : {"_x",
                           "t",
                           "dt",
                           "t_in_timesteps",
                           "xi",
                           "xi_1",
                           "i",
                           "N",
                           "not_refractory",
                           "refractory",
                           "refractory_until",
                           "lambda",
                           "for",
                           "in",
                           "v_pre",
                           "v_post",
                           "mV",
                           "volt",
                           "exp",
                           "clip",
                           "rand",
                           "timestep",
                           "e",
                           "pi",
                           "inf"})
    EXPECT_FALSE(why_illegal(name).empty()) << name;
  for (const char* name : {"I", "j", "beta", "lastspike", "V", "x_", "damp", "E_K", "gamma", "s", "T"})
    EXPECT_TRUE(why_illegal(name).empty()) << name << ": " << why_illegal(name);
}

}  // namespace
}  // namespace hillock::lang
