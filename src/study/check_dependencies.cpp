#include "study/check_dependencies.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "ir/description_length.hpp"

namespace hillock::study {
namespace {

using ir::SymbolKind;

/// The symbols that expressions read, through what is held over a step, in the model's order.
std::vector<bool> symbols_of(const ir::Model& model, std::vector<ir::NodeId> roots) {
  std::vector<bool> out(model.symbols.size());
  while (!roots.empty()) {
    std::vector<ir::NodeId> more;
    for (const ir::NodeId id : ir::reachable(model.graph, roots)) {
      const ir::Node& node = model.graph[id];
      if (node.op != ir::Op::symbol || out[ir::index(node.symbol)]) continue;
      out[ir::index(node.symbol)] = true;
      for (const ir::Held& held : model.held)
        if (held.symbol == node.symbol) more.push_back(held.value);
    }
    roots = std::move(more);
  }
  return out;
}

Reads reads_of(const ir::Model& model, std::string what, const std::vector<ir::NodeId>& roots) {
  Reads out{std::move(what), {}, {}};
  const std::vector<bool> read = symbols_of(model, roots);
  for (std::size_t i = 0; i < read.size(); ++i) {
    if (!read[i]) continue;
    const ir::Symbol& symbol = model.symbols[i];
    if (symbol.kind == SymbolKind::parameter) out.parameters.push_back(symbol.name);
    else if (symbol.kind == SymbolKind::state || symbol.kind == SymbolKind::input || symbol.kind == SymbolKind::noise ||
             symbol.kind == SymbolKind::time || symbol.kind == SymbolKind::moment)
      out.moving.push_back(symbol.name);
  }
  return out;
}

}  // namespace

std::vector<Reads> dependencies(const ir::Model& model) {
  std::vector<Reads> out;
  const auto name = [&](std::uint32_t state) { return model.symbol(model.states[state].symbol).name; };
  for (std::uint32_t i = 0; i < model.states.size(); ++i)
    if (!model.states[i].assigned)
      out.push_back(reads_of(model, fmt::format("d{}/dt", name(i)), {model.states[i].derivative}));
  if (model.spiking) {
    out.push_back(reads_of(model, "threshold", {model.spiking->threshold}));
    for (const ir::Reset& r : model.spiking->resets)
      out.push_back(reads_of(model, "reset " + name(r.state), {r.value}));
    if (model.spiking->refractory != ir::no_node)
      out.push_back(reads_of(model, "refractory", {model.spiking->refractory}));
  }
  for (const ir::Event& event : model.events) {
    out.push_back(reads_of(model, "event " + event.name, {event.condition}));
    for (const ir::Reset& r : event.resets)
      out.push_back(reads_of(model, fmt::format("on {} {}", event.name, name(r.state)), {r.value}));
  }
  for (const ir::Observation& o : model.observations) {
    std::vector<ir::NodeId> roots{o.mean, o.sd};
    if (o.tau != ir::no_node) roots.push_back(o.tau);
    out.push_back(reads_of(model, "observe " + o.channel, roots));
  }
  for (const ir::Parameter& p : model.parameters) {
    if (!p.prior || !p.prior->conditional()) continue;
    std::vector<ir::NodeId> roots;
    for (const ir::PriorSpec::Argument& argument : p.prior->expressions) roots.push_back(argument.value);
    out.push_back(reads_of(model, "prior " + model.symbol(p.symbol).name, roots));
  }
  return out;
}

std::vector<std::string> unread(const ir::Model& model) {
  std::vector<ir::NodeId> all = ir::meaning(model);
  for (const ir::Requirement& r : model.requirements) all.push_back(r.expression);
  for (const ir::Definition& d : model.definitions) all.push_back(d.node);
  for (const ir::Parameter& p : model.parameters)
    if (p.prior)
      for (const ir::PriorSpec::Argument& argument : p.prior->expressions) all.push_back(argument.value);
  const std::vector<bool> read = symbols_of(model, std::move(all));
  // A constant that only other constants are made of is folded into them.
  std::vector<std::string> out;
  for (std::size_t i = 0; i < read.size(); ++i)
    if (!read[i] && (model.symbols[i].kind == SymbolKind::parameter || model.symbols[i].kind == SymbolKind::input))
      out.push_back(model.symbols[i].name);
  return out;
}

void say_dependencies(const ir::Model& model, std::string& text, nlohmann::ordered_json& json) {
  json["dependencies"] = nlohmann::ordered_json::array();
  const std::vector<Reads> all = dependencies(model);
  if (!all.empty()) text += "dependencies (what changes; parameters)\n";
  for (const Reads& r : all) {
    std::string line = fmt::format("{}", fmt::join(r.moving, ", "));
    if (!r.parameters.empty())
      line += fmt::format("{}; {}", line.empty() ? "nothing" : "", fmt::join(r.parameters, ", "));
    text += fmt::format("  {:<12} {}\n", r.what, line.empty() ? "nothing" : line);
    json["dependencies"].push_back({{"what", r.what}, {"reads", r.moving}, {"parameters", r.parameters}});
  }
  json["unread"] = unread(model);
}

}  // namespace hillock::study
