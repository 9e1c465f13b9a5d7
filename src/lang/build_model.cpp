#include "lang/build_model.hpp"

#include <algorithm>
#include <unordered_set>

#include "ir/algebra.hpp"
#include "ir/table.hpp"
#include "lang/conditional_prior.hpp"
#include "lang/flags.hpp"
#include "lang/format.hpp"
#include "lang/load.hpp"
#include "lang/lower.hpp"
#include "lang/words.hpp"

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
        started_(checked.started),
        running_(checked.names.entities.size(), ir::no_node),
        symbols_(checked.names.entities.size()) {}

  ir::Model build(const CheckedText& checked, std::string_view text, std::string_view file_name) {
    model_.name = model_name(file_name);
    model_.source_text = text;
    add_symbols(file_name);
    count_streams();
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
    if (model_.spiking) model_.spiking->resets = resets([](const Statement& s) { return s.kind == Kind::reset; });
    add_events();
    return std::move(model_);
  }

 private:
  const Ast& ast_;
  const Names& names_;
  const Findings& findings_;
  std::span<const std::string> started_;
  ir::Model model_;
  std::vector<ir::NodeId> running_;                           // what every name is while the model runs, by entity
  std::vector<ir::NodeId> starting_;                          // and at the start
  std::vector<ir::SymbolId> symbols_;                         // by entity, where it is a symbol
  std::unordered_map<std::uint32_t, std::uint32_t> streams_;  // of random functions, by their node
  std::unordered_set<std::uint32_t> told_;                    // where the quotients of notes begin
  std::unordered_map<std::uint64_t, ir::SymbolId> draws_;     // by stream and kind

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
    // A value that a state starts from bears the state's name, and goes first: it is what can be set.
    for (const bool first : {true, false})
      for (std::uint32_t i = 0; i < names_.entities.size(); ++i) {
        const Entity& entity = names_.entities[i];
        if ((names_.by_name.at(entity.name) != i) != first) continue;
        if (const auto kind = symbol_kind(entity))
          symbols_[i] = add_symbol(entity.name, *kind, entity.unit, span(ast_.statements[entity.statement].name));
      }
  }

  /// Calls of random functions, in the order of the text.
  void count_streams() {
    for (std::uint32_t i = 0; i < ast_.nodes.size(); ++i)
      if (ast_.nodes[i].kind == ExprNode::Kind::call && is_random(ast_.text(ast_.nodes[i].word)))
        streams_[i] = model_.streams++;
  }

  ir::NodeId draw(std::uint32_t call, bool normal) {
    const std::uint32_t stream = streams_.at(call);
    const auto [place, is_new] = draws_.try_emplace(2 * std::uint64_t{stream} + (normal ? 1U : 0U));
    if (is_new) {
      place->second =
          add_symbol(ast_.text(ast_.nodes[call].at), ir::SymbolKind::draw, units::Unit{}, span(ast_.nodes[call].at));
      model_.draws.push_back({place->second, stream, normal});
    }
    return model_.graph.symbol(place->second);
  }

  Calls calls() {
    return {[this](std::uint32_t call, bool normal) { return draw(call, normal); },
            [this](std::string_view name, ir::NodeId time) {
              ir::Algebra algebra(model_.graph);
              const Table& table = names_.tables.at(name);
              return ir::table_lookup(algebra, table.values, table.interval, time, model_.graph.symbol(model_.step));
            }};
  }

  TellRemoved removed() {
    if (ast_.brian) return {};
    return [this](Extent quotient) {
      if (!told_.insert(quotient.begin).second) return;  // an expression may be lowered for several purposes
      model_.notes.push_back({"0/0 at one point is taken as its limit there: computed with exprel", span(quotient)});
    };
  }

  /// The symbol of an entity as a value: a boolean is stored as 0 or 1.
  ir::NodeId value_of(std::uint32_t entity) {
    const ir::NodeId node = model_.graph.symbol(symbols_[entity]);
    return names_.entities[entity].value.boolean ? model_.graph.make(ir::Op::ne, node, model_.graph.constant(0.0))
                                                 : node;
  }

  /// What a state of an integer or boolean type stores.
  ir::NodeId stored(const Entity& entity, ir::NodeId value) {
    const ir::NodeId real = as_real(model_.graph, value);
    if (entity.value.boolean)
      return as_real(model_.graph, model_.graph.make(ir::Op::ne, real, model_.graph.constant(0.0)));
    return entity.value.whole ? model_.graph.make(ir::Op::trunc, real) : real;
  }

  // What names are.

  ir::NodeId resolve(const std::vector<ir::NodeId>& nodes, std::string_view name) {
    if (const auto place = names_.by_name.find(name); place != names_.by_name.end()) return nodes[place->second];
    if (name == "t") return model_.graph.symbol(model_.time);
    if (name == "dt") return model_.graph.symbol(model_.step);
    if (name == "i") return model_.graph.constant(0.0);
    if (name == "N") return model_.graph.constant(1.0);
    if (name == "t_in_timesteps") return step_number(&nodes == &starting_);
    if (name == "lastspike") return moment(model_.last_spike, name);
    if (name == "not_refractory")
      return model_.graph.make(ir::Op::ne, moment(model_.not_refractory, name), model_.graph.constant(0.0));
    if (name == "xi" || name.starts_with("xi_")) return model_.graph.symbol(noise(name));
    HILLOCK_CHECK(false, "an unchecked name");
    return ir::no_node;
  }

  ir::NodeId moment(std::optional<ir::SymbolId>& symbol, std::string_view name) {
    const units::Unit unit = name == "lastspike" ? *units::find_unit("ms") : units::Unit{};
    if (!symbol) symbol = add_symbol(name, ir::SymbolKind::moment, unit, Span{});
    return model_.graph.symbol(*symbol);
  }

  /// The number of the step: that of its start, whichever of its times an integrator reads.
  ir::NodeId step_number(bool at_start) {
    ir::Algebra algebra(model_.graph);
    const ir::NodeId number =
        ir::whole_steps(algebra, model_.graph.symbol(model_.time), model_.graph.symbol(model_.step));
    return at_start ? number : hold("t_in_timesteps", number, units::Unit{}, Span{});
  }

  /// A symbol that has this value from the start of a step to its end.
  ir::NodeId hold(std::string_view name, ir::NodeId value, const units::Unit& unit, const Span& where) {
    const auto known = std::ranges::find_if(model_.held, [&](const ir::Held& held) { return held.value == value; });
    if (known != model_.held.end()) return model_.graph.symbol(known->symbol);
    const ir::SymbolId symbol = add_symbol(name, ir::SymbolKind::held, unit, where);
    model_.held.push_back({symbol, value});
    return model_.graph.symbol(symbol);
  }

  /// One name is one noise, wherever it stands.
  ir::SymbolId noise(std::string_view name) {
    if (const auto known = model_.find(name)) return *known;
    const units::Unit unit = units::display_unit(units::power(units::find_unit("second")->dimension, -0.5));
    model_.noises.push_back(add_symbol(name, ir::SymbolKind::noise, unit, Span{}));
    return model_.noises.back();
  }

  ir::NodeId lower_in(const std::vector<ir::NodeId>& nodes, const Expr& expr) {
    return lower(
        ast_, expr, model_.graph, [&](std::string_view name) { return resolve(nodes, name); }, calls(), removed());
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
      if (!names_.entities[i].computed()) running_[i] = value_of(i);
    for (const std::uint32_t i : order)
      if (names_.entities[i].computed()) running_[i] = lower_running(names_.entities[i]);
  }

  ir::NodeId lower_running(const Entity& entity) {
    const ir::NodeId value = lower_value(running_, entity);
    const Statement& s = ast_.statements[entity.statement];
    if (entity.role != Role::definition || !has_flag(ast_, s, "constant over dt")) return value;
    const ir::NodeId held = hold(entity.name, as_real(model_.graph, value), entity.unit, span(s.name));
    return entity.value.boolean ? model_.graph.make(ir::Op::ne, held, model_.graph.constant(0.0)) : held;
  }

  /// States without `init` start at 0.
  void lower_starting(const std::vector<std::uint32_t>& order) {
    starting_ = running_;
    for (std::uint32_t i = 0; i < names_.entities.size(); ++i)
      if (const Entity& entity = names_.entities[i]; entity.role == Role::state)
        starting_[i] = given_start(entity)    ? started_by_constant(entity)
                       : entity.value.boolean ? model_.graph.boolean(false)
                                              : model_.graph.constant(0.0);
    for (const std::uint32_t i : order) {
      const Entity& entity = names_.entities[i];
      if (entity.role == Role::state && given_start(entity)) continue;
      if (entity.role == Role::state && entity.init)
        starting_[i] = starting_state(entity, lower_in(starting_, ast_.statements[*entity.init].value));
      else if (entity.role == Role::state && entity.starts_from)
        starting_[i] = starting_state(entity, starting_[*entity.starts_from]);
      else if (entity.computed()) starting_[i] = lower_value(starting_, entity);
    }
  }

  [[nodiscard]] bool given_start(const Entity& entity) const {
    return std::ranges::find(started_, entity.name) != started_.end();
  }
  ir::NodeId started_by_constant(const Entity& entity) {
    const ir::SymbolId symbol = add_symbol(initial_name(entity.name), ir::SymbolKind::constant, entity.unit, Span{});
    model_.constants.push_back({symbol, 0.0});
    ir::NodeId value = model_.graph.symbol(symbol);
    if (entity.value.boolean) value = model_.graph.make(ir::Op::ne, value, model_.graph.constant(0.0));
    return starting_state(entity, value);
  }

  ir::NodeId starting_state(const Entity& entity, ir::NodeId value) {
    const ir::NodeId real = stored(entity, value);
    return entity.value.boolean ? model_.graph.make(ir::Op::ne, real, model_.graph.constant(0.0)) : real;
  }

  // The parts of the model.

  void add_entities() {
    for (std::uint32_t i = 0; i < names_.entities.size(); ++i) {
      const Entity& entity = names_.entities[i];
      switch (entity.role) {
        case Role::state: add_state(i); break;
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

  void add_state(std::uint32_t i) {
    const Entity& entity = names_.entities[i];
    const Statement& s = ast_.statements[entity.statement];
    const ir::NodeId derivative = entity.assigned ? model_.graph.constant(0.0) : lower_real(running_, s.value);
    model_.states.push_back({symbols_[i], derivative, as_real(model_.graph, starting_[i]),
                             has_flag(ast_, s, "unless refractory"), entity.assigned});
  }

  ir::Spiking& spiking() {
    if (!model_.spiking) model_.spiking.emplace();
    return *model_.spiking;
  }

  /// The code of events runs in the order of their names, as in Brian 2.
  void add_events() {
    for (const Statement& s : ast_.statements)
      if (s.kind == Kind::event)
        model_.events.push_back({std::string(ast_.text(s.name)), lower_in(running_, s.value), {}, span(s.at)});
    std::ranges::sort(model_.events, {}, &ir::Event::name);
    for (ir::Event& event : model_.events)
      event.resets = resets([&](const Statement& s) { return s.kind == Kind::on && ast_.text(s.name) == event.name; });
  }

  /// The assignments of the statements that are `meant` run one after the other; together they give every state a new
  /// value made of old ones. Sub-expressions mean what they are after the assignments before.
  template <class Meant>
  std::vector<ir::Reset> resets(const Meant& meant) {
    ir::Graph& g = model_.graph;
    std::vector<ir::NodeId> now(model_.symbols.size(), ir::no_node);  // what states have become, by symbol
    std::unordered_map<std::string_view, ir::NodeId> locals;
    const auto present = [&](ir::NodeId node) { return ir::simplify(g, std::span(&node, 1), g, now)[0]; };
    const ResolveNode resolve_now = [&](std::string_view name) {
      if (const auto local = locals.find(name); local != locals.end()) return local->second;
      return present(resolve(running_, name));
    };
    for (const Statement& s : ast_.statements) {
      if (!meant(s)) continue;
      for (const ResetAssignment& assignment : s.assignments) {
        const std::string_view name = ast_.text(assignment.name);
        ir::NodeId value = lower(ast_, assignment.value, g, resolve_now, calls(), removed());
        if (assignment.op != Operator::none)
          value = g.make(operator_op(assignment.op), as_real(g, resolve_now(name)), as_real(g, value));
        now.resize(model_.symbols.size(), ir::no_node);
        const Entity* entity = names_.find(name);
        if (entity == nullptr) locals[name] = value;
        else now[index(symbols_[static_cast<std::size_t>(entity - names_.entities.data())])] = stored(*entity, value);
      }
    }
    std::vector<ir::Reset> out;
    for (std::uint32_t i = 0; i < model_.states.size(); ++i)
      if (const ir::NodeId value = now[index(model_.states[i].symbol)]; value != ir::no_node) out.push_back({i, value});
    return out;
  }

  void add_parameter(ir::SymbolId symbol, std::uint32_t statement) {
    ir::Parameter parameter{symbol, std::nullopt, std::nullopt};
    if (const auto place = findings_.defaults.find(statement); place != findings_.defaults.end())
      parameter.value = place->second;
    if (const auto place = findings_.priors.find(statement); place != findings_.priors.end()) {
      parameter.prior = place->second;
      if (parameter.prior->conditional())
        add_expressions(
            ast_, *ast_.statements[statement].distribution, model_,
            [&](std::string_view name) {
              const std::uint32_t entity = names_.by_name.at(name);
              return running_[names_.entities[entity].starts_from.value_or(entity)];
            },
            *parameter.prior);
    }
    model_.parameters.push_back(std::move(parameter));
  }

  void add_definition(const Entity& entity, ir::NodeId node) {
    model_.definitions.push_back({std::string(entity.name), as_real(model_.graph, node), entity.unit});
  }

  void add_observation(const Statement& s, const units::Unit& unit) {
    const Distribution& noise = *s.distribution;
    ir::Observation observation;
    observation.channel = ast_.text(s.name);
    observation.family = ir::find_noise(ast_.text(noise.family))->family;
    std::vector<ir::NodeId> arguments;
    for (const Expr& argument : noise.arguments) arguments.push_back(lower_real(running_, argument));
    set_moments(observation, arguments);
    observation.span = span(s.at);
    observation.unit = unit;
    model_.observations.push_back(std::move(observation));
  }

  /// What is expected of a channel, and its spread, by what its family was given.
  void set_moments(ir::Observation& o, const std::vector<ir::NodeId>& given) {
    ir::Algebra al(model_.graph);
    const auto root = [&](ir::NodeId x) { return al.make(ir::Op::sqrt, x); };
    const auto failing = [&](ir::NodeId p) { return al.sub(al.number(1.0), p); };
    o.mean = given[0];
    switch (o.family) {
      case ir::NoiseFamily::ar1: o.tau = given[2]; [[fallthrough]];
      case ir::NoiseFamily::normal: o.sd = given[1]; return;
      case ir::NoiseFamily::lognormal: {
        // median sqrt((exp(s^2) - 1) exp(s^2))
        const ir::NodeId square = al.mul(given[1], given[1]);
        o.sd = al.mul(given[0], root(al.mul(al.make(ir::Op::expm1, square), al.make(ir::Op::exp, square))));
        break;
      }
      case ir::NoiseFamily::binomial:
        o.mean = al.mul(given[0], given[1]);
        o.sd = root(al.mul(o.mean, failing(given[1])));
        break;
      case ir::NoiseFamily::poisson: o.sd = root(given[0]); break;
      case ir::NoiseFamily::bernoulli: o.sd = root(al.mul(given[0], failing(given[0]))); break;
    }
    o.arguments = given;
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
      requirement.expression =
          as_real(model_.graph, lower(ast_, item.expression, model_.graph, with_bound, calls(), removed()));
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
