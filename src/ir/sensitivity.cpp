/// Sensitivities of programs, by mixed mode.
///
/// Of an expression that is evaluated at every row, d/d parameter k = sum over its leaves of (d expression / d leaf)
/// (d leaf / d parameter k). The leaves are the carried variables, whose derivatives are carried along, and the largest
/// parts that read no carried variable, which change only with the columns and are differentiated in reverse. So a row
/// costs one reverse sweep of what moves, and one product per leaf and parameter.

#include <algorithm>
#include <map>

#include "base/error.hpp"
#include "ir/dependence.hpp"
#include "ir/derive.hpp"
#include "ir/program.hpp"

namespace hillock::ir {
std::vector<NodeId> sensitivity(Program& program, NodeId root, const TangentTable& tangents,
                                std::span<const std::uint32_t> with_respect_to, std::span<const KnownSlopes> known,
                                std::span<const NodeId> onto) {
  Algebra algebra(program.graph);
  if (const ir::Node node = program.graph[root]; node.op == Op::seldom && onto.empty()) {
    // What is seldom needed has slopes that are seldom needed.
    const auto rare = sensitivity(program, node.args[1], tangents, with_respect_to, known);
    std::vector<NodeId> out = sensitivity(program, node.args[2], tangents, with_respect_to, known);
    for (std::size_t k = 0; k < out.size(); ++k) out[k] = seldom(algebra, node.args[0], rare[k], out[k]);
    return out;
  }
  std::vector<NodeId> parameters;
  for (const std::uint32_t parameter : with_respect_to) parameters.push_back(program.parameter(parameter));
  std::vector<NodeId> leaves;
  for (const KnownSlopes& k : known) leaves.push_back(k.node);
  const std::vector<NodeId> parts = still_parts(program, root, leaves);
  const std::size_t first_carried = leaves.size();
  for (std::uint32_t c = 0; c < tangents.size(); ++c) leaves.push_back(program.carried(c));
  const std::size_t first_part = leaves.size();
  leaves.insert(leaves.end(), parts.begin(), parts.end());
  std::vector<std::vector<NodeId>> slopes;
  for (const NodeId part : parts) slopes.push_back(gradient(algebra, part, parameters));
  if (with_respect_to.size() == 1) {
    std::map<NodeId, NodeId> given;
    for (const KnownSlopes& k : known) given[k.node] = k.slopes[0];
    for (std::size_t i = 0; i < parts.size(); ++i) given[parts[i]] = slopes[i][0];
    std::vector<NodeId> seeds(program.variables.size(), no_node);
    for (std::uint32_t c = 0; c < tangents.size(); ++c)
      if (tangents[c][0]) seeds[index(program.graph[program.carried(c)].symbol)] = program.carried(*tangents[c][0]);
    const NodeId slope = Tangent(algebra, seeds, given).of(root);
    return {onto.empty() ? slope : algebra.add(onto[0], slope)};
  }
  const std::vector<NodeId> adjoint = gradient(algebra, root, leaves);

  std::vector<NodeId> out;
  for (std::size_t k = 0; k < with_respect_to.size(); ++k) {
    // Products are added one after another: each pair becomes a fused multiply-add.
    NodeId sum = onto.empty() ? algebra.number(0.0) : onto[k];
    for (std::size_t i = 0; i < known.size(); ++i)
      sum = algebra.add(sum, chained(algebra, adjoint[i], known[i].slopes[k]));
    for (std::uint32_t c = 0; c < tangents.size(); ++c)
      if (tangents[c][k])
        sum = algebra.add(sum, chained(algebra, adjoint[first_carried + c], program.carried(*tangents[c][k])));
    for (std::size_t i = 0; i < parts.size(); ++i)
      sum = algebra.add(sum, chained(algebra, adjoint[first_part + i], slopes[i][k]));
    out.push_back(sum);
  }
  return out;
}

TangentTable add_tangents(Program& program, std::span<const std::uint32_t> with_respect_to) {
  const auto primal = static_cast<std::uint32_t>(program.init.size());
  TangentTable table(primal, std::vector<std::optional<std::uint32_t>>(with_respect_to.size()));
  const std::vector<Assignment> observe = program.observe;
  const std::vector<Assignment> advance = program.advance;
  Algebra algebra(program.graph);

  const Reads read = reads(program);
  std::vector<NodeId> parameters;
  for (const std::uint32_t parameter : with_respect_to) parameters.push_back(program.parameter(parameter));
  for (std::size_t k = 0; k < with_respect_to.size(); ++k) {
    const std::vector<bool> reached = reached_from(read, with_respect_to.subspan(k, 1));
    for (std::uint32_t c = 0; c < primal; ++c)
      if (reached[c])
        table[c][k] = program.carry("d " + program.carried_names[c] + " / d p" + std::to_string(with_respect_to[k]),
                                    algebra.number(0.0));
  }
  for (std::uint32_t c = 0; c < primal; ++c) {
    // Initial values read no carried variables.
    const std::vector<NodeId> slopes = gradient(algebra, program.init[c], parameters);
    for (std::size_t k = 0; k < slopes.size(); ++k)
      if (table[c][k]) program.init[*table[c][k]] = slopes[k];
  }
  const auto extend = [&](const std::vector<Assignment>& assignments, std::vector<Assignment>& to) {
    for (const Assignment& a : assignments) {
      const std::vector<NodeId> slopes = sensitivity(program, a.value, table, with_respect_to);
      for (std::size_t k = 0; k < slopes.size(); ++k)
        if (table[a.carried][k]) to.push_back({*table[a.carried][k], slopes[k]});
    }
  };
  extend(observe, program.observe);
  extend(advance, program.advance);
  return table;
}

}  // namespace hillock::ir
