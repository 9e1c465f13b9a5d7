#include "report/terminal.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <sstream>

#include "report/test/synthetic.hpp"

namespace hillock::report {
namespace {

std::size_t columns(std::string_view line) {
  std::size_t n = 0;
  for (const char c : line) n += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1 : 0;
  return n;
}

TEST(Terminal, KeepsToItsWidth) {
  const verify::Verdict v = test::synthetic_document(2000).verdict;
  for (const int width : {40, 60, 80, 120}) {
    std::istringstream lines(render_terminal(v, false, width, "results/herg"));
    for (std::string line; std::getline(lines, line);) {
      if (line.find("verdict.json") != std::string::npos) continue;  // a path is for copying
      EXPECT_LE(columns(line), static_cast<std::size_t>(width)) << line;
    }
  }
}

TEST(Terminal, SaysWhatMatters) {
  const std::string text = render_terminal(test::synthetic_document(2000).verdict, false, 100, "results/herg");
  for (const char* part :
       {"misspecified", "0.007302", "47 of 49", "0.01610\u00A0±\u00A00.00082", "61\u202F%", "ohmic, fitted conductance",
        "p9 (µS)", "Known to be unknown", "p5⁰·⁷¹ / p6⁰·⁷⁰", "Not tested", "results/herg/report.html", "14.2 s"})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 42) << text;
}

TEST(Terminal, OfAFitBySimulationKeepsToItsWidth) {
  const verify::Verdict v = test::simulated_document().verdict;
  for (const int width : {40, 60, 80, 100}) {
    std::istringstream lines(render_terminal(v, false, width, "results/allen"));
    for (std::string line; std::getline(lines, line);) {
      if (line.find("verdict.json") != std::string::npos) continue;
      EXPECT_LE(columns(line), static_cast<std::size_t>(width)) << line;
    }
  }
}

TEST(Terminal, OfAFitBySimulationSaysWhatMatters) {
  for (const int width : {80, 100}) {
    const std::string text = render_terminal(test::simulated_document().verdict, false, width, "results/allen");
    for (const char* part : {"unidentifiable", "120\u202F000 simulations by tsnpe", "(13\u202F%)",
                             "Statistics that do not fit", "voltage_variance: 233 mV² in the data", "median",
                             "g_Na (mS/cm²)", "90 % interval", "124\u202F000 simulations in 41.3 s"})
      EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
    for (const char* part : {"best fit", "R-hat", "gradients", "starting points"})
      EXPECT_EQ(text.find(part), std::string::npos) << part << "\n" << text;
    EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 46) << text;
  }
  verify::Verdict v = test::simulated_document().verdict;
  v.simulated.statistics[6].observed = verify::not_computed;
  EXPECT_NE(render_terminal(v, false, 160).find("latency: no value in the data"), std::string::npos);
  for (auto& s : v.simulated.statistics) s.observed = s.predicted_median, s.inside = true;
  EXPECT_EQ(render_terminal(v, false, 160).find("Statistics that do not fit"), std::string::npos);
}

TEST(Terminal, ColoursOnlyWhereAskedAndLosesNothingWithout) {
  const verify::Verdict v = test::synthetic_document(2000).verdict;
  const std::string plain = render_terminal(v, false, 80);
  std::string coloured = render_terminal(v, true, 80);
  EXPECT_EQ(plain.find('\x1b'), std::string::npos);
  EXPECT_NE(coloured.find('\x1b'), std::string::npos);
  for (std::size_t at; (at = coloured.find('\x1b')) != std::string::npos;)
    coloured.erase(at, coloured.find('m', at) - at + 1);
  EXPECT_EQ(coloured, plain);
}

TEST(Terminal, ControlCharactersOfFilesDoNotReachTheTerminal) {
  verify::Verdict v;
  v.study = "a\x1b[2Jb\nc";
  v.reasons = {{"x", "evil \x1b]0;title\x07"}};
  v.parameters.resize(1);
  v.parameters[0].name = "p\x1b[31m";
  v.generalisation.resize(1);
  v.generalisation[0].name = "\x1b[31m", v.generalisation[0].error = 1;
  v.knowledge.untested = {{"\x1b[1m", "\x9b"}};
  const std::string text = render_terminal(v, false, 80, "r\x1b[1m");
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find('\x07'), std::string::npos);
}

TEST(Terminal, OfAnEmptyVerdict) {
  const std::string text = render_terminal(verify::Verdict{}, false, 0);
  EXPECT_EQ(text.substr(0, 8), "invalid:");
  EXPECT_EQ(text.find("nan"), std::string::npos);
}

}  // namespace
}  // namespace hillock::report
