// What is wrong with the input is found before anything is computed, all of it at once, and says what to try.

#include <sys/mount.h>

#include <cstdlib>
#include <limits>

#include "io/npz/npz.hpp"
#include "study/test/fit_made.hpp"
#include "verify/verdict_json.hpp"

namespace hillock::study {
namespace {

/// A study whose recording is train.npz.
struct Npz {
  Scratch scratch;
  Columns made = made_recording({}, train_holds);
  Npz() {
    add_noise(made["current_nA"], made_sd_nA, 0);
    scratch.write("channel.model", channel_model);
    scratch.write("study.toml",
                  "[model]\nfile = \"channel.model\"\n" + split_text("train", "train.npz") + quick_settings);
    write();
  }
  void write() const {
    std::vector<data::Array> arrays;
    for (std::size_t c = 0; c < made.names.size(); ++c)
      arrays.push_back({made.names[c], {made.values[c].size()}, made.values[c]});
    ASSERT_TRUE(io::write_npz(scratch.path("train.npz"), arrays));
  }
  /// The rendered errors of a fit, with the scratch folder as DIR; nothing was computed, nothing written.
  [[nodiscard]] std::string error(const std::vector<std::string>& set = {}) const {
    const auto out = fit_made(scratch, {.set = set});
    EXPECT_FALSE(std::filesystem::exists(scratch.path("out")));
    return out ? "none" : scratch.without_path(render(out.error()));
  }
};

TEST(FitErrors, TheStudyOfTheseTestsIsFineAsItIs) {
  const Npz npz;
  const auto out = fit_made(npz.scratch, {.set = {"search.posterior=none"}});
  ASSERT_TRUE(out) << render(out.error());
  EXPECT_EQ(parameter(out->verdict, "k").unit, "1/ms");
}

// ---- the recording ----------------------------------------------------------------------------------------------

TEST(FitErrors, AMissingRecording) {
  const Npz npz;
  std::filesystem::rename(npz.scratch.path("train.npz"), npz.scratch.path("trian.npz"));
  EXPECT_EQ(npz.error(),
            "DIR/study.toml:4:8: error: there is no file DIR/train.npz [file-missing]\n"
            "    file = \"train.npz\"\n"
            "           ^~~~~~~~~~~\n"
            "    try: did you mean trian.npz?\n");
}

TEST(FitErrors, AnEmptyATruncatedAndANonZipNpz) {
  const Npz npz;
  const std::string whole = npz.scratch.read("train.npz");
  npz.scratch.write("train.npz", "");
  EXPECT_EQ(npz.error(),
            "DIR/train.npz: error: 'DIR/train.npz' is empty: it holds no bytes at all [file-empty]\n"
            "    try: copy or write the file again\n");
  npz.scratch.write("train.npz", whole.substr(0, whole.size() / 2));
  EXPECT_EQ(npz.error(),
            "DIR/train.npz: error: 'DIR/train.npz' is cut off: it begins as a zip archive, but the list of members at "
            "its end is missing (" +
                std::to_string(whole.size() / 2) +
                " bytes; Not a zip archive) [npz-truncated]\n"
                "    try: copy or write the file again\n");
  npz.scratch.write("train.npz", "time_ms,current_nA\n0,1\n");
  EXPECT_EQ(npz.error(),
            "DIR/train.npz: error: 'DIR/train.npz' is no .npz: a zip archive is expected, it begins with "
            "'time_ms,curr' [npz-not-zip]\n"
            "    try: write it with numpy.savez; a single array (numpy.save) is a .npy\n");
}

TEST(FitErrors, AnArrayOfObjects) {
  const Npz npz;
  const std::string command = "cd '" + npz.scratch.path() +
                              "' && " HILLOCK_PYTHON
                              " -c \"import numpy as np; np.savez('train.npz', time_ms=np.arange(3.0), "
                              "voltage_mV=np.zeros(3), current_nA=np.array([[1], [1, 2], 3], dtype=object))\"";
  ASSERT_EQ(std::system(command.c_str()), 0) << HILLOCK_PYTHON " with numpy is needed: python3-numpy";
  EXPECT_EQ(npz.error(),
            "DIR/train.npz: error: array 'current_nA' holds Python objects; only numbers are read, a pickle never "
            "[npy-objects]\n"
            "    try: numpy.asarray(x, dtype=float) before saving, and numpy.save(..., allow_pickle=False) to be told "
            "at once\n");
}

TEST(FitErrors, ALengthThatDisagrees) {
  Npz npz;
  npz.made["current_nA"].resize(1199);
  npz.write();
  EXPECT_EQ(npz.error(),
            "DIR/train.npz: error: array 'current_nA' has 1199 values, the time 'time_ms' has 1200 [array-length]\n"
            "    try: all channels and the time of a sweep have one value per sample\n");
}

TEST(FitErrors, NanInTheDataAndInTheCommandAtOnce) {
  Npz npz;
  npz.made["current_nA"][17] = std::numeric_limits<double>::quiet_NaN();
  npz.made["voltage_mV"][18] = std::numeric_limits<double>::infinity();
  npz.made["voltage_mV"][30] = std::numeric_limits<double>::infinity();
  npz.write();
  EXPECT_EQ(npz.error(),
            "DIR/train.npz: error: array 'current_nA' is nan at sample 17 (at 4.25 ms); 1 of its 1200 values are no "
            "numbers [not-a-number]\n"
            "    try: cut or fill these samples before fitting\n"
            "DIR/train.npz: error: array 'voltage_mV' is inf at sample 18 (at 4.5 ms); 2 of its 1200 values are no "
            "numbers [not-a-number]\n"
            "    try: cut or fill these samples before fitting\n");
}

TEST(FitErrors, TimeThatDoesNotIncreaseOrIsNotUniform) {
  Npz npz;
  npz.made["time_ms"][5] = npz.made["time_ms"][4];
  npz.write();
  EXPECT_EQ(npz.error(),
            "DIR/train.npz: error: the time 'time_ms' does not increase from sample 4 (1 ms) to sample 5 (1 ms) "
            "[time-not-increasing]\n"
            "    try: one sweep per file, in order, without repeated times\n");
  npz.made["time_ms"][5] = npz.made["time_ms"][4] + 0.1;
  npz.write();
  EXPECT_EQ(npz.error(),
            "DIR/train.npz: error: the interval from sample 4 (1 ms) to sample 5 is 0.1 ms; the others are 0.25 ms "
            "[sampling-not-uniform]\n"
            "    try: resample to equal intervals, or cut the recording at the gap\n");
}

// ---- the model --------------------------------------------------------------------------------------------------

TEST(FitErrors, TheWrongUnitInAnEquationAndInAPriorAtOnce) {
  const Npz npz;
  std::string text = channel_model;
  text.replace(text.find("k*(open - n)"), 12, "k*(open - V)");
  text.replace(text.find("loguniform(1e-3 uS, 1 uS)"), 25, "loguniform(1e-3 mV, 1 mV)");
  npz.scratch.write("channel.model", text);
  EXPECT_EQ(
      npz.error(),
      "DIR/channel.model:3:27: error: the lower bound of 'loguniform' must be siemens, but is volt [unit-mismatch]\n"
      "    param g : uS ~ loguniform(1e-3 mV, 1 mV)\n"
      "                              ^~~~~~~\n"
      "DIR/channel.model:3:36: error: the upper bound of 'loguniform' must be siemens, but is volt [unit-mismatch]\n"
      "    param g : uS ~ loguniform(1e-3 mV, 1 mV)\n"
      "                                       ^~~~\n"
      "DIR/channel.model:8:12: error: cannot subtract different units: 'open' is a pure number, 'V' is volt "
      "[unit-mismatch]\n"
      "    dn/dt = k*(open - V) : 1\n"
      "               ^~~~~~~~\n");
}

TEST(FitErrors, APriorWithItsBoundsTheWrongWayRoundAndAParameterWithoutOne) {
  const Npz npz;
  std::string text = channel_model;
  text.replace(text.find("uniform(-60*mV, 20*mV)"), 22, "uniform(20*mV, -60*mV)");
  npz.scratch.write("channel.model", text);
  EXPECT_EQ(npz.error(),
            "DIR/channel.model:2:19: error: the lower bound of 'uniform' must be below the upper one [prior-bounds]\n"
            "    param half : mV ~ uniform(20*mV, -60*mV)\n"
            "                      ^~~~~~~~~~~~~~~~~~~~~~\n"
            "    try: swap them\n");
  text = channel_model;
  text.replace(text.find(" ~ loguniform(1e-3 uS, 1 uS)"), 28, "");
  npz.scratch.write("channel.model", text);
  EXPECT_EQ(npz.error(),
            "DIR/channel.model:3:7: error: the parameter \"g\" has no prior, so it cannot be searched [prior-missing]\n"
            "    param g : uS\n"
            "          ^\n"
            "    try: end its line with ~ loguniform(lower, upper), or add g = \"loguniform(lower, upper)\" to [prior] "
            "in the study; a known number is a `const`\n");
}

TEST(FitErrors, NothingIsObservedOrNothingCanBeFitted) {
  const Npz npz;
  npz.scratch.write("channel.model", channel_model.substr(0, channel_model.find("observe")));
  npz.scratch.write("study.toml",
                    "[model]\nfile = \"channel.model\"\n[data.train]\nfile = \"train.npz\"\n"
                    "input.V = \"voltage_mV\"\nobserve.I = \"current_nA\"\n");
  EXPECT_EQ(npz.error(),
            "DIR/channel.model: error: the model does not say what is recorded [no-observation]\n"
            "    try: observe I ~ normal(g*(V - E), sigma)\n"
            "DIR/study.toml:6:13: error: the model has no observation \"I\" [channel-unknown]\n"
            "    observe.I = \"current_nA\"\n"
            "                ^~~~~~~~~~~~\n"
            "    try: the model has none: add the observation to it, or leave this key out\n");
  npz.scratch.write(
      "channel.model",
      "param sigma : nA ~ loguniform(1e-3 nA, 10 nA)\ninput V : volt\nobserve I ~ normal(0.1*uS*V, sigma)\n");
  EXPECT_EQ(npz.error(),
            "DIR/channel.model: error: no parameter has an influence on what is recorded [nothing-to-fit]\n"
            "    try: param g : uS ~ loguniform(1e-3 uS, 10 uS), used in the mean of an observation\n");
}

TEST(FitErrors, AModelThatCanOnlyBeSimulated) {
  Npz npz;
  npz.scratch.write("channel.model", channel_model + "threshold n > 0.5\nreset n = 0\n");
  const auto spikes = fit_made(npz.scratch);
  ASSERT_FALSE(spikes);
  EXPECT_EQ(spikes.error().front().message,
            "a model with spikes can be simulated, but not fitted yet: it has no likelihood here");
  EXPECT_TRUE(spikes.error().front().span.has_value());
  std::string noisy = channel_model;
  noisy.insert(noisy.find("dn/dt = ") + 8, "0.01*xi*second**-0.5 + ");
  npz.scratch.write("channel.model", noisy);
  const auto noise = fit_made(npz.scratch);
  ASSERT_FALSE(noise);
  EXPECT_EQ(noise.error().front().message,
            "a model with noise in its equations can be simulated, but not fitted yet: it has no likelihood here");
}

TEST(FitErrors, EverythingThatIsWrongAtOnce) {
  Npz npz;
  npz.made["current_nA"].resize(1199);
  npz.write();
  std::string text = channel_model;
  text.replace(text.find("g*n*(V - E)"), 11, "g*n");
  npz.scratch.write("channel.model", text);
  const auto out = fit_made(npz.scratch, {.isa = "avx3"});
  ASSERT_FALSE(out);
  std::vector<std::string> codes;
  for (const Error& e : out.error()) codes.push_back(e.code);
  EXPECT_EQ(codes, (std::vector<std::string>{"backend-unknown", "unit-mismatch"})) << render(out.error());
}

// ---- found while computing --------------------------------------------------------------------------------------

/// The error of a fit that had begun: its folder exists, and holds no result.
std::string late_error(const Npz& npz, const std::vector<std::string>& set = {}) {
  const auto out = fit_made(npz.scratch, {.set = set});
  for (const char* name : {"verdict.json", "posterior.nc", "report.html"})
    EXPECT_FALSE(std::filesystem::exists(npz.scratch.path("out") + "/" + name)) << name;
  return out ? "none" : npz.scratch.without_path(render(out.error()));
}

TEST(FitErrors, AModelWhoseEveryDrawFails) {
  const Npz npz;
  std::string text = channel_model;
  text.replace(text.find("k*(open - n)"), 12, "k*(open - n) + 1e9*k*n*n*n");  // infinite within a step or two
  npz.scratch.write("channel.model", text);
  EXPECT_EQ(late_error(npz, {"model.integrator=rk4"}),
            "prior: error: every one of 64 draws from the prior failed: the simulation became infinite or not a number "
            "[no-draw-succeeded]\n"
            "    try: narrower priors, a smaller model.dt, or model.integrator = \"exponential_euler\"; `hillock "
            "simulate` shows one trace\n");
}

TEST(FitErrors, AJointConditionThatNoDrawMeets) {
  const Npz npz;
  npz.scratch.write("channel.model", channel_model + "require k in [20/ms, 30/ms]\n");
  EXPECT_EQ(
      late_error(npz),
      "prior: error: none of 32768 draws from the prior meets the model's joint conditions [requirement-unmeetable]\n"
      "    try: wider conditions, or priors inside them; the conditions are: k in [20/ms, 30/ms];\n");
}

TEST(FitErrors, AJointConditionThatTheDataPullAwayFromIsHeld) {
  const Npz npz;
  npz.scratch.write("channel.model", channel_model + "require half in [0*mV, 10*mV]\n");  // the truth is -20 mV
  const auto out = fit_made(npz.scratch);
  ASSERT_TRUE(out) << render(out.error());
  EXPECT_GE(parameter(out->verdict, "half").best, 0.0);
  EXPECT_LE(parameter(out->verdict, "half").best, 10.0);
  EXPECT_LE(out->verdict.status, verify::Status::misspecified) << why(out->verdict);
}

// ---- the results folder -----------------------------------------------------------------------------------------

TEST(FitErrors, AResultsFolderThatCannotBeMade) {
  const Npz npz;
  npz.scratch.write("taken", "a file");
  const auto out = fit_made(npz.scratch, {.out = "taken/results"});
  ASSERT_FALSE(out);
  EXPECT_EQ(npz.scratch.without_path(render(out.error())),
            "DIR/taken/results: error: the results folder cannot be made: Not a directory [results-unwritable]\n"
            "    try: choose another folder with --out FOLDER, or make this one writable\n");
  EXPECT_EQ(npz.scratch.read("taken"), "a file");
}

/// A small file system over a folder, while it lives.
class SmallDisk {
 public:
  SmallDisk(std::string folder, int kilobytes) : folder_(std::move(folder)) {
    std::filesystem::create_directories(folder_);
    mounted_ =
        ::mount("hillock", folder_.c_str(), "tmpfs", 0, ("size=" + std::to_string(kilobytes) + "k").c_str()) == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount(folder_.c_str());
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  [[nodiscard]] bool mounted() const { return mounted_; }

 private:
  std::string folder_;
  bool mounted_ = false;
};

/// Is a file of the results folder all there?
bool whole(const std::string& name, const std::string& bytes) {
  if (name == "verdict.json") return verify::from_json(bytes).has_value();
  if (name == "posterior.nc") return bytes.starts_with("\x89HDF\r\n\x1a\n");
  if (name == "report.html") return bytes.ends_with("</html>\n");
  if (name == "study.lock.toml") return bytes.find("[lock") != std::string::npos && bytes.ends_with("\n");
  if (name == "ledger.jsonl") return bytes.empty() || bytes.ends_with("\n");
  return true;
}

TEST(FitErrors, ADiskThatFillsUpLeavesNoHalfFile) {
  const Npz npz;
  int full = 0;
  int finished = 0;
  std::vector<std::size_t> written;
  // From no room for the first file to room for all of them.
  for (const int kilobytes : {4, 16, 64, 128, 256, 512, 1024, 4096}) {
    SCOPED_TRACE(std::to_string(kilobytes) + " kB");
    const SmallDisk disk(npz.scratch.path("out"), kilobytes);
    if (!disk.mounted()) GTEST_SKIP() << "a small file system can only be mounted by root";
    const auto out = fit_made(npz.scratch, {.set = {"search.draws=50", "search.starts=2", "search.screen=16"}});
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(npz.scratch.path("out"))) {
      if (!entry.is_regular_file()) continue;
      const std::string name = entry.path().filename().string();
      const std::string bytes =
          npz.scratch.read("out/" + std::filesystem::relative(entry.path(), npz.scratch.path("out")).string());
      ++files;
      EXPECT_EQ(name.find("tmp"), std::string::npos) << name << ": a temporary file was left";
      EXPECT_TRUE(whole(name, bytes)) << name << ", " << bytes.size() << " bytes";
    }
    written.push_back(files);
    if (out) {
      ++finished;
      continue;
    }
    ++full;
    EXPECT_EQ(out.error().front().code, "disk-full") << render(out.error());
    EXPECT_NE(out.error().front().hint.find("free some space"), std::string::npos) << render(out.error());
    EXPECT_FALSE(std::filesystem::exists(npz.scratch.path("out/verdict.json")));
  }
  EXPECT_GE(full, 3);
  EXPECT_GE(finished, 1);
}

TEST(FitErrors, ARunThatADiskStoppedGoesOnOnceThereIsRoom) {
  const Npz npz;
  std::vector<std::string> set{"search.draws=50", "search.starts=2", "search.screen=16"};
  ASSERT_TRUE(fit_made(npz.scratch, {.set = set, .out = "whole"}));
  const SmallDisk disk(npz.scratch.path("out"), 200);  // the checkpoint of the search fits, the report does not
  if (!disk.mounted()) GTEST_SKIP() << "a small file system can only be mounted by root";
  const auto stopped = fit_made(npz.scratch, {.set = set});
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().front().code, "disk-full");
  ASSERT_EQ(::mount("hillock", npz.scratch.path("out").c_str(), "tmpfs", MS_REMOUNT, "size=16384k"), 0);
  const auto resumed = fit_made(npz.scratch, {.set = set, .resume = true});
  ASSERT_TRUE(resumed) << render(resumed.error());
  EXPECT_TRUE(npz.scratch.read("out/posterior.nc") == npz.scratch.read("whole/posterior.nc"));
}

}  // namespace
}  // namespace hillock::study
