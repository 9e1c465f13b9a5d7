/// The interpreter of Loops: the oracle of the compiled code, and the back end where there is no compiler.

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "ir/interpret.hpp"
#include "ir/program.hpp"

namespace hillock::ir {
namespace {

class LoopInterpreter {
 public:
  LoopInterpreter(const Loop& loop, std::span<const double> parameters, std::span<double> carried)
      : loop_(loop), carried_(carried), value_(loop.graph.size()) {
    for (std::uint32_t i = 0; i < loop.graph.size(); ++i) {
      const Node& node = loop.graph[NodeId{i}];
      if (node.op == Op::constant) value_[i] = node.value;
      if (node.op == Op::symbol) symbols_.push_back(i);
    }
    for (const std::uint32_t i : symbols_) {
      const Variable& v = variable(i);
      if (v.source == Source::parameter) value_[i] = parameters[v.index];
    }
    compute(loop.prologue);
    find_shared(loop.observe_phase, loop.advance_phase, observe_kept_);
    find_shared(loop.advance_phase, loop.observe_phase, advance_kept_);
  }

  /// `substep` goes in (from an earlier row) and out.
  void run(Rows rows, std::span<double> outputs, double& substep, std::span<double> tape = {}) {
    if (rows.begin == 0) {
      for (std::size_t c = 0; c < loop_.init.size(); ++c) carried_[c] = value_[index(loop_.init[c])];
    } else {
      substep_ = substep;
    }
    std::size_t stored = 0;
    // What earlier rows computed for later ones is not at hand at the first row of each phase.
    std::uint32_t anew = Loop::all_groups(loop_.observe_phase) | Loop::all_groups(loop_.advance_phase);
    for (std::size_t r = rows.begin; r < rows.end; ++r) {
      const std::uint32_t flags = loop_.flags[r] | anew;
      anew = (flags & 1U) != 0 ? 0 : anew & Loop::all_groups(loop_.observe_phase);
      read_columns(r);
      use_tape(rows, r, tape);
      if (loop_.observe_last) advance(flags);
      if ((flags & 1U) != 0) {
        read_carried();
        run_groups(loop_.observe_phase, observe_kept_, flags);
        compute(loop_.observe_phase.nodes);
        if (!outputs.empty())
          for (std::size_t o = 0; o < loop_.outputs.size(); ++o)
            outputs[stored * loop_.outputs.size() + o] = value_[index(loop_.outputs[o])];
        ++stored;
        assign(loop_.observe);
      }
      if (!loop_.observe_last) advance(flags);
    }
    substep = substep_;
  }

 private:
  const Variable& variable(std::uint32_t node) const {
    return loop_.variables[index(loop_.graph[NodeId{node}].symbol)];
  }
  void compute(std::span<const NodeId> nodes) {
    for (const NodeId id : nodes) {
      const Node& node = loop_.graph[id];
      const auto arg = [&](std::size_t k) { return node.args[k] == no_node ? 0.0 : value_[index(node.args[k])]; };
      value_[index(id)] = (node.type == Type::single ? apply_single : apply)(node.op, arg(0), arg(1), arg(2));
    }
  }
  void advance(std::uint32_t flags) {
    if (loop_.adaptive) {
      advance_adaptively(flags);
      return;
    }
    read_carried();
    run_groups(loop_.advance_phase, advance_kept_, flags);
    compute(loop_.advance_phase.nodes);
    assign(loop_.advance);
  }
  void use_tape(Rows rows, std::size_t row, std::span<double> tape) {
    if (tape.empty()) return;
    for (std::size_t i = 0; i < loop_.taped.size(); ++i)
      tape[(row - rows.begin) * loop_.tape + i] = carried_[loop_.taped[i]];
    if (!loop_.taped.empty()) return;
    for (const std::uint32_t i : symbols_)
      if (variable(i).source == Source::tape) value_[i] = tape[(rows.end - 1 - row) * loop_.tape + variable(i).index];
  }
  void read_columns(std::size_t row) {
    if (loop_.columns == 0) return;  // what is written may still name one, where nothing needs it
    for (const std::uint32_t i : symbols_)
      if (variable(i).source == Source::column) value_[i] = loop_.values[row * loop_.columns + variable(i).index];
  }
  void read_carried() {
    for (const std::uint32_t i : symbols_)
      if (variable(i).source == Source::carried) value_[i] = carried_[variable(i).index];
  }
  /// What a group computed, by its nodes. Phases compute at rows of their own: a node of both has a value in each,
  /// which must be kept; other groups have nothing here.
  using Kept = std::vector<std::vector<double>>;
  void find_shared(const Loop::Phase& phase, const Loop::Phase& other, Kept& kept) const {
    std::vector<bool> in_other(loop_.graph.size());
    for (const Group& group : other.groups)
      for (const NodeId id : group.nodes) in_other[index(id)] = true;
    for (const Group& group : phase.groups) {
      const bool shared =
          group.bit != 0 && std::ranges::any_of(group.nodes, [&](NodeId id) { return in_other[index(id)]; });
      kept.emplace_back(shared ? group.nodes.size() : 0);
    }
  }
  void run_groups(const Loop::Phase& phase, Kept& kept, std::uint32_t flags) {
    for (std::size_t g = 0; g < phase.groups.size(); ++g) {
      const Group& group = phase.groups[g];
      const bool changed = group.bit == 0 || ((flags >> group.bit) & 1U) != 0;
      if (changed) compute(group.nodes);
      for (std::size_t i = 0; i < kept[g].size(); ++i) {
        double& value = value_[index(group.nodes[i])];
        (changed ? kept[g][i] : value) = changed ? value : kept[g][i];
      }
    }
  }
  void assign(const std::vector<Assignment>& assignments) {
    next_.assign(carried_.begin(), carried_.end());
    for (const Assignment& a : assignments) next_[a.carried] = value_[index(a.value)];
    std::copy(next_.begin(), next_.end(), carried_.begin());
  }
  void advance_adaptively(std::uint32_t flags) {
    const Adaptive& control = *loop_.adaptive;
    run_groups(loop_.advance_phase, advance_kept_, flags);
    double done = std::isnan(substep_) ? 1.0 : 0.0;  // a lane that has failed stays failed, at no cost
    for (int count = 0; done < 1.0; ++count) {
      if (count == control.max_substeps) {
        for (const Assignment& a : loop_.advance) carried_[a.carried] = std::numeric_limits<double>::quiet_NaN();
        substep_ = std::numeric_limits<double>::quiet_NaN();
        return;
      }
      const double left = 1.0 - done;
      const bool last = !(substep_ < left);
      const double h = last ? left : substep_;
      for (const std::uint32_t i : symbols_) {
        if (variable(i).source == Source::substep) value_[i] = h;
        if (variable(i).source == Source::progress) value_[i] = done;
      }
      read_carried();
      compute(loop_.advance_phase.nodes);
      const double error = value_[index(control.error)];
      const double wanted = h * value_[index(control.factor)];
      const bool accepted = error <= 1.0;  // false for NaN: the step shrinks until the count runs out
      if (accepted) {
        const double taken = control.taken == no_node ? h : value_[index(control.taken)];
        assign(loop_.advance);
        done = last && !(taken < h) ? 1.0 : done + taken;
      }
      // A last step that was cut short by the end of the row says nothing against the longer step before it.
      if (!(accepted && last && wanted < substep_)) substep_ = wanted;
    }
  }

  const Loop& loop_;
  std::span<double> carried_;
  std::vector<double> value_;
  std::vector<std::uint32_t> symbols_;
  std::vector<double> next_;
  Kept observe_kept_, advance_kept_;
  double substep_ = 1.0;
};

}  // namespace

void interpret(const Loop& loop, std::span<const double> parameters, std::span<double> carried,
               std::span<double> outputs) {
  HILLOCK_CHECK(parameters.size() == loop.parameters, "a lane has the wrong number of parameters");
  HILLOCK_CHECK(carried.size() == loop.carried, "a lane has the wrong number of carried variables");
  HILLOCK_CHECK(outputs.empty() || outputs.size() == loop.observed * loop.outputs.size(), "outputs of a wrong size");
  double substep = 1.0;
  LoopInterpreter(loop, parameters, carried).run({0, loop.rows}, outputs, substep);
}

void interpret(const Loop& loop, Rows rows, std::span<const double> parameters, std::span<double> state,
               std::span<double> outputs, std::span<double> tape) {
  HILLOCK_CHECK(tape.empty() || tape.size() == (rows.end - rows.begin) * loop.tape, "a tape of a wrong size");
  HILLOCK_CHECK(rows.begin <= rows.end && rows.end <= loop.rows, "rows that the loop has not");
  HILLOCK_CHECK(parameters.size() == loop.parameters, "a lane has the wrong number of parameters");
  HILLOCK_CHECK(state.size() == loop.state_size(), "a lane has a state of the wrong size");
  HILLOCK_CHECK(outputs.empty() || outputs.size() == loop.observed_in(rows.begin, rows.end) * loop.outputs.size(),
                "outputs of a wrong size");
  double unused = 1.0;
  LoopInterpreter(loop, parameters, state.first(loop.carried))
      .run(rows, outputs, loop.adaptive ? state.back() : unused, tape);
}

}  // namespace hillock::ir
