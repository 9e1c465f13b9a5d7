#pragma once
/// Random expressions, for tests of what must hold for any graph.

#include <cmath>
#include <vector>

#include "base/rng.hpp"
#include "ir/graph.hpp"
#include "ir/interpret.hpp"

namespace hillock::ir::fixture {

/// Grows a graph from leaves. `tame` keeps every op inside its domain, away from its kinks and poles, and the values
/// below 20, at the values of the leaves; otherwise any op may meet any argument.
class RandomExpression {
 public:
  RandomExpression(Graph& graph, Rng& rng, bool tame) : graph_(graph), rng_(rng), tame_(tame) {}

  void leaf(NodeId id, double value) { reals_.push_back({id, value}); }

  /// Adds about `size` nodes; returns an expression that reads many of them.
  NodeId grow(int size) {
    for (int done = 0, tries = 0; done < size && tries < 200 * size; ++tries) done += step() ? 1 : 0;
    NodeId root = reals_.back().id;
    for (std::size_t back = 2; back <= 3 && back <= reals_.size(); ++back)
      root = graph_.make(Op::add, root, reals_[reals_.size() - back].id);
    return root;
  }

 private:
  struct Known {
    NodeId id;
    double value;
  };

  const Known& pick(const std::vector<Known>& from) {
    // Half the time something recent, so that expressions become deep.
    const std::size_t n = from.size();
    const std::size_t recent = n < 4 ? n : 4;
    return rng_.bits() & 1U ? from[n - 1 - rng_.below(recent)] : from[rng_.below(n)];
  }

  bool step() {
    if (rng_.below(12) == 0) {
      const double value = std::ldexp(std::round(rng_.uniform() * 64.0 - 32.0), -4);
      reals_.push_back({graph_.constant(value), value});
      return true;
    }
    const OpInfo& row = all_ops()[rng_.below(static_cast<std::uint64_t>(op_count))];
    if (row.arity == 0 || row.op >= Op::round_even) return false;
    std::array<NodeId, 3> args{no_node, no_node, no_node};
    std::array<double, 3> v{};
    for (std::size_t i = 0; i < static_cast<std::size_t>(row.arity); ++i) {
      const bool wants_boolean = row.units == UnitRule::logic || (row.units == UnitRule::choose && i == 0);
      if (wants_boolean && booleans_.empty()) return false;
      const Known& known = pick(wants_boolean ? booleans_ : reals_);
      args[i] = known.id;
      v[i] = known.value;
    }
    if (tame_ && !inside(row.op, v[0], v[1], v[2])) return false;
    const double value = apply(row.op, v[0], v[1], v[2]);
    if (tame_ && !(std::fabs(value) < 20.0)) return false;
    const NodeId id = graph_.make(row.op, std::span<const NodeId>(args.data(), static_cast<std::size_t>(row.arity)));
    (row.result == Type::boolean ? booleans_ : reals_).push_back({id, value});
    return true;
  }

  static bool inside(Op op, double a, double b, double c) {
    const auto apart = [](double x, double y) { return std::fabs(x - y) > 0.02; };
    const auto not_whole = [&](double x) { return apart(x, std::round(x)); };
    switch (op) {
      case Op::div: return std::fabs(b) > 0.2;
      case Op::pow: return a > 0.2 && a < 10.0 && std::fabs(b) < 3.0;
      case Op::mod:
      case Op::floordiv: return std::fabs(b) > 0.2 && not_whole(a / b);
      case Op::lt:
      case Op::le:
      case Op::gt:
      case Op::ge:
      case Op::eq:
      case Op::ne:
      case Op::min:
      case Op::max: return apart(a, b);
      case Op::tan: return std::fabs(std::cos(a)) > 0.2;
      case Op::arcsin:
      case Op::arccos: return std::fabs(a) < 0.95;
      case Op::log:
      case Op::log10:
      case Op::sqrt: return a > 0.1;
      case Op::log1p: return a > -0.8;
      case Op::exp:
      case Op::expm1:
      case Op::exprel:
      case Op::bernoulli:
      case Op::bernoulli_slope:
      case Op::exprel_slope:
      case Op::sinh:
      case Op::cosh: return std::fabs(a) < 3.0;
      case Op::ceil:
      case Op::floor:
      case Op::trunc: return not_whole(a);
      case Op::abs:
      case Op::sign: return apart(a, 0.0);
      case Op::clip: return apart(a, b) && apart(a, c) && b < c - 0.02;
      default: return true;
    }
  }

  Graph& graph_;
  Rng& rng_;
  bool tame_;
  std::vector<Known> reals_;
  std::vector<Known> booleans_;
};

}  // namespace hillock::ir::fixture
