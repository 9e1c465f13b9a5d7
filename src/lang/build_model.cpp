#include "lang/build_model.hpp"

#include <algorithm>

#include "ir/algebra.hpp"
#include "lang/format.hpp"
#include "lang/lower.hpp"

namespace hillock::lang {
namespace {

using Kind = Statement::Kind;

constexpr std::size_t widest_kept_line = 256;  // of spans that the model keeps

/// "channel" of "models/channel.model"
std::string model_name(std::string_view file_name) {
  const std::size_t slash = file_name.find_last_of('/');
  std::string name(slash == std::string_view::npos ? file_name : file_name.substr(slash + 1));
  if (const std::size_t dot = name.rfind('.'); dot != std::string::npos && dot > 0) name.resize(dot);
  return name;
}

/// What becomes a symbol of the model: all that has a value of its own.
std::optional<ir::SymbolKind> symbol_kind(const Entity& entity) {
  if (entity.computed()) return std::nullopt;
  switch (entity.role) {
    case Role::state: return ir::SymbolKind::state;
    case Role::parameter: return ir::SymbolKind::parameter;
    case Role::input: return ir::SymbolKind::input;
    case Role::constant: return ir::SymbolKind::constant;
    case Role::definition:
    case Role::declared:
    case Role::broken: break;
  }
  return std::nullopt;
}

ir::Requirement::Reduce reduction(RequiredItem::Reduce reduce) {
  switch (reduce) {
    case RequiredItem::Reduce::maximum: return ir::Requirement::Reduce::maximum;
    case RequiredItem::Reduce::minimum: return ir::Requirement::Reduce::minimum;
    case RequiredItem::Reduce::every: break;
  }
  return ir::Requirement::Reduce::every;
}

/// The order of the steps is that of the nodes of the graph and of the model's symbols.
class ModelBuilder {
 public:
  explicit ModelBuilder(const CheckedText& checked)
      : ast_(checked.ast),
        names_(checked.names),
        findings_(checked.findings),
        running_(checked.names.entities.size(), ir::no_node),
        symbols_(checked.names.entities.size()) {}

  ir::Model build(const CheckedText& checked, std::string_view text, std::string_view file_name) {
    model_.name = model_name(file_name);
    model_.source_text = text;
    add_symbols(file_name);
    lower_running(checked.running);
    lower_starting(checked.starting);
    add_entities();
    for (std::uint32_t i = 0; i < ast_.statements.size(); ++i) {
      const Statement& s = ast_.statements[i];
      if (s.kind == Kind::observe) add_observation(s, findings_.observed_units.at(i));
      else if (s.kind == Kind::require) add_requirements(s, findings_.ranges.at(i));
      else if (s.kind == Kind::threshold)
        spiking().threshold = lower_in(running_, s.value), spiking().span = span(s.at);
      else if (s.kind == Kind::refractory) spiking().refractory = lower_in(running_, s.value);
    }
    add_resets();
    return std::move(model_);
  }

 private:
  const Ast& ast_;
  const Names& names_;
  const Findings& findings_;
  ir::Model model_;
  std::vector<ir::NodeId> running_;    // what every name is while the model runs, by entity
  std::vector<ir::NodeId> starting_;   // and at the start
  std::vector<ir::SymbolId> symbols_;  // by entity, where it is a symbol

  // Symbols.

  ir::SymbolId add_symbol(std::string_view name, ir::SymbolKind kind, const units::Unit& unit, const Span& span) {
    ir::Symbol symbol;
    symbol.name = name;
    symbol.kind = kind;
    symbol.unit = unit;
    symbol.span = span;
    model_.symbols.push_back(std::move(symbol));
    return ir::SymbolId{static_cast<std::uint32_t>(model_.symbols.size() - 1)};
  }
  [[nodiscard]] Span span(Extent at) const { return ast_.source->span(at, widest_kept_line); }

  /// Time and step, then the symbols in the order of the text.
  void add_symbols(std::string_view file_name) {
    const units::Unit ms = *units::find_unit("ms");
    Span nowhere;
    nowhere.file = file_name;
    model_.time = add_symbol("t", ir::SymbolKind::time, ms, nowhere);
    model_.step = add_symbol("dt", ir::SymbolKind::step, ms, nowhere);
    for (std::uint32_t i = 0; i < names_.entities.size(); ++i) {
      const Entity& entity = names_.entities[i];
      if (const auto kind = symbol_kind(entity))
        symbols_[i] = add_symbol(entity.name, *kind, entity.unit, span(ast_.statements[entity.statement].name));
    }
  }

  // What names are.

  ir::NodeId resolve(const std::vector<ir::NodeId>& nodes, std::string_view name) {
    if (const auto place = names_.by_name.find(name); place != names_.by_name.end()) return nodes[place->second];
    if (name == "t") return model_.graph.symbol(model_.time);
    if (name == "dt") return model_.graph.symbol(model_.step);
    if (name == "xi" || name.starts_with("xi_")) return model_.graph.symbol(noise(name));
    HILLOCK_CHECK(false, "an unchecked name");
    return ir::no_node;
  }

  /// One name is one noise, wherever it stands.
  ir::SymbolId noise(std::string_view name) {
    if (const auto known = model_.find(name)) return *known;
    const units::Unit unit = units::display_unit(units::power(units::find_unit("second")->dimension, -0.5));
    model_.noises.push_back(add_symbol(name, ir::SymbolKind::noise, unit, Span{}));
    return model_.noises.back();
  }

  ir::NodeId lower_in(const std::vector<ir::NodeId>& nodes, const Expr& expr) {
    return lower(ast_, expr, model_.graph, [&](std::string_view name) { return resolve(nodes, name); });
  }
  ir::NodeId lower_real(const std::vector<ir::NodeId>& nodes, const Expr& expr) {
    return as_real(model_.graph, lower_in(nodes, expr));
  }
  ir::NodeId lower_value(const std::vector<ir::NodeId>& nodes, const Entity& entity) {
    const Expr& value = ast_.statements[entity.statement].value;
    return entity.value.boolean ? lower_in(nodes, value) : lower_real(nodes, value);
  }

  void lower_running(const std::vector<std::uint32_t>& order) {
    for (std::uint32_t i = 0; i < names_.entities.size(); ++i)
      if (!names_.entities[i].computed()) running_[i] = model_.graph.symbol(symbols_[i]);
    for (const std::uint32_t i : order)
      if (names_.entities[i].computed()) running_[i] = lower_value(running_, names_.entities[i]);
  }

  /// States without `init` start at 0.
  void lower_starting(const std::vector<std::uint32_t>& order) {
    starting_ = running_;
    for (std::uint32_t i = 0; i < names_.entities.size(); ++i)
      if (names_.entities[i].role == Role::state) starting_[i] = model_.graph.constant(0.0);
    for (const std::uint32_t i : order) {
      const Entity& entity = names_.entities[i];
      if (entity.role == Role::state && entity.init)
        starting_[i] = lower_real(starting_, ast_.statements[*entity.init].value);
      else if (entity.computed()) starting_[i] = lower_value(starting_, entity);
    }
  }

  // The parts of the model.

  void add_entities() {
    for (std::uint32_t i = 0; i < names_.entities.size(); ++i) {
      const Entity& entity = names_.entities[i];
      switch (entity.role) {
        case Role::state:
          model_.states.push_back({symbols_[i], lower_real(running_, ast_.statements[entity.statement].value),
                                   starting_[i], stands_still(ast_.statements[entity.statement])});
          break;
        case Role::parameter: add_parameter(symbols_[i], entity.statement); break;
        case Role::input: model_.inputs.push_back(symbols_[i]); break;
        case Role::constant:
          if (entity.number) model_.constants.push_back({symbols_[i], *entity.number});
          else add_definition(entity, running_[i]);
          break;
        case Role::definition: add_definition(entity, running_[i]); break;
        case Role::declared:
        case Role::broken: break;
      }
    }
  }

  /// (unless refractory)
  [[nodiscard]] bool stands_still(const Statement& s) const {
    return std::ranges::any_of(s.flags, [&](Extent flag) { return ast_.text(flag).starts_with("unless"); });
  }

  ir::Spiking& spiking() {
    if (!model_.spiking) model_.spiking.emplace();
    return *model_.spiking;
  }

  /// The assignments of a reset run one after the other; together they give every state a new value made of old ones.
  /// Sub-expressions mean what they are after the assignments before.
  void add_resets() {
    if (!model_.spiking) return;
    ir::Graph& g = model_.graph;
    std::vector<ir::NodeId> now(model_.symbols.size(), ir::no_node);  // what states have become, by symbol
    std::unordered_map<std::string_view, ir::NodeId> locals;
    const auto present = [&](ir::NodeId node) { return ir::simplify(g, std::span(&node, 1), g, now)[0]; };
    const ResolveNode resolve_now = [&](std::string_view name) {
      if (const auto local = locals.find(name); local != locals.end()) return local->second;
      return present(resolve(running_, name));
    };
    for (const Statement& s : ast_.statements) {
      if (s.kind != Kind::reset) continue;
      for (const ResetAssignment& assignment : s.assignments) {
        const std::string_view name = ast_.text(assignment.name);
        ir::NodeId value = as_real(g, lower(ast_, assignment.value, g, resolve_now));
        if (assignment.op != Operator::none) value = g.make(operator_op(assignment.op), resolve_now(name), value);
        const Entity* entity = names_.find(name);
        if (entity == nullptr) locals[name] = value;
        else now[index(symbols_[static_cast<std::size_t>(entity - names_.entities.data())])] = value;
      }
    }
    for (std::uint32_t i = 0; i < model_.states.size(); ++i)
      if (const ir::NodeId value = now[index(model_.states[i].symbol)]; value != ir::no_node)
        model_.spiking->resets.push_back({i, value});
  }

  void add_parameter(ir::SymbolId symbol, std::uint32_t statement) {
    ir::Parameter parameter{symbol, std::nullopt, std::nullopt};
    if (const auto place = findings_.defaults.find(statement); place != findings_.defaults.end())
      parameter.value = place->second;
    if (const auto place = findings_.priors.find(statement); place != findings_.priors.end())
      parameter.prior = place->second;
    model_.parameters.push_back(std::move(parameter));
  }

  void add_definition(const Entity& entity, ir::NodeId node) {
    model_.definitions.push_back({std::string(entity.name), as_real(model_.graph, node), entity.unit});
  }

  void add_observation(const Statement& s, const units::Unit& unit) {
    const Distribution& noise = *s.distribution;
    ir::Observation observation;
    observation.channel = ast_.text(s.name);
    observation.family = ast_.text(noise.family) == "ar1" ? ir::NoiseFamily::ar1 : ir::NoiseFamily::normal;
    observation.mean = lower_real(running_, noise.arguments[0]);
    observation.sd = lower_real(running_, noise.arguments[1]);
    if (noise.arguments.size() > 2) observation.tau = lower_real(running_, noise.arguments[2]);
    observation.span = span(s.at);
    observation.unit = unit;
    model_.observations.push_back(std::move(observation));
  }

  void add_requirements(const Statement& s, const RequiredRange& range) {
    const std::string_view name = ast_.text(s.name);  // of what ranges; empty where nothing does
    std::optional<ir::SymbolId> bound;
    std::optional<ir::NodeId> fresh;  // where the name is of this statement alone
    if (const auto place = names_.by_name.find(name); place != names_.by_name.end()) {
      bound = symbols_[place->second];
    } else if (name == "t") {
      bound = model_.time;
    } else if (!name.empty()) {
      bound = add_symbol(name, ir::SymbolKind::bound, units::display_unit(range.bound.dimension), span(s.name));
      fresh = model_.graph.symbol(*bound);
    }
    const ResolveNode with_bound = [&](std::string_view wanted) {
      return fresh && wanted == name ? *fresh : resolve(running_, wanted);
    };
    for (const RequiredItem& item : s.items) {
      ir::Requirement requirement{};
      requirement.expression = as_real(model_.graph, lower(ast_, item.expression, model_.graph, with_bound));
      requirement.reduce = reduction(item.reduce);
      requirement.low = range.low;
      requirement.high = range.high;
      requirement.bound = bound;
      requirement.from = range.from;
      requirement.to = range.to;
      requirement.text = format_requirement(ast_, s, item);
      requirement.span = span(item.at);
      model_.requirements.push_back(std::move(requirement));
    }
  }
};

}  // namespace

ir::Model build_model(const CheckedText& checked, std::string_view text, std::string_view file_name) {
  return ModelBuilder(checked).build(checked, text, file_name);
}

}  // namespace hillock::lang
