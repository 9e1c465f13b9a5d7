#pragma once
/// Small recordings made in the test, by a formula of its own, and studies of them whose fit takes about a second.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/rng.hpp"
#include "study/fit.hpp"
#include "study/read_study.hpp"
#include "study/test/scratch.hpp"

namespace hillock::study {

/// A command held at `voltage_mV` up to `until_ms`.
struct Hold {
  double until_ms, voltage_mV;
};
using Holds = std::vector<Hold>;

inline const Holds train_holds{{20, -80}, {70, 0}, {110, -40}, {160, 30}, {210, -20}, {240, -100}, {300, 10}};
inline const Holds test_holds{{15, -80}, {45, -30}, {80, 20}, {120, -60}, {150, 5}, {180, -10}};

/// What `channel_model` says, and perhaps a second gate that it does not have.
struct Channel {
  double k = 0.2;       ///< 1/ms
  double half = -20.0;  ///< mV
  double g = 0.05;      ///< uS
  double second = 0.0;  ///< rate of inactivation at 0 mV, 1/ms; 0: none
};

inline const std::string channel_model = R"(param k : 1/ms ~ loguniform(1e-3/ms, 10/ms)
param half : mV ~ uniform(-60*mV, 20*mV)
param g : uS ~ loguniform(1e-3 uS, 1 uS)
param sigma : nA ~ loguniform(1e-3 nA, 10 nA)
const E = -85 mV
input V : volt
open = 1/(1 + exp((half - V)/(8*mV))) : 1
dn/dt = k*(open - n) : 1
init n = open
observe I ~ normal(g*n*(V - E), sigma)
)";

constexpr double made_interval_ms = 0.25;
constexpr double made_sd_nA = 0.1;  // the largest current is about 5 nA

/// A table with a header: the columns of a .csv.
struct Columns {
  std::vector<std::string> names;
  std::vector<std::vector<double>> values;
  [[nodiscard]] std::vector<double>& operator[](const std::string& name) {
    return values[static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin())];
  }
  [[nodiscard]] std::string csv() const {
    std::string out;
    char number[32];
    for (std::size_t c = 0; c < names.size(); ++c) out += (c > 0 ? "," : "") + names[c];
    out += "\n";
    for (std::size_t i = 0; i < values.front().size(); ++i) {
      for (std::size_t c = 0; c < names.size(); ++c) {
        std::snprintf(number, sizeof number, "%.12g", values[c][i]);
        out += (c > 0 ? "," : "") + std::string(number);
      }
      out += "\n";
    }
    return out;
  }
};

/// time_ms, voltage_mV, current_nA: the exact solution (at a held command each gate relaxes exponentially), no noise.
inline Columns made_recording(const Channel& channel, const Holds& holds, double interval_ms = made_interval_ms) {
  Columns out{{"time_ms", "voltage_mV", "current_nA"}, {{}, {}, {}}};
  double n = -1.0;
  double h = -1.0;
  long sample = 0;
  for (const Hold& hold : holds) {
    const double v = hold.voltage_mV;
    const double open = 1.0 / (1.0 + std::exp((channel.half - v) / 8.0));
    const double closing = channel.second * std::exp(v / 20.0);
    const double recovering = 0.02 * std::exp(-v / 30.0);
    const double free = recovering / (recovering + closing);
    if (n < 0.0) n = open, h = free;
    for (; sample < std::lround(hold.until_ms / interval_ms); ++sample) {
      out.values[0].push_back(static_cast<double>(sample) * interval_ms);
      out.values[1].push_back(v);
      out.values[2].push_back(channel.g * n * h * (v + 85.0));
      n = open + (n - open) * std::exp(-channel.k * interval_ms);
      h = free + (h - free) * std::exp(-(recovering + closing) * interval_ms);
    }
  }
  return out;
}

/// Adds normal noise whose neighbours have the correlation `rho`; its sd is `sd` up to the sample `change`, then
/// `sd_after`.
inline void add_noise(std::vector<double>& values, double sd, std::uint64_t draw, double rho = 0.0,
                      double sd_after = 0.0, std::size_t change = SIZE_MAX) {
  Rng rng(20260701, stream_id("made recordings"), draw);
  double e = rng.normal();
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] += (i < change ? sd : sd_after) * e;
    e = rho * e + std::sqrt(1.0 - rho * rho) * rng.normal();
  }
}

inline std::string noisy_csv(const Channel& channel, const Holds& holds, std::uint64_t draw, double rho = 0.0) {
  Columns made = made_recording(channel, holds);
  add_noise(made["current_nA"], made_sd_nA, draw, rho);
  return made.csv();
}

/// The section [data.<name>] for a file made above.
inline std::string split_text(const std::string& name, const std::string& file) {
  return "[data." + name + "]\nfile = \"" + file +
         "\"\nobserve.I = \"current_nA\"\ninput.V = { array = \"voltage_mV\", interpolation = \"previous\" }\n";
}

/// Settings for which a fit takes about a second. ESS must reach 400, and each draw of NUTS is worth nearly one; R-hat
/// of split chains of n/2 such draws is about 1 + 1/n, give or take half of that, and must stay below 1.01. Data from
/// the model itself are called misspecified with a probability of at most `level`.
inline const std::string quick_settings =
    "[search]\nstarts = 6\nscreen = 64\nchains = 8\nwarmup = 40\ndraws = 400\n"
    "[verify]\nbootstrap = 100\npredictive_draws = 40\nlevel = 1e-3\n[report]\npair_draws = 50\n";

/// channel.model, train.csv, test.csv (another protocol) and study.toml.
inline void write_channel_study(const Scratch& scratch, const Channel& channel = {}, std::uint64_t draw = 0,
                                double rho = 0.0) {
  scratch.write("channel.model", channel_model);
  scratch.write("train.csv", noisy_csv(channel, train_holds, 2 * draw, rho));
  scratch.write("test.csv", noisy_csv(channel, test_holds, 2 * draw + 1, rho));
  scratch.write("study.toml", "[study]\nname = \"made\"\n[model]\nfile = \"channel.model\"\n" +
                                  split_text("train", "train.csv") + split_text("test", "test.csv") + quick_settings);
}

/// How to run one.
struct FitCall {
  std::vector<std::string> set{};  ///< as --set
  std::string study = "study.toml";
  std::string out = "out";  ///< the results folder
  int threads = 0;
  std::string isa = "auto";
  std::optional<double> budget{};
  bool resume = false;
};

/// Reads the study and fits it, as the program does.
inline Result<FitOutcome> fit_made(const Scratch& scratch, FitCall call = {}, Progress* progress = nullptr) {
  call.set.push_back("study.results=" + scratch.path(call.out));
  const auto study = read_study(scratch.path(call.study), call.set);
  if (!study) return fail(study.error());
  Silent silent;
  return fit(*study, {call.threads, call.isa, call.budget, call.resume}, progress != nullptr ? *progress : silent);
}

/// The verdict of a fit that must not fail.
inline verify::Verdict fitted(const Scratch& scratch, const std::vector<std::string>& set = {}) {
  const auto out = fit_made(scratch, {.set = set});
  EXPECT_TRUE(out) << render(out.error());
  return out ? out->verdict : verify::Verdict{};
}

inline const verify::ParameterSummary& parameter(const verify::Verdict& verdict, const std::string& name) {
  static const verify::ParameterSummary none;
  for (const verify::ParameterSummary& p : verdict.parameters)
    if (p.name == name) return p;
  ADD_FAILURE() << "no parameter " << name;
  return none;
}

/// The true value lies in the 99.9 % interval: 3.29 standard deviations each way, taken from the 90 % interval (1.645)
/// on the scale where the posterior is nearly normal.
inline void expect_recovered(const verify::Verdict& verdict, const std::string& name, double truth) {
  const verify::ParameterSummary& p = parameter(verdict, name);
  const bool log_scale = p.prior_q05 > 0.0;
  const auto scale = [&](double x) { return log_scale ? std::log(x) : x; };
  const double sd = (scale(p.q95) - scale(p.q05)) / (2.0 * 1.645);
  EXPECT_GT(sd, 0.0) << name;
  EXPECT_LT(std::fabs(scale(p.median) - scale(truth)), 3.29 * sd)
      << name << ": " << p.q05 << " " << p.median << " " << p.q95 << ", truth " << truth;
}

inline bool has_reason(const verify::Verdict& verdict, const std::string& code) {
  return std::any_of(verdict.reasons.begin(), verdict.reasons.end(), [&](const auto& r) { return r.code == code; });
}

/// For messages: the status and why.
inline std::string why(const verify::Verdict& verdict) {
  std::string out(verify::to_string(verdict.status));
  for (const verify::Reason& r : verdict.reasons) out += "\n  " + r.code + ": " + r.text;
  return out;
}

}  // namespace hillock::study
