#include "jit/enough.hpp"

#include <algorithm>
#include <map>
#include <vector>

namespace hillock::jit {

using ir::no_node;
using ir::Node;
using ir::NodeId;
using ir::Op;
using ir::Type;

namespace {

/// What is wanted of numbers and conditions.
class Wanted {
 public:
  explicit Wanted(ir::Graph& graph) : g_(graph) {}

  /// The condition must not hold.
  void exclude(NodeId id) {
    const Node& node = g_[id];
    if (node.op == Op::lor) exclude(node.args[0]), exclude(node.args[1]);
    else if (node.op == Op::lnot) require(node.args[0]);
    else if (node.op == Op::lt && is_size_and_limit(node)) join(apart_, node);
    else join(excluded_, id);
  }

  /// All that is wanted of those that `take` takes.
  template <class Take>
  NodeId test(Take&& take) {
    NodeId all = no_node;
    const auto join = [&](NodeId one) { all = all == no_node ? one : g_.make(Op::land, all, one); };
    const auto those = [&](const std::vector<NodeId>& of) {
      std::vector<NodeId> out;
      std::ranges::copy_if(of, std::back_inserter(out), take);
      return out;
    };
    for (const NodeId id : those(required_)) join(id);
    for (const NodeId id : those(excluded_)) join(g_.make(Op::lnot, id));
    for (const auto& [limit, numbers] : within_) all_within(limit, those(numbers), join);
    for (const auto& [limit, numbers] : apart_) all_apart(limit, those(numbers), join);
    return all;
  }

 private:
  struct Limit {
    double value;
    Type type;
    auto operator<=>(const Limit&) const = default;
  };
  using ByLimit = std::map<Limit, std::vector<NodeId>>;

  void require(NodeId id) {
    const Node& node = g_[id];
    if (node.op == Op::land) require(node.args[0]), require(node.args[1]);
    else if (node.op == Op::lnot) exclude(node.args[0]);
    else if (node.op == Op::le && is_size_and_limit(node)) join(within_, node);
    else join(required_, id);
  }

  /// Of |x| and a number that is not negative.
  [[nodiscard]] bool is_size_and_limit(const Node& comparison) const {
    return g_[comparison.args[0]].op == Op::abs && g_.is_constant(comparison.args[1]) &&
           g_[comparison.args[1]].value >= 0.0;
  }
  void join(ByLimit& to, const Node& comparison) {
    const Node& limit = g_[comparison.args[1]];
    join(to[{limit.value, limit.type}], g_[comparison.args[0]].args[0]);
  }
  static void join(std::vector<NodeId>& to, NodeId id) {
    if (std::ranges::find(to, id) == to.end()) to.push_back(id);
  }

  NodeId number(double value, Type type) {
    return type == Type::single ? g_.constant_single(value) : g_.constant(value);
  }
  /// A NaN is not within.
  template <class Join>
  void all_within(const Limit& limit, const std::vector<NodeId>& numbers, Join&& join) {
    const double squares = limit_of_squares(limit.value, limit.type);
    const std::size_t most = squares > 0.0 ? most_squares : 1;
    for (std::size_t first = 0; first < numbers.size(); first += most) {
      const std::size_t last = std::min(numbers.size(), first + most);
      if (last - first == 1) {
        join(g_.make(Op::le, g_.make(Op::abs, numbers[first]), number(limit.value, limit.type)));
        continue;
      }
      NodeId sum = g_.make(Op::mul, numbers[first], numbers[first]);
      for (std::size_t i = first + 1; i < last; ++i) sum = g_.make(Op::fma, numbers[i], numbers[i], sum);
      join(g_.make(Op::le, sum, number(squares, limit.type)));
    }
  }
  template <class Join>
  void all_apart(const Limit& limit, const std::vector<NodeId>& numbers, Join&& join) {
    NodeId least = no_node;
    for (const NodeId id : numbers) {
      const NodeId size = g_.make(Op::abs, id);
      // `least` of a NaN and a number is the number, so that none is lost.
      least = least == no_node ? size : g_.make(Op::least, size, least);
    }
    if (least != no_node) join(g_.make(Op::ge, least, number(limit.value, limit.type)));
  }

  ir::Graph& g_;
  ByLimit within_;  ///< |x| <= limit is wanted of each
  ByLimit apart_;   ///< |x| >= limit
  std::vector<NodeId> required_, excluded_;
};

}  // namespace

double limit_of_squares(double limit, Type type) {
  const bool single = type == Type::single;
  const double square = limit * limit;
  const double smallest = single ? 1e-30 : 1e-290, largest = single ? 1e30 : 1e290;
  if (!(square >= smallest && square <= largest)) return 0.0;
  return static_cast<double>(single ? static_cast<float>(square * (1.0 - 1e-5)) : square * (1.0 - 1e-13));
}

EnoughTest enough_for(ir::Graph& graph, std::span<const NodeId> conditions, const std::function<bool(NodeId)>& still) {
  Wanted wanted(graph);
  for (const NodeId id : conditions) wanted.exclude(id);
  EnoughTest out;
  out.once = wanted.test(still);
  out.every_row = wanted.test([&](NodeId id) { return !still(id); });
  return out;
}

}  // namespace hillock::jit
