#include "ir/adjoint.hpp"

#include <algorithm>
#include <map>

#include "base/error.hpp"
#include "ir/dependence.hpp"
#include "ir/derive.hpp"

namespace hillock::ir {
namespace {

class Builder {
 public:
  Builder(const Program& program, std::uint32_t objective, std::span<const std::uint32_t> with_respect_to)
      : program_(program), objective_(objective), with_respect_to_(with_respect_to), al_(out_.backward.graph) {}

  Adjoint build() {
    HILLOCK_CHECK(!program_.adaptive, "a program that chooses its own steps has no adjoint");
    Program& b = out_.backward;
    b.parameters = program_.parameters;
    b.columns = program_.columns;
    b.observe_last = true;
    choose_active();
    move_expressions();
    for (const std::uint32_t c : active_)
      lambda_[c] = b.carried(b.carry("adjoint of " + program_.carried_names[c], al_.number(0.0)));
    lambda_[objective_] = al_.number(1.0);
    b.advance = phase(advance_);
    b.observe = phase(observe_);
    make_gradient();
    number_tape();
    return std::move(out_);
  }

 private:
  struct Moved {
    std::uint32_t carried;
    NodeId value;
  };

  /// The carried variables that parameters move and that move the objective.
  void choose_active() {
    const Reads read = reads(program_);
    const std::vector<bool> reached = reached_from(read, with_respect_to_);
    std::vector<bool> counts(program_.init.size());
    std::vector<std::uint32_t> open{objective_};
    counts[objective_] = true;
    while (!open.empty()) {
      const std::uint32_t c = open.back();
      open.pop_back();
      for (const std::uint32_t from : read.carried[c])
        if (!counts[from]) counts[from] = true, open.push_back(from);
    }
    for (std::uint32_t c = 0; c < program_.init.size(); ++c) {
      if (counts[c] && reached[c] && c != objective_) active_.push_back(c);
      if (c != objective_ && counts[c])
        HILLOCK_CHECK(std::ranges::find(read.carried[c], objective_) == read.carried[c].end(),
                      "the sum to be differentiated is read by what it depends on");
    }
  }

  /// The right sides with the carried variables taken from the tape.
  void move_expressions() {
    Program& b = out_.backward;
    std::vector<NodeId> map;
    for (const Variable& v : program_.variables) switch (v.source) {
        case Source::parameter: map.push_back(b.parameter(v.index)); break;
        case Source::column: map.push_back(b.column(v.index)); break;
        case Source::carried: map.push_back(b.from_tape(v.index)); break;
        default: map.push_back(no_node);
      }
    const auto moved = [&](const std::vector<Assignment>& from) {
      std::vector<Moved> to;
      for (const Assignment& a : from)
        if (a.carried == objective_ || is_active(a.carried))
          to.push_back({a.carried, simplify(program_.graph, std::span(&a.value, 1), b.graph, map)[0]});
      return to;
    };
    advance_ = moved(program_.advance);
    observe_ = moved(program_.observe);
    init_ = simplify(program_.graph, program_.init, b.graph, map);
    // A row's advance reads what its observe has left: the tape has what was there before.
    for (const Assignment& a : program_.observe)
      for (const Moved& m : advance_) {
        const NodeId x = b.from_tape(a.carried);
        HILLOCK_CHECK(!depends_on(b.graph, m.value, b.graph[x].symbol),
                      "a row's advance reads what its observe assigns");
      }
    for (const Moved& m : advance_)
      HILLOCK_CHECK(m.carried != objective_, "the sum to be differentiated grows between samples");
  }
  [[nodiscard]] bool is_active(std::uint32_t c) const { return std::ranges::binary_search(active_, c); }

  /// What the adjoints and the sums become where a phase is undone.
  std::vector<Assignment> phase(const std::vector<Moved>& assignments) {
    Program& b = out_.backward;
    NodeId root = al_.number(0.0);
    std::vector<bool> assigned(program_.init.size());
    for (const Moved& m : assignments) {
      root = al_.add(root, al_.mul(lambda_[m.carried], m.value));
      assigned[m.carried] = true;
    }
    std::vector<NodeId> leaves;
    for (const std::uint32_t c : active_) leaves.push_back(b.from_tape(c));
    const std::vector<NodeId> parts = still_parts(b, root, {});
    leaves.insert(leaves.end(), parts.begin(), parts.end());
    const std::vector<NodeId> bars = gradient(al_, root, leaves);

    std::vector<Assignment> out;
    for (std::size_t i = 0; i < active_.size(); ++i) {
      const NodeId old = lambda_[active_[i]];
      const NodeId now = al_.add(assigned[active_[i]] ? al_.number(0.0) : old, bars[i]);
      if (now != old) out.push_back({index_of(old), now});
    }
    std::map<std::uint32_t, NodeId> grown;  // sums: by carried variable
    const auto add_to = [&](std::uint32_t sum, NodeId term) {
      const auto place = grown.try_emplace(sum, b.carried(sum)).first;
      place->second = al_.add(place->second, term);
    };
    std::vector<NodeId> parameters;
    for (const std::uint32_t p : with_respect_to_) parameters.push_back(b.parameter(p));
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const NodeId bar = bars[active_.size() + i];
      if (b.graph.is_constant(bar, 0.0)) continue;
      const std::vector<NodeId> slopes = gradient(al_, parts[i], parameters);
      if (std::ranges::all_of(slopes, [&](NodeId s) { return b.graph.is_constant(s, 0.0); })) continue;
      if (!reads_columns(parts[i])) {
        add_to(sum_for(by_part_, parts[i]), bar);
        continue;
      }
      for (std::size_t k = 0; k < slopes.size(); ++k)
        if (!b.graph.is_constant(slopes[k], 0.0)) add_to(sum_for(by_parameter_, k), chained(al_, bar, slopes[k]));
    }
    for (const auto& [sum, value] : grown) out.push_back({sum, value});
    return out;
  }
  std::uint32_t index_of(NodeId carried) const {
    return out_.backward.variables[index(out_.backward.graph[carried].symbol)].index;
  }
  [[nodiscard]] bool reads_columns(NodeId root) const {
    const Program& b = out_.backward;
    return std::ranges::any_of(reachable(b.graph, std::span(&root, 1)), [&](NodeId id) {
      return b.graph[id].op == Op::symbol && b.variables[index(b.graph[id].symbol)].source == Source::column;
    });
  }
  template <class Key>
  std::uint32_t sum_for(std::map<Key, std::uint32_t>& sums, Key key) {
    const auto found = sums.find(key);
    if (found != sums.end()) return found->second;
    return sums[key] = out_.backward.carry("sum", al_.number(0.0));
  }

  /// The end: through the initial values, and the sums of parts times the slopes of the parts.
  void make_gradient() {
    Program& b = out_.backward;
    std::vector<NodeId> parameters;
    for (const std::uint32_t p : with_respect_to_) parameters.push_back(b.parameter(p));
    std::vector<NodeId> total(parameters.size(), al_.number(0.0));
    const auto through = [&](NodeId root, NodeId bar) {
      const std::vector<NodeId> slopes = gradient(al_, root, parameters);
      // What nothing depended on, because no row took that branch, may have any slope.
      const NodeId unused = al_.make(Op::eq, bar, al_.number(0.0));
      for (std::size_t k = 0; k < total.size(); ++k)
        if (!b.graph.is_constant(slopes[k], 0.0))
          total[k] = al_.add(total[k], al_.select(unused, al_.number(0.0), al_.mul(bar, slopes[k])));
    };
    for (const std::uint32_t c : active_) through(init_[c], lambda_[c]);
    for (const auto& [part, sum] : by_part_) through(part, b.carried(sum));
    for (const auto& [k, sum] : by_parameter_) total[k] = al_.add(total[k], b.carried(sum));

    Program& g = out_.gradient;
    g.parameters = b.parameters + static_cast<std::uint32_t>(b.init.size());
    g.columns = b.columns;
    std::vector<NodeId> map;
    for (const Variable& v : b.variables) switch (v.source) {
        case Source::parameter: map.push_back(g.parameter(v.index)); break;
        case Source::column: map.push_back(g.column(v.index)); break;
        case Source::carried: map.push_back(g.parameter(b.parameters + v.index)); break;
        default: map.push_back(no_node);
      }
    for (const NodeId id : simplify(b.graph, total, g.graph, map)) g.carry("gradient", id);
  }

  /// Only what is read is put down.
  void number_tape() {
    Program& b = out_.backward;
    std::vector<NodeId> roots;
    for (const auto* list : {&b.advance, &b.observe})
      for (const Assignment& a : *list) roots.push_back(a.value);
    std::vector<bool> read(b.variables.size());
    for (const NodeId id : reachable(b.graph, roots))
      if (b.graph[id].op == Op::symbol) read[index(b.graph[id].symbol)] = true;
    for (std::size_t s = 0; s < b.variables.size(); ++s) {
      if (b.variables[s].source != Source::tape) continue;
      if (read[s]) out_.taped.push_back(b.variables[s].index);
      b.variables[s].index = read[s] ? static_cast<std::uint32_t>(out_.taped.size() - 1) : 0;
    }
    b.tape = static_cast<std::uint32_t>(out_.taped.size());
  }

  const Program& program_;
  std::uint32_t objective_;
  std::span<const std::uint32_t> with_respect_to_;
  Adjoint out_;
  Algebra al_;
  std::vector<std::uint32_t> active_;
  std::map<std::uint32_t, NodeId> lambda_;
  std::vector<Moved> advance_, observe_;
  std::vector<NodeId> init_;
  std::map<NodeId, std::uint32_t> by_part_;
  std::map<std::size_t, std::uint32_t> by_parameter_;
};

}  // namespace

Adjoint adjoint(const Program& program, std::uint32_t objective, std::span<const std::uint32_t> with_respect_to) {
  return Builder(program, objective, with_respect_to).build();
}

Timeline reversed(const Timeline& timeline) {
  Timeline out{timeline.rows, timeline.columns, {}, {timeline.observe.rbegin(), timeline.observe.rend()}};
  out.values.reserve(timeline.values.size());
  for (std::size_t r = timeline.rows; r-- > 0;) {
    const auto from = timeline.values.begin() + static_cast<std::ptrdiff_t>(r * timeline.columns);
    out.values.insert(out.values.end(), from, from + static_cast<std::ptrdiff_t>(timeline.columns));
  }
  return out;
}

Timeline first_row(const Timeline& timeline) {
  const auto end = timeline.values.begin() + static_cast<std::ptrdiff_t>(timeline.columns);
  return {1, timeline.columns, {timeline.values.begin(), end}, {0}};
}

}  // namespace hillock::ir
