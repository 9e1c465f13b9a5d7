#pragma once
/// A model as the language hands it on: names, units and expressions, nothing yet about steps or lanes.
/// Every number in `graph` is in coherent SI units.

#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "ir/graph.hpp"
#include "ir/noise_family.hpp"
#include "units/unit.hpp"

namespace hillock::ir {

enum class SymbolKind : std::uint8_t {
  state,      ///< defined by dx/dt
  parameter,  ///< `param`: what inference searches
  constant,   ///< `const`: a number that a study may override per recording (`const.T = ...`)
  input,      ///< `input`: a stimulus or recorded command, the same for all draws
  time,       ///< t
  step,       ///< dt
  bound,      ///< the variable of a `require ... for V in [a, b]`
  noise,      ///< `xi`, `xi_name`: white noise of unit second^-1/2
  draw,       ///< a call of rand() or randn(): a number of its own at every step
  held,       ///< a sub-expression `(constant over dt)`
  moment,     ///< `lastspike`, or `not_refractory` as 1 or 0: they change within a step
};

struct Symbol {
  std::string name;
  SymbolKind kind;
  units::Unit unit;  ///< as written, for display
  Type type = Type::real;
  Span span;  ///< where it is defined
};

struct State {
  SymbolId symbol;
  NodeId derivative;  ///< dx/dt, sub-expressions substituted
  NodeId init;        ///< value at the first time; inputs in it mean their value there. Constant 0 if not given
  bool unless_refractory = false;  ///< stands still while the cell is refractory
  bool assigned = false;           ///< no equation: changed by resets and events alone, its derivative is 0
};

/// What a spike does, all at once: `reset v = E; w += b`.
struct Reset {
  std::uint32_t state;  ///< place in `Model::states`
  NodeId value;         ///< its new value, in terms of the values before
};

/// `threshold`, `reset`, `refractory`.
struct Spiking {
  NodeId threshold = no_node;  ///< boolean: a spike happens where it is true and the cell is not refractory
  std::vector<Reset> resets;
  NodeId refractory = no_node;  ///< a time, or a condition that keeps the cell refractory; none: never refractory
  Span span;                    ///< of the threshold
};

/// `event name condition` and `on name x = ...`: what happens where it is true, after the resets of a spike.
struct Event {
  std::string name;
  NodeId condition = no_node;  ///< boolean; read after the threshold, before the resets
  std::vector<Reset> resets;   ///< in terms of the values after the resets of a spike and the events before
  Span span;
};

/// A call of a random function. Each call that is written has a stream of its own.
struct Draw {
  SymbolId symbol;
  std::uint32_t stream;  ///< below `Model::streams`
  bool normal;           ///< standard normal; else uniform in (0, 1]
};

/// What is evaluated at the start of a step, on the values there, and holds until its end.
struct Held {
  SymbolId symbol;
  NodeId value;  ///< reads held ones before it
};

/// A prior as written, arguments in SI. The families are `prob`'s.
struct PriorSpec {
  /// An argument of a conditional prior.
  struct Argument {
    NodeId value;      ///< over the symbols of parameters that are declared earlier
    std::string what;  ///< for messages: "the sd of 'normal'"
    bool positive;     ///< must be above 0
    Span span;
  };
  std::string family;             ///< "uniform", "loguniform", "normal", "lognormal", "halfnormal", ...
  std::vector<double> arguments;  ///< in the parameter's SI unit where the family's rule says so; none if conditional
  std::vector<Argument> expressions;  ///< of a conditional prior, all arguments; else none
  std::vector<SymbolId> given;        ///< the parameters that these read, each once
  std::string text;                   ///< a conditional prior in canonical style: "normal(2*a, 0.5)"
  Span span;

  [[nodiscard]] bool conditional() const { return !expressions.empty(); }
};

struct Parameter {
  SymbolId symbol;
  std::optional<double> value;     ///< `param p : 1/ms = 0.1/ms`: the default (SI)
  std::optional<PriorSpec> prior;  ///< `~ loguniform(a, b)`
};

struct Constant {
  SymbolId symbol;
  double value;  ///< SI
};

/// A named sub-expression, kept for outputs and for printing.
struct Definition {
  std::string name;
  NodeId node;
  units::Unit unit;
};

/// `observe I ~ normal(mean, sd)`: what is recorded.
struct Observation {
  std::string channel;
  NoiseFamily family;
  NodeId mean;           ///< what is expected; of a lognormal family the median
  NodeId sd;             ///< of what is recorded, in its unit
  NodeId tau = no_node;  ///< ar1 only
  units::Unit unit;
  Span span;
  std::vector<NodeId> arguments = {};  ///< as written, of families other than normal and ar1
};

/// `require EXPR in [low, high] for V in [from, to]`: a joint condition on the parameters.
struct Requirement {
  enum class Reduce : std::uint8_t { every, maximum, minimum };
  NodeId expression;
  Reduce reduce = Reduce::every;
  double low;  ///< SI; -inf where open
  double high;
  std::optional<SymbolId> bound;  ///< the symbol that ranges (an input's, or t), if any
  double from = 0.0;
  double to = 0.0;
  std::string text;  ///< as written, for reports
  Span span;
};

/// Something that was made better than written, for whoever asks what the model does.
struct Note {
  std::string message;
  Span span;
};

struct Model {
  std::string name;
  std::string source_text;  ///< the file as read
  Graph graph;
  std::vector<Symbol> symbols;  ///< indexed by SymbolId
  std::vector<State> states;
  std::vector<Parameter> parameters;
  std::vector<Constant> constants;
  std::vector<SymbolId> inputs;
  std::vector<SymbolId> noises;  ///< right sides are linear in each of them
  std::optional<Spiking> spiking;
  std::vector<Event> events;  ///< in the order in which their code runs
  std::vector<Draw> draws;
  std::uint32_t streams = 0;  ///< calls of random functions
  std::vector<Held> held;
  std::optional<SymbolId> last_spike, not_refractory;  ///< where an expression reads them
  std::vector<Definition> definitions;
  std::vector<Observation> observations;
  std::vector<Requirement> requirements;
  std::vector<Note> notes;
  SymbolId time{};
  SymbolId step{};

  /// Does a simulation need random numbers of its own?
  [[nodiscard]] bool random() const { return !noises.empty() || !draws.empty(); }
  [[nodiscard]] const Symbol& symbol(SymbolId id) const { return symbols[index(id)]; }
  [[nodiscard]] std::vector<std::string> symbol_names() const;
  [[nodiscard]] std::optional<SymbolId> find(std::string_view wanted) const;
};

}  // namespace hillock::ir
