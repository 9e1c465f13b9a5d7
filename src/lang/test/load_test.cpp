#include "lang/load.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <sstream>

#include "ir/algebra.hpp"
#include "ir/derive.hpp"
#include "ir/interpret.hpp"

namespace hillock::lang {
namespace {

ir::Model load(std::string_view text) {
  auto model = load_model(text, "test.model");
  EXPECT_TRUE(model.has_value()) << (model ? "" : render(model.error()));
  return model ? std::move(*model) : ir::Model{};
}

std::string text_of(const ir::Model& model, ir::NodeId node) {
  return to_text(model.graph, node, model.symbol_names());
}

const ir::Definition& definition(const ir::Model& model, std::string_view name) {
  for (const ir::Definition& d : model.definitions)
    if (d.name == name) return d;
  ADD_FAILURE() << "no definition " << name;
  return model.definitions.front();
}

double evaluate(const ir::Model& model, ir::NodeId node, const std::map<std::string, double>& values) {
  std::vector<double> symbols(model.symbols.size(), NAN);
  for (const ir::Constant& c : model.constants) symbols[index(c.symbol)] = c.value;
  for (const auto& [name, value] : values) {
    const auto id = model.find(name);
    EXPECT_TRUE(id.has_value()) << name;
    if (id) symbols[index(*id)] = value;
  }
  return ir::evaluate(model.graph, node, symbols);
}

std::string herg_text() {
  std::ifstream file(std::string(HILLOCK_SOURCE_DIR) + "/examples/herg/herg.model");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(Load, TheAngleOfAPoint) {
  const ir::Model model = load("input y : mV\ninput x : mV\na = arctan2(y, x) : 1\n");
  // Against the C library: two roundings of 2.2e-16 (pi, and the sum). All quadrants, the axes, extremes.
  for (const double y : {-2.0, -1e-300, 0.0, 0.3, 7.0})
    for (const double x : {-3.0, -1e-9, 0.0, 0.5, 1e200})
      EXPECT_NEAR(evaluate(model, definition(model, "a").node, {{"y", y}, {"x", x}}), std::atan2(y, x), 9e-16)
          << y << " " << x;
  // The slope along x where x is 0: -y/(x^2 + y^2).
  ir::Model m = model;
  ir::Algebra algebra(m.graph);
  const ir::NodeId x = m.graph.symbol(*m.find("x"));
  const ir::NodeId slope = ir::gradient(algebra, definition(m, "a").node, std::span(&x, 1))[0];
  EXPECT_NEAR(evaluate(m, slope, {{"y", 0.5}, {"x", 0.0}}), -2.0, 1e-15);
  EXPECT_NEAR(evaluate(m, slope, {{"y", -1.0}, {"x", -2.0}}), 0.2, 1e-15);
}

TEST(Load, HergEquationsMeanWhatThePaperSays) {
  const auto loaded = load_model(herg_text(), "examples/herg/herg.model");
  ASSERT_TRUE(loaded.has_value()) << render(loaded.error());
  const ir::Model& model = *loaded;
  EXPECT_EQ(model.name, "herg");
  EXPECT_EQ(model.source_text, herg_text());
  ASSERT_EQ(model.states.size(), 2U);
  ASSERT_EQ(model.parameters.size(), 11U);
  ASSERT_EQ(model.constants.size(), 3U);
  ASSERT_EQ(model.inputs.size(), 1U);
  ASSERT_EQ(model.observations.size(), 1U);
  ASSERT_EQ(model.requirements.size(), 4U);

  // The equations in the paper's own units (ms, mV, nA, uS), against the graph in SI.
  const double p[] = {0, 2.26e-4, 0.0699, 3.45e-5, 0.05462, 0.0873, 8.91e-3, 5.15e-3, 0.03158, 0.1524};
  const double V = -37.5, a = 0.3, r = 0.6, T = 273.15 + 22.1;
  const double k1 = p[1] * std::exp(p[2] * V), k2 = p[3] * std::exp(-p[4] * V);
  const double k3 = p[5] * std::exp(p[6] * V), k4 = p[7] * std::exp(-p[8] * V);
  const double E_K = 1e3 * 8.314 * T / 96485 * std::log(4.0 / 130.0);
  std::map<std::string, double> values{{"V", V * 1e-3},     {"a", a},         {"r", r},     {"T", T},
                                       {"p9", p[9] * 1e-6}, {"sigma", 2e-11}, {"tau", 1e-3}};
  for (int i = 1; i <= 7; i += 2) values["p" + std::to_string(i)] = p[i] * 1e3;
  for (int i = 2; i <= 8; i += 2) values["p" + std::to_string(i)] = p[i] * 1e3;
  // A handful of operations each of 1.1e-16; the exponents are below 10, so 1e-13 relative is generous.
  const auto near = [](double x) { return testing::DoubleNear(x, 1e-13 * std::abs(x)); };
  EXPECT_THAT(evaluate(model, model.states[0].derivative, values), near(1e3 * (k1 * (1 - a) - k2 * a)));
  EXPECT_THAT(evaluate(model, model.states[1].derivative, values), near(1e3 * (k4 * (1 - r) - k3 * r)));
  EXPECT_THAT(evaluate(model, model.states[0].init, values), near(k1 / (k1 + k2)));
  EXPECT_THAT(evaluate(model, model.states[1].init, values), near(k4 / (k3 + k4)));
  const ir::Observation& I = model.observations[0];
  EXPECT_EQ(I.channel, "I");
  EXPECT_EQ(I.family, ir::NoiseFamily::ar1);
  EXPECT_EQ(I.unit.name, "nA");
  EXPECT_THAT(evaluate(model, I.mean, values), near(1e-9 * p[9] * a * r * (V - E_K)));
  EXPECT_EQ(text_of(model, I.sd), "sigma");
  EXPECT_EQ(text_of(model, I.tau), "tau");

  const ir::Parameter& p1 = model.parameters[0];
  EXPECT_EQ(model.symbol(p1.symbol).name, "p1");
  EXPECT_EQ(model.symbol(p1.symbol).unit.name, "1/ms");
  ASSERT_TRUE(p1.prior.has_value());
  EXPECT_FALSE(p1.value.has_value());
  EXPECT_EQ(p1.prior->family, "loguniform");
  EXPECT_THAT(p1.prior->arguments, testing::ElementsAre(near(1e-4), near(1e6)));
  ASSERT_TRUE(model.parameters[1].prior.has_value());
  EXPECT_EQ(model.parameters[1].prior->family, "uniform");
  EXPECT_THAT(model.parameters[1].prior->arguments, testing::ElementsAre(near(1e-4), near(400)));

  const ir::Requirement& k3_range = model.requirements[2];
  EXPECT_EQ(k3_range.reduce, ir::Requirement::Reduce::maximum);
  EXPECT_THAT(evaluate(model, k3_range.expression, values), near(1e3 * k3));
  EXPECT_THAT(k3_range.low, near(1.67e-2));
  EXPECT_THAT(k3_range.high, near(1e6));
  EXPECT_THAT(k3_range.from, near(-0.12));
  EXPECT_THAT(k3_range.to, near(0.06));
  ASSERT_TRUE(k3_range.bound.has_value());
  EXPECT_EQ(model.symbol(*k3_range.bound).name, "V");
  EXPECT_EQ(k3_range.text, "max(k3) in [1.67e-5/ms, 1000/ms] for V in [-120*mV, 60*mV]");
}

TEST(Load, ConstantsThatDependOnConstantsFollowThem) {
  const ir::Model model = load(
      "const E = R*T/F*log(4/130)\nconst T = 294.45 kelvin\nconst R = 8.314 joule/mole/kelvin\nconst F = 96485 "
      "coulomb/mole\n");
  ASSERT_EQ(model.constants.size(), 3U);
  ASSERT_EQ(model.definitions.size(), 1U);
  EXPECT_EQ(model.definitions[0].unit.name, "mV");
  for (const double T : {294.45, 300.0})
    EXPECT_DOUBLE_EQ(evaluate(model, model.definitions[0].node, {{"T", T}}), 8.314 * T / 96485 * std::log(4.0 / 130.0));
}

TEST(Load, ConstantsKeepTheUnitTheyAreWrittenIn) {
  const ir::Model model = load(
      "const a = -88.4 mV\nconst b = 3*nS\nconst c = 1.5\nconst d : mV = 0.01 volt\nconst f = 0\nconst g = 2*pi\n");
  ASSERT_EQ(model.constants.size(), 6U);
  const std::pair<const char*, double> wanted[] = {{"mV", -88.4e-3}, {"nS", 3e-9}, {"1", 1.5},
                                                   {"mV", 0.01},     {"1", 0.0},   {"1", 2 * M_PI}};
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(model.symbol(model.constants[i].symbol).unit.name, wanted[i].first);
    EXPECT_DOUBLE_EQ(model.constants[i].value, wanted[i].second);
  }
}

TEST(Load, SubExpressionsAreSharedInAnyOrder) {
  const ir::Model model = load("c = b*b : 1\nb = a + a : 1\na = x**2 : 1\ndx/dt = c/second : 1\n");
  EXPECT_EQ(text_of(model, definition(model, "c").node), "(((x ** 2) + (x ** 2)) * ((x ** 2) + (x ** 2)))");
  EXPECT_LE(model.graph.size(), 10U);         // x, 2, x**2, sum, product, 1, quotient, 0: shared, not copied
  EXPECT_EQ(model.definitions[0].name, "c");  // in the order of the text
}

TEST(Load, InitialValuesMayUseEachOther) {
  // As in Hodgkin and Huxley's model: a gate starts at its steady state for the initial voltage.
  const ir::Model model = load(
      "dv/dt = (E - v)/(10*ms) : volt\ndm/dt = (m_inf - m)/ms : 1\nm_inf = 1/(1 + exp(-(v - E)/(5*mV))) : 1\n"
      "init m = m_inf\ninit v = E - 10*mV\nconst E = -65 mV\ndw/dt = 1/second : 1\n");
  // -75 mV + 65 mV is 10 mV up to 1e-17 of 75 mV, so the exponent 2 is right to 1e-14.
  EXPECT_NEAR(evaluate(model, model.states[1].init, {}), 1 / (1 + std::exp(2.0)), 1e-14);
  EXPECT_DOUBLE_EQ(evaluate(model, model.states[0].init, {}), -75e-3);
  EXPECT_EQ(evaluate(model, model.states[2].init, {}), 0.0);  // not given
  // While it runs the same name follows the state.
  EXPECT_DOUBLE_EQ(evaluate(model, definition(model, "m_inf").node, {{"v", -65e-3}}), 0.5);
}

TEST(Load, DefaultsAndPriors) {
  const ir::Model model = load(
      "param a : mV = -5 mV ~ normal(-4 mV, 2*mV)\nparam b : 1\nparam c : 1 = 2\nparam d : ms ~ lognormal(3 ms, "
      "0.5)\n");
  ASSERT_EQ(model.parameters.size(), 4U);
  EXPECT_EQ(model.parameters[0].value, -5e-3);
  EXPECT_THAT(model.parameters[0].prior->arguments, testing::ElementsAre(-4e-3, 2e-3));
  EXPECT_FALSE(model.parameters[1].value || model.parameters[1].prior);  // a study may give them
  EXPECT_EQ(model.parameters[2].value, 2.0);
  EXPECT_THAT(model.parameters[3].prior->arguments, testing::ElementsAre(testing::DoubleEq(3e-3), 0.5));
}

TEST(Load, ABrianParameterGetsItsValueFromAStatement) {
  const ir::Model model =
      load("g : siemens (constant)\nconst g = 10*nS\nparam h : nS = 2*nS\nh : siemens\nI : amp\ninput I : nA\n");
  ASSERT_EQ(model.constants.size(), 1U);
  EXPECT_DOUBLE_EQ(model.constants[0].value, 1e-8);
  EXPECT_EQ(model.parameters.size(), 1U);
  EXPECT_EQ(model.inputs.size(), 1U);
}

TEST(Load, ABrianBlockAsItIs) {
  // Hodgkin-Huxley from Brian 2's documentation (COBAHH), with values for what Python gives.
  const ir::Model model = load(R"(
    dv/dt = (gl*(El-v)-
             g_na*(m*m*m)*h*(v-ENa)-    # sodium
             g_kd*(n*n*n*n)*(v-EK))/Cm : volt
    dm/dt = alpha_m*(1-m)-beta_m*m : 1
    dn/dt = alpha_n*(1-n)-beta_n*n : 1
    dh/dt = alpha_h*(1-h)-beta_h*h : 1
    alpha_m = 0.32*(mV**-1)*4*mV/exprel((13*mV-v+VT)/(4*mV))/ms : Hz
    beta_m = 0.28*(mV**-1)*5*mV/exprel((v-VT-40*mV)/(5*mV))/ms : Hz
    alpha_h = 0.128*exp((17*mV-v+VT)/(18*mV))/ms : Hz
    beta_h = 4./(1+exp((40*mV-v+VT)/(5*mV)))/ms : Hz
    alpha_n = 0.032*(mV**-1)*5*mV/exprel((15*mV-v+VT)/(5*mV))/ms : Hz
    beta_n = .5*exp((10*mV-v+VT)/(40*mV))/ms : Hz
    const area = 20000*umetre**2
    const Cm = (1*ufarad*cm**-2) * area
    const gl = (5e-5*siemens*cm**-2) * area
    const El = -60*mV
    const EK = -90*mV
    const ENa = 50*mV
    const g_na = (100*msiemens*cm**-2) * area
    const g_kd = (30*msiemens*cm**-2) * area
    const VT = -63*mV
)");
  ASSERT_EQ(model.states.size(), 4U);
  const double v = -50e-3;
  std::map<std::string, double> at{{"v", v}, {"m", 0.2}, {"n", 0.4}, {"h", 0.6}};
  // alpha_m with the exponential written out; 1e-12 for a difference of numbers near 1.
  const double x = (13e-3 - v - 63e-3) / 4e-3;
  EXPECT_NEAR(evaluate(model, definition(model, "alpha_m").node, at) /
                  (0.32 / 1e-3 * 4e-3 / (x == 0 ? 1 : std::expm1(x) / x) / 1e-3),
              1.0, 1e-12);
  const double area = 20000e-12;
  const double dv = (5e-5 * 1e4 * area * (-60e-3 - v) - 100e-3 * 1e4 * area * 0.008 * 0.6 * (v - 50e-3) -
                     30e-3 * 1e4 * area * 0.0256 * (v + 90e-3)) /
                    (1e-6 * 1e4 * area);
  EXPECT_NEAR(evaluate(model, model.states[0].derivative, at) / dv, 1.0, 1e-12);
}

TEST(Load, ConditionsAreNumbersInArithmetic) {
  const ir::Model model = load(
      "input v : volt\nopen = v > -20*mV and not (v > 20*mV) : boolean\ny = 3*open + (v < 0) : 1\nk = int(open) : "
      "integer\n");
  EXPECT_EQ(evaluate(model, definition(model, "y").node, {{"v", -0.01}}), 4.0);
  EXPECT_EQ(evaluate(model, definition(model, "y").node, {{"v", 0.03}}), 0.0);
  EXPECT_EQ(evaluate(model, definition(model, "k").node, {{"v", -0.01}}), 1.0);
  // A condition is handed on as a number.
  EXPECT_EQ(model.graph[definition(model, "open").node].type, ir::Type::real);
}

TEST(Load, ZeroAndInfinityTakeTheUnitTheyNeed) {
  const ir::Model model = load(
      "input v : volt\ndx/dt = 0 : amp\ny = clip(v, 0, inf) : volt\nz = v > 0 : boolean\nrequire v in [0, inf] for v "
      "in [0, 1 mV]\n");
  EXPECT_EQ(model.requirements[0].low, 0.0);
  EXPECT_EQ(model.requirements[0].high, HUGE_VAL);
}

TEST(Load, RequirementsRangeOverInputsStatesTimeAndNewNames) {
  const ir::Model model = load(
      "param a : 1\ninput V : volt\ndx/dt = -x/second : 1\n"
      "require a in [0, 1]\nrequire a*V in [-1 mV, 1 mV] for V in [-1 mV, 1 mV]\nrequire a*x in [0, 1] for x in [0, "
      "1]\n"
      "require exp(-a*t/second) in [0, 1] for t in [0*ms, 5*ms]\nrequire min(a*u), max(a*u + 1 mV) in [0*mV, 1*mV] for "
      "u in [0*mV, 1*mV]\n");
  ASSERT_EQ(model.requirements.size(), 6U);
  EXPECT_FALSE(model.requirements[0].bound.has_value());
  const char* bounds[] = {"V", "x", "t", "u", "u"};
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(model.symbol(*model.requirements[i + 1].bound).name, bounds[i]);
  EXPECT_EQ(model.symbol(*model.requirements[4].bound).kind, ir::SymbolKind::bound);
  EXPECT_EQ(model.requirements[4].reduce, ir::Requirement::Reduce::minimum);
  EXPECT_EQ(model.requirements[5].text, "max(a*u + 1 mV) in [0*mV, 1*mV] for u in [0*mV, 1*mV]");
}

TEST(Load, ObservationsOfStatesSubExpressionsAndNewNames) {
  const ir::Model model = load(
      "param s : pA\ndv/dt = -v/second : mV\nI = v*nS : nA\nobserve v ~ normal(v, 1 mV)\nobserve I ~ normal(2*I, 1 "
      "pA)\nobserve J ~ normal(I, s)\n"
      "observe K ~ normal(v, 1 mV + 0.1*abs(v))\n");
  ASSERT_EQ(model.observations.size(), 4U);
  const char* units[] = {"mV", "nA", "pA", "mV"};
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(model.observations[i].unit.name, units[i]);
}

TEST(Load, FamiliesOfNoiseHaveTheirMomentsAndUnits) {
  const ir::Model model = load(
      "param v : mV\nobserve a ~ lognormal(v, 0.5)\nobserve b ~ binomial(10, 0.3)\nobserve c ~ poisson(4)\n"
      "observe d ~ bernoulli(0.2)\n");
  const char* units[] = {"mV", "1", "1", "1"};
  const std::size_t arguments[] = {2, 2, 1, 1};
  std::vector<ir::NodeId> roots;
  for (const ir::Observation& o : model.observations) roots.insert(roots.end(), {o.mean, o.sd});
  std::vector<double> symbols(model.symbols.size(), 2e-3), got(roots.size());
  ir::Evaluator(model.graph, roots).run(symbols, got);
  const double s2 = 0.25;
  const double wanted[] = {
      2e-3, 2e-3 * std::sqrt((std::exp(s2) - 1) * std::exp(s2)), 3.0, std::sqrt(2.1), 4.0, 2.0, 0.2, 0.4};
  ASSERT_EQ(model.observations.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(model.observations[i].unit.name, units[i]);
    EXPECT_EQ(model.observations[i].arguments.size(), arguments[i]);
    for (const std::size_t k : {2 * i, 2 * i + 1}) EXPECT_NEAR(got[k], wanted[k], 1e-15 * std::fabs(wanted[k]) * 8);
  }
}

TEST(Load, EverySymbolKnowsItsKindUnitAndPlace) {
  const ir::Model model = load("input V : mV\ndx/dt = -x/ms : 1\nparam p : uS\nconst c = 3 ms\n");
  EXPECT_EQ(model.symbol(model.time).kind, ir::SymbolKind::time);
  EXPECT_EQ(model.symbol(model.step).kind, ir::SymbolKind::step);
  const std::tuple<const char*, ir::SymbolKind, const char*, int, int> wanted[] = {
      {"V", ir::SymbolKind::input, "mV", 1, 7},
      {"x", ir::SymbolKind::state, "1", 2, 2},
      {"p", ir::SymbolKind::parameter, "uS", 3, 7},
      {"c", ir::SymbolKind::constant, "ms", 4, 7}};
  for (const auto& [name, kind, unit, line, column] : wanted) {
    const auto id = model.find(name);
    ASSERT_TRUE(id.has_value()) << name;
    EXPECT_EQ(model.symbol(*id).kind, kind) << name;
    EXPECT_EQ(model.symbol(*id).unit.name, unit) << name;
    EXPECT_EQ(model.symbol(*id).span.line, line) << name;
    EXPECT_EQ(model.symbol(*id).span.column, column) << name;
  }
}

TEST(Load, BrianSyntaxThatFewUse) {
  // Several equations in a line after flags; flags in the next line; "d x / dt"; tabs; Windows line ends; a BOM.
  const ir::Model model = load(
      "\xEF\xBB\xBF"
      "a : 1 (constant) b : 1 (constant)\r\nconst a = 1\r\nconst b = 2; d x / dt\t=\r\n  a*\r\n  (b -\r\n x) / "
      "second\r\n : 1\r\n");
  EXPECT_EQ(text_of(model, model.states.at(0).derivative), "((a * (b - x)) / 1)");
}

TEST(Load, TimestepIsBrians) {
  const ir::Model model = load("n = timestep(t, dt) : integer\n");
  // (t + 1e-3 dt)/dt, cut: 0.3/0.1 is 2.9999999999999996 in doubles, and counts as 3.
  EXPECT_EQ(evaluate(model, model.definitions[0].node, {{"t", 0.3e-3}, {"dt", 0.1e-3}}), 3.0);
  EXPECT_EQ(evaluate(model, model.definitions[0].node, {{"t", 0.2989e-3}, {"dt", 0.1e-3}}), 2.0);
}

TEST(Load, SameTextSameModel) {
  const ir::Model a = load(herg_text()), b = load(herg_text());
  ASSERT_EQ(a.graph.size(), b.graph.size());
  for (std::uint32_t i = 0; i < a.graph.size(); ++i) EXPECT_EQ(text_of(a, ir::NodeId{i}), text_of(b, ir::NodeId{i}));
}

}  // namespace
}  // namespace hillock::lang
