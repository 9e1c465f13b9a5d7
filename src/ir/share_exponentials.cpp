#include "ir/share_exponentials.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "ir/algebra.hpp"

namespace hillock::ir {
namespace {

/// sum of coefficient x leaf + still: leaves move and are no sums themselves.
struct Linear {
  std::map<NodeId, double> moving;
  NodeId still = no_node;
};

/// An exponential whose argument moves, or x/(exp(x) - 1).
struct Member {
  NodeId node;
  double scale;  ///< what the moving leaf is multiplied with
  NodeId still;
};

/// Sums are looked through this deep; what is deeper is a leaf.
constexpr int deepest_sum = 64;

class Sharing {
 public:
  Sharing(Graph& graph, std::span<const NodeId> roots, const std::function<bool(NodeId)>& moves,
          const PowerLimits& limits)
      : al_(graph), roots_(roots), moves_(moves), limits_(limits) {}

  std::vector<NodeId> run() {
    std::map<NodeId, std::vector<Member>> groups;  // by the one leaf that moves
    for (const NodeId id : reachable(al_.g, roots_)) {
      const Node node = al_.g[id];
      if ((node.op != Op::exp && !(node.op == Op::bernoulli && limits_.quotients)) || !moves_(id)) continue;
      const Linear argument = linear(node.args[0], 0);
      if (argument.moving.size() != 1) continue;
      const auto [leaf, scale] = *argument.moving.begin();
      if (std::isfinite(scale) && scale != 0.0) groups[leaf].push_back({id, scale, argument.still});
    }
    for (auto& [leaf, members] : groups)
      for (const bool positive : {true, false}) {
        std::vector<Member> same_sign;
        for (const Member& m : members)
          if ((m.scale > 0.0) == positive) same_sign.push_back(m);
        share(std::move(same_sign));
      }
    if (replacement_.empty()) return {roots_.begin(), roots_.end()};
    Graph& g = al_.g;
    const Graph before = g;
    return rebuild(before, roots_, [&](NodeId id, const Node& node, std::span<const NodeId> args) {
      if (const auto found = replacement_.find(id); found != replacement_.end()) return found->second;
      return same_node(g, node, args);
    });
  }

 private:
  Linear linear(NodeId id, int depth) {
    if (const auto found = known_.find(id); found != known_.end()) return found->second;
    Linear out = linear_anew(id, depth + 1);
    known_[id] = out;
    return out;
  }

  Linear linear_anew(NodeId id, int depth) {
    if (!moves_(id)) return {{}, id};
    const Node node = al_.g[id];
    const auto combine = [&](Linear a, const Linear& b, double factor) {
      for (const auto& [leaf, coefficient] : b.moving) {
        double& sum = a.moving[leaf];
        sum += factor * coefficient;
        if (sum == 0.0) a.moving.erase(leaf);
      }
      a.still = al_.add(zero_or(a.still), al_.mul(al_.number(factor), zero_or(b.still)));
      return a;
    };
    if (depth < deepest_sum) switch (node.op) {
        case Op::add: return combine(linear(node.args[0], depth), linear(node.args[1], depth), 1.0);
        case Op::sub: return combine(linear(node.args[0], depth), linear(node.args[1], depth), -1.0);
        case Op::neg: return combine({}, linear(node.args[0], depth), -1.0);
        case Op::mul:
          for (const std::size_t k : {0U, 1U})
            if (al_.g.is_constant(node.args[k]))
              return combine({}, linear(node.args[1 - k], depth), al_.g[node.args[k]].value);
          break;
        default: break;
      }
    return {{{id, 1.0}}, no_node};
  }

  /// How often `base` goes into `scale`, where that is a whole number that may be used.
  [[nodiscard]] std::optional<int> times(double scale, double base) const {
    const double ratio = scale / base;
    const double whole = std::nearbyint(ratio);
    // The scales are quotients of rounded numbers: a few units of the last place apart.
    if (whole < 1.0 || whole > limits_.power || std::fabs(ratio - whole) > 1e-15 * whole) return {};
    return static_cast<int>(whole);
  }

  /// Takes the base that serves most members, again and again.
  void share(std::vector<Member> members) {
    while (members.size() > 1) {
      std::size_t best = 0;
      std::ptrdiff_t served = 0;
      for (std::size_t b = 0; b < members.size(); ++b) {
        const auto count = std::ranges::count_if(
            members, [&](const Member& m) { return times(m.scale, members[b].scale).has_value(); });
        if (count > served) best = b, served = count;
      }
      if (served < 2) return;
      const Member base = members[best];
      std::vector<Member> rest;
      for (const Member& m : members) {
        const auto n = times(m.scale, base.scale);
        if (n) replace(m, base, *n);
        else rest.push_back(m);
      }
      members = std::move(rest);
    }
  }

  NodeId zero_or(NodeId id) { return id == no_node ? al_.number(0.0) : id; }
  NodeId argument(const Member& m) { return al_.g[m.node].args[0]; }
  NodeId absolute(NodeId id) { return al_.make(Op::abs, id); }
  NodeId beyond(NodeId id, double limit) {  // true for NaN
    return al_.make(Op::lnot, al_.make(Op::le, absolute(id), al_.number(limit)));
  }

  void replace(const Member& m, const Member& base, int n) {
    const NodeId y = argument(base);
    const NodeId w = al_.make(Op::exp, y);
    const NodeId shift = al_.sub(zero_or(m.still), al_.mul(al_.number(n), zero_or(base.still)));
    const NodeId itself = al_.g[m.node].op == Op::exp ? m.node : al_.make(Op::exp, argument(m));
    // 16 x 30 + 200 = 680 < 709: nothing overflows on the way.
    NodeId outside = beyond(y, limits_.argument);
    if (!al_.g.is_constant(shift) || std::fabs(al_.g[shift].value) > limits_.shift)
      outside = al_.make(Op::lor, outside, beyond(shift, limits_.shift));
    const NodeId power = m.node == w ? w : al_.mul(to_the(w, n), al_.make(Op::exp, shift));
    if (al_.g[m.node].op == Op::exp) {
      if (itself != w) replacement_[m.node] = choose(outside, m.node, power);
      return;
    }
    const NodeId x = argument(m);
    const NodeId quotient = al_.div(x, al_.sub(power, al_.number(1.0)));
    // 1 - x/2 + x^2/12 - x^4/720 + x^6/30240: the next term is below 4e-17. At 0.05 the quotient has lost a digit and
    // a half.
    const NodeId square = al_.mul(x, x);
    NodeId series = al_.number(1.0 / 30240.0);
    for (const double c : {-1.0 / 720.0, 1.0 / 12.0}) series = al_.add(al_.mul(series, square), al_.number(c));
    series = al_.add(al_.mul(series, square), al_.add(al_.mul(x, al_.number(-0.5)), al_.number(1.0)));
    const NodeId near_zero = al_.make(Op::lt, absolute(x), al_.number(0.01));
    replacement_[m.node] = choose(outside, m.node, choose(near_zero, series, quotient));
  }

  NodeId choose(NodeId condition, NodeId rare, NodeId usual) { return al_.g.make(Op::seldom, condition, rare, usual); }

  NodeId to_the(NodeId w, int n) {
    NodeId square = w;
    NodeId out = no_node;
    for (; n > 0; n /= 2, square = n > 0 ? al_.mul(square, square) : square)
      if (n % 2 == 1) out = out == no_node ? square : al_.mul(out, square);
    return out;
  }

  Algebra al_;
  std::span<const NodeId> roots_;
  const std::function<bool(NodeId)>& moves_;
  const PowerLimits& limits_;
  std::map<NodeId, Linear> known_;
  std::map<NodeId, NodeId> replacement_;
};

}  // namespace

std::vector<NodeId> share_exponentials(Graph& graph, std::span<const NodeId> roots,
                                       const std::function<bool(NodeId)>& moves, const PowerLimits& limits) {
  return Sharing(graph, roots, moves, limits).run();
}

}  // namespace hillock::ir
