#pragma once
/// A simulation as a loop over rows of a timeline, for one lane.
///
/// A Program says what happens at a row; a Timeline says which rows there are; `bind` joins them into a Loop, in which
/// every computation sits where it is cheapest. Back ends (the interpreter here, the compiler in `jit`) run Loops.
///
/// At row k, in this order: if the row is observed, `observe` assigns and `outputs` are stored; then `advance` assigns.
/// All right sides of a phase read the old values.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ir/graph.hpp"

namespace hillock::ir {

/// Where the value of a symbol comes from.
enum class Source : std::uint8_t {
  parameter,  ///< differs between lanes, constant over the rows
  column,     ///< the same for all lanes, one value per row (an input, the data, the step)
  carried,    ///< differs between lanes, carried from row to row (a state, a tangent, a sum)
  substep,    ///< adaptive steps: the lane's step as a fraction of the row's interval
  progress,   ///< adaptive steps: the fraction of the row's interval that the lane has done
  tape,       ///< differs between lanes and rows: what a run of another loop put down
};

struct Variable {
  Source source = Source::parameter;
  std::uint32_t index = 0;
};

struct Assignment {
  std::uint32_t carried;
  NodeId value;
};

/// Step control per lane inside a row's interval: `advance` is a trial step over `substep` of the interval; it is
/// kept where `error` <= 1. The next trial is the step times `factor`.
struct Adaptive {
  NodeId error = no_node;
  NodeId factor = no_node;   ///< finite and positive whatever `error` is
  int max_substeps = 10000;  ///< per row; of a lane that needs more, what `advance` assigns becomes NaN
  NodeId taken = no_node;    ///< how much of the interval a kept step covers, at most `substep`; none: `substep`

  [[nodiscard]] std::vector<NodeId> roots() const {
    return taken == no_node ? std::vector{error, factor} : std::vector{error, factor, taken};
  }
};

struct Program {
  Graph graph;
  std::vector<Variable> variables;  ///< by SymbolId
  std::uint32_t parameters = 0;
  std::uint32_t columns = 0;
  std::vector<std::string> carried_names;
  std::vector<NodeId> init;  ///< by carried index; reads parameters, and columns at row 0
  std::vector<Assignment> observe;
  std::vector<Assignment> advance;
  std::vector<NodeId> outputs;
  std::optional<Adaptive> adaptive;
  /// What is put down at the start of every row where a tape is handed in: carried variables. A program that has
  /// variables of Source::tape reads them from it instead: its row r of [begin, end) has record end - 1 - r, so a
  /// program that goes through rows backwards meets the records of the same rows.
  std::vector<std::uint32_t> taped;
  std::uint32_t tape = 0;     ///< numbers in a record
  bool observe_last = false;  ///< at a row, `observe` comes after `advance`: for programs that go backwards
  /// Carried variables that are kept in single precision, and with them all that is computed of them (narrow.hpp).
  std::vector<std::uint32_t> singles;

  SymbolId add_symbol(Source source, std::uint32_t index);
  NodeId parameter(std::uint32_t index);
  NodeId column(std::uint32_t index);
  NodeId carried(std::uint32_t index);
  NodeId from_tape(std::uint32_t index);
  /// A new carried variable with its initial value.
  std::uint32_t carry(std::string name, NodeId initial);
};

/// Rows [begin, end).
struct Rows {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// Rows that are made when somebody wants them, a block at a time: they need not all be in memory at once.
class RowSource {
 public:
  virtual ~RowSource() = default;
  /// The value of a column, where it is known to be the same in every row.
  [[nodiscard]] virtual std::optional<double> constant(std::uint32_t column) const = 0;
  /// @param values   [rows][columns], row-major
  /// @param observe  by row
  virtual void fill(Rows rows, std::span<double> values, std::span<std::uint8_t> observe) const = 0;
};

/// The rows. `values` is [rows][columns], row-major; where there is a `source`, it and `observe` are empty.
struct Timeline {
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::vector<double> values;
  std::vector<std::uint8_t> observe;  ///< by row
  std::shared_ptr<const RowSource> source = nullptr;

  /// Calls `body(rows, values, observe)` for one block after another, until it is false.
  void each_block(const std::function<bool(Rows rows, std::span<const double> values,
                                           std::span<const std::uint8_t> observe)>& body) const;
  /// All rows in memory.
  [[nodiscard]] Timeline whole() const;
};

/// tangent[carried][k]: the index of the carried variable that holds d carried / d parameter k, or nothing where that
/// is always zero.
using TangentTable = std::vector<std::vector<std::optional<std::uint32_t>>>;

/// Adds, for every carried variable that a parameter of `with_respect_to` can reach, a carried tangent.
TangentTable add_tangents(Program& program, std::span<const std::uint32_t> with_respect_to);

/// A node whose derivatives with respect to the parameters are at hand.
struct KnownSlopes {
  NodeId node = no_node;
  std::vector<NodeId> slopes;
};

/// d root / d parameter k, for each k, where `root` is an expression of a phase; added to `onto[k]` where given.
[[nodiscard]] std::vector<NodeId> sensitivity(Program& program, NodeId root, const TangentTable& tangents,
                                              std::span<const std::uint32_t> with_respect_to,
                                              std::span<const KnownSlopes> known = {},
                                              std::span<const NodeId> onto = {});

/// A group of nodes that change only when some columns change.
struct Group {
  std::vector<NodeId> nodes;
  std::uint32_t bit = 0;  ///< flag bit that says "recompute", or 0: computed at every row
};

/// Everything in its place: primitives only; constant columns folded; what depends on the columns alone computed once
/// for all lanes; what depends on the parameters alone computed once per lane (`prologue`).
struct Loop {
  struct Phase {
    std::vector<Group> groups;  ///< parameters x columns, in order
    std::vector<NodeId> nodes;  ///< the rest, in order
  };
  Graph graph;
  std::vector<Variable> variables;
  std::uint32_t parameters = 0;
  std::uint32_t columns = 0;
  std::uint32_t carried = 0;
  std::vector<NodeId> prologue;
  std::vector<NodeId> init;
  std::vector<Assignment> observe, advance;
  std::vector<NodeId> outputs;
  Phase observe_phase, advance_phase;
  std::optional<Adaptive> adaptive;
  std::vector<std::uint32_t> taped;  ///< as in Program
  std::uint32_t tape = 0;
  bool observe_last = false;
  bool single = false;  ///< some of it is in single precision

  std::size_t rows = 0;
  std::size_t observed = 0;
  std::vector<double> values;        ///< [rows][columns]
  std::vector<std::uint32_t> flags;  ///< by row: bit 0 observed, other bits as in Group::bit
  /// Numbers that a lane takes from row to row: the carried variables, then the adaptive method's step.
  [[nodiscard]] std::size_t state_size() const { return carried + (adaptive ? 1U : 0U); }
  [[nodiscard]] std::size_t observed_in(std::size_t begin, std::size_t end) const;
  /// Bits that, OR-ed to a row's flags, have every guarded group of a phase computed anew.
  [[nodiscard]] static std::uint32_t all_groups(const Phase& phase);
};

struct BindOptions {
  bool lower = true;  ///< false keeps the library functions: the independent oracle of the lowered code
  /// Passes that are left out, by name (ir/passes/pass.hpp): to measure what they gain.
  std::vector<std::string_view> without = {};
};
[[nodiscard]] Loop bind(const Program& program, const Timeline& timeline, const BindOptions& options = {});

/// Runs a Loop for one lane in plain C++. `parameters` as in the Program; `carried` receives the final values;
/// `outputs` (may be empty) receives [observed][outputs].
void interpret(const Loop& loop, std::span<const double> parameters, std::span<double> carried,
               std::span<double> outputs = {});

/// The same for some of the rows. Where a run is cut never changes a bit of what comes out. `state` has
/// `loop.state_size()` numbers: it is read where rows.begin > 0 and receives the values after the last row. `outputs`
/// (may be empty) receives [observed in these rows][outputs]. `tape` (may be empty where the loop does not read it) has
/// [rows][loop.tape].
void interpret(const Loop& loop, Rows rows, std::span<const double> parameters, std::span<double> state,
               std::span<double> outputs = {}, std::span<double> tape = {});

/// Columns that never change become numbers. The first pass of `bind`, for who asks what reads columns.
void fold_constant_columns(Program& program, const Timeline& timeline);

}  // namespace hillock::ir
