#include "herg.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "io/recording_reader.hpp"
#include "lang/expression.hpp"

namespace hillock::bench {
namespace {

constexpr std::array<std::size_t, 8> sine_mask = {2501, 3001, 5001, 15000, 20000, 30000, 65001, 70001};
constexpr std::array<std::size_t, 20> action_potential_mask = {2501,  3001,  5701,  7197,  10560, 17693, 20720,
                                                               24244, 28095, 29390, 34396, 36886, 40506, 43708,
                                                               50418, 56093, 61253, 65953, 73246, 78246};
constexpr std::size_t masked_samples = 50;

struct CommandPiece {
  double until_ms;
  const char* value;
};
constexpr std::array<CommandPiece, 9> sine_command = {{
    {250.1, "-80*mV"},
    {300.1, "-120*mV"},
    {500.1, "-80*mV"},
    {1500.1, "40*mV"},
    {2000.1, "-120*mV"},
    {3000.1, "-80*mV"},
    {6500.1,
     "-30*mV + 54*mV*sin(0.007/ms*(t - 2500.1*ms)) + 26*mV*sin(0.037/ms*(t - 2500.1*ms))"
     " + 10*mV*sin(0.19/ms*(t - 2500.1*ms))"},
    {7000.1, "-120*mV"},
    {std::numeric_limits<double>::infinity(), "-80*mV"},
}};

/// The sine-wave command in mV at a time in ms; `inside` lies in the same sampling interval and tells which side of a
/// step is meant.
double sine_command_at(double t, double inside) {
  if (inside < 250.1) return -80.0;
  if (inside < 300.1) return -120.0;
  if (inside < 500.1) return -80.0;
  if (inside < 1500.1) return 40.0;
  if (inside < 2000.1) return -120.0;
  if (inside < 3000.1) return -80.0;
  const double s = t - 2500.1;
  if (inside < 6500.1)
    return -30.0 + 54.0 * std::sin(0.007 * s) + 26.0 * std::sin(0.037 * s) + 10.0 * std::sin(0.19 * s);
  return inside < 7000.1 ? -120.0 : -80.0;
}

Result<std::shared_ptr<const sim::Stimulus>> sine_stimulus() {
  const std::array names{lang::NamedDimension{"t", units::find_unit("second")->dimension}};
  std::vector<sim::Piece> pieces;
  for (const CommandPiece& piece : sine_command) {
    auto expression =
        lang::parse_expression(piece.value, "the sine-wave command", names, units::find_unit("volt")->dimension);
    if (!expression) return fail(expression.error());
    pieces.push_back({1e-3 * piece.until_ms, std::move(expression->graph), expression->root});
  }
  return std::shared_ptr<const sim::Stimulus>(sim::piecewise(std::move(pieces)));
}

std::vector<double> scaled(const std::vector<double>& values, double factor) {
  std::vector<double> out(values);
  for (double& value : out) value *= factor;
  return out;
}

/// The text without the lines that begin with one of `starts`.
std::string without_lines(std::string_view text, std::span<const std::string_view> starts, std::size_t& removed) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    const std::string_view line = text.substr(0, end);
    const bool drop = std::ranges::any_of(starts, [&](std::string_view start) { return line.starts_with(start); });
    if (drop) ++removed;
    else out += line;
    text.remove_prefix(end);
  }
  return out;
}

bool replace_once(std::string& text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  if (at == std::string::npos || text.find(from, at + 1) != std::string::npos) return false;
  text.replace(at, from.size(), to);
  return true;
}

std::unexpected<Errors> changed_example() {
  return fail("bench-model", "the example's model no longer has the lines that the benchmarks replace",
              "examples/herg/herg.model", "bring bench/herg.cpp up to date");
}

}  // namespace

std::span<const std::size_t> masked_from(Protocol protocol) {
  if (protocol == Protocol::sine_wave) return sine_mask;
  return action_potential_mask;
}

Result<HergRecording> read_herg(const std::string& folder, int cell, Protocol protocol) {
  const std::string path = fmt::format("{}/cell_{}_{}.npz", folder, cell,
                                       protocol == Protocol::sine_wave ? "sine_wave" : "action_potential");
  const auto file = io::read_arrays(path);
  if (!file) return fail(file.error());
  Errors errors;
  const auto values = [&](const char* name) -> std::vector<double> {
    if (const data::Array* array = file->find(name)) return array->values;
    errors.push_back({"array-missing", fmt::format("there is no array \"{}\"", name), std::nullopt, path, ""});
    return {0.0};
  };
  HergRecording out;
  out.time_ms = values("time_ms");
  out.voltage_mv = values("voltage_mV");
  out.current_na = values("current_nA");
  out.temperature_c = values("temperature_C").front();
  if (!errors.empty()) return fail(std::move(errors));
  std::vector<data::SampleWindow> windows;
  for (const std::size_t first : masked_from(protocol)) windows.push_back({first, first + masked_samples});
  out.mask = data::mask_without(out.time_ms.size(), windows);
  return out;
}

Result<sim::Experiment> herg_experiment(const HergRecording& recording, Protocol protocol) {
  sim::Experiment experiment;
  experiment.name = protocol == Protocol::sine_wave ? "sine wave" : "action potential";
  experiment.start = 1e-3 * recording.time_ms.front();
  experiment.interval = 1e-4;
  experiment.samples = recording.time_ms.size();
  experiment.mask = recording.mask;
  if (!recording.current_na.empty()) experiment.observed["I"] = scaled(recording.current_na, 1e-9);
  experiment.holding["V"] = -0.08;
  experiment.constants["T"] = 273.15 + recording.temperature_c;
  if (protocol == Protocol::sine_wave) {
    auto stimulus = sine_stimulus();
    if (!stimulus) return fail(stimulus.error());
    experiment.inputs["V"] = *stimulus;
  } else {
    experiment.inputs["V"] = sim::sampled(experiment.start, experiment.interval, scaled(recording.voltage_mv, 1e-3),
                                          sim::Interpolation::linear);
  }
  return experiment;
}

Result<std::string> white_noise_model(std::string_view example) {
  constexpr std::array<std::string_view, 1> noise_memory = {"param tau"};
  std::size_t removed = 0;
  std::string text = without_lines(example, noise_memory, removed);
  if (removed != 1 || !replace_once(text, "~ ar1(p9*a*r*(V - E_K), sigma, tau)", "~ normal(p9*a*r*(V - E_K), sigma)"))
    return changed_example();
  return text;
}

Result<std::string> model_without_inactivation(std::string_view white) {
  constexpr std::array<std::string_view, 8> gate = {"param p5", "param p6", "param p7", "param p8",
                                                    "k3 =",     "k4 =",     "dr/dt",    "init r"};
  std::size_t removed = 0;
  std::string text = without_lines(white, gate, removed);
  if (removed != gate.size() || !replace_once(text, "p9*a*r*(V - E_K)", "p9*a*(V - E_K)") ||
      !replace_once(text, "max(k1), max(k2), max(k3), max(k4) in", "max(k1), max(k2) in"))
    return changed_example();
  return text;
}

std::array<double, 9> herg_si(const std::array<double, 9>& p) {
  std::array<double, 9> si{};
  for (std::size_t j = 0; j < 8; ++j) si[j] = 1e3 * p[j];  // per ms, per mV
  si[8] = 1e-6 * p[8];
  return si;
}

double herg_error_reference(const HergRecording& recording, const std::array<double, 9>& p) {
  const double e_k = 1e3 * 8.314 * (273.15 + recording.temperature_c) / 96485.0 * std::log(4.0 / 130.0);
  std::array<double, 4> k{};
  const auto rates = [&](double v) {
    k = {p[0] * std::exp(p[1] * v), p[2] * std::exp(-p[3] * v), p[4] * std::exp(p[5] * v), p[6] * std::exp(-p[7] * v)};
  };
  rates(-80.0);
  double a = k[0] / (k[0] + k[1]);
  double r = k[3] / (k[2] + k[3]);
  double squares = 0.0;
  double kept = 0.0;
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  constexpr double dt = 0.1;
  for (std::size_t i = 0; i < recording.time_ms.size(); ++i) {
    const double t = dt * static_cast<double>(i);
    if (recording.mask[i] != 0) {
      const double data = recording.current_na[i];
      const double error = p[8] * a * r * (sine_command_at(t, t + 0.5 * dt) - e_k) - data;
      squares += error * error;
      kept += 1.0;
      low = std::min(low, data);
      high = std::max(high, data);
    }
    rates(sine_command_at(t + 0.5 * dt, t + 0.5 * dt));
    const double a_rate = k[0] + k[1];
    const double r_rate = k[2] + k[3];
    a = k[0] / a_rate + (a - k[0] / a_rate) * std::exp(-a_rate * dt);
    r = k[3] / r_rate + (r - k[3] / r_rate) * std::exp(-r_rate * dt);
  }
  return std::sqrt(squares / kept) / (high - low);
}

}  // namespace hillock::bench
