#include "ir/passes/share_exponentials.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "ir/algebra.hpp"
#include "ir/passes/pass.hpp"
#include "ir/passes/rewrite.hpp"

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
  bool bernoulli;
  double scale;  ///< what the moving leaf is multiplied with
  NodeId still;
};

// In products and sums: what an exponential takes, and what one more divisor takes in a shared division.
constexpr int exponential_cost = 16;
constexpr int reciprocal_cost = 5;

/// Powers of one number, each a product of two that are there before it.
class Powers {
 public:
  Powers(Algebra& algebra, NodeId base) : al_(algebra) { known_[1] = base; }

  struct Product {
    int power, left, right;
  };
  /// What to multiply for these powers, in order.
  [[nodiscard]] static std::vector<Product> chain(std::vector<int> wanted) {
    std::ranges::sort(wanted);
    std::vector<int> known{1};
    std::vector<Product> out;
    for (const int n : wanted) reach(n, known, out);
    return out;
  }
  void make(std::vector<int> wanted) {
    for (const auto& [power, left, right] : chain(std::move(wanted)))
      known_[power] = al_.mul(known_.at(left), known_.at(right));
  }
  [[nodiscard]] NodeId of(int n) const { return known_.at(n); }

 private:
  static void reach(int n, std::vector<int>& known, std::vector<Product>& out) {
    const auto there = [&](int k) { return std::ranges::find(known, k) != known.end(); };
    if (there(n)) return;
    for (const int a : known)
      if (there(n - a)) {
        known.push_back(n);
        out.push_back({n, a, n - a});
        return;
      }
    const int left = n % 2 == 0 ? n / 2 : n - 1;
    reach(left, known, out);
    known.push_back(n);
    out.push_back({n, left, n - left});
  }

  Algebra& al_;
  std::map<int, NodeId> known_;
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
      if (node.op == Op::bernoulli_slope) slopes_[node.args[0]] = id;
      if ((node.op != Op::exp && !(node.op == Op::bernoulli && limits_.quotients)) || !moves_(id)) continue;
      const Linear argument = linear(node.args[0], 0);
      if (argument.moving.size() != 1) continue;
      const auto [leaf, scale] = *argument.moving.begin();
      if (std::isfinite(scale) && scale != 0.0)
        groups[leaf].push_back({id, node.op == Op::bernoulli, scale, argument.still});
    }
    for (auto& [leaf, members] : groups) share(std::move(members));
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
    if (whole == 0.0 || std::fabs(whole) > limits_.power || std::fabs(ratio - whole) > 1e-15 * std::fabs(whole))
      return {};
    return static_cast<int>(whole);
  }

  /// A member's argument over a whole number, or over a negative one.
  struct Base {
    std::size_t member;
    int over;
  };

  /// Operations for all members where those that are whole multiples of a base are its powers.
  [[nodiscard]] int cost(std::span<const Member> members, const Base& base) const {
    const double scale = members[base.member].scale / base.over;
    std::vector<int> powers;
    int total = exponential_cost;
    for (const Member& m : members) {
      const std::optional<int> n = times(m.scale, scale);
      if (!n) {
        total += exponential_cost;
        continue;
      }
      powers.push_back(std::abs(*n));
      total += *n == 1 ? 0 : 1;
      if (*n < 0) total += m.bernoulli ? 1 : reciprocal_cost;
    }
    return total + static_cast<int>(Powers::chain(powers).size());
  }

  /// Takes the base that leaves the fewest operations, again and again.
  void share(std::vector<Member> members) {
    while (members.size() > 1) {
      std::optional<Base> best;
      int least = exponential_cost * static_cast<int>(members.size());
      for (std::size_t b = 0; b < members.size(); ++b)
        for (int over = 1; over <= limits_.power; ++over)
          for (const int sign : {1, -1}) {
            if (sign < 0 && over == 1) continue;
            const Base base{b, sign * over};
            if (const int operations = cost(members, base); operations < least) best = base, least = operations;
          }
      if (!best) return;
      const Member whole = members[best->member];
      const NodeId over = al_.number(1.0 / best->over);
      Powers powers{al_, al_.make(Op::exp, al_.mul(over, argument(whole)))};
      const NodeId still = al_.mul(over, zero_or(whole.still));
      std::vector<std::pair<Member, int>> served;
      std::vector<Member> rest;
      for (const Member& m : members)
        if (const auto n = times(m.scale, whole.scale / best->over)) served.emplace_back(m, *n);
        else rest.push_back(m);
      std::vector<int> wanted;
      for (const auto& [m, n] : served) wanted.push_back(std::abs(n));
      powers.make(wanted);
      for (const auto& [m, n] : served) replace(m, n, powers, still);
      members = std::move(rest);
    }
  }

  NodeId zero_or(NodeId id) { return id == no_node ? al_.number(0.0) : id; }
  NodeId argument(const Member& m) { return al_.g[m.node].args[0]; }
  NodeId absolute(NodeId id) { return al_.make(Op::abs, id); }
  NodeId beyond(NodeId id, double limit) {  // true for NaN
    return al_.make(Op::lnot, al_.make(Op::le, absolute(id), al_.number(limit)));
  }

  void replace(const Member& m, int n, const Powers& powers, NodeId still) {
    const NodeId y = al_.g[powers.of(1)].args[0];
    const NodeId shift = al_.sub(zero_or(m.still), al_.mul(al_.number(n), still));
    // 16 x 30 + 200 = 680 < 709: nothing overflows on the way.
    NodeId outside = beyond(y, limits_.argument);
    if (!al_.g.is_constant(shift) || std::fabs(al_.g[shift].value) > limits_.shift)
      outside = al_.make(Op::lor, outside, beyond(shift, limits_.shift));
    // e^argument, or for a negative n its reciprocal.
    const NodeId power = al_.mul(powers.of(std::abs(n)), al_.make(Op::exp, n < 0 ? al_.neg(shift) : shift));
    const NodeId one = al_.number(1.0);
    if (!m.bernoulli) {
      if (m.node == powers.of(1)) return;
      replacement_[m.node] = choose(outside, m.node, n < 0 ? al_.div(one, power) : power);
      return;
    }
    const NodeId x = argument(m);
    const NodeId quotient = n < 0 ? al_.div(al_.mul(x, power), al_.sub(one, power)) : al_.div(x, al_.sub(power, one));
    // 1 - x/2 + x^2/12 - x^4/720 + x^6/30240: the next term is below 4e-17. At 0.01 the quotient has lost two digits.
    const NodeId square = al_.mul(x, x);
    NodeId series = al_.number(1.0 / 30240.0);
    for (const double c : {-1.0 / 720.0, 1.0 / 12.0}) series = al_.add(al_.mul(series, square), al_.number(c));
    series = al_.add(al_.mul(series, square), al_.add(al_.mul(x, al_.number(-0.5)), one));
    const NodeId near_zero = al_.make(Op::lt, absolute(x), al_.number(0.01));
    replacement_[m.node] = choose(outside, m.node, choose(near_zero, series, quotient));
    // B' = (1 - x - B)/(e^x - 1) = (e^-x - B)/(1 - e^-x): for derivatives, with the same divisor. At 0.01 it has lost
    // four digits.
    if (const auto slope = slopes_.find(x); slope != slopes_.end()) {
      const NodeId top = n < 0 ? al_.sub(power, quotient) : al_.sub(al_.sub(one, x), quotient);
      const NodeId usual = al_.div(top, n < 0 ? al_.sub(one, power) : al_.sub(power, one));
      replacement_[slope->second] = choose(al_.make(Op::lor, outside, near_zero), slope->second, usual);
    }
  }

  NodeId choose(NodeId condition, NodeId rare, NodeId usual) { return al_.g.make(Op::seldom, condition, rare, usual); }

  Algebra al_;
  std::span<const NodeId> roots_;
  const std::function<bool(NodeId)>& moves_;
  const PowerLimits& limits_;
  std::map<NodeId, Linear> known_;
  std::map<NodeId, NodeId> replacement_;
  std::map<NodeId, NodeId> slopes_;  ///< bernoulli_slope(x) by x
};

}  // namespace

std::vector<NodeId> share_exponentials(Graph& graph, std::span<const NodeId> roots,
                                       const std::function<bool(NodeId)>& moves, const PowerLimits& limits) {
  return Sharing(graph, roots, moves, limits).run();
}

namespace {

/// What singles can take: exp(88), products up to 1e38. Powers of singles have the error of their base so many times
/// over, so there are fewer.
constexpr PowerLimits of_singles{8, 5.0, 40.0, false};

}  // namespace

void share_exponentials(Program& program) {
  Dependences dependences(program.graph, program.variables);
  const std::vector<NodeId> roots = gather_roots(program);
  scatter_roots(share_exponentials(
                    program.graph, roots, [&](NodeId id) { return dependences.of(id).carried; },
                    program.singles.empty() ? PowerLimits{} : of_singles),
                program);
}

}  // namespace hillock::ir
