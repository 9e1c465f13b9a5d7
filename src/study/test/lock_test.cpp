#include "study/lock.hpp"

#include <gtest/gtest.h>

#include "study/build_info.hpp"
#include "study/read_study.hpp"
#include "study/test/scratch.hpp"

namespace hillock::study {
namespace {

const std::string full = R"toml([study]
name = "herg"
[model]
file = "m.model"
dt = "50 us"
const.T = "21.3 degC"
[prior]
p1 = "loguniform(1e-7/ms, 1e3/ms)"
[data.train]
file = "d.csv"
observe.I = { array = "c", unit = "nA" }
input.V = { pieces = [ { until = "250.1 ms", value = "-80 mV" }, { value = "\"odd\" \\ text" } ] }
input.W = { array = "w", unit = "mV", interpolation = "previous" }
const.T = "temperature_C"
const.C = "20 pF"
initial.V = "-80 mV"
mask.samples = ["2501:2551", "3001:3051"]
mask.windows = ["250.1 ms : 255.1 ms"]
mask.after_steps = "5 ms"
[data."other cell"]
file = "d.csv"
observe.I = "current_nA"
[search]
tolerance = 1.2345678901234567e-7
[verify]
half_step = false
)toml";

const LockContext context{{"0.1.0", "abc", "avx2"}, {{"Eigen", "3.4.0"}}};

std::string locked(const ResolvedStudy& study) { return lock_text(study, hash_files(study).value(), context); }

TEST(Lock, ReadsBackAsTheSameStudyFromAnywhere) {
  const Scratch scratch;
  const auto study = read_study(write_study(scratch, full), {"study.seed=9"});
  ASSERT_TRUE(study) << render(study.error());
  const std::string text = locked(*study);
  const auto again = read_study(scratch.write("results/herg/study.lock.toml", text), {});
  ASSERT_TRUE(again) << render(again.error()) << text;
  // The lock's text holds every option, so equal texts are equal studies (given paths apart: they are absolute now).
  std::string second = locked(*again);
  const auto given = [](std::string from) {
    for (std::size_t at = 0; (at = from.find("\ngiven = ", at)) != std::string::npos;)
      from.erase(at, from.find('\n', at + 1) - at);
    return from;
  };
  EXPECT_EQ(given(text), given(second));
  EXPECT_EQ(again->seed, 9);
  EXPECT_EQ(again->search.tolerance, 1.2345678901234567e-7);
  EXPECT_EQ(again->data[1].name, "other cell");
  EXPECT_EQ(std::get<std::vector<Piece>>(again->train().inputs[0].source)[1].value, "\"odd\" \\ text");
  ASSERT_TRUE(again->lock);
  EXPECT_EQ(again->lock->isa, "avx2");
  EXPECT_EQ(fingerprint(*study, hash_files(*study).value(), context),
            fingerprint(*again, hash_files(*again).value(), context));
}

TEST(Lock, RefusesAChangedFileAndSaysWhich) {
  const Scratch scratch;
  const auto study = read_study(write_study(scratch, full), {});
  ASSERT_TRUE(study);
  const std::string file = scratch.write("study.lock.toml", locked(*study));
  scratch.write("m.model", "# another model\n");
  const auto again = read_study(file, {});
  ASSERT_FALSE(again);
  ASSERT_EQ(again.error().size(), 1U);
  EXPECT_EQ(again.error()[0].code, "lock-file-changed");
  EXPECT_EQ(again.error()[0].where, "model.file");
  const std::string text = scratch.without_path(render(again.error()));
  EXPECT_NE(text.find("error: DIR/m.model is not the file that this study was run with: its sha256 is "),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("\n    file = \"DIR/m.model\"\n           ^~~~"), std::string::npos) << text;
  EXPECT_NE(text.find("try: bring the old file back, or fit the study file itself, which writes a new lock file"),
            std::string::npos)
      << text;

  scratch.write("d.csv", "changed\n");  // all at once: the model and two recordings
  EXPECT_EQ(read_study(file, {}).error().size(), 3U);
  // A file that the command line replaces is the caller's own.
  const auto replaced = read_study(file, {"model.file=m.model"});
  ASSERT_FALSE(replaced);
  EXPECT_EQ(replaced.error().size(), 2U);
}

TEST(Lock, ADamagedLockIsRefused) {
  const Scratch scratch;
  const std::string study = write_study(scratch, full);
  for (const std::string lock :
       {"[lock]\n", "[lock]\nversion=\"1\"\nbuild=\"1\"\nisa=\"x\"\n",
        "[lock]\nversion=\"1\"\nbuild=\"1\"\nisa=\"x\"\n[[lock.files]]\nkey=\"model.file\"\n"}) {
    const auto read = read_study(scratch.write("bad.toml", full + lock), {});
    ASSERT_FALSE(read) << lock;
    EXPECT_EQ(read.error()[0].code, "lock-syntax");
  }
}

TEST(Lock, TheFingerprintIsOfWhatNumbersDependOn) {
  const Scratch scratch;
  const std::string file = write_study(scratch, full);
  const auto print = [&](const std::vector<std::string>& overrides, const LockContext& with = context) {
    const auto study = read_study(file, overrides);
    return fingerprint(study.value(), hash_files(study.value()).value(), with);
  };
  const std::string base = print({});
  EXPECT_EQ(base, print({"study.name=x", "study.results=elsewhere", "report.title=y"}));
  EXPECT_NE(base, print({"study.seed=2"}));
  EXPECT_NE(base, print({"search.draws=301"}));
  EXPECT_NE(base, print({"prior.p1=uniform(0/ms, 1/ms)"}));
  EXPECT_NE(base, print({}, {{"0.1.0", "abc", "avx512"}, {}}));
  scratch.write("d.csv", "other\n");
  EXPECT_NE(base, print({}));
}

TEST(BuildInfo, NamesItsLibraries) {
  EXPECT_FALSE(version().empty());
  EXPECT_FALSE(build().empty());
  ASSERT_GE(libraries().size(), 4U);
  for (const auto& [name, number] : libraries()) EXPECT_TRUE(!name.empty() && !number.empty()) << name;
}

}  // namespace
}  // namespace hillock::study
