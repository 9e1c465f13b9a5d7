#include "ir/description_length.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <set>

namespace hillock::ir {
namespace {

/// Of the shortest text that is the number: -0.0884 is 884e-4, three digits and one.
std::size_t digits_of(double value) {
  std::array<char, 40> text{};
  const char* end =
      std::to_chars(text.data(), text.data() + text.size(), std::fabs(value), std::chars_format::scientific).ptr;
  const char* begin = text.data();
  const char* e = std::find(begin, end, 'e');
  std::size_t mantissa = static_cast<std::size_t>(std::count_if(begin, e, [](char c) { return c != '.'; }));
  int exponent = 0;
  if (e != end) std::from_chars(e + (e[1] == '+' ? 2 : 1), end, exponent);
  exponent -= static_cast<int>(mantissa) - 1;  // of the last digit
  return mantissa + (exponent == 0 ? 0 : std::to_string(std::abs(exponent)).size());
}

}  // namespace

std::vector<NodeId> meaning(const Model& model) {
  std::vector<NodeId> out;
  const auto add = [&](NodeId id) {
    if (id != no_node) out.push_back(id);
  };
  for (const State& s : model.states) {
    add(s.derivative);
    add(s.init);
  }
  if (model.spiking) {
    add(model.spiking->threshold);
    add(model.spiking->refractory);
    for (const Reset& r : model.spiking->resets) add(r.value);
  }
  for (const Event& event : model.events) {
    add(event.condition);
    for (const Reset& r : event.resets) add(r.value);
  }
  for (const Held& h : model.held) add(h.value);
  for (const Observation& o : model.observations) {
    for (const NodeId argument : o.arguments) add(argument);
    if (!o.arguments.empty()) continue;
    add(o.mean);
    add(o.sd);
    add(o.tau);
  }
  return out;
}

DescriptionLength description_length(const Model& model) {
  DescriptionLength out;
  std::set<Op> kinds;
  for (const NodeId id : reachable(model.graph, meaning(model))) {
    const Node& node = model.graph[id];
    if (node.op == Op::symbol) {
      ++out.names;
    } else if (node.op == Op::constant) {
      ++out.numbers;
      out.digits += node.type == Type::boolean ? 1 : digits_of(node.value);
    } else {
      ++out.operations;
      kinds.insert(node.op);
      out.arguments += static_cast<std::size_t>(info(node.op).arity);
    }
    if (node.op == Op::symbol && model.symbol(node.symbol).kind == SymbolKind::constant)
      for (const Constant& c : model.constants)
        if (c.symbol == node.symbol) out.digits += digits_of(c.value);
  }
  out.kinds = kinds.size();
  const auto log2_of = [](std::size_t n) { return n > 1 ? std::log2(static_cast<double>(n)) : 0.0; };
  out.bits = static_cast<double>(out.operations) * log2_of(out.kinds) +
             static_cast<double>(out.arguments) * log2_of(out.operations + out.names + out.numbers) +
             static_cast<double>(out.digits) * std::log2(10.0);
  return out;
}

}  // namespace hillock::ir
