#include "study/check_suggestions.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <limits>

#include "study/moving_edges.hpp"

namespace hillock::study {
namespace {

using Json = nlohmann::ordered_json;

/// Rates that explicit steps of 0.1 ms, the usual ones, cannot follow.
constexpr double usual_step_ms = 0.1;

/// The value under some names; null where one of them is missing.
const Json& at(const Json& found, std::initializer_list<const char*> names) {
  static const Json nothing;
  const Json* here = &found;
  for (const char* name : names) {
    if (!here->is_object() || !here->contains(name)) return nothing;
    here = &(*here)[name];
  }
  return *here;
}

void about_reading(const Json& found, std::vector<std::string>& out) {
  const Json& names = at(found, {"unread"});
  if (names.is_array() && !names.empty())
    out.push_back(fmt::format("nothing reads {}: leave {} out", fmt::join(names.get<std::vector<std::string>>(), ", "),
                              names.size() == 1 ? "it" : "them"));
}

void about_fitting(const ir::Model& model, std::vector<std::string>& out) {
  std::vector<std::string> without;
  for (const ir::Parameter& p : model.parameters)
    if (!p.prior) without.push_back(model.symbol(p.symbol).name);
  const bool fitted = !model.spiking && model.events.empty() && !model.random();
  if (!fitted || model.parameters.empty()) return;
  if (model.observations.empty() && !model.states.empty()) {
    const ir::Symbol& first = model.symbol(model.states.front().symbol);
    out.push_back(fmt::format("nothing is observed, so no data can be fitted: observe {} ~ normal({}, 1{}{})",
                              first.name, first.name, first.unit.name == "1" ? "" : " ",
                              first.unit.name == "1" ? "" : first.unit.name));
  } else if (!without.empty()) {
    out.push_back(fmt::format("a fit keeps what has no prior at its default: {}", fmt::join(without, ", ")));
  }
}

void about_steps(const Json& found, std::vector<std::string>& out) {
  const Json& rk4 = at(found, {"stiffness", "longest_step_ms", "rk4"});
  if (rk4.is_number() && rk4.get<double>() < usual_step_ms) {
    const bool midpoint = at(found, {"cost", "exponential_midpoint"}).is_object();
    out.push_back(fmt::format("explicit steps above {:.3g} ms blow up: {}", rk4.get<double>(),
                              midpoint ? "exponential_midpoint, or rodas4 to a tolerance" : "rodas4"));
  }
  // The fewest operations for spike times that hold.
  const Json& rows = at(found, {"spike_steps", "integrators"});
  if (!rows.is_object()) return;
  std::string best;
  double least = std::numeric_limits<double>::infinity(), step = 0.0;
  for (const auto& [name, row] : rows.items()) {
    const Json& cost = at(found, {"cost", name.c_str(), "every_step"});
    const Json& longest = at(row, {"step_ms"});
    if (!longest.is_number() || !cost.is_number()) continue;
    const double work = cost.get<double>() / longest.get<double>();
    if (work < least) best = name, least = work, step = longest.get<double>();
  }
  if (!best.empty())
    out.push_back(
        fmt::format("cheapest for spike times within {:g} ms: --integrator {} --dt \"{:g} ms\", {:.3g} operations a ms",
                    at(found, {"spike_steps", "tolerance_ms"}).get<double>(), best, step, least));
  else if (!rows.empty())
    out.push_back("no fixed step that was tried keeps spike times: --integrator rodas4, or --events located");
}

}  // namespace

std::vector<std::string> suggestions(const ir::Model& model, const nlohmann::ordered_json& found) {
  std::vector<std::string> out;
  about_reading(found, out);
  about_fitting(model, out);
  about_steps(found, out);
  if (at(found, {"cost"}).is_object())  // of what can run
    if (const std::string edges = about_moving_edges(model, "", {}); !edges.empty()) out.push_back(edges);
  return out;
}

void say_suggestions(const ir::Model& model, std::string& text, nlohmann::ordered_json& json) {
  const std::vector<std::string> all = suggestions(model, json);
  if (!all.empty()) text += "suggestions\n";
  for (const std::string& s : all) text += "  " + s + "\n";
  json["suggestions"] = all;
}

}  // namespace hillock::study
