#include "ir/derive.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <unordered_set>
#include <utility>

#include "base/error.hpp"

namespace hillock::ir {
namespace {

// E'' where E = exprel, E' = exprel_slope: from x E = e^x - 1, twice differentiated, E'' = (x E + 1 - 2 E')/x =
// sum_k x^k/(k! (k+3)). The quotient cancels near 0; the series to x^11 is exact to 1e-17 for |x| < 0.25, where the
// quotient has lost a digit.
NodeId exprel_curvature(Algebra& al, NodeId x, NodeId slope) {
  NodeId series = al.number(0.0);
  for (int k = 11; k >= 0; --k) series = al.add(al.mul(series, x), al.number(1.0 / (std::tgamma(k + 1.0) * (k + 3.0))));
  const NodeId near_zero = al.make(Op::lt, al.make(Op::abs, x), al.number(0.25));
  const NodeId safe = al.select(near_zero, al.number(1.0), x);
  const NodeId exponential = al.make(Op::exp, x);
  const NodeId quotient = al.div(al.sub(exponential, al.mul(al.number(2.0), slope)), safe);
  return al.select(near_zero, series, quotient);
}

// B'' where B = bernoulli, which is even: with y = -|x| and m = e^y - 1, e^y (2 y + (y - 2) m)/m^3 = sum of
// B_2k y^(2k-2)/(2k-2)!. What is left out of the series is below 1e-18 for |x| < 1/4, where the quotient has lost two
// digits and a half.
NodeId bernoulli_curvature(Algebra& al, NodeId x) {
  const NodeId square = al.mul(x, x);
  NodeId series = al.number(7.0 / 2874009600.0);
  for (const double c : {-691.0 / 9906624000.0, 1.0 / 532224.0, -1.0 / 21600.0, 1.0 / 1008.0, -1.0 / 60.0, 1.0 / 6.0})
    series = al.add(al.mul(series, square), al.number(c));
  const NodeId near_zero = al.make(Op::lt, al.make(Op::abs, x), al.number(0.25));
  const NodeId y = al.neg(al.select(near_zero, al.number(1.0), al.make(Op::abs, x)));
  const NodeId exponential = al.make(Op::exp, y);
  const NodeId less = al.make(Op::expm1, y);
  const NodeId top = al.add(al.mul(al.number(2.0), y), al.mul(al.sub(y, al.number(2.0)), less));
  const NodeId quotient = al.div(al.mul(exponential, top), al.mul(al.mul(less, less), less));
  const NodeId gone = al.make(Op::eq, exponential, al.number(0.0));
  return al.select(near_zero, series, al.select(gone, al.number(0.0), quotient));
}

/// A choice between something and 0, or minus that.
bool is_mask(const Graph& g, NodeId id) {
  const Node& node = g[id];
  if (node.op == Op::neg) return g[node.args[0]].op == Op::select && is_mask(g, node.args[0]);
  return node.op == Op::select && (g.is_constant(node.args[1], 0.0) || g.is_constant(node.args[2], 0.0));
}

/// Where a mask is not 0 for the choice alone.
NodeId open(Algebra& al, NodeId mask) {
  const Node node = al.g[mask];  // a copy: the graph grows below
  if (node.op == Op::neg) return open(al, node.args[0]);
  const bool on_true = al.g.is_constant(node.args[2], 0.0);
  const NodeId here = on_true ? node.args[0] : al.make(Op::lnot, node.args[0]);
  const NodeId inside = node.args[on_true ? 1 : 2];
  return is_mask(al.g, inside) ? al.make(Op::land, here, open(al, inside)) : here;
}

/// a + b, of two masks a mask: keeps the zeros that `chained` looks for.
NodeId sum(Algebra& al, NodeId a, NodeId b) {
  const Node first = al.g[a];
  const Node second = al.g[b];
  if (first.op == Op::select && second.op == Op::select && first.args[0] == second.args[0])
    return al.select(first.args[0], sum(al, first.args[1], second.args[1]), sum(al, first.args[2], second.args[2]));
  if (is_mask(al.g, a) && is_mask(al.g, b))
    return al.select(al.make(Op::lor, open(al, a), open(al, b)), al.add(a, b), al.number(0.0));
  return al.add(a, b);
}

/// The slopes of a quotient by its top and by what its divisor is made of, where that is simpler than the way through
/// the divisor; nothing otherwise.
///   a/exprel(x), as models write rates: B(x) and a B'(x) with B = bernoulli; exprel would take two divisions.
///   a/(b/c), as they write a change over a time constant: c/b, -a c/b^2 and a/b; the divisor would be squared.
std::vector<std::pair<NodeId, NodeId>> slopes_through_divisor(Algebra& al, NodeId quotient) {
  const Node node = al.g[quotient];  // copies: the graph grows below
  if (node.op != Op::div) return {};
  const NodeId a = node.args[0];
  const Node divisor = al.g[node.args[1]];
  if (divisor.op == Op::exprel) {
    const NodeId x = divisor.args[0];
    return {{a, al.make(Op::bernoulli, x)}, {x, al.mul(a, al.make(Op::bernoulli_slope, x))}};
  }
  if (divisor.op == Op::div) {
    const NodeId b = divisor.args[0], c = divisor.args[1];
    return {{a, al.div(c, b)}, {b, al.neg(al.div(quotient, b))}, {c, al.div(a, b)}};
  }
  return {};
}

}  // namespace

NodeId chained(Algebra& al, NodeId a, NodeId b) {
  for (const auto& [mask, other] : {std::pair{a, b}, std::pair{b, a}}) {
    if (!is_mask(al.g, mask)) continue;
    const Node node = al.g[mask];  // a copy: the graph grows below
    if (node.op == Op::neg) return al.neg(chained(al, node.args[0], other));
    return al.select(node.args[0], chained(al, node.args[1], other), chained(al, node.args[2], other));
  }
  return al.mul(a, b);
}

NodeId seldom(Algebra& al, NodeId condition, NodeId rare, NodeId usual) {
  const std::array<NodeId, 3> choice{condition, rare, usual};
  return rare == usual ? usual : al.make(Op::seldom, choice);
}

bool is_piecewise_constant(Op op) {
  switch (op) {
    case Op::floordiv:
    case Op::ceil:
    case Op::floor:
    case Op::trunc:
    case Op::sign:
    case Op::normal_a:
    case Op::normal_b:
    case Op::random_a:
    case Op::random_b:
    case Op::stop_gradient:
    case Op::to_real: return true;
    default: return false;
  }
}

NodeId partial(Algebra& al, Op op, std::span<const NodeId> args, NodeId self, int k) {
  const NodeId zero = al.number(0.0);
  const NodeId one = al.number(1.0);
  const NodeId a = args[0];
  const NodeId b = args.size() > 1 ? args[1] : no_node;
  const NodeId c = args.size() > 2 ? args[2] : no_node;
  if (is_piecewise_constant(op)) return zero;
  switch (op) {
    case Op::add: return one;
    case Op::sub: return k == 0 ? one : al.number(-1.0);
    case Op::mul: return k == 0 ? b : a;
    case Op::div: return k == 0 ? al.div(one, b) : al.neg(al.div(self, b));
    case Op::neg: return al.number(-1.0);
    case Op::fma: return k == 0 ? b : (k == 1 ? a : one);
    case Op::pow:
      // b a^(b-1), where 0 times the infinity of 0^-1 is meant to be 0.
      if (k == 0) return al.select(al.make(Op::eq, b, zero), zero, al.mul(b, al.make(Op::pow, a, al.sub(b, one))));
      // d/db a^b = a^b log a; a^b = 0 at a = 0 makes that 0 for b > 0.
      return al.select(al.make(Op::eq, self, zero), zero, al.mul(self, al.make(Op::log, a)));
    case Op::mod: return k == 0 ? one : al.neg(al.make(Op::floor, al.div(a, b)));
    case Op::select:
    case Op::seldom: return k == 0 ? zero : al.select(a, k == 1 ? one : zero, k == 2 ? one : zero);
    case Op::sin: return al.make(Op::cos, a);
    case Op::cos: return al.neg(al.make(Op::sin, a));
    case Op::tan: return al.add(one, al.mul(self, self));
    case Op::sinh: return al.make(Op::cosh, a);
    case Op::cosh: return al.make(Op::sinh, a);
    case Op::tanh: return al.sub(one, al.mul(self, self));
    case Op::arcsin: return al.div(one, al.make(Op::sqrt, al.sub(one, al.mul(a, a))));
    case Op::arccos: return al.neg(al.div(one, al.make(Op::sqrt, al.sub(one, al.mul(a, a)))));
    case Op::arctan: return al.div(one, al.add(one, al.mul(a, a)));
    case Op::exp: return self;
    case Op::log: return al.div(one, a);
    case Op::log10: return al.div(al.number(std::numbers::log10e), a);
    case Op::expm1: return al.add(self, one);
    case Op::log1p: return al.div(one, al.add(one, a));
    case Op::exprel: return al.make(Op::exprel_slope, a);
    case Op::exprel_slope: return exprel_curvature(al, a, self);
    case Op::bernoulli: return al.make(Op::bernoulli_slope, a);
    case Op::bernoulli_slope: return bernoulli_curvature(al, a);
    case Op::sqrt: return al.div(al.number(0.5), self);
    case Op::abs: return al.make(Op::sign, a);
    case Op::clip: {  // min(max(a, low), high)
      const NodeId below = al.make(Op::lt, a, b);
      const NodeId above = al.make(Op::gt, al.select(below, b, a), c);
      if (k == 0) return al.select(al.make(Op::lor, below, above), zero, one);
      if (k == 1) return al.select(above, zero, al.select(below, one, zero));
      return al.select(above, one, zero);
    }
    case Op::min: return al.select(al.make(Op::lt, a, b), k == 0 ? one : zero, k == 0 ? zero : one);
    case Op::max: return al.select(al.make(Op::gt, a, b), k == 0 ? one : zero, k == 0 ? zero : one);
    default: bug(__FILE__, __LINE__, "no derivative: the graph was lowered, or the op is boolean");
  }
}

Tangent::Tangent(Algebra& algebra, std::vector<NodeId> seeds, const std::map<NodeId, NodeId>& given)
    : algebra_(algebra), seeds_(std::move(seeds)) {
  for (const auto& [node, derivative] : given) {
    given_.insert(node);
    if (known_.size() <= index(node)) known_.resize(index(node) + 1, no_node);
    known_[index(node)] = derivative;
  }
}

NodeId Tangent::of(NodeId root) {
  Graph& g = algebra_.g;
  const NodeId zero = algebra_.number(0.0);
  for (const NodeId id : reachable(g, std::span(&root, 1))) {
    if (index(id) < known_.size() && known_[index(id)] != no_node) continue;
    if (known_.size() <= index(id)) known_.resize(index(id) + 1, no_node);
    const Node node = g[id];  // a copy: the graph grows below
    NodeId out = zero;
    if (node.op == Op::symbol) {
      const std::uint32_t s = index(node.symbol);
      if (s < seeds_.size() && seeds_[s] != no_node) out = seeds_[s];
    } else if (node.op != Op::constant && node.type == Type::real) {
      const auto arity = static_cast<std::size_t>(info(node.op).arity);
      const std::span<const NodeId> args(node.args.data(), arity);
      if (node.op == Op::select) {
        out = algebra_.select(node.args[0], known_[index(node.args[1])], known_[index(node.args[2])]);
      } else if (node.op == Op::seldom) {
        out = seldom(algebra_, node.args[0], known_[index(node.args[1])], known_[index(node.args[2])]);
      } else if (node.op == Op::div) {
        const auto slopes = given_.contains(node.args[1]) ? decltype(slopes_through_divisor(algebra_, id)){}
                                                          : slopes_through_divisor(algebra_, id);
        for (const auto& [of, slope] : slopes)
          if (const NodeId dof = known_[index(of)]; !g.is_constant(dof, 0.0))
            out = sum(algebra_, out, chained(algebra_, slope, dof));
        // (da - self db)/b: one division
        if (slopes.empty())
          out = algebra_.div(algebra_.sub(known_[index(node.args[0])], algebra_.mul(id, known_[index(node.args[1])])),
                             node.args[1]);
      } else {
        for (std::size_t k = 0; k < arity; ++k) {
          if (g[args[k]].type != Type::real) continue;
          const NodeId darg = known_[index(args[k])];
          if (g.is_constant(darg, 0.0)) continue;
          out = sum(algebra_, out, chained(algebra_, partial(algebra_, node.op, args, id, static_cast<int>(k)), darg));
        }
      }
    }
    known_[index(id)] = out;
  }
  return known_[index(root)];
}

std::vector<NodeId> gradient(Algebra& al, NodeId root, std::span<const NodeId> leaves) {
  Graph& g = al.g;
  const std::vector<NodeId> order = reachable(g, std::span(&root, 1));
  const NodeId zero = al.number(0.0);
  std::vector<NodeId> sorted_leaves(leaves.begin(), leaves.end());
  std::ranges::sort(sorted_leaves);
  const auto is_leaf = [&](NodeId id) { return std::ranges::binary_search(sorted_leaves, id); };
  std::unordered_set<NodeId> moves;  // with a leaf
  for (const NodeId id : order) {
    const Node& node = g[id];
    const std::span<const NodeId> args(node.args.data(), static_cast<std::size_t>(info(node.op).arity));
    if (is_leaf(id) ||
        (!is_piecewise_constant(node.op) && std::ranges::any_of(args, [&](NodeId arg) { return moves.contains(arg); })))
      moves.insert(id);
  }
  std::map<NodeId, NodeId> adjoint;
  adjoint[root] = al.number(1.0);
  for (auto it = order.rbegin(); it != order.rend(); ++it) {
    const auto found = adjoint.find(*it);
    if (found == adjoint.end() || is_leaf(*it)) continue;
    const NodeId bar = found->second;
    const Node node = g[*it];  // a copy: the graph grows below
    if (node.op == Op::symbol || node.op == Op::constant) continue;
    const auto give = [&](NodeId to, NodeId share) {
      const auto [place, is_new] = adjoint.try_emplace(to, share);
      if (!is_new) place->second = sum(al, place->second, share);
    };
    if (node.op == Op::div && !is_leaf(node.args[1]))
      if (const auto slopes = slopes_through_divisor(al, *it); !slopes.empty()) {
        for (const auto& [of, slope] : slopes)
          if (moves.contains(of)) give(of, chained(al, bar, slope));
        continue;
      }
    const auto arity = static_cast<std::size_t>(info(node.op).arity);
    const std::span<const NodeId> args(node.args.data(), arity);
    for (std::size_t k = 0; k < arity; ++k) {
      if (g[args[k]].type != Type::real || !moves.contains(args[k])) continue;
      if (node.op == Op::select || node.op == Op::seldom)
        give(args[k], k == 1 ? al.select(args[0], bar, zero) : al.select(args[0], zero, bar));
      else give(args[k], chained(al, bar, partial(al, node.op, args, *it, static_cast<int>(k))));
    }
  }
  std::vector<NodeId> out;
  for (const NodeId leaf : leaves) {
    const auto found = adjoint.find(leaf);
    out.push_back(found == adjoint.end() ? zero : found->second);
  }
  return out;
}

bool depends_on(const Graph& graph, NodeId root, SymbolId symbol) {
  for (const NodeId id : reachable(graph, std::span(&root, 1)))
    if (graph[id].op == Op::symbol && graph[id].symbol == symbol) return true;
  return false;
}

}  // namespace hillock::ir
