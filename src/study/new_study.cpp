#include "study/new_study.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <cmath>
#include <filesystem>

#include "base/rng.hpp"
#include "io/whole_file.hpp"

namespace hillock::study {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view model_text = R"text(# An ion channel with one gate, under voltage clamp.
# Each name is explained in docs/language.md; `hillock check channel.model` reads this file.

param k_open  : 1/ms ~ loguniform(1e-4/ms, 10/ms)    # opening rate at 0 mV
param s_open  : 1/mV ~ uniform(1e-3/mV, 0.2/mV)      # and how it grows with voltage
param k_close : 1/ms ~ loguniform(1e-4/ms, 10/ms)    # closing rate at 0 mV
param s_close : 1/mV ~ uniform(1e-3/mV, 0.2/mV)
param g       : uS   ~ loguniform(1e-3*uS, 1*uS)     # conductance with all gates open
param sigma   : nA   ~ loguniform(1e-3*nA, 1*nA)     # noise of the recording

const E = -85 mV                                     # reversal potential
input V : mV                                         # the command

opening = k_open*exp(s_open*V) : 1/second
closing = k_close*exp(-s_close*V) : 1/second
dn/dt = opening*(1 - n) - closing*n : 1
init n = opening/(opening + closing)

observe I ~ normal(g*n*(V - E), sigma)
)text";

constexpr std::string_view study_text =
    R"text(# A study: which model, which recordings, which questions. `hillock help options` lists every key.

[model]
file = "channel.model"

[data.train]                                  # the recording that is fitted
file = "train.csv"                            # `hillock data train.csv` says what is in it
observe.I = "current_nA"                      # the model's name = the file's array
input.V = {{ array = "voltage_mV", interpolation = "previous" }}

[data.test]                                   # a recording that is only predicted; any other name does as well
file = "test.csv"
observe.I = "current_nA"
input.V = {{ array = "voltage_mV", interpolation = "previous" }}

# [prior]                                     # priors other than the model's
# g = "loguniform(1e-2*uS, 1*uS)"

[search]
starts = 24
screen = 512

[report]
title = "{0}"
)text";

constexpr std::string_view readme_text = R"text(# {0}

    hillock fit study.toml          search, posterior, checks, report: results/{0}/report.html
    hillock check channel.model     what the model says, and its mistakes
    hillock data train.csv          what is in a recording

The two recordings are made up: the model's own solution at k_open = 0.05/ms, s_open = 0.04/mV, k_close = 0.02/ms,
s_close = 0.03/mV, g = 0.05 uS, with white noise of 0.05 nA. Put your own recording in their place: `hillock data FILE`
prints the lines for study.toml. Then change channel.model to what you think is going on.
)text";

struct Step {
  double until_ms;
  double voltage_mV;
};

/// The model's exact solution: at a held voltage the gate relaxes exponentially.
std::string recording(const std::vector<Step>& steps, std::uint64_t draw) {
  constexpr double k_open = 0.05, s_open = 0.04, k_close = 0.02, s_close = 0.03, g = 0.05, e = -85.0, sd = 0.05;
  constexpr int per_ms = 5;
  Rng rng(1, stream_id("new_study"), draw);
  std::string out = "# made up by `hillock new`: see README.md\ntime_ms,voltage_mV,current_nA\n";
  double gate = -1.0;
  int sample = 0;
  for (const Step& step : steps) {
    const double opening = k_open * std::exp(s_open * step.voltage_mV);
    const double closing = k_close * std::exp(-s_close * step.voltage_mV);
    const double steady = opening / (opening + closing);
    if (gate < 0.0) gate = steady;
    const double kept = std::exp(-(opening + closing) / per_ms);
    for (; sample < std::lround(step.until_ms * per_ms); ++sample) {
      const double current = g * gate * (step.voltage_mV - e) + sd * rng.normal();
      out += fmt::format("{}.{},{},{:.5f}\n", sample / per_ms, 2 * (sample % per_ms), step.voltage_mV, current);
      gate = steady + (gate - steady) * kept;
    }
  }
  return out;
}

}  // namespace

std::vector<NewFile> new_study_files(std::string_view name) {
  const std::vector<Step> train{{50, -80}, {150, -40},  {200, -80}, {300, -10}, {350, -60},
                                {450, 20}, {500, -100}, {600, 40},  {650, -70}, {700, -80}};
  const std::vector<Step> test{{30, -80}, {60, 0}, {90, -50}, {130, 30}, {180, -65}, {210, -20}, {260, 10}, {300, -80}};
  return {{"README.md", fmt::format(readme_text, name)},
          {"study.toml", fmt::format(study_text, name)},
          {"channel.model", std::string(model_text)},
          {"train.csv", recording(train, 0)},
          {"test.csv", recording(test, 1)}};
}

Result<Answer> new_study(const std::string& path) {
  std::error_code code;
  const fs::path folder = fs::path(path).lexically_normal();
  std::string name = folder.filename().string();
  if (name.empty()) name = folder.parent_path().filename().string();
  const bool fine = !name.empty() && name.front() != '.' && name.find_first_of("\"\\\n\t") == std::string::npos;
  if (!fine)
    return fail("name-invalid", fmt::format("\"{}\" is no name for a study", path), "",
                "letters, digits, - and _: hillock new my_channel");
  if (fs::exists(folder, code) && (!fs::is_directory(folder, code) || !fs::is_empty(folder, code)))
    return fail("folder-not-empty", "there is something of that name already", path, "another name");
  fs::create_directories(folder, code);
  if (code) return fail("not-writable", fmt::format("the folder cannot be made: {}", code.message()), path);
  nlohmann::ordered_json json{{"study", (folder / "study.toml").string()}, {"files", nlohmann::json::array()}};
  for (const NewFile& file : new_study_files(name)) {
    const std::string to = (folder / file.name).string();
    if (auto written = io::write_whole(to, file.content); !written) return std::unexpected(std::move(written.error()));
    json["files"].push_back(to);
  }
  Answer answer;
  answer.text = fmt::format(
      "made {0}/ with a study that runs:\n\n    hillock fit {0}/study.toml\n\n{0}/README.md says how to put your own "
      "recording in.\n",
      folder.string());
  answer.json = json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  return answer;
}

}  // namespace hillock::study
