#include "study/check.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <filesystem>

#include "io/whole_file.hpp"
#include "ir/derive.hpp"
#include "ir/description_length.hpp"
#include "lang/format.hpp"
#include "lang/load.hpp"
#include "sim/integrate/step.hpp"
#include "sim/model_size.hpp"
#include "sim/step_cost.hpp"
#include "study/check_dependencies.hpp"
#include "study/check_steps.hpp"
#include "study/check_suggestions.hpp"

namespace hillock::study {
namespace {

constexpr std::size_t largest_model = std::size_t{64} << 20U;

std::string noise_name(const ir::Observation& o) { return std::string(ir::info(o.family).name); }

/// A column of names with what is said of each.
class Table {
 public:
  Table(std::string& text, const char* heading, std::size_t count) : text_(text) {
    if (count > 0) text_ += fmt::format("{} ({})\n", heading, count);
  }
  void row(const std::string& name, const std::string& rest) { text_ += fmt::format("  {:<12} {}\n", name, rest); }

 private:
  std::string& text_;
};

/// A number in `unit`; a pure number stands alone.
std::string in_unit(std::string number, const units::Unit& unit) {
  return unit.name == "1" ? number : number + " " + unit.name;
}

std::string prior_text(const ir::Parameter& p, const units::Unit& unit) {
  if (p.prior->conditional()) return p.prior->text;
  std::string out = p.prior->family + "(";
  for (std::size_t i = 0; i < p.prior->arguments.size(); ++i)
    // The second argument of `lognormal` is a pure number; all others are in the parameter's unit.
    out += fmt::format(
        "{}{:g}", i > 0 ? ", " : "",
        p.prior->family == "lognormal" && i == 1 ? p.prior->arguments[i] : unit.from_si(p.prior->arguments[i]));
  return in_unit(out + ")", unit);
}

/// Its default and its prior, as far as it has them.
std::string parameter_text(const ir::Parameter& p, const units::Unit& unit) {
  std::string out = p.value ? "= " + in_unit(fmt::format("{:g}", unit.from_si(*p.value)), unit) : "";
  if (p.prior) out += (out.empty() ? "" : " ~ ") + prior_text(p, unit);
  return out.empty() ? "no value and no prior" : out;
}

}  // namespace

Result<Answer> check_model(const CheckOptions& options) {
  auto text = io::read_whole(options.model, largest_model);
  if (!text) return fail(std::move(text.error()));
  auto model = lang::load_model(*text, options.model);
  if (options.format) {
    // What cannot be run yet can be written prettily all the same.
    auto pretty = lang::format_model(*text, options.model);
    if (!pretty) return fail(std::move(pretty.error()));
    return Answer{*pretty, nlohmann::ordered_json{{"model", *pretty}}.dump(2) + "\n"};
  }
  if (!model) return fail(std::move(model.error()));

  Answer answer;
  nlohmann::ordered_json json;
  const auto symbol = [&](ir::SymbolId id) -> const ir::Symbol& { return model->symbol(id); };
  answer.text = fmt::format("{}: a model without mistakes\n", options.model);
  json["model"] = options.model;
  {
    Table table(answer.text, "states", model->states.size());
    json["states"] = nlohmann::ordered_json::array();
    for (const ir::State& s : model->states) {
      table.row(symbol(s.symbol).name, fmt::format("[{}]", symbol(s.symbol).unit.name));
      json["states"].push_back({{"name", symbol(s.symbol).name}, {"unit", symbol(s.symbol).unit.name}});
    }
  }
  {
    Table table(answer.text, "parameters", model->parameters.size());
    json["parameters"] = nlohmann::ordered_json::array();
    for (const ir::Parameter& p : model->parameters) {
      const units::Unit& unit = symbol(p.symbol).unit;
      table.row(symbol(p.symbol).name, fmt::format("[{}]  {}", unit.name, parameter_text(p, unit)));
      nlohmann::ordered_json shown{
          {"name", symbol(p.symbol).name}, {"unit", unit.name}, {"default", nullptr}, {"prior", nullptr}};
      if (p.value) shown["default"] = unit.from_si(*p.value);
      if (p.prior) shown["prior"] = prior_text(p, unit);
      json["parameters"].push_back(std::move(shown));
    }
  }
  {
    Table table(answer.text, "constants", model->constants.size());
    json["constants"] = nlohmann::ordered_json::array();
    for (const ir::Constant& c : model->constants) {
      const units::Unit& unit = symbol(c.symbol).unit;
      table.row(symbol(c.symbol).name, "= " + in_unit(fmt::format("{:.10g}", unit.from_si(c.value)), unit));
      json["constants"].push_back(
          {{"name", symbol(c.symbol).name}, {"value", unit.from_si(c.value)}, {"unit", unit.name}});
    }
  }
  {
    Table table(answer.text, "inputs", model->inputs.size());
    json["inputs"] = nlohmann::ordered_json::array();
    for (const ir::SymbolId id : model->inputs) {
      table.row(symbol(id).name, fmt::format("[{}]", symbol(id).unit.name));
      json["inputs"].push_back({{"name", symbol(id).name}, {"unit", symbol(id).unit.name}});
    }
  }
  {
    Table table(answer.text, "observed", model->observations.size());
    json["observed"] = nlohmann::ordered_json::array();
    for (const ir::Observation& o : model->observations) {
      table.row(o.channel, fmt::format("[{}]  {} noise", o.unit.name, noise_name(o)));
      json["observed"].push_back({{"channel", o.channel}, {"unit", o.unit.name}, {"noise", noise_name(o)}});
    }
  }
  {
    Table table(answer.text, "noise in the equations", model->noises.size());
    json["noises"] = nlohmann::ordered_json::array();
    for (const ir::SymbolId id : model->noises) {
      std::string driven;
      for (const ir::State& s : model->states)
        if (ir::depends_on(model->graph, s.derivative, id))
          driven += (driven.empty() ? "" : ", ") + symbol(s.symbol).name;
      table.row(symbol(id).name, "drives " + driven);
      json["noises"].push_back({{"name", symbol(id).name}, {"drives", driven}});
    }
  }
  if (model->spiking) {
    std::string reset, held;
    for (const ir::Reset& r : model->spiking->resets)
      reset += (reset.empty() ? "" : ", ") + symbol(model->states[r.state].symbol).name;
    for (const ir::State& s : model->states)
      if (s.unless_refractory) held += (held.empty() ? "" : ", ") + symbol(s.symbol).name;
    const bool refractory = model->spiking->refractory != ir::no_node;
    answer.text += fmt::format("spikes\n  reset        {}\n  refractory   {}\n", reset.empty() ? "nothing" : reset,
                               !refractory    ? "never"
                               : held.empty() ? "no spike meanwhile"
                                              : "no spike meanwhile, and these stand still: " + held);
    json["spikes"] = {{"reset", reset}, {"refractory", refractory}, {"held", held}};
  }
  if (!model->requirements.empty()) {
    answer.text += fmt::format("joint conditions ({})\n", model->requirements.size());
    json["requirements"] = nlohmann::ordered_json::array();
    for (const ir::Requirement& r : model->requirements) {
      answer.text += fmt::format("  {}\n", r.text);
      json["requirements"].push_back(r.text);
    }
  }
  if (!model->notes.empty()) answer.text += fmt::format("notes ({})\n", model->notes.size());
  json["notes"] = nlohmann::ordered_json::array();
  for (const ir::Note& note : model->notes) {
    answer.text += fmt::format("  line {}: {}\n    {}\n", note.span.line, note.message, note.span.line_text);
    json["notes"].push_back({{"line", note.span.line}, {"message", note.message}});
  }
  if (auto fits = sim::small_enough_to_run(*model); !fits) {
    answer.text += "cannot be simulated: " + fits.error().front().message + "\n";
    json["too_large"] = fits.error().front().message;
    answer.json = json.dump(2) + "\n";
    return answer;
  }
  answer.text += "cost of a step, in operations per simulation\n";
  json["cost"] = nlohmann::ordered_json::object();
  // A large step many times over would take longer to count than anybody waits.
  constexpr std::size_t large_step = 20000;
  const auto simplest = sim::step_cost(*model, "euler");
  const bool large = simplest && simplest->every_step > large_step;
  for (const sim::Integrator& integrator : sim::integrators()) {
    if (large && integrator.name != "euler") {
      answer.text += fmt::format("  {:<22} not counted: the model is large\n", integrator.name);
      json["cost"][std::string(integrator.name)] = nullptr;
      continue;
    }
    auto cost = sim::step_cost(*model, integrator.name);
    if (!cost) {
      answer.text += fmt::format("  {:<22} cannot be used: {}\n", integrator.name, cost.error().front().message);
      json["cost"][std::string(integrator.name)] = nullptr;
      continue;
    }
    answer.text += fmt::format("  {:<22} {} at every step, {} where an input changes, {} once\n", integrator.name,
                               cost->every_step, cost->when_inputs_change, cost->once);
    json["cost"][std::string(integrator.name)] = {{"every_step", cost->every_step},
                                                  {"when_inputs_change", cost->when_inputs_change},
                                                  {"once", cost->once},
                                                  {"library_functions", cost->library_functions}};
  }
  if (!large) say_dependencies(*model, answer.text, json);
  const ir::DescriptionLength length = ir::description_length(*model);
  answer.text +=
      fmt::format("description length\n  {:.0f} bits: {} operations of {} kinds, {} names, {} numbers of {} digits\n",
                  length.bits, length.operations, length.kinds, length.names, length.numbers, length.digits);
  json["description_length"] = {{"bits", length.bits},    {"operations", length.operations},
                                {"kinds", length.kinds},  {"arguments", length.arguments},
                                {"names", length.names},  {"numbers", length.numbers},
                                {"digits", length.digits}};
  if (auto said = check_steps(*model, options, answer.text, json); !said) return fail(std::move(said.error()));
  say_suggestions(*model, answer.text, json);
  answer.json = json.dump(2) + "\n";
  return answer;
}

}  // namespace hillock::study
