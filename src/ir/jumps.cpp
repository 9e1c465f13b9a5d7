#include "ir/jumps.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <set>
#include <utility>

#include "base/error.hpp"
#include "ir/algebra.hpp"
#include "ir/interpret.hpp"

namespace hillock::ir {
namespace {

constexpr SymbolId smooth_time{0};
constexpr SymbolId smooth_side{1};

/// How an expression moves with `side` between jumps: not at all, only by jumps, along a straight line, or otherwise,
/// which is also what reads something else that moves.
enum class Motion : std::uint8_t { still, step, line, other };

Motion motion_of(Op op, std::span<const Motion> args) {
  const auto most = [&] { return args.empty() ? Motion::still : *std::ranges::max_element(args); };
  const bool other = most() == Motion::other;
  switch (op) {
    case Op::lt:
    case Op::le:
    case Op::gt:
    case Op::ge:
    case Op::eq:
    case Op::ne:
    case Op::sign:
    case Op::floor:
    case Op::ceil:
    case Op::trunc:
    case Op::round_even: return other ? Motion::other : std::min(most(), Motion::step);
    case Op::add:
    case Op::sub:
    case Op::neg: return most();
    case Op::mul: return args[0] == Motion::line && args[1] == Motion::line ? Motion::other : most();
    case Op::div: return args[1] == Motion::line ? Motion::other : most();
    case Op::mod: return args[1] == Motion::line ? Motion::other : most();
    case Op::floordiv: return other || args[1] == Motion::line ? Motion::other : std::min(most(), Motion::step);
    case Op::select: return args[0] == Motion::line ? Motion::other : most();
    default: return most() == Motion::line ? Motion::other : most();
  }
}

/// Expressions at both times.
class TakingSides {
 public:
  /// `motion_of_symbol`: of those that are not the time; null: the time is all there is, and every part counts.
  TakingSides(const Graph& from, Graph& to, SymbolId time, SymbolId side,
              std::function<Motion(SymbolId)> motion_of_symbol)
      : from_(from), al_(to), time_(time), side_(side), motion_of_symbol_(std::move(motion_of_symbol)) {
    smooth_.assign(from.size(), no_node);
    sided_.assign(from.size(), no_node);
    motion_.assign(from.size(), Motion::still);
  }

  std::vector<NodeId> run(std::span<const NodeId> roots) {
    for (const NodeId id : reachable(from_, roots)) visit(id);
    std::vector<NodeId> out;
    for (const NodeId root : roots) out.push_back(smooth_[index(root)]);
    return out;
  }
  std::vector<Sided::Part> parts() { return std::move(parts_); }

 private:
  void visit(NodeId id) {
    const Node& node = from_[id];
    const std::size_t i = index(id);
    if (node.op == Op::constant) {
      smooth_[i] = sided_[i] = node.type == Type::boolean ? al_.g.boolean(node.value != 0.0) : al_.number(node.value);
      return;
    }
    if (node.op == Op::symbol) {
      const bool is_time = node.symbol == time_;
      smooth_[i] = al_.g.symbol(node.symbol, node.type);
      sided_[i] = is_time ? al_.g.symbol(side_, node.type) : smooth_[i];
      motion_[i] = is_time ? Motion::line : motion_of_symbol_(node.symbol);
      return;
    }
    const auto arity = static_cast<std::size_t>(info(node.op).arity);
    std::vector<NodeId> smooth, sided;
    std::vector<Motion> motions;
    for (std::size_t k = 0; k < arity; ++k) {
      smooth.push_back(smooth_[index(node.args[k])]);
      sided.push_back(sided_[index(node.args[k])]);
      motions.push_back(motion_[index(node.args[k])]);
    }
    motion_[i] = motion_of(node.op, motions);
    sided_[i] = al_.make(node.op, sided);
    smooth_[i] = smooth == sided ? sided_[i] : jumping(node.op, smooth, sided, motions, sided_[i]);
  }

  /// At the smooth time, but what jumps.
  NodeId jumping(Op op, const std::vector<NodeId>& smooth, const std::vector<NodeId>& sided,
                 const std::vector<Motion>& motions, NodeId at_side) {
    const auto counts = [&](Op drive) {  // is what drives the jump, `drive` of the arguments, a straight line?
      return !motion_of_symbol_ || motion_of(drive, motions) == Motion::line;
    };
    switch (op) {
      case Op::lt:
      case Op::le:
      case Op::gt:
      case Op::ge:
        if (!counts(Op::sub)) break;
        part(al_.sub(sided[0], sided[1]), false);
        return at_side;
      case Op::eq:
      case Op::ne:
        if (counts(Op::sub)) return at_side;  // what holds at single points is no jump
        break;
      case Op::sign:
        if (!counts(Op::neg)) break;
        part(sided[0], false);
        return at_side;
      case Op::floor:
      case Op::ceil:
      case Op::trunc:
      case Op::round_even:
        if (!counts(Op::neg)) break;
        // round_even jumps half way between whole numbers.
        part(op == Op::round_even ? al_.add(sided[0], al_.number(0.5)) : sided[0], true);
        return at_side;
      case Op::floordiv:
        if (!counts(Op::div)) break;
        part(al_.div(sided[0], sided[1]), true);
        return at_side;
      case Op::mod: {
        if (!counts(Op::div)) break;
        const NodeId ratio = al_.div(sided[0], sided[1]);
        part(ratio, true);
        return al_.sub(smooth[0], al_.mul(smooth[1], al_.make(Op::floor, ratio)));
      }
      default: break;
    }
    return al_.make(op, smooth);
  }

  /// Noted, once.
  void part(NodeId drive, bool whole_numbers) {
    if (al_.g[drive].op != Op::constant && noted_.emplace(drive, whole_numbers).second)
      parts_.push_back({drive, whole_numbers});
  }

  const Graph& from_;
  Algebra al_;
  SymbolId time_, side_;
  std::function<Motion(SymbolId)> motion_of_symbol_;
  std::vector<Sided::Part> parts_;
  std::set<std::pair<NodeId, bool>> noted_;
  std::vector<NodeId> smooth_, sided_;
  std::vector<Motion> motion_;
};

/// a x + b.
struct Line {
  double slope = 0.0;
  double offset = 0.0;
};

/// The straight line that an expression of `smooth_side` is by its form.
std::optional<Line> as_line(const Graph& graph, NodeId id) {
  const Node& node = graph[id];
  if (node.op == Op::constant) return Line{0.0, node.value};
  if (node.op == Op::symbol) return Line{1.0, 0.0};
  const auto argument = [&](std::size_t k) { return as_line(graph, node.args[k]); };
  switch (node.op) {
    case Op::neg:
      if (const auto a = argument(0)) return Line{-a->slope, -a->offset};
      return {};
    case Op::add:
    case Op::sub: {
      const auto a = argument(0), b = argument(1);
      if (!a || !b) return {};
      const double sign = node.op == Op::add ? 1.0 : -1.0;
      return Line{a->slope + sign * b->slope, a->offset + sign * b->offset};
    }
    case Op::mul: {
      const auto a = argument(0), b = argument(1);
      if (!a || !b || (a->slope != 0.0 && b->slope != 0.0)) return {};
      return Line{a->slope * b->offset + b->slope * a->offset, a->offset * b->offset};
    }
    case Op::div: {
      const auto a = argument(0), b = argument(1);
      if (!a || !b || b->slope != 0.0 || b->offset == 0.0) return {};
      return Line{a->slope / b->offset, a->offset / b->offset};
    }
    default: return {};
  }
}

class Search {
 public:
  Search(const Sided& f, double from, double until, double resolution, std::size_t most)
      : f_(f), from_(from), until_(until), resolution_(resolution), most_(most) {}

  std::vector<double> run() {
    std::vector<NodeId> searched;
    for (const Sided::Part& part : f_.parts) {
      if (const auto line = as_line(f_.graph, part.drive)) solve(*line, part.whole_numbers);
      else searched.push_back(part.whole_numbers ? whole_part(part.drive) : below_zero(part.drive));
      if (found_.size() > most_) return found_;
    }
    tidy();
    if (!searched.empty()) search(searched);
    tidy();
    return found_;
  }

 private:
  void solve(const Line& line, bool whole_numbers) {
    if (line.slope == 0.0) return;
    double first = 0.0, last = 0.0;
    if (whole_numbers) {
      const double a = line.slope * from_ + line.offset, b = line.slope * until_ + line.offset;
      first = std::ceil(std::min(a, b)), last = std::floor(std::max(a, b));
      if (!(last - first < 4.0 * static_cast<double>(most_))) {
        found_.assign(most_ + 1, from_);  // too many to list
        return;
      }
    }
    for (double k = first; k <= last; k += 1.0) add((k - line.offset) / line.slope);
  }
  void add(double x) {
    if (x > from_ && x < until_ && found_.size() <= most_) found_.push_back(x);
  }
  void tidy() {
    std::ranges::sort(found_);
    const auto same = std::ranges::unique(found_);
    found_.erase(same.begin(), same.end());
  }

  NodeId whole_part(NodeId drive) { return Algebra(g_).make(Op::floor, drive); }
  NodeId below_zero(NodeId drive) {
    Algebra al(g_);
    return al.make(Op::to_real, al.make(Op::lt, drive, al.number(0.0)));
  }

  /// The parts that no formula gives, between what is found already.
  void search(const std::vector<NodeId>& parts) {
    Evaluator evaluator(g_, parts);
    std::vector<double> values(parts.size());
    const auto at = [&](double x) {
      const double both[] = {x, x};
      evaluator.run(both, values);
      return values;
    };
    const double sliver = 1e-9 * resolution_;
    std::vector<double> ends{from_};
    ends.insert(ends.end(), found_.begin(), found_.end());
    ends.push_back(until_);
    for (std::size_t i = 0; i + 1 < ends.size(); ++i) {
      double x = ends[i] + sliver;
      const double end = ends[i + 1] - sliver;
      if (!(x < end)) continue;
      std::vector<double> here = at(x);
      const double steps = std::ceil((end - x) / resolution_);
      const double step = (end - x) / steps;
      const double start = x;
      for (double k = 1.0; k <= steps; k += 1.0) {
        const double next = k == steps ? end : start + k * step;
        const std::vector<double> there = at(next);
        while (here != there) {
          double low = x, high = next;
          while (true) {
            const double middle = 0.5 * (low + high);
            if (!(middle > low && middle < high)) break;
            (at(middle) == here ? low : high) = middle;
          }
          add(high);
          if (found_.size() > most_) return;
          x = high;
          here = at(x);
        }
        x = next;
      }
    }
  }

  const Sided& f_;
  Graph g_ = f_.graph;
  double from_, until_, resolution_;
  std::size_t most_;
  std::vector<double> found_;
};

}  // namespace

Sided take_sides(const Graph& graph, NodeId value) {
  for (const NodeId id : reachable(graph, std::span(&value, 1)))
    HILLOCK_CHECK(graph[id].op != Op::symbol || graph[id].symbol == smooth_time, "a function of more than the time");
  Sided out;
  TakingSides taking(graph, out.graph, smooth_time, smooth_side, {});
  out.value = taking.run(std::span(&value, 1))[0];
  out.parts = taking.parts();
  return out;
}

SidedEquations take_sides(const Graph& graph, std::span<const NodeId> roots, SymbolId time, SymbolId side,
                          const std::function<bool(SymbolId)>& stands_still) {
  SidedEquations out;
  TakingSides taking(graph, out.graph, time, side,
                     [&](SymbolId id) { return stands_still(id) ? Motion::still : Motion::other; });
  out.values = taking.run(roots);
  out.parts = taking.parts();
  return out;
}

std::vector<double> jumps(const Sided& function, double from, double until, double resolution, std::size_t most) {
  HILLOCK_CHECK(resolution > 0.0, "jumps looked for at points an interval of nothing apart");
  if (function.parts.empty() || !(from < until)) return {};
  return Search(function, from, until, resolution, most).run();
}

}  // namespace hillock::ir
