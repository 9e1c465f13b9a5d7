#include "ir/program.hpp"

#include <algorithm>
#include <map>

#include "base/error.hpp"
#include "ir/derive.hpp"

namespace hillock::ir {

SymbolId Program::add_symbol(Source source, std::uint32_t which) {
  variables.push_back({source, which});
  return SymbolId{static_cast<std::uint32_t>(variables.size() - 1)};
}

namespace {

NodeId variable_node(Program& program, Source source, std::uint32_t which) {
  for (std::uint32_t s = 0; s < program.variables.size(); ++s)
    if (program.variables[s].source == source && program.variables[s].index == which)
      return program.graph.symbol(SymbolId{s});
  return program.graph.symbol(program.add_symbol(source, which));
}

}  // namespace

NodeId Program::parameter(std::uint32_t which) { return variable_node(*this, Source::parameter, which); }
NodeId Program::column(std::uint32_t which) { return variable_node(*this, Source::column, which); }
NodeId Program::carried(std::uint32_t which) { return variable_node(*this, Source::carried, which); }

NodeId Program::from_tape(std::uint32_t which) { return variable_node(*this, Source::tape, which); }

std::uint32_t Program::carry(std::string name, NodeId initial) {
  carried_names.push_back(std::move(name));
  init.push_back(initial);
  return static_cast<std::uint32_t>(init.size() - 1);
}

void Timeline::each_block(const std::function<bool(Rows rows, std::span<const double> values,
                                                   std::span<const std::uint8_t> observe)>& body) const {
  if (!source) {
    body({0, rows}, values, observe);
    return;
  }
  // About 128 KiB at a time: more is mapped and unmapped, page by page, for every timeline.
  const std::size_t block = std::clamp<std::size_t>(16384 / std::max<std::size_t>(columns, 1), 512, 4096);
  std::vector<double> some(std::min(block, rows) * columns);
  std::vector<std::uint8_t> seen(std::min(block, rows));
  for (std::size_t begin = 0; begin < rows; begin += block) {
    const Rows at{begin, std::min(rows, begin + block)};
    const std::span now = std::span(some).first((at.end - at.begin) * columns);
    const std::span observed = std::span(seen).first(at.end - at.begin);
    source->fill(at, now, observed);
    if (!body(at, now, observed)) return;
  }
}

Timeline Timeline::whole() const {
  Timeline out{rows, columns, {}, {}};
  each_block([&](Rows, std::span<const double> some, std::span<const std::uint8_t> seen) {
    out.values.insert(out.values.end(), some.begin(), some.end());
    out.observe.insert(out.observe.end(), seen.begin(), seen.end());
    return true;
  });
  return out;
}

std::size_t Loop::observed_in(std::size_t begin, std::size_t end) const {
  const auto at = [&](std::size_t row) { return flags.begin() + static_cast<std::ptrdiff_t>(row); };
  return static_cast<std::size_t>(std::count_if(at(begin), at(end), [](std::uint32_t f) { return (f & 1U) != 0; }));
}

std::uint32_t Loop::all_groups(const Phase& phase) {
  std::uint32_t bits = 0;
  for (const Group& group : phase.groups)
    if (group.bit != 0) bits |= 1U << group.bit;
  return bits;
}

}  // namespace hillock::ir
