#include "ir/lasting_nan.hpp"

#include <algorithm>

namespace hillock::ir {
namespace {

/// What is known of a node's value.
enum class Known : std::uint8_t { nothing, nan, yes, no };

bool spreads_nan(Op op) {
  switch (op) {
    case Op::add:
    case Op::sub:
    case Op::mul:
    case Op::div:
    case Op::neg:
    case Op::fma:
    case Op::min:
    case Op::max:
    case Op::abs:
    case Op::sqrt:
    case Op::stop_gradient: return true;
    default: return op >= Op::sin && op <= Op::bernoulli_slope;
  }
}

class NanRun {
 public:
  NanRun(const Program& program, std::uint32_t carried) : program_(program), carried_(carried) {}

  Known of(NodeId root) {
    for (const NodeId id : reachable(program_.graph, std::span(&root, 1))) {
      if (known_.size() <= index(id)) known_.resize(program_.graph.size(), Known::nothing);
      known_[index(id)] = compute(program_.graph[id]);
    }
    return known_[index(root)];
  }

 private:
  [[nodiscard]] Known arg(const Node& node, std::size_t k) const { return known_[index(node.args[k])]; }

  [[nodiscard]] Known compute(const Node& node) const {
    switch (node.op) {
      case Op::symbol: {
        const Variable& v = program_.variables[index(node.symbol)];
        return v.source == Source::carried && v.index == carried_ ? Known::nan : Known::nothing;
      }
      case Op::constant:
        if (node.type == Type::boolean) return node.value != 0.0 ? Known::yes : Known::no;
        return Known::nothing;
      case Op::lt:
      case Op::le:
      case Op::gt:
      case Op::ge:
      case Op::eq: return any_nan(node) ? Known::no : Known::nothing;
      case Op::ne: return any_nan(node) ? Known::yes : Known::nothing;
      case Op::lnot:
        return arg(node, 0) == Known::yes ? Known::no : (arg(node, 0) == Known::no ? Known::yes : Known::nothing);
      case Op::land: return either(node, Known::no, Known::yes);
      case Op::lor: return either(node, Known::yes, Known::no);
      case Op::select:
      case Op::seldom:
        if (arg(node, 0) == Known::yes) return arg(node, 1);
        if (arg(node, 0) == Known::no) return arg(node, 2);
        return arg(node, 1) == arg(node, 2) ? arg(node, 1) : Known::nothing;
      default: return spreads_nan(node.op) && any_nan(node) ? Known::nan : Known::nothing;
    }
  }
  [[nodiscard]] bool any_nan(const Node& node) const {
    return std::ranges::any_of(node.args, [&](NodeId a) { return a != no_node && known_[index(a)] == Known::nan; });
  }
  /// One side that is `one` settles it, both that are `other` too.
  [[nodiscard]] Known either(const Node& node, Known one, Known other) const {
    if (arg(node, 0) == one || arg(node, 1) == one) return one;
    return arg(node, 0) == other && arg(node, 1) == other ? other : Known::nothing;
  }

  const Program& program_;
  std::uint32_t carried_;
  std::vector<Known> known_;
};

}  // namespace

bool nan_with(const Program& program, NodeId root, std::uint32_t carried) {
  return NanRun(program, carried).of(root) == Known::nan;
}

bool nan_lasts(const Program& program, std::uint32_t carried) {
  const auto stays = [&](const std::vector<Assignment>& assignments) {
    return std::ranges::all_of(
        assignments, [&](const Assignment& a) { return a.carried != carried || nan_with(program, a.value, carried); });
  };
  return stays(program.observe) && stays(program.advance);
}

}  // namespace hillock::ir
