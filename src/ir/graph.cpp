#include "ir/graph.hpp"

#include <bit>
#include <charconv>
#include <optional>

#include "base/error.hpp"

namespace hillock::ir {
namespace {

bool wants_boolean(Op op, std::size_t argument) {
  const UnitRule rule = info(op).units;
  return rule == UnitRule::logic || (rule == UnitRule::choose && argument == 0);
}

std::string number(double value) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  return {buffer, end};
}

}  // namespace

std::size_t Graph::Hash::operator()(const Node& node) const {
  std::uint64_t h = static_cast<std::uint64_t>(node.op) * 0x9E3779B97F4A7C15ULL + static_cast<std::uint64_t>(node.type);
  const auto mix = [&h](std::uint64_t v) { h = (h ^ v) * 0xBF58476D1CE4E5B9ULL, h ^= h >> 29U; };
  for (const NodeId arg : node.args) mix(index(arg));
  mix(std::bit_cast<std::uint64_t>(node.value));
  mix(index(node.symbol));
  return h;
}

bool Graph::Same::operator()(const Node& a, const Node& b) const {
  // Bits, not values: 0.0 and -0.0 are two constants, and a NaN equals itself.
  return a.op == b.op && a.type == b.type && a.args == b.args && a.symbol == b.symbol &&
         std::bit_cast<std::uint64_t>(a.value) == std::bit_cast<std::uint64_t>(b.value);
}

NodeId Graph::intern(const Node& node) {
  const auto [place, is_new] = index_.try_emplace(node, NodeId{static_cast<std::uint32_t>(nodes_.size())});
  if (is_new) nodes_.push_back(node);
  return place->second;
}

NodeId Graph::constant(double value) {
  Node node;
  node.value = value;
  return intern(node);
}

NodeId Graph::constant_single(double value) {
  Node node;
  node.type = Type::single;
  node.value = static_cast<double>(static_cast<float>(value));
  return intern(node);
}

NodeId Graph::boolean(bool value) {
  Node node;
  node.type = Type::boolean;
  node.value = value ? 1.0 : 0.0;
  return intern(node);
}

NodeId Graph::symbol(SymbolId id, Type type) {
  Node node;
  node.op = Op::symbol;
  node.type = type;
  node.symbol = id;
  return intern(node);
}

NodeId Graph::make(Op op, std::span<const NodeId> args) {
  const OpInfo& row = info(op);
  HILLOCK_CHECK(static_cast<std::size_t>(row.arity) == args.size(), "wrong number of arguments for an op");
  Node node;
  node.op = op;
  std::optional<Type> numbers;  // the type of the arguments that are numbers
  for (std::size_t i = 0; i < args.size(); ++i) {
    HILLOCK_CHECK(index(args[i]) < nodes_.size(), "an argument is not in this graph");
    const Type type = (*this)[args[i]].type;
    const bool fits =
        wants_boolean(op, i) ? type == Type::boolean : type != Type::boolean && type == numbers.value_or(type);
    HILLOCK_CHECK(fits, "an argument has the wrong type");
    if (type != Type::boolean) numbers = type;
    node.args[i] = args[i];
  }
  node.type = row.result;
  if (op == Op::to_single || op == Op::to_double)
    HILLOCK_CHECK(numbers != row.result, "a number already has the precision that it is given");
  else if (row.result == Type::real && numbers) node.type = *numbers;
  return intern(node);
}

NodeId Graph::make(Op op, NodeId a) { return make(op, std::array{a}); }
NodeId Graph::make(Op op, NodeId a, NodeId b) { return make(op, std::array{a, b}); }
NodeId Graph::make(Op op, NodeId a, NodeId b, NodeId c) { return make(op, std::array{a, b, c}); }

std::vector<NodeId> reachable(const Graph& graph, std::span<const NodeId> roots) {
  std::vector<bool> needed(graph.size());
  std::uint32_t last = 0;
  for (const NodeId root : roots) {
    needed[index(root)] = true;
    last = std::max(last, index(root) + 1);
  }
  std::vector<NodeId> order;
  for (std::uint32_t i = last; i-- > 0;) {
    if (!needed[i]) continue;
    order.push_back(NodeId{i});
    for (const NodeId arg : graph[NodeId{i}].args)
      if (arg != no_node) needed[index(arg)] = true;
  }
  std::vector<NodeId> forward(order.rbegin(), order.rend());
  return forward;
}

std::vector<NodeId> rebuild(
    const Graph& from, std::span<const NodeId> roots,
    const std::function<NodeId(NodeId id, const Node& node, std::span<const NodeId> args)>& make) {
  std::vector<NodeId> made(from.size(), no_node);
  for (const NodeId id : reachable(from, roots)) {
    const Node node = from[id];  // a copy: `make` may add to the same graph
    std::array<NodeId, 3> args{no_node, no_node, no_node};
    const auto arity = static_cast<std::size_t>(info(node.op).arity);
    for (std::size_t i = 0; i < arity; ++i) args[i] = made[index(node.args[i])];
    made[index(id)] = make(id, node, std::span<const NodeId>(args.data(), arity));
  }
  std::vector<NodeId> out;
  out.reserve(roots.size());
  for (const NodeId root : roots) out.push_back(made[index(root)]);
  return out;
}

NodeId same_node(Graph& to, const Node& node, std::span<const NodeId> args) {
  if (node.op == Op::constant)
    return node.type == Type::boolean  ? to.boolean(node.value != 0.0)
           : node.type == Type::single ? to.constant_single(node.value)
                                       : to.constant(node.value);
  if (node.op == Op::symbol) return to.symbol(node.symbol, node.type);
  return to.make(node.op, args);
}

std::string to_text(const Graph& graph, NodeId root, std::span<const std::string> symbol_names) {
  const Node& node = graph[root];
  const OpInfo& row = info(node.op);
  const auto arg = [&](std::size_t i) { return to_text(graph, node.args[i], symbol_names); };
  switch (node.op) {
    case Op::constant:
      if (node.type == Type::boolean) return node.value != 0.0 ? "True" : "False";
      return number(node.value);
    case Op::symbol: {
      const std::uint32_t s = index(node.symbol);
      return s < symbol_names.size() ? symbol_names[s] : "$" + std::to_string(s);
    }
    case Op::neg: return "(-" + arg(0) + ")";
    case Op::lnot: return "(not " + arg(0) + ")";
    default: break;
  }
  const bool infix = row.arity == 2 && !row.written && node.op != Op::scale2 && node.op != Op::scale2_normal &&
                     node.op != Op::least && node.op != Op::most;
  if (infix) return "(" + arg(0) + " " + std::string(row.name) + " " + arg(1) + ")";
  std::string out = std::string(row.name) + "(";
  for (int i = 0; i < row.arity; ++i) out += (i > 0 ? ", " : "") + arg(static_cast<std::size_t>(i));
  return out + ")";
}

}  // namespace hillock::ir
