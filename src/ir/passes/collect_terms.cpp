#include "ir/passes/collect_terms.hpp"

#include <cmath>

#include "ir/algebra.hpp"
#include "ir/passes/pass.hpp"
#include "ir/passes/rewrite.hpp"

namespace hillock::ir {
namespace {

/// scale * core + rest. The core moves, the others stand still; no_node: 1, nothing, 0.
struct Form {
  NodeId scale = no_node;
  NodeId core = no_node;
  NodeId rest = no_node;
};

/// Sums are looked into this deep: what is deeper is a core.
constexpr int deepest_sum = 32;

class Collecting {
 public:
  Collecting(Graph& graph, std::span<const NodeId> roots, const std::function<bool(NodeId)>& still)
      : al_(graph), roots_(roots), still_(still), forms_(graph.size()), uses_(graph.size()), needed_(graph.size()) {}

  std::vector<NodeId> run() {
    const std::vector<NodeId> order = reachable(al_.g, roots_);
    for (const NodeId id : order) {
      const Op op = al_.g[id].op;
      const bool joins = op == Op::neg || op == Op::add || op == Op::sub || op == Op::mul;
      for (const NodeId arg : al_.g[id].args)
        if (arg != no_node) {
          ++uses_[index(arg)];
          if (!joins) needed_[index(arg)] = true;
        }
    }
    for (const NodeId root : roots_) uses_[index(root)] += 2, needed_[index(root)] = true;
    for (const NodeId id : order) forms_[index(id)] = form(id);
    std::vector<NodeId> out;
    for (const NodeId root : roots_) out.push_back(value(of(root)));
    return out;
  }

 private:
  const Form& of(NodeId id) const { return forms_[index(id)]; }

  Form form(NodeId id) {
    if (still_(id)) return {no_node, no_node, id};
    const Node node = al_.g[id];
    if (node.type == Type::real) switch (node.op) {
        case Op::neg: return scaled(of(node.args[0]), al_.number(-1.0));
        case Op::add:
        case Op::sub: return sum(node, of(node.args[0]), of(node.args[1]));
        case Op::mul:
          for (const std::size_t k : {0U, 1U})
            if (still_(node.args[k])) return scaled_inside(node.args[1 - k], node.args[k], 0);
          return product(factor(node.args[0]), factor(node.args[1]));
        default: break;
      }
    std::vector<NodeId> args;
    for (const NodeId arg : node.args)
      if (arg != no_node) args.push_back(value(of(arg)));
    return {no_node, same_node(al_.g, node, args), no_node};
  }

  /// The form of `h` times an old node: into sums and products that only this one reads.
  Form scaled_inside(NodeId id, NodeId h, int depth) {
    if (still_(id)) return {no_node, no_node, al_.mul(h, id)};
    const Node node = al_.g[id];
    if (uses_[index(id)] == 1 && depth < deepest_sum) switch (node.op) {
        case Op::neg: return scaled_inside(node.args[0], al_.neg(h), depth + 1);
        case Op::mul:
          for (const std::size_t k : {0U, 1U})
            if (still_(node.args[k]))
              if (const NodeId both = joined(h, node.args[k]); both != no_node)
                return scaled_inside(node.args[1 - k], both, depth + 1);
          break;
        case Op::add:
        case Op::sub:
          if (takes_factors(id, depth))
            return sum(node, scaled_inside(node.args[0], h, depth + 1), scaled_inside(node.args[1], h, depth + 1));
          break;
        default: break;
      }
    return scaled(of(id), h);
  }

  /// Whether some term of a sum has a factor that another one can join.
  [[nodiscard]] bool takes_factors(NodeId id, int depth) const {
    if (still_(id) || of(id).scale != no_node || of(id).rest != no_node) return true;
    const Node& node = al_.g[id];
    if ((node.op != Op::add && node.op != Op::sub) || uses_[index(id)] != 1 || depth >= deepest_sum) return false;
    return takes_factors(node.args[0], depth + 1) || takes_factors(node.args[1], depth + 1);
  }

  Form scaled(const Form& f, NodeId h) {
    const NodeId scale = f.core == no_node ? no_node : joined(f.scale, h);
    const NodeId rest = f.rest == no_node ? no_node : joined(f.rest, h);
    if ((f.core != no_node && scale == no_node) || (f.rest != no_node && rest == no_node))
      return {h, value(f), no_node};
    return {al_.g.is_constant(scale == no_node ? h : scale, 1.0) ? no_node : scale, f.core, rest};
  }

  Form sum(const Node& node, const Form& a, const Form& b) {
    const bool minus = node.op == Op::sub;
    const auto combined = [&](NodeId x, NodeId y) { return minus ? al_.sub(x, y) : al_.add(x, y); };
    if (a.core != no_node && b.core != no_node) {
      // One factor of both goes outside, where another one may take it in.
      if (a.scale != no_node && b.scale != no_node && a.rest == no_node && b.rest == no_node) {
        if (a.scale == b.scale) return {a.scale, combined(a.core, b.core), no_node};
        if (opposite(a.scale, b.scale))
          return {a.scale, minus ? al_.add(a.core, b.core) : al_.sub(a.core, b.core), no_node};
      }
      return {no_node, combined(term(a), term(b)), no_node};
    }
    const NodeId zero = al_.number(0.0);
    const NodeId left = a.rest == no_node ? zero : a.rest, right = b.rest == no_node ? zero : b.rest;
    const NodeId rest = combined(left, right);
    // x + 1e16 - 1e16 is there for its roundings.
    if (al_.g.is_constant(left) && al_.g.is_constant(right)) {
      const double size = std::fabs(al_.g[left].value) + std::fabs(al_.g[right].value);
      if (std::fabs(al_.g[rest].value) < 1e-6 * size) return {no_node, combined(value(a), value(b)), no_node};
    }
    if (b.core == no_node) return {a.scale, a.core, rest};
    const Form turned = minus ? scaled({b.scale, b.core, no_node}, al_.number(-1.0)) : b;
    return {turned.scale, turned.core, rest};
  }

  [[nodiscard]] bool opposite(NodeId a, NodeId b) const {
    return al_.g.is_constant(a) && al_.g.is_constant(b) && al_.g[a].value == -al_.g[b].value;
  }

  /// As a factor of a product. What has a rest, or is needed as it is, stays whole.
  Form factor(NodeId id) {
    const Form& f = of(id);
    return f.rest != no_node || needed_[index(id)] ? Form{no_node, value(f), no_node} : f;
  }

  Form product(const Form& a, const Form& b) {
    const NodeId both = a.scale == no_node ? b.scale : b.scale == no_node ? a.scale : joined(a.scale, b.scale);
    if (both == no_node && a.scale != no_node) return {no_node, al_.mul(value(a), value(b)), no_node};
    return {both, al_.mul(a.core, b.core), no_node};
  }

  /// The product of two that stand still (no_node: 1), or no_node where it would be too large or too small for a
  /// constant.
  NodeId joined(NodeId a, NodeId b) {
    if (a == no_node) return b;
    const NodeId out = al_.mul(a, b);
    if (al_.g.is_constant(out) && !std::isnormal(al_.g[out].value)) return no_node;
    return out;
  }

  /// What a function reads.
  NodeId value(const Form& f) {
    if (f.core == no_node) return f.rest == no_node ? al_.number(0.0) : f.rest;
    if (f.scale == no_node) return f.rest == no_node ? f.core : al_.add(f.core, f.rest);
    const NodeId product = al_.g.is_constant(f.scale, -1.0) ? al_.neg(f.core) : multiplied(f.scale, f.core);
    return f.rest == no_node ? product : al_.add(product, f.rest);
  }

  /// What a sum reads: the sign outside, where + and - share a product.
  NodeId term(const Form& f) {
    if (f.rest != no_node || f.scale == no_node) return value(f);
    const Node scale = al_.g[f.scale];
    if (scale.op == Op::constant && scale.value < 0.0) return al_.neg(al_.mul(al_.number(-scale.value), f.core));
    if (scale.op == Op::neg) return al_.neg(multiplied(scale.args[0], f.core));
    return multiplied(f.scale, f.core);
  }

  /// Without the rules for signs: a negative factor costs nothing, a sign behind it does.
  NodeId multiplied(NodeId a, NodeId b) { return al_.g.make(Op::mul, std::min(a, b), std::max(a, b)); }

  Algebra al_;
  std::span<const NodeId> roots_;
  const std::function<bool(NodeId)>& still_;
  std::vector<Form> forms_;
  std::vector<int> uses_;
  std::vector<bool> needed_;  ///< by a function, as a number of its own
};

}  // namespace

std::vector<NodeId> collect_terms(Graph& graph, std::span<const NodeId> roots,
                                  const std::function<bool(NodeId)>& still) {
  return Collecting(graph, roots, still).run();
}

void collect_terms(Program& program) {
  Dependences dependences(program.graph, program.variables);
  const std::vector<NodeId> roots = gather_roots(program);
  const auto still = [&](NodeId id) {
    const Dependence& d = dependences.of(id);
    return !d.carried && d.columns.empty();
  };
  scatter_roots(collect_terms(program.graph, roots, still), program);
}

}  // namespace hillock::ir
