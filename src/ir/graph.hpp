#pragma once
/// A typed, hash-consed expression graph. Nodes are immutable and shared: two equal expressions are one node.

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "ir/op.hpp"

namespace hillock::ir {

/// A node of one Graph. Arguments always have smaller ids than their users, so id order is evaluation order.
enum class NodeId : std::uint32_t {};
inline constexpr NodeId no_node{0xFFFFFFFFU};
[[nodiscard]] constexpr std::uint32_t index(NodeId id) { return static_cast<std::uint32_t>(id); }

/// What a free name stands for; numbered by whoever owns the graph (see `Model::symbols`).
enum class SymbolId : std::uint32_t {};
[[nodiscard]] constexpr std::uint32_t index(SymbolId id) { return static_cast<std::uint32_t>(id); }

struct Node {
  Op op = Op::constant;
  Type type = Type::real;
  std::array<NodeId, 3> args{no_node, no_node, no_node};
  double value = 0.0;  ///< constants
  SymbolId symbol{};   ///< symbols
};

class Graph {
 public:
  NodeId constant(double value);
  /// The nearest number of single precision.
  NodeId constant_single(double value);
  NodeId boolean(bool value);
  NodeId symbol(SymbolId id, Type type = Type::real);
  /// A node of `op`. Types must fit the op table (HILLOCK_CHECK), where real arguments may be single if all of them
  /// are: then so is the result. No simplification beyond sharing.
  NodeId make(Op op, NodeId a);
  NodeId make(Op op, NodeId a, NodeId b);
  NodeId make(Op op, NodeId a, NodeId b, NodeId c);
  NodeId make(Op op, std::span<const NodeId> args);

  [[nodiscard]] const Node& operator[](NodeId id) const { return nodes_[index(id)]; }
  [[nodiscard]] std::size_t size() const { return nodes_.size(); }
  [[nodiscard]] bool is_constant(NodeId id) const { return (*this)[id].op == Op::constant; }
  [[nodiscard]] bool is_constant(NodeId id, double value) const {
    return is_constant(id) && (*this)[id].value == value;
  }

 private:
  NodeId intern(const Node& node);
  struct Hash {
    std::size_t operator()(const Node& node) const;
  };
  struct Same {
    bool operator()(const Node& a, const Node& b) const;
  };
  std::vector<Node> nodes_;
  std::unordered_map<Node, NodeId, Hash, Same> index_;
};

/// The expression as text, fully parenthesised; `name(SymbolId)` gives the symbols' names. For tests and messages.
[[nodiscard]] std::string to_text(const Graph& graph, NodeId root, std::span<const std::string> symbol_names);

/// The nodes that `roots` need, in evaluation order.
[[nodiscard]] std::vector<NodeId> reachable(const Graph& graph, std::span<const NodeId> roots);

/// Makes the nodes that `roots` need anew, arguments first: `make(id, node, args)` returns the new node for `id`, whose
/// new arguments are `args`. Returns the new roots. The one way in which passes walk a graph.
[[nodiscard]] std::vector<NodeId> rebuild(
    const Graph& from, std::span<const NodeId> roots,
    const std::function<NodeId(NodeId id, const Node& node, std::span<const NodeId> args)>& make);

/// The same node in `to`.
[[nodiscard]] NodeId same_node(Graph& to, const Node& node, std::span<const NodeId> args);

}  // namespace hillock::ir
