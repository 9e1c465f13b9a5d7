// The table of differences from Brian 2 in docs/language.md, a test for each row. What Brian 2 does was run with 2.5.1.

#include <gtest/gtest.h>

#include <cmath>

#include "ir/interpret.hpp"
#include "lang/format.hpp"
#include "lang/load.hpp"

namespace hillock::lang {
namespace {

const std::string brian = "dialect = \"brian2\"\n";

/// The codes of the errors, or "".
std::string codes(const std::string& text) {
  const auto model = load_model(text, "m");
  std::string out;
  if (!model)
    for (const Error& error : model.error()) out += (out.empty() ? "" : " ") + error.code;
  return out;
}

/// What the last definition is with every symbol at `symbols`.
double value(const std::string& text, double symbols = 0.0) {
  const auto model = load_model(text, "m");
  EXPECT_TRUE(model.has_value()) << (model ? "" : render(model.error()));
  if (!model) return NAN;
  return ir::evaluate(model->graph, model->definitions.back().node,
                      std::vector<double>(model->symbols.size(), symbols));
}

TEST(Dialect, ZeroHasNoUnit) {
  const std::string text = "dv/dt = -v/(5*ms) : volt\nthreshold v > 0\n", still = "dv/dt = 0 : volt\n";
  EXPECT_EQ(codes(text), "");
  EXPECT_EQ(codes(still), "");
  EXPECT_EQ(codes(brian + text), "unit-mismatch");
  EXPECT_EQ(codes(brian + still), "unit-mismatch");
  EXPECT_EQ(codes("input v : volt\nx = clip(v, 0*mV, inf) : volt\n"), "");
  EXPECT_EQ(codes(brian + "input v : volt\nx = clip(v, 0*mV, inf) : volt\n"), "unit-mismatch");
  EXPECT_EQ(codes(brian + "dv/dt = 0*volt/second : volt\nthreshold v > 0*volt\n"), "");
}

TEST(Dialect, MinMaxAndArctan2AreNames) {
  const std::string names = "const max = 3\nmin : 1\ninput min : 1\narctan2 = max + min : 1\n";
  EXPECT_EQ(codes(names), "illegal-name illegal-name illegal-name illegal-name");
  EXPECT_EQ(codes(brian + names), "");
  for (const char* call :
       {"x = max(t/second, 1) : 1\n", "x = min(t/second, 1) : 1\n", "x = arctan2(t/second, 1) : 1\n"}) {
    EXPECT_EQ(codes(call), "");
    EXPECT_EQ(codes(brian + call), "unknown-function") << call;
  }
  EXPECT_EQ(codes(brian + "x = max + 1 : 1\n"), "unknown-name");
}

TEST(Dialect, ZeroOverZeroStays) {
  const std::string rate = "input v : 1\na = v/(exp(v) - 1) : 1\n";
  EXPECT_EQ(value(rate), 1.0);
  EXPECT_TRUE(std::isnan(value(brian + rate)));
  EXPECT_NEAR(value(brian + rate, 2.0), value(rate, 2.0), 1e-15);
  EXPECT_EQ(load_model(rate, "m")->notes.size(), 1U);
  EXPECT_TRUE(load_model(brian + rate, "m")->notes.empty());
}

TEST(Dialect, NotTakesNumbers) {
  EXPECT_EQ(codes("x = int(not 3) : 1\n"), "type-mismatch");
  EXPECT_EQ(value(brian + "x = int(not 3) : 1\n"), 0.0);
  EXPECT_EQ(value(brian + "input v : 1\nx = int(not v) : 1\n", 0.0), 1.0);
  EXPECT_EQ(value(brian + "input v : 1\nx = int(not (v > 1)) : 1\n", 2.0), 0.0);
  EXPECT_EQ(codes(brian + "input v : 1\nx = int(3 and v) : 1\n"), "type-mismatch type-mismatch");
}

TEST(Dialect, RandomFunctionsAreCalledOnceInAnExpression) {
  const std::string twice = "x = rand() + rand() : 1 (constant over dt)\n";
  EXPECT_EQ(codes(twice), "");
  EXPECT_EQ(load_model(twice, "m")->streams, 2U);
  EXPECT_EQ(codes(brian + twice), "random-misplaced");
  EXPECT_EQ(codes(brian + "x = rand() + randn() : 1 (constant over dt)\ny = rand() : 1 (constant over dt)\n"), "");
}

TEST(Dialect, LastspikeBelongsToARefractoryPeriod) {
  const std::string text = "dv/dt = 1/ms : 1\nthreshold v > 1 and t - lastspike > 1*ms and not_refractory\n";
  EXPECT_EQ(codes(text), "");
  EXPECT_EQ(codes(brian + text), "no-threshold no-threshold");
  EXPECT_EQ(codes(brian + text + "refractory 1*ms\n"), "");
}

TEST(Dialect, RowsThatItDoesNotChange) {
  for (const std::string& head : {std::string(), brian}) {
    EXPECT_EQ(value(head + "x = 2**-1 : 1\n"), 0.5);
    EXPECT_EQ(codes(head + "x = 2.7 : integer\n"), "type-mismatch");
    EXPECT_EQ(codes(head + "input v : mV\nconst E = 2 mV\nx = v + 1 mV : mV\n"), "");
    EXPECT_EQ(codes(head + "const reset = 3\n"), "illegal-name");
  }
}

TEST(Dialect, ItsStatement) {
  EXPECT_EQ(codes("x = 1 : 1\ndialect = \"brian2\"\n"), "misplaced-dialect");
  EXPECT_EQ(codes("dialect = \"brian\"\nx = 1 : 1\n"), "unknown-dialect");
  EXPECT_EQ(codes("dialect = brian2\n"), "syntax");
  EXPECT_EQ(codes("dialect = \"brian2\n"), "bad-character");
  EXPECT_EQ(codes("x = \"brian2\" : 1\n"), "bad-character");
  EXPECT_EQ(codes("const dialect = 3\n"), "illegal-name");
  EXPECT_EQ(format_model("# a cell\ndialect=\"brian2\" ; x=1:1\n", "m").value(),
            "# a cell\ndialect = \"brian2\"\nx = 1 : 1\n");
}

}  // namespace
}  // namespace hillock::lang
