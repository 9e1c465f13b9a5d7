#pragma once
/// Programs that bytes spell, with what a simulation adds to them: tangents, steps of a lane's own, single precision.

#include <array>
#include <string_view>

#include "ir/passes/narrow.hpp"
#include "ir/test/coded_program.hpp"

namespace hillock::ir::fixture {

enum class Variant : std::uint8_t { plain, tangents, own_steps, random_numbers, single };
inline constexpr std::array all_variants{Variant::plain, Variant::tangents, Variant::own_steps, Variant::random_numbers,
                                         Variant::single};
inline std::string_view to_string(Variant variant) {
  constexpr std::array<std::string_view, 5> names{"plain", "tangents", "own steps", "random numbers",
                                                  "single precision"};
  return names[static_cast<std::size_t>(variant)];
}

/// Trial steps are kept where the first state moves by less than 1 in them.
inline void take_own_steps(Program& p) {
  Algebra al(p.graph);
  const NodeId h = p.graph.symbol(p.add_symbol(Source::substep, 0));
  const NodeId done = p.graph.symbol(p.add_symbol(Source::progress, 0));
  NodeId first = no_node;
  for (Assignment& a : p.advance) {
    if (first == no_node) first = a.value;
    const NodeId x = p.carried(a.carried);
    a.value = al.add(x, al.mul(h, al.sub(a.value, al.mul(x, al.add(al.number(0.5), done)))));
  }
  const NodeId error = al.make(Op::abs, al.mul(h, al.sub(first, p.carried(0))));
  const NodeId usable = al.make(Op::lt, error, al.number(1e10));
  const NodeId tame = al.select(usable, al.make(Op::max, error, al.number(1e-6)), al.number(1.0));
  const NodeId factor = al.make(Op::min, al.div(al.number(0.9), al.make(Op::sqrt, tame)), al.number(4.0));
  p.adaptive = Adaptive{error, al.select(usable, factor, al.number(0.2)), 30};
}

/// The second state is moved by random numbers at (row, the first parameter's whole part, a seed).
inline void add_random_numbers(Program& p) {
  Algebra al(p.graph);
  const std::uint32_t row = p.carry("row", al.number(0.0));
  p.advance.push_back({row, al.add(p.carried(row), al.number(1.0))});
  const NodeId lane = al.make(Op::floor, al.make(Op::abs, al.make(Op::sin, p.parameter(0))));
  const NodeId address[3] = {p.carried(row), lane, al.number(12345.0)};
  for (Assignment& a : p.advance)
    if (a.carried == 1)
      a.value = al.add(a.value, al.add(al.make(Op::normal_a, address),
                                       al.add(al.make(Op::normal_b, address),
                                              al.sub(al.make(Op::random_a, address), al.make(Op::random_b, address)))));
}

inline CodedProgram decode(std::span<const std::uint8_t> code, Variant variant) {
  CodedProgram out = decode(code);
  switch (variant) {
    case Variant::plain: break;
    case Variant::tangents: {
      const std::uint32_t by[2] = {0, 1};
      (void)add_tangents(out.program, by);
      break;
    }
    case Variant::own_steps: take_own_steps(out.program); break;
    case Variant::random_numbers: add_random_numbers(out.program); break;
    case Variant::single: {
      const std::uint32_t states[2] = {0, 1};
      keep_in_single(out.program, states);
      break;
    }
  }
  return out;
}

}  // namespace hillock::ir::fixture
