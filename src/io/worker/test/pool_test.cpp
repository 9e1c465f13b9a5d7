// Programs that do as they should, and all the ways in which they do not.

#include "io/worker/pool.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstring>
#include <optional>
#include <thread>

#include "io/test/temporary_folder.hpp"
#include "io/worker/live_groups.hpp"

namespace hillock::io::worker {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

/// A program in Python that answers x = [2 p0, seed]; `body` runs before each answer and may change it.
std::string python_program(const std::string& body) {
  return "import sys, os, json, time, signal\n"
         "hello = json.loads(sys.stdin.readline())\n"
         "print(json.dumps({'hillock': 1, 'statistics': ['double', 'seed']}), flush=True)\n"
         "count = 0\n"
         "for line in sys.stdin:\n"
         "    question = json.loads(line)\n"
         "    k, p = question['id'], question['parameters']\n"
         "    answer = {'id': k, 'x': [2 * p[0], question['seed']]}\n"
         "    count += 1\n" +
         body + "    print(json.dumps(answer), flush=True)\n";
}

/// Whether process `pid` runs no more, or does not within 2 s. (Whoever adopts orphans reaps it in its own time.)
bool is_gone(pid_t pid) {
  for (int i = 0; i < 200; ++i) {
    const std::string stat = test::get("/proc/" + std::to_string(pid) + "/stat");
    if (stat.empty() || stat.find(") Z") != std::string::npos) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

class PoolTest : public testing::Test {
 protected:
  test::TemporaryFolder folder_;
  PoolOptions options_;
  Array2 x_;
  std::vector<std::uint16_t> failed_, undefined_;

  void SetUp() override {
    options_.folder = folder_.path().string();
    options_.hello.parameters = {"p"};
    options_.hello.units = {"1"};
    options_.time_limit = 20.0;
    options_.seed = 7;
  }
  /// Nothing that was started is left, not even a zombie.
  void TearDown() override {
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
    EXPECT_EQ(errno, ECHILD);
  }
  void python(const std::string& program) {
    test::put(folder_ / "simulate.py", program);
    options_.command = {HILLOCK_PYTHON, "simulate.py"};
  }
  void shell(const std::string& program) {
    test::put(folder_ / "simulate.sh", program);
    options_.command = {"/bin/sh", "simulate.sh"};
  }
  std::string start_error() {
    auto pool = Pool::start(options_, {});
    if (pool) return "no error";
    return without_path(render(pool.error()));
  }
  std::string without_path(std::string text) {
    const std::string path = folder_.path().string();
    for (std::size_t at = 0; (at = text.find(path, at)) != std::string::npos;) text.replace(at, path.size(), "DIR");
    return text;
  }
  static Array2 numbers(std::size_t rows) {
    Array2 parameters(rows, 1);
    for (std::size_t i = 0; i < rows; ++i) parameters(i, 0) = 0.5 * static_cast<double>(i);
    return parameters;
  }
  Result<void> run(Pool& pool, std::size_t rows, std::uint64_t first = 0, const std::function<bool()>& stop = {}) {
    return pool.run(numbers(rows), first, {x_, failed_, undefined_}, stop);
  }
  /// All rows but those of `except` are answered, and rightly.
  void expect_answers(const std::vector<std::size_t>& except, std::uint64_t first = 0) {
    for (std::size_t row = 0; row < x_.rows; ++row) {
      if (std::ranges::find(except, row) != except.end()) {
        EXPECT_NE(failed_[row], 0) << row;
        EXPECT_TRUE(std::isnan(x_(row, 0))) << row;
        EXPECT_EQ(undefined_[2 * row], failed_[row]) << row;
        continue;
      }
      EXPECT_EQ(failed_[row], 0) << row;
      EXPECT_EQ(x_(row, 0), static_cast<double>(row)) << row;
      EXPECT_EQ(x_(row, 1), static_cast<double>(seed_of(options_.seed, first + row))) << row;
    }
  }
  std::string reason(const Pool& pool, std::size_t row) const {
    return failed_[row] == 0 ? "none" : pool.reasons()[failed_[row] - 1];
  }
  /// Runs 40 rows of a Python program with 1 and 4 workers: row 13 fails with `expected`, the others do not.
  void expect_row_13_fails(const std::string& body, const testing::Matcher<std::string>& expected) {
    python(python_program(body));
    Array2 before;
    for (const int workers : {1, 4}) {
      options_.workers = workers;
      auto pool = Pool::start(options_, {});
      ASSERT_TRUE(pool) << render(pool.error());
      const auto done = run(**pool, 40, 100);
      ASSERT_TRUE(done) << render(done.error());
      expect_answers({13}, 100);
      EXPECT_THAT(reason(**pool, 13), expected);
      if (workers > 1) {
        EXPECT_EQ(std::memcmp(before.values.data(), x_.values.data(), 8 * x_.values.size()), 0);
      }
      before = x_;
    }
  }
};

TEST_F(PoolTest, AnswersAreThoseOfTheNumberOfTheSimulationForAnyWorkersAndBatches) {
  python(python_program(""));
  for (const int workers : {1, 4}) {
    options_.workers = workers;
    auto pool = Pool::start(options_, {});
    ASSERT_TRUE(pool) << render(pool.error());
    EXPECT_THAT((*pool)->statistics(), ElementsAre("double", "seed"));
    ASSERT_TRUE(run(**pool, 500, 3));
    expect_answers({}, 3);
    ASSERT_TRUE(run(**pool, 7, 1000));
    expect_answers({}, 1000);
    EXPECT_TRUE((*pool)->reasons().empty());
    EXPECT_EQ((*pool)->counts().simulations, 507U);
    EXPECT_LE((*pool)->counts().starts, static_cast<std::uint64_t>(workers));
  }
}

TEST_F(PoolTest, SeedsAreWholeInADoubleAndDiffer) {
  std::vector<std::uint64_t> seeds;
  for (std::uint64_t id = 0; id < 1000; ++id) seeds.push_back(seed_of(1, id));
  for (const std::uint64_t seed : seeds) EXPECT_LT(seed, std::uint64_t{1} << 53U);
  std::ranges::sort(seeds);
  EXPECT_EQ(std::ranges::adjacent_find(seeds), seeds.end());
  EXPECT_NE(seed_of(1, 0), seed_of(2, 0));
}

TEST_F(PoolTest, AnswersMayComeInAnyOrder) {
  python(
      python_program("    held = globals().setdefault('held', [])\n"
                     "    held.append(answer)\n"
                     "    import select\n"
                     "    if len(held) < 3 and select.select([sys.stdin], [], [], 0.05)[0]: continue\n"
                     "    for a in held[:0:-1]: print(json.dumps(a), flush=True)\n"
                     "    answer = held[0]\n"
                     "    held.clear()\n"));
  auto pool = Pool::start(options_, {});
  ASSERT_TRUE(pool) << render(pool.error());
  ASSERT_TRUE(run(**pool, 20));
  expect_answers({});
}

TEST_F(PoolTest, ASimulationOnWhichTheProgramDiesFailsWithItsWords) {
  expect_row_13_fails("    if k == 113: raise ValueError('the gate is stuck')\n",
                      "program-died: exit status 1: ValueError: the gate is stuck");
}

TEST_F(PoolTest, ASimulationOnWhichTheProgramCrashesFailsWithTheSignal) {
  expect_row_13_fails("    if k == 113: os.kill(os.getpid(), signal.SIGSEGV)\n",
                      "program-died: signal 11 (Segmentation fault)");
}

TEST_F(PoolTest, ASimulationThatHangsFailsAfterItsTime) {
  options_.time_limit = 1.0;
  expect_row_13_fails("    if k == 113: time.sleep(1000)\n", "time-limit: no answer within 1 s");
}

TEST_F(PoolTest, ASimulationThatAnswersNonsenseFails) {
  expect_row_13_fails("    if k == 113: print('oops, 3 of 7', flush=True)\n",
                      "bad-answer: expected a line of JSON with \"id\" and \"x\", found \"oops, 3 of 7\"");
}

TEST_F(PoolTest, TooFewValuesAreAFailedSimulation) {
  expect_row_13_fails("    if k == 113: answer['x'] = [1]\n", "bad-answer: 1 values, expected 2");
}

TEST_F(PoolTest, NotANumberEverywhereIsAFailedSimulation) {
  expect_row_13_fails("    if k == 113: answer['x'] = [float('nan'), float('inf')]\n", "not-finite");
}

TEST_F(PoolTest, AnAnswerThatItFailedIsItsReason) {
  expect_row_13_fails("    if k == 113: answer = {'id': k, 'error': 'no steady state'}\n",
                      "program-error: no steady state");
}

TEST_F(PoolTest, EndlessOutputIsCutOff) {
  expect_row_13_fails("    if k == 113: os.write(1, b'x' * 10000000)\n", StartsWith("bad-answer: a line of more than"));
}

TEST_F(PoolTest, AnAnswerToAnotherQuestionIsNonsense) {
  expect_row_13_fails("    if k == 113: answer['id'] = 99999\n", StartsWith("bad-answer: nobody waits for simulation"));
}

TEST_F(PoolTest, EndlessWordsOnStandardErrorDoNoHarm) {
  python(python_program("    if k == 3: sys.stderr.write('y' * 3000000 + '\\n')\n"));
  auto pool = Pool::start(options_, {});
  ASSERT_TRUE(pool) << render(pool.error());
  ASSERT_TRUE(run(**pool, 10));
  expect_answers({});
}

TEST_F(PoolTest, AStatisticWithoutAValueHasItsReason) {
  python(
      python_program("    if k == 1: answer['x'][0] = None\n"
                     "    if k == 2: answer.update(x=[None, 5], reasons=['no-spikes', None])\n"
                     "    if k == 3: answer['x'][0] = float('nan')\n"));
  auto pool = Pool::start(options_, {});
  ASSERT_TRUE(pool) << render(pool.error());
  ASSERT_TRUE(run(**pool, 4));
  const auto why = [&](std::size_t row) { return (*pool)->reasons()[undefined_[2 * row] - 1U]; };
  EXPECT_EQ(undefined_[0], 0);
  EXPECT_EQ(why(1), "undefined");
  EXPECT_EQ(why(2), "no-spikes");
  EXPECT_EQ(why(3), "not-finite");
  for (std::size_t row = 1; row < 4; ++row) {
    EXPECT_EQ(failed_[row], 0);
    EXPECT_TRUE(std::isnan(x_(row, 0)));
    EXPECT_EQ(undefined_[2 * row + 1], 0);
  }
  EXPECT_THAT((*pool)->reasons(), ElementsAre("undefined", "no-spikes", "not-finite")) << "in the order of simulations";
}

TEST_F(PoolTest, ParametersThatAreNotFiniteAreNeverAsked) {
  python(python_program(""));
  auto pool = Pool::start(options_, {});
  ASSERT_TRUE(pool);
  Array2 parameters = numbers(3);
  parameters(1, 0) = std::nan("");
  ASSERT_TRUE((*pool)->run(parameters, 0, {x_, failed_, undefined_}, {}));
  expect_answers({1});
  EXPECT_EQ(reason(**pool, 1), "parameter-not-finite");
}

TEST_F(PoolTest, AProgramThatEndsAfterEachAnswerIsStartedAgain) {
  python(python_program("    print(json.dumps(answer), flush=True)\n    sys.exit(0)\n"));
  auto pool = Pool::start(options_, {});
  ASSERT_TRUE(pool) << render(pool.error());
  ASSERT_TRUE(run(**pool, 6));
  expect_answers({});
  EXPECT_GE((*pool)->counts().starts, 6U);
}

TEST_F(PoolTest, AWorkerThatIsKilledBetweenAnswersCostsNoSimulation) {
  // The 10th simulation of each copy kills it, whichever that is; alone and fresh each can be answered.
  python(python_program("    if count == 10: os.kill(os.getpid(), signal.SIGKILL)\n"));
  for (const int workers : {1, 4}) {
    options_.workers = workers;
    auto pool = Pool::start(options_, {});
    ASSERT_TRUE(pool) << render(pool.error());
    ASSERT_TRUE(run(**pool, 60));
    expect_answers({});
    EXPECT_GT((*pool)->counts().starts, 5U);
  }
}

TEST_F(PoolTest, AProgramThatAnswersNothingEndsTheRunWithItsWords) {
  python(python_program("    sys.stderr.write('no licence found\\nbye\\n')\n    sys.exit(3)\n"));
  options_.workers = 4;
  auto pool = Pool::start(options_, {});
  ASSERT_TRUE(pool) << render(pool.error());
  const auto done = run(**pool, 1000);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error()[0].code, "simulator-dies");
  EXPECT_EQ(render(done.error()),
            "model.command: error: \"" HILLOCK_PYTHON
            " simulate.py\" was started 20 times without one answer; the last time: program-died: exit status 3: bye "
            "[simulator-dies]\n    try: its standard error says\n      no licence found\n      bye\n    "
            "docs/external.md has programs to start from\n");
}

TEST_F(PoolTest, AProgramThatIgnoresItsInputIsStopped) {
  shell("read line\necho '{\"hillock\":1,\"statistics\":[\"a\",\"b\"]}'\nsleep 1000\n");
  options_.time_limit = 0.02;
  auto pool = Pool::start(options_, {});
  ASSERT_TRUE(pool) << render(pool.error());
  const auto done = run(**pool, 100000);  // more than a pipe holds
  ASSERT_FALSE(done);
  EXPECT_THAT(render(done.error()),
              HasSubstr("time-limit: no answer within 0.02 s; it wrote nothing on standard error"));
  EXPECT_THAT(render(done.error()), HasSubstr("does it flush its output after each answer?"));
}

TEST_F(PoolTest, AProgramThatClosesItsEndsIsStopped) {
  shell("read line\necho '{\"hillock\":1,\"statistics\":[\"a\",\"b\"]}'\nexec <&- >&-\nsleep 1000\n");
  auto pool = Pool::start(options_, {});
  ASSERT_TRUE(pool) << render(pool.error());
  const auto done = run(**pool, 50);
  ASSERT_FALSE(done);
  EXPECT_THAT(render(done.error()), HasSubstr("was started 20 times without one answer; the last time: program-died: "
                                              "killed"));
}

TEST_F(PoolTest, StopIsAnsweredAtOnceAndLeavesNothing) {
  // The child of the program is of its group, and goes with it.
  python(
      python_program("    if count == 1:\n"
                     "        import subprocess\n"
                     "        open('child.pid', 'w').write(str(subprocess.Popen(['sleep', '1000']).pid))\n"
                     "    if k == 50: open('hangs', 'w').close(); time.sleep(1000)\n"));
  auto pool = Pool::start(options_, {});
  ASSERT_TRUE(pool) << render(pool.error());
  std::optional<std::chrono::steady_clock::time_point> asked;
  const auto done = run(**pool, 100, 0, [&] {
    if (!asked && std::filesystem::exists(folder_ / "hangs")) asked = std::chrono::steady_clock::now();
    return asked.has_value();
  });
  ASSERT_TRUE(asked);
  EXPECT_LT(std::chrono::steady_clock::now() - *asked, std::chrono::seconds(1));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error()[0].code, "interrupted");
  const pid_t child = std::stoi(test::get(folder_ / "child.pid"));
  EXPECT_TRUE(is_gone(child));
  // And the pool works again.
  ASSERT_TRUE(run(**pool, 20));
  expect_answers({});
}

TEST_F(PoolTest, ASignalHandlerCanEndAllPrograms) {
  const pid_t other = ::fork();
  ASSERT_GE(other, 0);
  if (other == 0) {  // a Hillock that ends without destructors, as after a second Ctrl-C
    shell(
        "echo $$ >pid\nread line\necho '{\"hillock\":1,\"statistics\":[\"a\"]}'\ntrap '' TERM HUP INT\nwhile :; do "
        "sleep 1; done\n");
    auto pool = Pool::start(options_, {});
    kill_live_groups();
    ::_exit(pool ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(other, &status, 0), other);
  EXPECT_EQ(status, 0);
  const pid_t left = std::stoi(test::get(folder_ / "pid"));
  EXPECT_TRUE(is_gone(left));
}

// ---- the start ----------------------------------------------------------------------------------------------------

TEST_F(PoolTest, AMissingProgramIsNamedWithTheNearest) {
  options_.command = {};
  EXPECT_EQ(start_error(),
            "model.command: error: \"model.command\" names no program [command-empty]\n    try: model.command = "
            "[\"./simulate\"]\n");
  options_.command = {"./simulat"};
  test::put(folder_ / "simulate", "");
  EXPECT_EQ(
      start_error(),
      "model.command: error: there is no program DIR/simulat [program-missing]\n    try: did you mean simulate?\n");
  options_.command = {"./simulate"};
  EXPECT_EQ(start_error(),
            "model.command: error: DIR/simulate may not be executed [program-not-executable]\n    try: chmod +x "
            "DIR/simulate, or "
            "name the program that runs it: command = [\"python3\", \"./simulate\"]\n");
  options_.command = {"simulate"};
  EXPECT_EQ(
      start_error(),
      "model.command: error: there is no program \"simulate\" in PATH [program-missing]\n    try: there is one beside "
      "the study file: command = [\"./simulate\"]\n");
  options_.command = {"python3 simulate.py"};
  EXPECT_THAT(start_error(),
              HasSubstr("one word each: command = [\"python3\", \"simulate.py\"]; no shell splits them"));
  options_.command = {"./"};
  EXPECT_EQ(start_error(), "model.command: error: DIR/ is a folder, not a program [program-not-executable]\n");
  options_.command = {"./run"};
  test::put(folder_ / "run.c", "");
  EXPECT_EQ(start_error(),
            "model.command: error: there is no program DIR/run [program-missing]\n    try: compile run.c first\n");
}

TEST_F(PoolTest, AFileThatTheSystemCannotRunIsNamed) {
  options_.command = {"./simulate"};
  test::put(folder_ / "simulate", "#!/no/such/interpreter\n");
  ASSERT_EQ(::chmod((folder_ / "simulate").c_str(), 0700), 0);
  EXPECT_EQ(
      start_error(),
      "model.command: error: DIR/simulate is there, but the interpreter that it names is not [program-missing]\n    "
      "try: look at its first line, which begins with #!\n");
  test::put(folder_ / "simulate", "no program at all\n");
  EXPECT_EQ(start_error(),
            "model.command: error: DIR/simulate is no program that this system runs [program-not-executable]\n    try: "
            "a script "
            "begins with a line such as #!/usr/bin/env python3\n");
}

TEST_F(PoolTest, AWrongGreetingIsNamed) {
  shell("echo Loading...\nread line\n");
  EXPECT_THAT(start_error(), HasSubstr("the program's first line must answer the handshake, found \"Loading...\""));
  shell("echo 'cannot load the model' >&2\nexit 4\n");
  EXPECT_EQ(start_error(),
            "model.command: error: \"/bin/sh simulate.sh\" ended before it answered the greeting (exit status 4) "
            "[handshake-died]\n    try: its standard error says\n      cannot load the model\n    docs/external.md has "
            "programs to start from\n");
  shell("sleep 1000\n");
  options_.start_limit = 0.1;
  EXPECT_EQ(
      start_error(),
      "model.command: error: \"/bin/sh simulate.sh\" did not answer the greeting within 0.1 s; it wrote nothing on "
      "standard error [handshake-late]\n    try: it reads one line and answers {\"hillock\":1,...}, flushed; "
      "model.start_limit "
      "gives it more time\n");
  options_.start_limit = 60.0;
  shell("head -c 10000000 /dev/zero\n");
  EXPECT_THAT(start_error(), HasSubstr("must answer the handshake, found \"\\x00"));
}

TEST_F(PoolTest, StatisticsMustBeNamedOnceAndAlike) {
  shell("read line\necho '{\"hillock\":1}'\nread line\n");
  EXPECT_THAT(start_error(), HasSubstr("neither the study nor the program says what the statistics are called"));
  options_.hello.statistics = {"a"};
  EXPECT_EQ(start_error(), "no error");
  shell("read line\necho '{\"hillock\":1,\"statistics\":[\"a\",\"b\"]}'\nread line\n");
  EXPECT_THAT(start_error(), HasSubstr("the program has the statistics a, b, expected a [handshake-statistics]\n"));
}

TEST_F(PoolTest, OptionsOutOfRangeAreAllNamed) {
  options_.command = {"./x"};
  options_.workers = 0;
  options_.time_limit = 0.0;
  options_.start_limit = -1.0;
  const auto valid = options_.validate();
  ASSERT_FALSE(valid);
  EXPECT_EQ(valid.error().size(), 3U);
}

// ---- the binary protocol ------------------------------------------------------------------------------------------

/// A program in Python that answers frames whole; `body` runs for each simulation and may change `record`.
std::string frame_program(const std::string& body) {
  return "import sys, os, struct, time\n"
         "i, o = sys.stdin.buffer, sys.stdout.buffer\n"
         "i.readline()\n"
         "o.write(b'{\"hillock\":1,\"statistics\":[\"double\",\"seed\"],\"failures\":[\"blow-up\"]}\\n'); o.flush()\n"
         "while True:\n"
         "    header = i.read(16)\n"
         "    if len(header) < 16: break\n"
         "    word, n, first = struct.unpack('<4sIQ', header)\n"
         "    out = b''\n"
         "    for k in range(first, first + n):\n"
         "        seed, p = struct.unpack('<Qd', i.read(16))\n"
         "        record = struct.pack('<Qdd', 0, 2 * p, seed)\n" +
         body +
         "        out += record\n"
         "    o.write(struct.pack('<4sIQ', b'HKAN', n, first) + out + struct.pack('<4sI', b'HKEN', n)); o.flush()\n";
}

TEST_F(PoolTest, FramesGiveTheSameAnswersForAnyWorkers) {
  options_.hello.protocol = Protocol::binary;
  python(
      frame_program("        if k == 113: record = struct.pack('<Qdd', 1, 0, 0)\n"
                    "        if k == 1500: raise ValueError('odd')\n"));
  for (const int workers : {1, 4}) {
    options_.workers = workers;
    auto pool = Pool::start(options_, {});
    ASSERT_TRUE(pool) << render(pool.error());
    const auto done = run(**pool, 5000, 100);
    ASSERT_TRUE(done) << render(done.error());
    expect_answers({13, 1400}, 100);
    EXPECT_EQ(reason(**pool, 13), "program-error: blow-up");
    EXPECT_EQ(reason(**pool, 1400), "program-died: exit status 1: ValueError: odd");
  }
}

TEST_F(PoolTest, AHangWithinAFrameIsFoundAlone) {
  options_.hello.protocol = Protocol::binary;
  options_.time_limit = 1.0;
  python(frame_program("        if k == 700: time.sleep(1000)\n"));
  auto pool = Pool::start(options_, {});
  ASSERT_TRUE(pool) << render(pool.error());
  ASSERT_TRUE(run(**pool, 1000));
  expect_answers({700});
  EXPECT_EQ(reason(**pool, 700), "time-limit: no answer within 1 s");
}

TEST_F(PoolTest, AFrameThatIsTooShortIsNoAnswer) {
  options_.hello.protocol = Protocol::binary;
  options_.time_limit = 1.0;
  python(frame_program("        if k == 17: record = record[:-8]\n        if k == 30: record += record\n"));
  auto pool = Pool::start(options_, {});
  ASSERT_TRUE(pool) << render(pool.error());
  ASSERT_TRUE(run(**pool, 40));
  expect_answers({17, 30});
  // Alone, a frame that is too short is one that is late.
  EXPECT_EQ(reason(**pool, 17), "time-limit: no answer within 1 s");
  EXPECT_THAT(reason(**pool, 30), StartsWith("bad-answer: a frame of 1 answers does not end with HKEN"));
}

}  // namespace
}  // namespace hillock::io::worker
