#pragma once
/// Programs that bytes spell: any string of bytes is one. A fuzzer changes the bytes, a random test draws them, and
/// what fails is made shorter by leaving bytes out.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "ir/algebra.hpp"
#include "ir/program.hpp"

namespace hillock::ir::fixture {

struct CodedProgram {
  Program program;
  Timeline timeline;
  std::vector<double> parameters;
};

inline constexpr std::size_t coded_header = 8, coded_nodes = 24;
inline constexpr std::uint32_t coded_parameters = 3, coded_columns = 3, coded_states = 3;

/// Small numbers, whole ones, halves and tenths, and a few that are none of these.
inline double coded_number(std::uint8_t a, std::uint8_t b) {
  static constexpr std::array<double, 16> odd{0.0,   -0.0, 1.0,  -1.0,  0.5,  2.0,    1e-3,  1e3,
                                              1e-12, 1e9,  40.0, -70.0, 1e30, -1e-30, 1e300, 1e-308};
  switch (a % 4) {
    case 0: return odd[b % odd.size()];
    case 1: return static_cast<double>(static_cast<std::int8_t>(b));
    case 2: return static_cast<double>(static_cast<std::int8_t>(b)) / 32.0;
    default: return static_cast<double>(static_cast<std::int8_t>(b)) / 10.0 * (1.0 + a / 1024.0);
  }
}

/// As rates of channels are written: functions of one exponential of (x - a)/w, with widths that are commensurable.
inline NodeId rate(Graph& g, std::size_t which, NodeId x, NodeId other, std::uint8_t shift, std::uint8_t width) {
  const double inverse = static_cast<double>(1 + width % 8) / ((width & 8U) != 0 ? 40.0 : -40.0);
  const NodeId a = g.constant(static_cast<double>(static_cast<std::int8_t>(shift)) / 4.0);
  const NodeId z = g.make(Op::mul, g.make(Op::sub, x, a), g.constant(inverse)), one = g.constant(1.0);
  switch (which) {
    case 0:
    case 1: return g.make(Op::exp, z);
    case 2: return g.make(Op::div, other, g.make(Op::exprel, z));
    case 3: return g.make(Op::div, g.make(Op::sub, x, a), g.make(Op::sub, g.make(Op::exp, z), one));
    case 4: return g.make(Op::div, one, g.make(Op::add, one, g.make(Op::exp, z)));
    default: return g.make(Op::tanh, z);
  }
}

/// Eight bytes: rows and which are observed, three parameters, how columns move, resets, where roots are, number of
/// outputs. Then four bytes a node: an op, a constant or a rate, and its arguments, counted back from the node.
/// Three states are advanced, two of them may be reset where they cross a parameter; a sum is observed.
/// `smooth`: without the ops that have jumps.
inline CodedProgram decode(std::span<const std::uint8_t> code, bool smooth = false) {
  CodedProgram out;
  Program& p = out.program;
  Graph& g = p.graph;
  const auto byte = [&](std::size_t i) { return i < code.size() ? code[i] : std::uint8_t{0}; };
  p.parameters = coded_parameters;
  p.columns = coded_columns;
  for (std::size_t i = 0; i < coded_parameters; ++i)
    out.parameters.push_back(coded_number(static_cast<std::uint8_t>(2 + (byte(i + 1) >> 7U)), byte(i + 1)));
  const std::size_t rows = 1 + byte(0) % 4;
  out.timeline = {rows, coded_columns, {}, {}};
  for (std::size_t r = 0; r < rows; ++r) {
    // One column that stands still, one that steps, one that always moves.
    const auto moved = static_cast<double>(r);
    out.timeline.values.insert(out.timeline.values.end(),
                               {coded_number(2, byte(4)), (byte(4) >> r) & 1U ? 0.75 : -1.5, 0.25 * moved + 0.1});
    out.timeline.observe.push_back((byte(0) >> (4 + r)) & 1U);
  }

  std::vector<NodeId> reals, conditions;
  for (std::uint32_t i = 0; i < coded_parameters; ++i) reals.push_back(p.parameter(i));
  const std::vector<NodeId> begin = reals;
  for (std::uint32_t i = 0; i < coded_columns; ++i) reals.push_back(p.column(i));
  for (std::uint32_t i = 0; i < coded_states; ++i) reals.push_back(p.carried(p.carry("x", begin[i])));
  const std::uint32_t sum = p.carry("sum", g.constant(0.0));
  const auto real = [&](std::uint8_t back) { return reals[reals.size() - 1 - back % reals.size()]; };
  const auto condition = [&](std::uint8_t back) {
    if (!conditions.empty() && back % 2 == 0)
      return conditions[conditions.size() - 1 - (back / 2U) % conditions.size()];
    return g.make(Op::gt, real(back), real(static_cast<std::uint8_t>(back + 1)));
  };
  static const std::vector<Op> all = [] {
    std::vector<Op> ops;
    for (const OpInfo& row : all_ops())
      if (row.arity > 0 && (row.op < Op::round_even || row.op == Op::stop_gradient)) ops.push_back(row.op);
    return ops;
  }();
  const auto has_jumps = [](Op op) {
    const OpInfo& row = info(op);
    return row.units == UnitRule::compare || row.units == UnitRule::logic || row.units == UnitRule::choose ||
           op == Op::mod || op == Op::floordiv || op == Op::ceil || op == Op::floor || op == Op::trunc ||
           op == Op::sign || op == Op::stop_gradient;
  };
  for (std::size_t at = coded_header; at + 4 <= code.size() && at < coded_header + 4 * coded_nodes; at += 4) {
    const std::size_t which = byte(at) % (all.size() + 8);
    if (which >= all.size() + 2) {
      reals.push_back(rate(g, which - all.size() - 2, p.carried(byte(at + 1) % coded_states), real(byte(at + 1)),
                           byte(at + 2), byte(at + 3)));
      continue;
    }
    if (which >= all.size()) {
      reals.push_back(g.constant(coded_number(byte(at + 1), byte(at + 2))));
      continue;
    }
    const OpInfo& row = info(all[which]);
    if (smooth && has_jumps(row.op)) continue;
    std::array<NodeId, 3> args{no_node, no_node, no_node};
    for (std::size_t k = 0; k < static_cast<std::size_t>(row.arity); ++k) {
      const bool logical = row.units == UnitRule::logic || (row.units == UnitRule::choose && k == 0);
      args[k] = logical ? condition(byte(at + 1 + k)) : real(byte(at + 1 + k));
    }
    const NodeId made = g.make(row.op, std::span<const NodeId>(args.data(), static_cast<std::size_t>(row.arity)));
    (row.result == Type::boolean ? conditions : reals).push_back(made);
  }

  const std::size_t first = reals.size();
  const auto root = [&](std::size_t back) { return reals[first - 1 - std::min(back, first - 1)]; };
  for (std::uint32_t i = 0; i < coded_states; ++i) {
    NodeId next = root(i * (1U + byte(6) % 3U));
    if (!smooth && i < 2 && (byte(5) >> i) & 1U)
      next =
          g.make(Op::select, g.make(Op::gt, next, begin[2]), (byte(5) >> (4 + i)) & 1U ? begin[i] : root(i + 3), next);
    p.advance.push_back({i, next});
  }
  p.observe.push_back({sum, g.make(Op::add, p.carried(sum), root(1 + byte(6) / 64U))});
  for (std::size_t i = 0; i < 1 + byte(7) % 3U; ++i) p.outputs.push_back(root(i + byte(7) / 64U));
  return out;
}

/// Line by line what the roots need: shared expressions can be exponentially long when they are written out.
inline std::string listing(const Program& p, std::span<const NodeId> roots) {
  std::string out;
  for (const NodeId id : reachable(p.graph, roots)) {
    const Node& node = p.graph[id];
    out += "n" + std::to_string(index(id)) + " = ";
    if (node.op == Op::constant) {
      out += std::to_string(node.value);
    } else if (node.op == Op::symbol) {
      const Variable& v = p.variables[index(node.symbol)];
      out += (v.source == Source::parameter ? "parameter "
              : v.source == Source::column  ? "column "
                                            : "carried ") +
             std::to_string(v.index);
    } else {
      out += info(node.op).name;
      for (const NodeId arg : node.args)
        if (arg != no_node) out += " n" + std::to_string(index(arg));
    }
    out += "\n";
  }
  return out;
}

/// The program as a person reads it.
inline std::string in_words(const CodedProgram& coded) {
  const Program& p = coded.program;
  std::vector<NodeId> roots = p.init;
  std::string ends;
  const auto end = [&](const std::string& what, NodeId id) {
    roots.push_back(id);
    ends += what + " = n" + std::to_string(index(id)) + "\n";
  };
  for (const Assignment& a : p.observe) end("observe carried " + std::to_string(a.carried), a.value);
  for (const Assignment& a : p.advance) end("advance carried " + std::to_string(a.carried), a.value);
  for (const NodeId id : p.outputs) end("output", id);
  std::string out = "parameters:";
  for (const double x : coded.parameters) out += " " + std::to_string(x);
  for (std::size_t r = 0; r < coded.timeline.rows; ++r) {
    out += coded.timeline.observe[r] != 0 ? "\nobserved row:" : "\nrow:";
    for (std::size_t c = 0; c < coded.timeline.columns; ++c)
      out += " " + std::to_string(coded.timeline.values[r * coded.timeline.columns + c]);
  }
  return out + "\n" + listing(p, roots) + ends;
}

}  // namespace hillock::ir::fixture
