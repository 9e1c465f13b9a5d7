// The real program, from a new study to its verdict and back through the lock file.

#include <nlohmann/json.hpp>
#include <cstdlib>

#include "cli/test/ran.hpp"
#include "study/test/scratch.hpp"

namespace hillock::cli {
namespace {

using study::Scratch;

Ran run(const std::vector<std::string>& arguments) { return run_program(HILLOCK_PROGRAM, arguments); }

TEST(RealProgram, LoadsNeitherTheCompilerNorTheFileFormatsToStart) {
  // What makes a start slow is the shared libraries; the loader lists them under this variable.
  ::setenv("LD_TRACE_LOADED_OBJECTS", "1", 1);
  const Ran libraries = run({});
  ::unsetenv("LD_TRACE_LOADED_OBJECTS");
  ASSERT_NE(libraries.out.find("libstdc++"), std::string::npos) << libraries.out;
  for (const char* heavy : {"libLLVM", "libnetcdf", "libhdf5", "libpagmo", "libcurl"})
    EXPECT_EQ(libraries.out.find(heavy), std::string::npos) << heavy;
}

TEST(RealProgram, ANewStudyIsFittedAndItsLockFileGivesTheSameNumbers) {
  const Scratch scratch;
  ASSERT_EQ(run({"new", scratch.path("gate")}).code, 0);
  EXPECT_EQ(run({"check", scratch.path("gate/channel.model")}).code, 0);
  EXPECT_EQ(run({"data", scratch.path("gate/train.csv")}).code, 0);
  const Ran first =
      run({"fit", scratch.path("gate"), "--out", scratch.path("a"), "--json", "--set", "search.draws=60"});
  ASSERT_EQ(first.code, 0) << first.err;
  const auto verdict = nlohmann::json::parse(first.out);
  EXPECT_EQ(verdict["schema"], "hillock.verdict/1");
  EXPECT_EQ(nlohmann::json::parse(scratch.read("a/verdict.json"))["status"], verdict["status"]);
  for (const char* file : {"a/posterior.nc", "a/report.html", "a/ledger.jsonl"})
    EXPECT_FALSE(scratch.read(file).empty()) << file;

  const Ran again = run({"fit", scratch.path("a/study.lock.toml"), "--out", scratch.path("b"), "--json"});
  ASSERT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(nlohmann::json::parse(again.out)["parameters"], verdict["parameters"]);
  EXPECT_EQ(nlohmann::json::parse(again.out)["generalisation"], verdict["generalisation"]);
  EXPECT_TRUE(scratch.read("a/posterior.nc") == scratch.read("b/posterior.nc"));
}

TEST(RealProgram, AModelsMistakesAreOne) {
  const Scratch scratch;
  const Ran ran = run({"check", scratch.write("bad.model", "dx/dt = (y - x)/ms : 1\ninput V : vlot\n"), "--json"});
  EXPECT_EQ(ran.code, 1);
  const auto errors = nlohmann::json::parse(ran.out)["errors"];
  EXPECT_EQ(errors.size(), 2U) << ran.out;
  EXPECT_EQ(errors[0]["line"], 1);
}

}  // namespace
}  // namespace hillock::cli
