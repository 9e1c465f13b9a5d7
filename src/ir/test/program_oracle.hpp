#pragma once
/// What every pass promises of a program, tried on one: that what it computes is, up to rounding, what is written.

#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "ir/adjoint.hpp"
#include "ir/derive.hpp"
#include "ir/interpret.hpp"
#include "ir/removable.hpp"
#include "ir/test/coded_program.hpp"
#include "ir/test/enclosure.hpp"

namespace hillock::ir::fixture {

/// How much the comparisons said: one that was made with an interval that contains nearly everything says nothing.
struct Told {
  std::size_t values = 0, of_values = 0;
  std::size_t slopes = 0, of_slopes = 0;
  std::size_t gradients = 0, of_gradients = 0;
};

inline std::string in_words(double x) {
  char text[32];
  std::snprintf(text, sizeof text, "%.17g", x);
  return text;
}
inline std::string in_words(const Interval& i) {
  return i.any ? "anything"
               : "[" + in_words(static_cast<double>(i.low)) + ", " + in_words(static_cast<double>(i.high)) + "]";
}

/// The program as it is written, row by row, on intervals.
class WrittenProgram {
 public:
  WrittenProgram(const Program& program, const Timeline& timeline, std::span<const double> parameters)
      : p_(program), t_(timeline), parameters_(parameters), values_(program.init.size()) {
    const auto symbols = at_row(0);
    const Enclosed init = enclose(p_.graph, p_.init, symbols);
    for (std::size_t c = 0; c < values_.size(); ++c) values_[c] = init.of[index(p_.init[c])];
  }
  [[nodiscard]] const std::vector<Interval>& values() const { return values_; }
  [[nodiscard]] const std::vector<Interval>& outputs() const { return outputs_; }
  void start_from(std::span<const double> values) {
    for (std::size_t c = 0; c < values_.size(); ++c) values_[c] = Interval::point(values[c]);
  }
  void row(std::size_t r) {
    outputs_.clear();
    if (t_.observe[r] != 0) {
      std::vector<NodeId> roots = p_.outputs;
      for (const Assignment& a : p_.observe) roots.push_back(a.value);
      const Enclosed seen = enclose(p_.graph, roots, at_row(r));
      for (const NodeId id : p_.outputs) outputs_.push_back(seen.of[index(id)]);
      for (const Assignment& a : p_.observe) values_[a.carried] = seen.of[index(a.value)];
    }
    std::vector<NodeId> roots;
    for (const Assignment& a : p_.advance) roots.push_back(a.value);
    const Enclosed next = enclose(p_.graph, roots, at_row(r));
    for (const Assignment& a : p_.advance) values_[a.carried] = next.of[index(a.value)];
  }
  /// What `observe` would assign at a row.
  [[nodiscard]] std::vector<Interval> observed(std::size_t r) const {
    std::vector<NodeId> roots;
    for (const Assignment& a : p_.observe) roots.push_back(a.value);
    const Enclosed seen = enclose(p_.graph, roots, at_row(r));
    std::vector<Interval> out;
    for (const NodeId id : roots) out.push_back(seen.of[index(id)]);
    return out;
  }
  [[nodiscard]] std::vector<Interval> at_row(std::size_t r) const {
    std::vector<Interval> symbols(p_.variables.size());
    for (std::size_t s = 0; s < symbols.size(); ++s) {
      const Variable& v = p_.variables[s];
      if (v.source == Source::parameter) symbols[s] = Interval::point(parameters_[v.index]);
      if (v.source == Source::column) symbols[s] = Interval::point(t_.values[r * t_.columns + v.index]);
      if (v.source == Source::carried) symbols[s] = values_[v.index];
    }
    return symbols;
  }

 private:
  const Program& p_;
  const Timeline& t_;
  std::span<const double> parameters_;
  std::vector<Interval> values_, outputs_;
};

/// The bound program, row by row, each begun with what the row before gave.
inline std::string wrong_value(const Program& program, const Timeline& timeline, std::span<const double> parameters,
                               const BindOptions& options, Told& told) {
  const Loop loop = bind(program, timeline, options);
  WrittenProgram written(program, timeline, parameters);
  std::vector<double> state(loop.state_size());
  for (std::size_t r = 0; r < timeline.rows; ++r) {
    std::vector<double> outputs(loop.observed_in(r, r + 1) * loop.outputs.size());
    interpret(loop, {r, r + 1}, parameters, state, outputs);
    written.row(r);
    const auto check = [&](const char* what, std::size_t i, double got, const Interval& want,
                           NodeId root) -> std::string {
      ++told.of_values;
      told.values += want.tells() ? 1 : 0;
      if (want.contains(got)) return {};
      return std::string(what) + " " + std::to_string(i) + " after row " + std::to_string(r) + " is " + in_words(got) +
             ", as written " + in_words(want) + ", n" + std::to_string(index(root)) + " of\n" +
             listing(program, std::span(&root, 1));
    };
    for (std::size_t c = 0; c < program.init.size(); ++c) {
      NodeId root = program.init[c];
      for (const Assignment& a : program.observe)
        if (a.carried == c) root = a.value;
      for (const Assignment& a : program.advance)
        if (a.carried == c) root = a.value;
      if (auto wrong = check("carried", c, state[c], written.values()[c], root); !wrong.empty()) return wrong;
    }
    for (std::size_t o = 0; o < outputs.size(); ++o)
      if (auto wrong = check("output", o, outputs[o], written.outputs()[o], program.outputs[o]); !wrong.empty())
        return wrong;
    written.start_from(std::span(state).first(program.init.size()));
  }
  return {};
}

/// Rules that simplify, and removable singularities: the same values.
inline std::string wrong_rewriting(const CodedProgram& coded, Told& told) {
  const Program& p = coded.program;
  const WrittenProgram written(p, coded.timeline, coded.parameters);
  const auto symbols = written.at_row(0);
  std::vector<NodeId> roots = p.outputs;
  for (const Assignment& a : p.advance) roots.push_back(a.value);
  const Enclosed before = enclose(p.graph, roots, symbols);
  Graph simpler;
  const std::vector<NodeId> after = simplify(p.graph, roots, simpler);
  const Enclosed made = enclose(simpler, after, symbols);
  const auto meet = [&](const Interval& a, const Interval& b) {
    ++told.of_values;
    told.values += a.tells() && b.tells() ? 1 : 0;
    return a.any || b.any || (a.low <= b.high && b.low <= a.high);
  };
  for (std::size_t i = 0; i < roots.size(); ++i)
    if (!meet(before.of[index(roots[i])], made.of[index(after[i])]))
      return "simplified, n" + std::to_string(index(roots[i])) + " is " + in_words(made.of[index(after[i])]) +
             ", as written " + in_words(before.of[index(roots[i])]) + "\n" + listing(p, std::span(&roots[i], 1));
  Graph g = p.graph;
  for (const NodeId id : reachable(p.graph, roots)) {
    const Node node = p.graph[id];
    if (node.op != Op::mul && node.op != Op::div) continue;
    const auto without = without_removable_singularity(g, node.op, node.args[0], node.args[1]);
    if (!without) continue;
    const Interval got = enclose(g, std::span(&*without, 1), symbols).of[index(*without)];
    if (!meet(before.of[index(id)], got))
      return "without its singularity, n" + std::to_string(index(id)) + " is " + in_words(got) + ", as written " +
             in_words(before.of[index(id)]) + "\n" + listing(p, std::span(&id, 1));
  }
  return {};
}

/// Derivatives of expressions. By the mean value theorem the slope of a chord is a value of the derivative in between,
/// kinks or not, where nothing jumps.
inline std::string wrong_slope(const CodedProgram& coded, Told& told) {
  const Program& p = coded.program;
  const WrittenProgram written(p, coded.timeline, coded.parameters);
  const auto at = written.at_row(0);
  Graph g = p.graph;
  Algebra algebra(g);
  std::vector<NodeId> roots;
  for (const Assignment& a : p.advance) roots.push_back(a.value);
  for (const NodeId root : roots) {
    std::vector<NodeId> leaves;
    std::vector<std::size_t> symbols;
    for (const NodeId id : reachable(p.graph, std::span(&root, 1)))
      if (p.graph[id].op == Op::symbol) leaves.push_back(id), symbols.push_back(index(p.graph[id].symbol));
    const std::vector<NodeId> reverse = gradient(algebra, root, leaves);
    for (std::size_t k = 0; k < leaves.size(); ++k) {
      std::vector<NodeId> seeds(symbols[k] + 1, no_node);
      seeds[symbols[k]] = algebra.number(1.0);
      const NodeId forward = Tangent(algebra, seeds).of(root);
      const Real x = at[symbols[k]].low, h = 0x1p-14L * std::max(std::fabs(x), 0x1p-4L);
      const auto with = [&](const Interval& value, std::span<const NodeId> wanted) {
        std::vector<Interval> moved = at;
        moved[symbols[k]] = value;
        return enclose(g, wanted, moved);
      };
      if (at[symbols[k]].any) continue;
      const NodeId both[2] = {forward, reverse[k]};
      const Enclosed here = with(at[symbols[k]], both);
      // A slope that is folded to a number has been rounded on its way.
      const auto rounded = [](const Interval& i) { return i.any ? i : widened(i.low, i.high); };
      const Interval one = rounded(here.of[index(forward)]), other = rounded(here.of[index(reverse[k])]);
      const auto said = [&](const std::string& what, const Interval& want) {
        return "the derivative by symbol " + std::to_string(symbols[k]) + " is " + in_words(one) + ", " + what + " " +
               in_words(want) + ", n" + std::to_string(index(root)) + " of\n" + listing(p, std::span(&root, 1));
      };
      if (!one.any && !other.any && (one.low > other.high || other.low > one.high)) return said("in reverse", other);
      ++told.of_slopes;
      if (with({x - h, x + h, false}, std::span(&root, 1)).jumps) continue;
      const Interval slopes = with({x - h, x + h, false}, std::span(&forward, 1)).of[index(forward)];
      const Interval up = with({x + h, x + h, false}, std::span(&root, 1)).of[index(root)];
      const Interval down = with({x - h, x - h, false}, std::span(&root, 1)).of[index(root)];
      if (up.any || down.any || slopes.any) continue;
      // 80-bit roundings of x + h, x - h and the values.
      const Real rounding =
          0x1p-45L * std::fabs(up.low - down.low) / h + 0x1p-60L * (std::fabs(up.low) + std::fabs(down.low)) / h;
      const Interval chord{(up.low - down.high) / (2 * h) - rounding, (up.high - down.low) / (2 * h) + rounding, false};
      told.slopes += slopes.tells() && chord.tells() ? 1 : 0;
      if (slopes.low > chord.high || chord.low > slopes.high)
        return said("nearby " + in_words(slopes) + ", by differences", chord);
    }
  }
  return {};
}

/// Tangents and adjoints of the whole program.
inline std::string wrong_gradient(const CodedProgram& coded, Told& told) {
  constexpr std::uint32_t sum = coded_states;
  std::vector<std::uint32_t> all;
  for (std::uint32_t i = 0; i < coded_parameters; ++i) all.push_back(i);
  Program tangents = coded.program;
  const TangentTable table = add_tangents(tangents, all);
  if (auto wrong = wrong_value(tangents, coded.timeline, coded.parameters, {}, told); !wrong.empty())
    return "with tangents, " + wrong;
  Program alone = coded.program;  // by one parameter the slopes have other formulas
  add_tangents(alone, std::span(all).subspan(coded.timeline.rows % all.size(), 1));
  if (auto wrong = wrong_value(alone, coded.timeline, coded.parameters, {}, told); !wrong.empty())
    return "with one tangent, " + wrong;
  WrittenProgram written(tangents, coded.timeline, coded.parameters);
  // After a number that is none, be it behind the last observation or never observed, an adjoint is none.
  bool finite = true;
  for (std::size_t r = 0; r < coded.timeline.rows; ++r) {
    for (const Interval& value : written.observed(r)) finite = finite && !value.any;
    written.row(r);
    for (const Interval& value : written.values()) finite = finite && !value.any;
  }

  Program folded = coded.program;
  fold_constant_columns(folded, coded.timeline);
  const Adjoint back = adjoint(folded, sum, all);
  folded.taped = back.taped;
  folded.tape = static_cast<std::uint32_t>(back.taped.size());
  const Loop forward = bind(folded, coded.timeline), backward = bind(back.backward, reversed(coded.timeline));
  std::vector<double> state(forward.state_size()), tape(forward.rows * forward.tape), lambda(backward.state_size());
  interpret(forward, {0, forward.rows}, coded.parameters, state, {}, tape);
  interpret(backward, {0, forward.rows}, coded.parameters, lambda, {}, tape);
  std::vector<double> given(coded.parameters), out(all.size());
  given.insert(given.end(), lambda.begin(), lambda.end());
  interpret(bind(back.gradient, first_row(coded.timeline)), given, out);
  // Backwards other terms cancel: what is left of them has their roundings.
  Real most = 0;
  for (const double x : lambda) most = std::max(most, std::fabs(static_cast<Real>(x)));
  for (const std::uint32_t k : all) {
    Interval want = table[sum][k] ? written.values()[*table[sum][k]] : Interval::point(0);
    ++told.of_gradients;
    told.gradients += finite && want.tells() ? 1 : 0;
    if (most > 0 && !want.any) want = widened(want.low, want.high, 0, 0x1p-48L * most);
    if (finite && !want.contains(out[k]))
      return "the adjoint by parameter " + std::to_string(k) + " is " + in_words(out[k]) + ", the tangent " +
             in_words(want);
  }
  return {};
}

/// What can be tried on a program.
enum class Trial : std::uint8_t { values, values_not_lowered, rewriting, slopes, gradient };
inline constexpr Trial all_trials[] = {Trial::values, Trial::values_not_lowered, Trial::rewriting, Trial::slopes,
                                       Trial::gradient};

/// Empty, or what a pass has got wrong.
inline std::string disagreement(const CodedProgram& coded, Trial trial, Told& told) {
  switch (trial) {
    case Trial::values: return wrong_value(coded.program, coded.timeline, coded.parameters, {}, told);
    case Trial::values_not_lowered:
      return wrong_value(coded.program, coded.timeline, coded.parameters, {.lower = false}, told);
    case Trial::rewriting: return wrong_rewriting(coded, told);
    case Trial::slopes: return wrong_slope(coded, told);
    case Trial::gradient: return wrong_gradient(coded, told);
  }
  return {};
}
inline std::string disagreement(const CodedProgram& coded, Told& told) {
  for (const Trial trial : all_trials)
    if (auto wrong = disagreement(coded, trial, told); !wrong.empty()) return wrong;
  return {};
}

}  // namespace hillock::ir::fixture
