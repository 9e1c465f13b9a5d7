#include "study/external_simulator.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "study/bind_model.hpp"
#include "study/lock.hpp"
#include "study/read_study.hpp"
#include "study/test/scratch.hpp"

namespace hillock::study {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Answers with its first two parameters in the units that it was told, and its seed.
const std::string program = R"py(import sys, json
hello = json.loads(sys.stdin.readline())
assert hello["parameters"] == ["g", "theta", "E"] and hello["units"] == ["siemens", "1", "volt"], hello
print(json.dumps({"hillock": 1, "statistics": ["g", "E", "seed"]}), flush=True)
for line in sys.stdin:
    q = json.loads(line)
    g, theta, E = q["parameters"]
    print(json.dumps({"id": q["id"], "x": [g, E if theta < 1.5 else None, q["seed"]]}), flush=True)
)py";

std::string study_text(const std::string& model) {
  return "[model]\n" + model +
         "[prior]\ng = \"uniform(0 nS, 10 nS)\"\ntheta = \"normal(0, 1)\"\nE = \"normal(-80*mV, 5*mV)\"\n"
         "[data.train]\nfile = \"d.csv\"\n";
}
const std::string python_command = "command = [\"" HILLOCK_PYTHON "\", \"simulate.py\"]\n";

class ExternalStudy : public testing::Test {
 protected:
  Scratch scratch_;
  std::string path_;
  void SetUp() override { scratch_.write("simulate.py", program); }
  Result<ResolvedStudy> study(const std::string& model, const std::vector<std::string>& set = {}) {
    path_ = write_study(scratch_, study_text(model));
    return read_study(path_, set);
  }
  std::string errors_of(const std::string& text, const std::vector<std::string>& set = {}) {
    const auto read = read_study(write_study(scratch_, text), set);
    return read ? "none" : scratch_.without_path(render(read.error()));
  }
};

TEST_F(ExternalStudy, ParametersAreThoseOfThePriorsInTheirOrderWithTheirUnits) {
  const auto read = study(python_command);
  ASSERT_TRUE(read) << render(read.error());
  EXPECT_EQ(read->model.protocol, "json");
  EXPECT_EQ(read->model.time_limit.seconds, 60.0);
  const auto parameters = external_parameters(*read);
  ASSERT_TRUE(parameters) << render(parameters.error());
  EXPECT_THAT(parameters->space.names(), ElementsAre("g", "theta", "E"));
  EXPECT_EQ(parameters->units[0].name, "nS");
  EXPECT_EQ(parameters->units[1].name, "1");
  EXPECT_EQ(parameters->units[2].name, "mV");
  EXPECT_DOUBLE_EQ(parameters->space.prior(0).upper(), 10e-9);
  EXPECT_DOUBLE_EQ(parameters->space.prior(2).mean(), -80e-3);
}

TEST_F(ExternalStudy, IsASimulatorWithTheSameBitsForAnyWorkersAndBatches) {
  infer::Simulations all;
  for (const char* workers : {"1", "4"}) {
    const auto read = study(python_command + "workers = " + workers + "\ntime_limit = \"10 s\"\n");
    ASSERT_TRUE(read) << render(read.error());
    EXPECT_EQ(read->model.time_limit.seconds, 10.0);
    const auto parameters = external_parameters(*read).value();
    auto simulator = ExternalSimulator::start(*read, parameters, 2, {});
    ASSERT_TRUE(simulator) << render(simulator.error());
    EXPECT_THAT((*simulator)->statistics(), ElementsAre("g", "E", "seed"));
    const Array2 theta = parameters.space.sample(1, 0, 200);
    infer::Simulations answer;
    ASSERT_TRUE((*simulator)->run(theta, 0, answer, {}));
    if (all.x.rows > 0) {
      EXPECT_EQ(std::memcmp(all.x.values.data(), answer.x.values.data(), 8 * all.x.values.size()), 0);
      EXPECT_EQ(all.undefined, answer.undefined);
    }
    all = answer;
    // In two batches.
    Array2 second(50, 3);
    std::copy_n(theta.values.begin() + 150 * 3, 150, second.values.begin());
    ASSERT_TRUE((*simulator)->run(second, 150, answer, {}));
    EXPECT_EQ(std::memcmp(&all.x(150, 0), answer.x.values.data(), 8 * answer.x.values.size()), 0);
    std::size_t lost = 0;
    for (std::size_t k = 0; k < 200; ++k) {
      EXPECT_EQ(all.failed[k], 0);
      EXPECT_EQ(all.x(k, 0), theta(k, 0)) << "to the bit";
      lost += std::isnan(all.x(k, 1)) ? 1 : 0;
      EXPECT_EQ(std::isnan(all.x(k, 1)), theta(k, 1) >= 1.5);
      EXPECT_EQ(all.undefined[3 * k + 1] != 0, theta(k, 1) >= 1.5);
    }
    EXPECT_GT(lost, 0U);
    EXPECT_THAT((*simulator)->reasons(), ElementsAre("undefined"));
  }
}

TEST_F(ExternalStudy, ErrorsOfTheProgramStandAtTheCommand) {
  scratch_.write("simulate.py", "raise SystemExit('no model file')\n");
  const auto read = study(python_command);
  ASSERT_TRUE(read);
  const auto simulator = ExternalSimulator::start(*read, external_parameters(*read).value(), 1, {});
  ASSERT_FALSE(simulator);
  const std::string text = scratch_.without_path(render(simulator.error()));
  EXPECT_THAT(text, HasSubstr("DIR/study.toml:2:11: error: \"" HILLOCK_PYTHON
                              " simulate.py\" ended before it answered the greeting (exit status 1)"));
  EXPECT_THAT(text, HasSubstr("no model file"));
}

TEST_F(ExternalStudy, ExactlyOneOfFileAndCommandIsGiven) {
  EXPECT_EQ(
      errors_of(study_text("")),
      "DIR/study.toml: error: \"data.train.observe.NAME\" is missing: The array that the model's observation <name> "
      "is compared with: \"array\" or { array = , unit = }. [key-missing]\n"
      "    try: data.train.observe.NAME = \"...\"\n"
      "DIR/study.toml: error: a study needs a model: \"model.file\", equations, or \"model.command\", a program "
      "[key-missing]\n    try: model.file = \"cell.model\"\n");
  EXPECT_EQ(errors_of(study_text(python_command + "file = \"m.model\"\ndt = \"1 ms\"\n")),
            "DIR/study.toml:2:11: error: \"model.file\" and \"model.command\" are both given [value-choice]\n"
            "    command = [\"" HILLOCK_PYTHON
            "\", \"simulate.py\"]\n"
            "              ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~\n"
            "    try: keep one of them: equations, or a program\n"
            "DIR/study.toml:4:6: error: \"model.dt\" is for equations, and \"model.command\" is a program "
            "[value-choice]\n    dt = \"1 ms\"\n         ^~~~~~\n");
}

TEST_F(ExternalStudy, MistakesOfTheKeysAreNamed) {
  EXPECT_THAT(
      errors_of(study_text("command = \"./simulate\"\n")),
      HasSubstr("\"model.command\" must be a list of texts, such as [\"a\", \"b\"], found the text \"./simulate\""));
  EXPECT_THAT(errors_of(study_text("command = [\"./simulat.py\"]\n")),
              HasSubstr("there is no program DIR/simulat.py [program-missing]\n"));
  EXPECT_THAT(errors_of(study_text("command = [\"./simulat.py\"]\n")), HasSubstr("did you mean simulate.py?"));
  EXPECT_THAT(errors_of(study_text("command = []\n")), HasSubstr("\"model.command\" must be a list of texts"));
  EXPECT_THAT(errors_of(study_text(python_command + "time_limit = \"0 s\"\n")),
              HasSubstr("\"model.time_limit\" must be a time above 0, such as \"10 s\" or \"2 min\", found the text"));
  EXPECT_THAT(errors_of(study_text(python_command + "protocol = \"jsn\"\n")), HasSubstr("did you mean \"json\"?"));
  EXPECT_THAT(errors_of(study_text("file = \"m.model\"\nstatistics = [\"a\"]\n")),
              HasSubstr("\"model.statistics\" is given without \"model.command\""));
  EXPECT_EQ(errors_of(study_text("file = \"m.model\"\n"), {"model.command=[\"./x y\"]", "data.train.observe.I=c"})
                .find("--set"),
            0U);
}

TEST_F(ExternalStudy, MistakesOfThePriorsAreNamedTogether) {
  const auto read = read_study(
      write_study(scratch_,
                  "[model]\n" + python_command +
                      "[prior]\n\"a b\" = \"uniform(0, 1)\"\nc = \"uniform(0 nS, 1 mV)\"\nd = \"unifrm(0, 1)\"\n"
                      "[data.train]\nfile = \"d.csv\"\n"),
      {});
  ASSERT_TRUE(read) << render(read.error());
  const auto parameters = external_parameters(*read);
  ASSERT_FALSE(parameters);
  ASSERT_EQ(parameters.error().size(), 3U) << render(parameters.error());
  EXPECT_EQ(parameters.error()[0].code, "parameter-name");
  EXPECT_EQ(parameters.error()[1].code, "unit-mismatch");
  EXPECT_EQ(parameters.error()[2].code, "prior-family");
  const auto none =
      read_study(write_study(scratch_, "[model]\n" + python_command + "[data.train]\nfile = \"d.csv\"\n"), {});
  ASSERT_TRUE(none);
  EXPECT_THAT(render(external_parameters(*none).error()),
              HasSubstr("the parameters of a program are those of [prior], and there is none [prior-missing]"));
}

TEST_F(ExternalStudy, MethodsThatNeedEquationsSayIt) {
  const auto read = study(python_command);
  ASSERT_TRUE(read);
  const auto model = bind_model(*read);
  ASSERT_FALSE(model);
  EXPECT_THAT(
      render(model.error()),
      HasSubstr("\"search.method\" = \"levenberg_marquardt\" needs the model's equations, and \"model.command\" is a "
                "program of which only the answers are known [needs-equations]"));
}

TEST_F(ExternalStudy, TheLockRunsTheSameProgramFromAnywhereAndRefusesAnotherOne) {
  const LockContext context{{"0.1.0", "abc", "avx2"}, {}};
  const auto read = study(python_command + "statistics = [\"g\", \"E\", \"seed\"]\nstart_limit = \"2 min\"\n");
  ASSERT_TRUE(read) << render(read.error());
  const auto files = hash_files(*read).value();
  ASSERT_EQ(files.size(), 3U);  // the interpreter, the script, the data
  EXPECT_EQ(files[1].key, "model.command[1]");
  const std::string lock = scratch_.write("results/x/study.lock.toml", lock_text(*read, files, context));
  const auto again = read_study(lock, {});
  ASSERT_TRUE(again) << render(again.error());
  EXPECT_EQ(again->model.folder, read->model.folder);
  EXPECT_EQ(again->model.command.texts, read->model.command.texts);
  EXPECT_EQ(again->model.start_limit.seconds, 120.0);
  EXPECT_THAT(again->model.statistics.texts, ElementsAre("g", "E", "seed"));
  EXPECT_EQ(fingerprint(*read, files, context), fingerprint(*again, hash_files(*again).value(), context));
  ResolvedStudy more = *again;
  more.model.workers = 7;
  EXPECT_EQ(fingerprint(*read, files, context), fingerprint(more, files, context)) << "answers are the same";
  ASSERT_TRUE(ExternalSimulator::start(*again, external_parameters(*again).value(), 1, {}));
  scratch_.write("simulate.py", program + "# another\n");
  const auto changed = read_study(lock, {});
  ASSERT_FALSE(changed);
  EXPECT_EQ(changed.error()[0].code, "lock-file-changed");
  EXPECT_EQ(changed.error()[0].where, "model.command[1]");
}

TEST_F(ExternalStudy, ObservedValuesAreAsManyAsStatistics) {
  const std::vector<double> two{1.0, 2.0};
  EXPECT_TRUE(check_observed(two, {"a", "b"}, {"data.train.file", {}}));
  const auto wrong = check_observed(two, {"a", "b", "c"}, {"data.train.file", {}});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(render(wrong.error()),
            "data.train.file: error: there are 2 observed values for 3 statistics [statistics-count]\n"
            "    try: in this order: a, b, c\n");
}

}  // namespace
}  // namespace hillock::study
