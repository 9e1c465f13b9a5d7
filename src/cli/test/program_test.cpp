// The running program, on planted outcomes (planted_main.cpp): exit codes, streams, signals.

#include <nlohmann/json.hpp>
#include <chrono>
#include <cstdlib>

#include "cli/test/ran.hpp"
#include "study/test/scratch.hpp"

namespace hillock::cli {
namespace {

using study::Scratch;

Ran run(const std::vector<std::string>& arguments, const std::vector<int>& signals = {}, const std::string& when = {}) {
  return run_program(HILLOCK_PLANTED, arguments, signals, when);
}

/// A study of the given name, which chooses what the planted pipeline does.
std::string study_called(const Scratch& scratch, const std::string& name) {
  return study::write_study(scratch, "[study]\nname = \"" + name +
                                         "\"\n[model]\nfile = \"m.model\"\n[data.train]\nfile = \"d.csv\"\nobserve.I = "
                                         "\"current_nA\"\n");
}

TEST(Program, ItRan) {
  const Scratch scratch;
  const Ran ran = run({"fit", study_called(scratch, "fine")});
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.out, "verdict: consistent\n");
  EXPECT_EQ(ran.err, "");
}

TEST(Program, FlagsReachTheStudyAndTheRun) {
  const Scratch scratch;
  const Ran ran =
      run({"fit", study_called(scratch, "fine"), "--json", "--seed", "42", "--out=elsewhere", "--threads", "3", "--isa",
           "avx2", "--budget", "5min", "--resume", "--quiet", "--set", "search.starts=3", "--set", "search.screen=5"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  const auto json = nlohmann::json::parse(ran.out);
  EXPECT_EQ(json["seed"], 42);
  EXPECT_EQ(json["results"], "elsewhere");
  EXPECT_EQ(json["threads"], 3);
}

TEST(Program, WrongInputIsOneWithEveryErrorAsTextAndAsJson) {
  const Scratch scratch;
  const std::string study = study_called(scratch, "wrong");
  const Ran plain = run({"fit", study});
  EXPECT_EQ(plain.code, 1);
  EXPECT_EQ(plain.out, "");
  EXPECT_EQ(plain.err, "a: error: one [first]\nb: error: two [second]\n    try: less\n");
  const Ran json = run({"fit", study, "--json"});
  EXPECT_EQ(json.code, 1);
  const auto document = nlohmann::json::parse(json.out);
  ASSERT_EQ(document["errors"].size(), 2U);
  EXPECT_EQ(document["errors"][1]["code"], "second");
  EXPECT_EQ(document["errors"][1]["hint"], "less");
  const Ran key = run({"fit", study, "--set", "search.strats=3", "--json"});
  EXPECT_EQ(key.code, 1);
  EXPECT_EQ(nlohmann::json::parse(key.out)["errors"][0]["code"], "key-unknown");
}

TEST(Program, WrongUsageIsTwoWithTheNearest) {
  const Ran command = run({"fitt", "study.toml"});
  EXPECT_EQ(command.code, 2);
  EXPECT_EQ(command.err,
            "hillock: error: there is no command \"fitt\" [command-unknown]\n    try: did you mean `hillock fit`?\n");
  const Ran flag = run({"fit", "study.toml", "--seeed=3", "--thread", "2"});
  EXPECT_EQ(flag.code, 2);
  EXPECT_EQ(flag.err,
            "hillock fit: error: there is no flag --seeed [flag-unknown]\n    try: did you mean --seed?\n"
            "hillock fit: error: there is no flag --thread [flag-unknown]\n    try: did you mean --threads?\n"
            "hillock fit: error: the argument \"2\" was not expected [argument-extra]\n    try: hillock help fit\n");
  const Ran missing = run({"fit"});
  EXPECT_EQ(missing.code, 2);
  EXPECT_EQ(missing.err, "error: `hillock fit` needs STUDY [argument-missing]\n    try: hillock fit study.toml\n");
  EXPECT_EQ(run({}).code, 2);
  EXPECT_NE(run({"study.toml"}).err.find("try: hillock fit study.toml"), std::string::npos);
  for (const std::vector<std::string>& wrong : {std::vector<std::string>{"fit", "s.toml", "--threads", "many"},
                                                {"fit", "s.toml", "--isa", "sse"},
                                                {"fit", "s.toml", "--budget", "soon"},
                                                {"fit", "s.toml", "--require", "perfect"},
                                                {"fit", "s.toml", "--seed"},
                                                {"simulate", "m.model", "--set", "g"},
                                                {"simulate", "m.model", "--dt", "1 mV"},
                                                {"help", "fitt"},
                                                {"help", "options", "serach"},
                                                {"check", "m.model", "n.model"}}) {
    const Ran ran = run(wrong);
    EXPECT_EQ(ran.code, 2) << wrong[0] << " " << wrong.back() << ran.err;
    EXPECT_EQ(ran.out, "");
    EXPECT_NE(ran.err.find("error: "), std::string::npos);
  }
}

TEST(Program, JsonIsOneDocumentWhateverHappens) {
  const Scratch scratch;
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"fit", study_called(scratch, "fine"), "--json"},
        {"fit", "nowhere.toml", "--json"},
        {"fit", "--json"},
        {"--json", "fit"},
        {"fitt", "--json"},
        {"fit", "x", "--jsn", "--json"},
        {"fit", "x", "--threads", "many", "--json"},
        {"help", "--json"},
        {"--version", "--json"},
        {"check", "m.model", "--json"},
        {"simulate", "m.model", "--json"},
        {"data", "nowhere.npz", "--json"},
        {"data", scratch.path("d.csv"), "--json"},
        {"new", scratch.path("made"), "--json"},
        {"new", scratch.path("made"), "--json"},
        {"fit", study_called(scratch, "bug"), "--json"}}) {
    const Ran ran = run(arguments);
    EXPECT_TRUE(nlohmann::json::accept(ran.out)) << arguments[0] << ": " << ran.out;
    EXPECT_EQ(ran.code != 0, nlohmann::json::parse(ran.out).contains("errors")) << arguments[0];
  }
}

TEST(Program, ARequirementThatIsNotMetIsThree) {
  const Scratch scratch;
  const std::string study = study_called(scratch, "fine");
  const Ran less = run({"fit", study, "--require", "supported", "--json"});
  EXPECT_EQ(less.code, 3);
  EXPECT_EQ(nlohmann::json::parse(less.out)["status"], "consistent");  // the verdict is still the answer
  EXPECT_EQ(less.err, "fine: error: the verdict is consistent, but supported is required [requirement-not-met]\n");
  EXPECT_EQ(run({"fit", study, "--require", "consistent"}).code, 0);
  EXPECT_EQ(run({"fit", study, "--require", "misspecified"}).code, 0);
  EXPECT_NE(run({"fit", study, "--require", "suported"}).err.find("try: --require supported"), std::string::npos);
}

TEST(Program, ABugIsSeventyAndSaysSo) {
  const Scratch scratch;
  const Ran ran = run({"fit", study_called(scratch, "bug")});
  EXPECT_EQ(ran.code, 70);
  EXPECT_NE(ran.err.find("this is a bug in Hillock, not in your study: a planted failure"), std::string::npos);
}

TEST(Program, CtrlCStopsCleanlyAndKeepsTheAnswer) {
  const Scratch scratch;
  for (const int signal : {SIGINT, SIGTERM}) {
    const Ran ran = run({"fit", study_called(scratch, "slow"), "--json"}, {signal}, "waiting:");
    EXPECT_EQ(ran.code, 130);
    EXPECT_TRUE(nlohmann::json::accept(ran.out)) << ran.out;
    EXPECT_NE(ran.err.find("with --resume goes on"), std::string::npos) << ran.err;
  }
}

TEST(Program, ProgressGoesToStderrInPlainLines) {
  const Scratch scratch;
  const Ran ran = run({"fit", study_called(scratch, "slow")}, {SIGINT}, "waiting:");
  EXPECT_EQ(ran.out, "verdict: consistent\n");
  EXPECT_EQ(ran.err.find('\r'), std::string::npos);
  EXPECT_EQ(ran.err.find('\x1b'), std::string::npos);
}

TEST(Program, ASecondCtrlCEndsItAtOnce) {
  const Scratch scratch;
  const std::string study = study_called(scratch, "deaf");
  int err[2];
  ASSERT_EQ(::pipe(err), 0);
  const auto started = std::chrono::steady_clock::now();
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(err[1], STDERR_FILENO);
    ::execl(HILLOCK_PLANTED, "hillock", "fit", study.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(err[1]);
  // Ask until the handler answers: before it is there, the signal would simply end the program.
  ::usleep(500000);
  ::kill(child, SIGINT);
  std::string said;
  char byte = 0;
  while (said.find("Once more") == std::string::npos && ::read(err[0], &byte, 1) == 1) said += byte;
  ::kill(child, SIGINT);
  int status = 0;
  ::waitpid(child, &status, 0);
  ::close(err[0]);
  ASSERT_TRUE(WIFEXITED(status)) << said;
  EXPECT_EQ(WEXITSTATUS(status), 130);
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(20));  // the planted run lasts 30
}

TEST(Program, SimulateAndCheckPassOnWhatIsTyped) {
  const Ran simulated = run({"simulate", "m.model", "--set", "g=60 uS", "--set", "E=-80 mV", "--input",
                             "V=10*mV*sin(t/ms)", "--duration", "50 ms"});
  EXPECT_EQ(simulated.code, 0) << simulated.err;
  EXPECT_EQ(simulated.out, "g=60 uS;E=-80 mV;V:10*mV*sin(t/ms);0.050000\n");
  EXPECT_EQ(run({"check", "m.model"}).out, "checked\n");
  EXPECT_EQ(run({"check", "--format", "m.model"}).out, "formatted\n");
}

TEST(Program, AStudyMayBeCalledAsACommandIs) {
  const Scratch scratch;
  const std::string here = std::filesystem::current_path().string();
  std::filesystem::current_path(scratch.path());
  const Ran made = run({"new", "fit"});
  const Ran read = run({"fit", "fit"});
  std::filesystem::current_path(here);
  EXPECT_EQ(made.code, 0) << made.err;
  EXPECT_EQ(read.code, 0) << read.err;
}

TEST(Program, HelpAndVersion) {
  const Ran page = run({"help"});
  EXPECT_EQ(page.code, 0);
  EXPECT_TRUE(page.out.starts_with("Hillock fits models"));
  EXPECT_EQ(run({"--help"}).out, page.out);
  const Ran fit = run({"help", "fit"});
  EXPECT_EQ(fit.code, 0);
  EXPECT_NE(fit.out.find("hillock fit STUDY [flags]"), std::string::npos) << fit.out;
  EXPECT_NE(fit.out.find("--set KEY=VALUE"), std::string::npos) << fit.out;
  EXPECT_EQ(run({"fit", "--help"}).out, fit.out);
  EXPECT_NE(run({"help", "options", "search.starts"}).out.find("an integer from 1 to 100000; default 48"),
            std::string::npos);
  EXPECT_TRUE(run({"--version"}).out.starts_with("hillock 0."));
}

TEST(Program, AFullDiskBehindStdoutIsAnError) {
  if (::access("/dev/full", W_OK) != 0) GTEST_SKIP() << "there is no /dev/full";
  const std::string command = std::string(HILLOCK_PLANTED) + " help > /dev/full 2> /dev/null";
  EXPECT_EQ(WEXITSTATUS(std::system(command.c_str())), 1);
}

}  // namespace
}  // namespace hillock::cli
