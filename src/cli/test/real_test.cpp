// The real program, from a new study to its verdict and back through the lock file.

#include <nlohmann/json.hpp>
#include <cstdlib>
#include <filesystem>
#include <regex>

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
  for (const char* heavy : {"libhillock_compiler", "libnetcdf", "libhdf5", "libpagmo", "libcurl"})
    EXPECT_EQ(libraries.out.find(heavy), std::string::npos) << heavy;
}

/// The compiler is the slow part of a start; where the code is kept it is not even loaded. A changed file is as none.
TEST(RealProgram, ASecondRunTakesTheCodeOfTheFirstWithTheSameBits) {
  namespace fs = std::filesystem;
  const Scratch scratch;
  const std::string model = scratch.write("m.model", "dx/dt = exp(-x)/ms - x**3/(2*ms) : 1\ninit x = 3\n");
  const std::string cache = scratch.path("cache");
  const auto simulated = [&](const std::string& out, std::vector<std::string> flags) {
    flags.insert(flags.begin(),
                 // Long enough that it is compiled rather than interpreted.
                 {"simulate", model, "--integrator", "rk4", "--duration", "500 ms", "--out", scratch.path(out)});
    ::setenv("HILLOCK_CACHE", cache.c_str(), 1);
    ::setenv("LD_DEBUG", "files", 1);  // the loader says on stderr what it loads
    const Ran ran = run(flags);
    ::unsetenv("LD_DEBUG");
    ::unsetenv("HILLOCK_CACHE");
    EXPECT_EQ(ran.code, 0) << ran.err;
    return ran.err.find("libhillock_compiler") != std::string::npos;
  };
  if (run({"simulate", model, "--isa", "avx2"}).err.find("backend-absent") != std::string::npos)
    GTEST_SKIP() << "no instruction set that we compile for";
  EXPECT_TRUE(simulated("none.csv", {"--no-cache"})) << "compiled";
  EXPECT_FALSE(fs::exists(cache)) << "nothing is kept where it is not wanted";
  EXPECT_TRUE(simulated("first.csv", {})) << "compiled";
  EXPECT_FALSE(simulated("second.csv", {})) << "kept";
  std::vector<fs::path> files;
  for (const auto& file : fs::directory_iterator(cache)) files.push_back(file.path());
  ASSERT_EQ(files.size(), 1U);
  fs::resize_file(files[0], fs::file_size(files[0]) - 1);
  EXPECT_TRUE(simulated("third.csv", {})) << "compiled anew";
  EXPECT_FALSE(simulated("fourth.csv", {})) << "kept again";
  EXPECT_FALSE(simulated("interpreted.csv", {"--isa", "interpreter", "--no-cache"}));
  EXPECT_FALSE(scratch.read("none.csv").empty());
  for (const char* other : {"first.csv", "second.csv", "third.csv", "fourth.csv", "interpreted.csv"})
    EXPECT_TRUE(scratch.read(other) == scratch.read("none.csv")) << other;
}

/// The same bits on every machine, so the same text; what is off in the last digits is any number below 1e-6.
TEST(RealProgram, Float32SaysWhatItCosts) {
  const Scratch scratch;
  const std::string model = scratch.write("cell.model",
                                          "dv/dt = (30*mV - v)/(10*ms) : mV\n"
                                          "dw/dt = (v/mV - w)/(2*second) : 1\n"
                                          "threshold v > 20*mV\n"
                                          "reset v = 0*mV\n");
  const Ran ran = run({"simulate", model, "--duration", "100 ms", "--precision", "float32"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  const std::string said = std::regex_replace(
      scratch.without_path(ran.out), std::regex(R"( \d(\.\d)?e-(0[789]|1\d) \(\d(\.\d)?e-(0[789]|1\d)\))"), " E");
  EXPECT_EQ(said.substr(0, said.find("\n\n")),
            R"(DIR/cell.model: 1001 samples, every 0.1 ms, exponential_euler, float32
  v                       0 to 19.9135      mV
  w                       0 to 0.566555     1
  9 spikes: the first at 10.9 ms, the last at 98.9 ms
  float32, against this run in float64:
    traces, off by up to, as part of their range (root mean square):
      v            E
      w            E
    spikes: all 9 are there, shifted by up to 0 ms)");
  const Ran refused = run({"simulate", model, "--precision", "float32", "--integrator", "dopri5"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_NE(refused.err.find("float32 is not for dopri5"), std::string::npos) << refused.err;
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
