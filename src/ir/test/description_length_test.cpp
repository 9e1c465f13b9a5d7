// Bits of small models, counted by hand.

#include "ir/description_length.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace hillock::ir {
namespace {

SymbolId add_symbol(Model& m, const char* name, SymbolKind kind) {
  m.symbols.push_back({name, kind, {}, Type::real, {}});
  return SymbolId{static_cast<std::uint32_t>(m.symbols.size() - 1)};
}

/// dx/dt = (E - x)/tau, with x(0) = 0.
Model leak(double e, const char* state = "x") {
  Model m;
  const SymbolId x = add_symbol(m, state, SymbolKind::state), tau = add_symbol(m, "tau", SymbolKind::parameter),
                 rest = add_symbol(m, "E", SymbolKind::constant);
  m.parameters.push_back({tau, {}, {}});
  m.constants.push_back({rest, e});
  const NodeId drive = m.graph.make(Op::sub, m.graph.symbol(rest), m.graph.symbol(x));
  m.states.push_back({x, m.graph.make(Op::div, drive, m.graph.symbol(tau)), m.graph.constant(0.0)});
  return m;
}

TEST(DescriptionLength, OfALeakIsCountedByHand) {
  const DescriptionLength d = description_length(leak(-0.07));
  // sub and div, of two arguments each; E, x, tau; the 0 and the -7e-2.
  EXPECT_EQ(d.operations, 2U);
  EXPECT_EQ(d.kinds, 2U);
  EXPECT_EQ(d.arguments, 4U);
  EXPECT_EQ(d.names, 3U);
  EXPECT_EQ(d.numbers, 1U);
  EXPECT_EQ(d.digits, 1U + 2U);
  EXPECT_DOUBLE_EQ(d.bits, 2.0 + 4.0 * std::log2(6.0) + 3.0 * std::log2(10.0));
}

TEST(DescriptionLength, IsBlindToNamesAndSeesDigitsAndTerms) {
  const double plain = description_length(leak(-0.07)).bits;
  EXPECT_EQ(description_length(leak(-0.07, "membrane_potential")).bits, plain);
  // -0.0884 is 884e-4: two digits more.
  EXPECT_NEAR(description_length(leak(-0.0884)).bits, plain + 2.0 * std::log2(10.0), 1e-12);
  Model longer = leak(-0.07);
  State& s = longer.states[0];
  s.derivative = longer.graph.make(Op::mul, s.derivative, s.derivative);
  // One more operation, of three kinds now; what it multiplies is written once.
  const DescriptionLength d = description_length(longer);
  EXPECT_EQ(d.operations, 3U);
  EXPECT_DOUBLE_EQ(d.bits, 3.0 * std::log2(3.0) + 6.0 * std::log2(7.0) + 3.0 * std::log2(10.0));
}

TEST(DescriptionLength, OfNothingIsNothing) { EXPECT_EQ(description_length(Model{}).bits, 0.0); }

}  // namespace
}  // namespace hillock::ir
