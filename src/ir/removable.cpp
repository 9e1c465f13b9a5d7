#include "ir/removable.hpp"

#include <cmath>
#include <map>
#include <vector>

#include "ir/algebra.hpp"

namespace hillock::ir {
namespace {

constexpr std::size_t most_factors = 24;  // of a product that is looked at
constexpr int most_visits = 64;           // of the nodes of a sum
constexpr double same_ratio = 1e-12;

/// number * over.../under...
struct Product {
  double number = 1.0;
  std::vector<NodeId> over, under;
  bool complete = true;  ///< small enough to be looked at

  Product(const Graph& graph, Op op, NodeId a, NodeId b) { split(graph, op, a, b, false, 0); }
  Product(const Graph& graph, NodeId node) { add(graph, node, false, 0); }

 private:
  void split(const Graph& graph, Op op, NodeId a, NodeId b, bool below, std::size_t depth) {
    add(graph, a, below, depth);
    add(graph, b, op == Op::div ? !below : below, depth);
  }
  void add(const Graph& graph, NodeId id, bool below, std::size_t depth) {
    if (over.size() + under.size() >= most_factors || depth > most_factors) complete = false;
    if (!complete) return;
    const Node& node = graph[id];
    if (node.op == Op::constant) number = below ? number / node.value : number * node.value;
    else if (node.op == Op::neg) number = -number, add(graph, node.args[0], below, depth + 1);
    else if (node.op == Op::mul || node.op == Op::div)
      split(graph, node.op, node.args[0], node.args[1], below, depth + 1);
    else (below ? under : over).push_back(id);
  }
};

/// constant + sum of coefficient * atom
struct Sum {
  double constant = 0.0;
  std::map<NodeId, double> terms;

  void scale(double by) {
    constant *= by;
    for (auto& [atom, coefficient] : terms) coefficient *= by;
  }
};

Sum sum_of(const Graph& graph, NodeId id, int& visits) {
  const Node& node = graph[id];
  Sum out;
  if (node.op == Op::constant) {
    out.constant = node.value;
    return out;
  }
  if (--visits > 0) {
    if (node.op == Op::add || node.op == Op::sub) {
      out = sum_of(graph, node.args[0], visits);
      Sum other = sum_of(graph, node.args[1], visits);
      if (node.op == Op::sub) other.scale(-1.0);
      out.constant += other.constant;
      for (const auto& [atom, coefficient] : other.terms) out.terms[atom] += coefficient;
      std::erase_if(out.terms, [](const auto& term) { return term.second == 0.0; });
      return out;
    } else if (node.op == Op::neg) {
      out = sum_of(graph, node.args[0], visits);
      out.scale(-1.0);
      return out;
    } else if (node.op == Op::mul || node.op == Op::div) {
      Sum left = sum_of(graph, node.args[0], visits);
      Sum right = sum_of(graph, node.args[1], visits);
      if (right.terms.empty()) {
        left.scale(node.op == Op::mul ? right.constant : 1.0 / right.constant);
        return left;
      }
      if (node.op == Op::mul && left.terms.empty()) {
        right.scale(left.constant);
        return right;
      }
    }
  }
  out = Sum{};
  out.terms[id] = 1.0;
  return out;
}

Sum sum_of(const Graph& graph, NodeId id) {
  int visits = most_visits;
  return sum_of(graph, id, visits);
}

/// r with a = r b, where they are proportional and change with something.
std::optional<double> ratio(const Graph& graph, NodeId a, NodeId b) {
  const Sum x = sum_of(graph, a), y = sum_of(graph, b);
  if (x.terms.empty() || x.terms.size() != y.terms.size()) return std::nullopt;
  const double r = x.terms.begin()->second / y.terms.begin()->second;
  if (!std::isfinite(r) || r == 0.0) return std::nullopt;
  const auto agree = [&](double p, double q) {
    return std::fabs(p - r * q) <= same_ratio * std::fmax(std::fabs(p), std::fabs(r * q));
  };
  for (auto p = x.terms.begin(), q = y.terms.begin(); p != x.terms.end(); ++p, ++q)
    if (p->first != q->first || !agree(p->second, q->second)) return std::nullopt;
  if (!agree(x.constant, y.constant)) return std::nullopt;
  return r;
}

/// sign * (exp(argument) - 1)
struct Exponential {
  double sign;
  NodeId argument;
};

std::optional<Exponential> exponential(const Graph& graph, NodeId id) {
  const Node& node = graph[id];
  if (node.op == Op::expm1) return Exponential{1.0, node.args[0]};
  if (node.op != Op::add && node.op != Op::sub) return std::nullopt;
  const Sum sum = sum_of(graph, id);
  if (sum.terms.size() != 1) return std::nullopt;
  const auto [atom, coefficient] = *sum.terms.begin();
  if (graph[atom].op != Op::exp || std::fabs(coefficient) != 1.0 || sum.constant != -coefficient) return std::nullopt;
  return Exponential{coefficient, graph[atom].args[0]};
}

/// What of `factors` is proportional to a factor of the exponential's argument.
struct Match {
  std::size_t factor;       ///< place in the factors
  std::size_t of_argument;  ///< place in what is over the line in the argument
  double ratio;             ///< factor / factor of the argument
};

std::optional<Match> match(const Graph& graph, const std::vector<NodeId>& factors, const Product& argument) {
  if (!argument.complete) return std::nullopt;
  for (std::size_t i = 0; i < factors.size(); ++i)
    for (std::size_t j = 0; j < argument.over.size(); ++j)
      if (const auto r = ratio(graph, factors[i], argument.over[j])) return Match{i, j, *r};
  return std::nullopt;
}

NodeId built(Graph& graph, const Product& product) {
  Algebra al(graph);
  NodeId over = al.number(product.number);
  for (const NodeId factor : product.over) over = al.mul(over, factor);
  NodeId under = al.number(1.0);
  for (const NodeId factor : product.under) under = al.mul(under, factor);
  return al.div(over, under);
}

}  // namespace

std::optional<NodeId> without_removable_singularity(Graph& graph, Op op, NodeId a, NodeId b) {
  Product whole(graph, op, a, b);
  if (!whole.complete) return std::nullopt;
  for (const bool below : {true, false}) {
    std::vector<NodeId>& side = below ? whole.under : whole.over;
    std::vector<NodeId>& other = below ? whole.over : whole.under;
    for (std::size_t e = 0; e < side.size(); ++e) {
      const auto exponent = exponential(graph, side[e]);
      if (!exponent) continue;
      const Product argument(graph, exponent->argument);
      const auto found = match(graph, other, argument);
      if (!found) continue;
      // exp(A) - 1 = A exprel(A) = s F exprel(A), and F goes away: s is what of A is left.
      const double number = exponent->sign * argument.number / found->ratio;
      whole.number = below ? whole.number / number : whole.number * number;
      other.erase(other.begin() + static_cast<std::ptrdiff_t>(found->factor));
      const NodeId relative = graph.make(Op::exprel, exponent->argument);
      side[e] = relative;
      for (std::size_t j = 0; j < argument.over.size(); ++j)
        if (j != found->of_argument) side.push_back(argument.over[j]);
      other.insert(other.end(), argument.under.begin(), argument.under.end());
      return built(graph, whole);
    }
  }
  return std::nullopt;
}

}  // namespace hillock::ir
