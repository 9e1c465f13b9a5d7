#include "study/check_steps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "sim/choose_integrator.hpp"
#include "study/check_speed.hpp"
#include "study/check_spike_step.hpp"
#include "study/check_stiffness.hpp"
#include "study/simulate_setup.hpp"

namespace hillock::study {
namespace {

sim::Experiment run_of(const SimulateSetup& setup, double duration, double interval) {
  sim::Experiment e = setup.experiment;
  e.name = "check";
  e.interval = interval;
  e.samples = static_cast<std::size_t>(std::llround(duration / interval)) + 1;
  e.mask.assign(e.samples, 1);
  return e;
}

std::string milliseconds(double seconds) { return fmt::format("{:.3g} ms", seconds * 1e3); }

void say_auto(const ir::Model& model, std::string& text, nlohmann::ordered_json& json) {
  const auto chosen = sim::choose_integrator(model);
  if (!chosen) {
    text += fmt::format("integrator \"auto\"\n  none: {}\n    try: {}\n", chosen.error().front().message,
                        chosen.error().front().hint);
    json["auto"] = nullptr;
    return;
  }
  text += fmt::format("integrator \"auto\"\n  {}: {}\n", chosen->name, chosen->reason);
  json["auto"] = {{"integrator", chosen->name}, {"reason", chosen->reason}};
}

void say_stiffness(const ir::Model& model, const SimulateSetup& setup, std::string& text,
                   nlohmann::ordered_json& json) {
  const auto fast = stiffness(model, run_of(setup, 1.0, 1e-3), setup.parameters);
  text += "stiffness, along a run of 1 s\n";
  if (!fast) {
    text += fmt::format("  unknown: {}\n", fast.error().front().message);
    json["stiffness"] = nullptr;
    return;
  }
  const double rate = std::abs(fast->eigenvalue);
  if (rate == 0.0) {
    text += "  nothing changes with the states\n";
    json["stiffness"] = {{"rate_per_s", 0.0}};
    return;
  }
  text += fmt::format("  fastest time constant  {}, at {} (eigenvalue {:.3g}{}/s)\n", milliseconds(1.0 / rate),
                      milliseconds(fast->at), fast->eigenvalue.real(),
                      fast->eigenvalue.imag() != 0.0 ? fmt::format(" {:+.3g}i", fast->eigenvalue.imag()) : "");
  json["stiffness"] = {{"rate_per_s", rate},
                       {"eigenvalue_per_s", {fast->eigenvalue.real(), fast->eigenvalue.imag()}},
                       {"at_ms", fast->at * 1e3}};
  if (std::isfinite(fast->rk4)) {
    text += fmt::format("  longest stable step    euler {}, rk2 {}, rk4 {}; exponential and exact steps: any\n",
                        milliseconds(fast->euler), milliseconds(fast->rk2), milliseconds(fast->rk4));
    json["stiffness"]["longest_step_ms"] = {
        {"euler", fast->euler * 1e3}, {"rk2", fast->rk2 * 1e3}, {"rk4", fast->rk4 * 1e3}};
  }
}

std::string at_step(const SpikesAtStep& s, std::size_t spikes) {
  if (s.spikes != spikes) return fmt::format("{} spikes of {} at {}", s.spikes, spikes, milliseconds(s.step));
  return fmt::format("{} off at {}", milliseconds(s.moved), milliseconds(s.step));
}

Result<void> say_spikes(const ir::Model& model, const SimulateSetup& setup, std::string& text,
                        nlohmann::ordered_json& json) {
  auto found = spike_steps(model, run_of(setup, 0.2, 1e-4), setup.parameters);
  if (!found) return fail(std::move(found.error()));
  if (!*found) return {};
  const SpikeSteps& s = **found;
  json["spike_steps"] = {{"duration_ms", 200.0},
                         {"spikes", s.spikes},
                         {"converged", s.converged},
                         {"tolerance_ms", spike_tolerance * 1e3}};
  if (s.spikes == 0) {
    text += "spike times\n  no spikes in 200 ms\n";
    return {};
  }
  text += fmt::format("the step at which spike times are within {} of {}'s ({} in 200 ms)\n",
                      milliseconds(spike_tolerance), s.converged, s.spikes);
  json["spike_steps"]["integrators"] = nlohmann::ordered_json::object();
  for (const SpikeStep& row : s.integrators) {
    const SpikesAtStep& last = row.tried.back();
    std::string line = last.good ? milliseconds(last.step) : "below " + milliseconds(last.step);
    nlohmann::ordered_json tried = nlohmann::ordered_json::array();
    for (const SpikesAtStep& t : row.tried) {
      if (!t.good || row.tried.size() == 1 || &t == &last) line += "; " + at_step(t, s.spikes);
      tried.push_back({{"step_ms", t.step * 1e3}, {"spikes", t.spikes}, {"moved_ms", nullptr}});
      if (t.spikes == s.spikes) tried.back()["moved_ms"] = t.moved * 1e3;
    }
    text += fmt::format("  {:<22} {}\n", row.integrator, line);
    json["spike_steps"]["integrators"][row.integrator] = {{"step_ms", nullptr}, {"tried", std::move(tried)}};
    if (last.good) json["spike_steps"]["integrators"][row.integrator]["step_ms"] = last.step * 1e3;
  }
  return {};
}

/// The setup with 0 for inputs that nobody gave; nothing where a parameter is missing too.
std::optional<SimulateSetup> with_inputs_at_zero(SimulateOptions run, const ir::Model& model) {
  for (const ir::SymbolId id : model.inputs) {
    const ir::Symbol& input = model.symbol(id);
    const bool given = std::ranges::any_of(run.inputs, [&](const Assignment& a) { return a.name == input.name; });
    if (!given) run.inputs.push_back({input.name, "0*" + input.unit.name, {"--input", {}}});
  }
  auto setup = set_up_simulation(run);
  if (!setup) return {};
  return std::move(*setup);
}

}  // namespace

Result<void> check_steps(const ir::Model& model, const CheckOptions& options, std::string& text,
                         nlohmann::ordered_json& json) {
  SimulateOptions run;
  run.model = options.model;
  run.set = options.set;
  run.inputs = options.inputs;
  auto setup = set_up_simulation(run);
  Errors missing, wrong;
  if (!setup)
    for (Error& e : setup.error()) {
      const bool absent = e.code == "parameter-without-value" || e.code == "input-missing";
      if (e.code != "nothing-to-simulate") (absent ? missing : wrong).push_back(std::move(e));
    }
  else if (!setup->axes.empty())
    wrong.push_back({"sweep-syntax", "a check runs once: " + setup->axes[0].name + " has one value", {}, "--set", {}});
  if (!wrong.empty()) return fail(std::move(wrong));
  if (model.states.empty()) return {};
  say_auto(model, text, json);
  if (!missing.empty()) {
    text += "stiffness and steps are unknown, as values are missing\n";
    json["missing"] = nlohmann::ordered_json::array();
    for (const Error& e : missing) {
      text += fmt::format("  {}: {}\n", e.message, e.hint);
      json["missing"].push_back(e.message);
    }
    // How long a step takes does not depend on what comes in.
    if (auto still = with_inputs_at_zero(std::move(run), model)) say_speed(*still, options.cache, text, json);
    return {};
  }
  say_stiffness(model, *setup, text, json);
  if (auto said = say_spikes(model, *setup, text, json); !said) return fail(std::move(said.error()));
  say_speed(*setup, options.cache, text, json);
  return {};
}

}  // namespace hillock::study
