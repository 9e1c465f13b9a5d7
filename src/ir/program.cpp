#include "ir/program.hpp"

#include <algorithm>
#include <map>

#include "base/error.hpp"
#include "ir/derive.hpp"

namespace hillock::ir {

SymbolId Program::add_symbol(Source source, std::uint32_t which) {
  variables.push_back({source, which});
  return SymbolId{static_cast<std::uint32_t>(variables.size() - 1)};
}

namespace {

NodeId variable_node(Program& program, Source source, std::uint32_t which) {
  for (std::uint32_t s = 0; s < program.variables.size(); ++s)
    if (program.variables[s].source == source && program.variables[s].index == which)
      return program.graph.symbol(SymbolId{s});
  return program.graph.symbol(program.add_symbol(source, which));
}

}  // namespace

NodeId Program::parameter(std::uint32_t which) { return variable_node(*this, Source::parameter, which); }
NodeId Program::column(std::uint32_t which) { return variable_node(*this, Source::column, which); }
NodeId Program::carried(std::uint32_t which) { return variable_node(*this, Source::carried, which); }

std::uint32_t Program::carry(std::string name, NodeId initial) {
  carried_names.push_back(std::move(name));
  init.push_back(initial);
  return static_cast<std::uint32_t>(init.size() - 1);
}

std::size_t Timeline::observed() const {
  return static_cast<std::size_t>(std::count_if(observe.begin(), observe.end(), [](auto flag) { return flag != 0; }));
}

namespace {

/// The largest parts of the right sides that read no carried variable (and no step of the lane's own).
std::vector<NodeId> still_parts(const Program& program, std::span<const Assignment> observe,
                                std::span<const Assignment> advance) {
  const Graph& graph = program.graph;
  std::vector<NodeId> roots;
  for (const Assignment& a : observe) roots.push_back(a.value);
  for (const Assignment& a : advance) roots.push_back(a.value);
  const std::vector<NodeId> order = reachable(graph, roots);
  std::vector<bool> moves(graph.size());
  std::vector<NodeId> parts;
  std::vector<bool> taken(graph.size());
  const auto take = [&](NodeId id) {
    const Node& node = graph[id];
    if (moves[index(id)] || taken[index(id)] || node.type != Type::real) return;
    if (node.op == Op::constant || node.op == Op::symbol) return;
    taken[index(id)] = true;
    parts.push_back(id);
  };
  for (const NodeId id : order) {
    const Node& node = graph[id];
    if (node.op == Op::symbol) {
      const Source source = program.variables[index(node.symbol)].source;
      moves[index(id)] = source == Source::carried || source == Source::substep || source == Source::progress;
    }
    for (const NodeId arg : node.args)
      if (arg != no_node && moves[index(arg)]) moves[index(id)] = true;
    if (!moves[index(id)]) continue;
    for (const NodeId arg : node.args)
      if (arg != no_node) take(arg);
  }
  for (const NodeId root : roots) take(root);
  return parts;
}

}  // namespace

TangentTable add_tangents(Program& program, std::span<const std::uint32_t> with_respect_to) {
  const auto primal = static_cast<std::uint32_t>(program.init.size());
  TangentTable table(primal, std::vector<std::optional<std::uint32_t>>(with_respect_to.size()));
  const std::vector<Assignment> observe = program.observe;
  const std::vector<Assignment> advance = program.advance;
  Algebra algebra(program.graph);

  // Which carried variables can parameter k reach? A fixed point over the dependences of the right sides.
  std::vector<std::vector<std::uint32_t>> reads_carried(primal);
  std::vector<std::vector<std::uint32_t>> reads_parameter(primal);
  const auto note = [&](std::uint32_t target, NodeId root) {
    for (const NodeId id : reachable(program.graph, std::span(&root, 1))) {
      const Node& node = program.graph[id];
      if (node.op != Op::symbol) continue;
      const Variable& v = program.variables[index(node.symbol)];
      if (v.source == Source::carried) reads_carried[target].push_back(v.index);
      if (v.source == Source::parameter) reads_parameter[target].push_back(v.index);
    }
  };
  for (std::uint32_t c = 0; c < primal; ++c) note(c, program.init[c]);
  for (const Assignment& a : observe) note(a.carried, a.value);
  for (const Assignment& a : advance) note(a.carried, a.value);

  // Parts that do not depend on carried variables are differentiated in reverse, once for all parameters; they change
  // only with the columns, and so do their derivatives.
  std::vector<NodeId> parameter_nodes;
  for (const std::uint32_t parameter : with_respect_to) parameter_nodes.push_back(program.parameter(parameter));
  std::vector<std::map<NodeId, NodeId>> given(with_respect_to.size());
  for (const NodeId part : still_parts(program, observe, advance)) {
    const std::vector<NodeId> slopes = gradient(algebra, part, parameter_nodes);
    for (std::size_t k = 0; k < slopes.size(); ++k) given[k][part] = slopes[k];
  }

  for (std::size_t k = 0; k < with_respect_to.size(); ++k) {
    std::vector<bool> reached(primal);
    for (bool grew = true; grew;) {
      grew = false;
      for (std::uint32_t c = 0; c < primal; ++c) {
        if (reached[c]) continue;
        const auto& direct = reads_parameter[c];
        const bool now = std::find(direct.begin(), direct.end(), with_respect_to[k]) != direct.end() ||
                         std::any_of(reads_carried[c].begin(), reads_carried[c].end(),
                                     [&](std::uint32_t from) { return reached[from]; });
        if (now) reached[c] = grew = true;
      }
    }
    std::vector<NodeId> seeds(program.variables.size(), no_node);
    const auto seed = [&](NodeId symbol_node, NodeId value) {
      const std::uint32_t s = index(program.graph[symbol_node].symbol);
      if (s >= seeds.size()) seeds.resize(s + 1, no_node);
      seeds[s] = value;
    };
    const NodeId zero = algebra.number(0.0);
    seed(program.parameter(with_respect_to[k]), algebra.number(1.0));
    for (std::uint32_t c = 0; c < primal; ++c) {
      if (!reached[c]) continue;
      const std::uint32_t t =
          program.carry("d " + program.carried_names[c] + " / d p" + std::to_string(with_respect_to[k]), zero);
      table[c][k] = t;
      seed(program.carried(c), program.carried(t));
    }
    // Initial values read parameters only, so the seeds of carried variables are not met there.
    Tangent tangent(algebra, seeds, given[k]);
    for (std::uint32_t c = 0; c < primal; ++c)
      if (table[c][k]) program.init[*table[c][k]] = tangent.of(program.init[c]);
    for (const Assignment& a : observe)
      if (table[a.carried][k]) program.observe.push_back({*table[a.carried][k], tangent.of(a.value)});
    for (const Assignment& a : advance)
      if (table[a.carried][k]) program.advance.push_back({*table[a.carried][k], tangent.of(a.value)});
  }
  return table;
}

}  // namespace hillock::ir
