#include "ir/passes/narrow.hpp"

#include <optional>
#include <set>

#include "base/error.hpp"
#include "ir/algebra.hpp"

namespace hillock::ir {
namespace {

/// A new value of a state as x + d: the state as it was (or what it was set to), what its rounding has lost, and d.
struct Sum {
  NodeId base, lost;
  NodeId increment = no_node;  ///< none: 0
};

struct Compensated {
  NodeId value, lost;
};

/// Sums are looked through this deep.
constexpr int deepest_sum = 64;

class Compensation {
 public:
  Compensation(Program& program, std::uint32_t state)
      : program_(program), al_(program.graph), carried_(state), state_(program.carried(state)) {}

  /// The new value, and what it is rounded by. Nothing where the state is not in it as a term of a sum.
  std::optional<Compensated> of(NodeId next, int depth = 0) {
    const Node node = al_.g[next];
    if (node.op == Op::select && depth < deepest_sum) {
      const auto a = of(node.args[1], depth + 1), b = of(node.args[2], depth + 1);
      if (!a && !b) return {};
      const NodeId zero = al_.number(0.0);
      const Compensated left = a.value_or(Compensated{node.args[1], zero});
      const Compensated right = b.value_or(Compensated{node.args[2], zero});
      return Compensated{al_.select(node.args[0], left.value, right.value),
                         al_.select(node.args[0], left.lost, right.lost)};
    }
    const auto sum = as_sum(next, 0);
    if (!sum) return {};
    if (sum->increment == no_node) return Compensated{sum->base, sum->lost};
    // As written: the rules of algebra would cancel what the roundings leave.
    Graph& g = al_.g;
    const NodeId y = g.make(Op::add, sum->increment, sum->lost);
    const NodeId t = g.make(Op::add, sum->base, y);
    return Compensated{t, g.make(Op::sub, y, g.make(Op::sub, t, sum->base))};
  }

  /// Carried: what the state was rounded by, once there is something.
  [[nodiscard]] std::optional<std::uint32_t> lost() const { return lost_; }

 private:
  std::optional<Sum> as_sum(NodeId id, int depth) {
    if (id == state_) {
      if (!lost_) lost_ = program_.carry(program_.carried_names[carried_] + ", rounded off", al_.number(0.0));
      return Sum{state_, program_.carried(*lost_)};
    }
    if (depth == deepest_sum || no_sum_.contains(id)) return {};
    auto sum = as_sum_anew(id, depth + 1);
    if (!sum) no_sum_.insert(id);
    return sum;
  }

  std::optional<Sum> as_sum_anew(NodeId id, int depth) {
    const Node node = al_.g[id];
    switch (node.op) {
      case Op::add:
        for (const std::size_t k : {0U, 1U})
          if (auto sum = as_sum(node.args[k], depth)) return plus(*sum, node.args[1 - k]);
        return {};
      case Op::sub:
        if (auto sum = as_sum(node.args[0], depth)) return plus(*sum, al_.neg(node.args[1]));
        return {};
      case Op::mul:
        for (const std::size_t k : {0U, 1U})
          if (const auto excess = over_one(node.args[1 - k]))
            if (auto sum = as_sum(node.args[k], depth)) {
              // x (1 + a) = x + a x.
              const NodeId now = sum->increment == no_node ? sum->base : al_.add(sum->base, sum->increment);
              return plus(*sum, al_.mul(*excess, now));
            }
        return {};
      default: return {};
    }
  }

  /// a of 1 + a.
  std::optional<NodeId> over_one(NodeId id) {
    const Node node = al_.g[id];
    if (node.op == Op::add)
      for (const std::size_t k : {0U, 1U})
        if (al_.g.is_constant(node.args[k], 1.0)) return node.args[1 - k];
    if (node.op == Op::sub && al_.g.is_constant(node.args[0], 1.0)) return al_.neg(node.args[1]);
    return {};
  }

  Sum plus(Sum sum, NodeId term) {
    sum.increment = sum.increment == no_node ? term : joined(sum.increment, term);
    return sum;
  }

  /// p c + q c = c (p + q): of an exponential step, the time that lasts times the right side, with one rounding where
  /// the right side is nearly 0.
  NodeId joined(NodeId a, NodeId b) {
    const bool minus_a = al_.g[a].op == Op::neg, minus_b = al_.g[b].op == Op::neg;
    const Node left = al_.g[minus_a ? al_.g[a].args[0] : a], right = al_.g[minus_b ? al_.g[b].args[0] : b];
    if (left.op == Op::mul && right.op == Op::mul)
      for (const std::size_t i : {0U, 1U})
        for (const std::size_t j : {0U, 1U})
          if (left.args[i] == right.args[j]) {
            const NodeId p = left.args[1 - i], q = right.args[1 - j];
            return al_.mul(left.args[i], al_.add(minus_a ? al_.neg(p) : p, minus_b ? al_.neg(q) : q));
          }
    return al_.add(a, b);
  }

  Program& program_;
  Algebra al_;
  std::uint32_t carried_;
  NodeId state_;
  std::optional<std::uint32_t> lost_;
  std::set<NodeId> no_sum_;
};

/// What a number is computed of; numbers take the highest of their arguments.
enum class Rank : std::uint8_t { still, single, wide };

class Narrow {
 public:
  explicit Narrow(Program& program) : p_(program), from_(std::move(program.graph)), single_(program.init.size()) {
    p_.graph = Graph();
    for (const std::uint32_t c : p_.singles) single_[c] = true;
    HILLOCK_CHECK(!p_.adaptive && p_.tape == 0, "steps of a lane's own and tapes are in double precision");
  }

  void run() {
    std::vector<NodeId> roots(p_.init);
    for (const auto* list : {&p_.observe, &p_.advance})
      for (const Assignment& a : *list) roots.push_back(a.value);
    roots.insert(roots.end(), p_.outputs.begin(), p_.outputs.end());
    known_.resize(from_.size());
    for (const NodeId id : reachable(from_, roots)) known_[index(id)] = make(id);
    const auto as = [&](NodeId root, bool single) { return single ? single_of(root) : number_of(root); };
    for (std::uint32_t c = 0; c < p_.init.size(); ++c) p_.init[c] = as(p_.init[c], single_[c]);
    for (auto* list : {&p_.observe, &p_.advance})
      for (Assignment& a : *list) a.value = as(a.value, single_[a.carried]);
    for (NodeId& id : p_.outputs) id = number_of(id);
  }

 private:
  struct Known {
    Rank rank = Rank::still;
    bool moves = false;         ///< depends on a carried variable, if only through conditions
    NodeId number = no_node;    ///< as a double, or as the condition that it is
    NodeId narrowed = no_node;  ///< as a single
  };

  NodeId number_of(NodeId id) {
    Known& known = known_[index(id)];
    if (known.number == no_node) known.number = p_.graph.make(Op::to_double, known.narrowed);
    return known.number;
  }
  NodeId single_of(NodeId id) {
    Known& known = known_[index(id)];
    if (known.narrowed == no_node)
      known.narrowed = p_.graph.is_constant(known.number) ? p_.graph.constant_single(p_.graph[known.number].value)
                                                          : p_.graph.make(Op::to_single, known.number);
    return known.narrowed;
  }

  Known make(NodeId id) {
    const Node node = from_[id];
    Known out;
    if (node.op == Op::constant) {
      out.number = same_node(p_.graph, node, {});
      return out;
    }
    if (node.op == Op::symbol) {
      const Variable& v = p_.variables[index(node.symbol)];
      out.moves = v.source == Source::carried;
      const bool single = out.moves && single_[v.index] && node.type == Type::real;
      if (out.moves) out.rank = single ? Rank::single : Rank::wide;
      (single ? out.narrowed : out.number) = p_.graph.symbol(node.symbol, single ? Type::single : node.type);
      return out;
    }
    const auto arity = static_cast<std::size_t>(info(node.op).arity);
    for (std::size_t i = 0; i < arity; ++i) {
      const Known& arg = known_[index(node.args[i])];
      out.moves = out.moves || arg.moves;
      if (from_[node.args[i]].type != Type::boolean) out.rank = std::max(out.rank, arg.rank);
    }
    const bool condition = node.type == Type::boolean;
    const auto made = [&](bool single) {
      std::array<NodeId, 3> args{};
      for (std::size_t i = 0; i < arity; ++i)
        args[i] =
            single && from_[node.args[i]].type != Type::boolean ? single_of(node.args[i]) : number_of(node.args[i]);
      return p_.graph.make(node.op, std::span<const NodeId>(args.data(), arity));
    };
    if (out.rank == Rank::single) {
      (condition ? out.number : out.narrowed) = made(true);
      if (condition) out.rank = Rank::still;
      return out;
    }
    out.number = made(false);
    if (condition) out.rank = Rank::still;
    // A choice between numbers that stand still has either precision without a conversion.
    if (out.moves && out.rank == Rank::still && !condition) {
      if (node.op == Op::to_real)
        out.narrowed = p_.graph.make(Op::select, number_of(node.args[0]), p_.graph.constant_single(1.0),
                                     p_.graph.constant_single(0.0));
      else if (node.op == Op::select || node.op == Op::seldom) out.narrowed = made(true);
    }
    return out;
  }

  Program& p_;
  Graph from_;
  std::vector<bool> single_;  ///< by carried variable
  std::vector<Known> known_;  ///< by node of `from_`
};

}  // namespace

void keep_in_single(Program& program, std::span<const std::uint32_t> carried) {
  program.singles.assign(carried.begin(), carried.end());
  for (const std::uint32_t c : carried)
    for (std::size_t i = 0; i < program.advance.size(); ++i) {
      if (program.advance[i].carried != c) continue;
      Compensation compensation(program, c);
      const auto next = compensation.of(program.advance[i].value);
      if (!next) continue;
      program.advance[i].value = next->value;
      program.advance.push_back({*compensation.lost(), next->lost});
      program.singles.push_back(*compensation.lost());
      break;
    }
}

void narrow(Program& program) { Narrow(program).run(); }

}  // namespace hillock::ir
