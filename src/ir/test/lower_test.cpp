/// Lowered functions against 80-bit references: at most 2 ulp over all doubles, special values exactly, op counts as
/// documented.
///
/// The references are the C library's long double functions (64-bit significand, errors of 1 to 3 units of 2^-64):
/// they add at most 3/2048 ulp to what is measured here.

#include "ir/lower/lower.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <limits>
#include <map>
#include <numbers>
#include <sstream>
#include <string>
#include <vector>

#include "base/rng.hpp"
#include "ir/interpret.hpp"

// Samples per function, from each of three distributions (five for pow), beside the grids and the edges.
// docs/reference/math.md was made with 20 times as many.
#ifndef HILLOCK_LOWER_SAMPLES
#define HILLOCK_LOWER_SAMPLES 300000
#endif

namespace hillock::ir {
namespace {

using Real = long double;
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double tiny = 0x1p-1074;
constexpr double largest = std::numeric_limits<double>::max();

/// A function of one or two arguments, lowered, ready to run.
class Lowered {
 public:
  Lowered(Op op, int arity) : graph_(), root_(build(op, arity)), run_(graph_, std::span(&root_, 1)) {}
  double operator()(double x, double y = 0.0, double z = 0.0) {
    const double values[3] = {x, y, z};
    double out = 0.0;
    run_.run(values, std::span(&out, 1));
    return out;
  }
  /// Primitive ops, without constants and symbols.
  [[nodiscard]] int ops() const {
    int count = 0;
    for (const NodeId id : reachable(graph_, std::span(&root_, 1)))
      if (graph_[id].op != Op::constant && graph_[id].op != Op::symbol) ++count;
    return count;
  }
  [[nodiscard]] const Graph& graph() const { return graph_; }
  [[nodiscard]] NodeId root() const { return root_; }

 private:
  NodeId build(Op op, int arity) {
    std::vector<NodeId> args;
    for (int i = 0; i < arity; ++i) args.push_back(graph_.symbol(SymbolId{static_cast<std::uint32_t>(i)}));
    return lower(graph_, op, args);
  }
  Graph graph_;
  NodeId root_;
  Evaluator run_;
};

/// |got - want| in units of the spacing of doubles at `want`. Infinity counts as 2^1024, where it starts.
double ulps(double got, Real want) {
  if (std::isnan(got) || std::isnan(want)) return std::isnan(got) && std::isnan(want) ? 0.0 : inf;
  const auto finite = [](Real v) { return std::isinf(v) ? std::copysign(0x1p1024L, v) : v; };
  const Real w = std::fabs(want) > 0x1p1024L ? std::copysign(0x1p1024L, want) : want;
  const int exponent = w == 0 ? -1022 : std::max(-1022, std::min(1023, std::ilogb(w)));
  return static_cast<double>(std::fabs(finite(got) - w) / std::scalbn(1.0L, exponent - 52));
}

struct Worst {
  double ulp = 0.0;
  double x = 0.0, y = 0.0, got = 0.0;
  Real want = 0.0;
  void see(double got_, Real want_, double x_, double y_ = 0.0) {
    const double u = ulps(got_, want_);
    if (u > ulp) *this = {u, x_, y_, got_, want_};
  }
};

std::string describe(const Worst& w) {
  char text[200];
  std::snprintf(text, sizeof text, "%.4f ulp at (%.17g = %a, %.17g = %a): got %.17g, true %.20Lg", w.ulp, w.x, w.x, w.y,
                w.y, w.got, w.want);
  return text;
}

struct Function {
  Op op;
  std::string name;
  std::function<Real(Real)> reference;
  double low, high;            ///< where the function is interesting: sampled uniformly
  std::vector<double> places;  ///< breakpoints and edges: sampled closely on both sides
};

void PrintTo(const Function& f, std::ostream* out) { *out << f.name; }

Real exprel_slope(Real x) {
  if (std::fabs(x) < 0.5L) {
    Real sum = 0;
    for (int k = 20; k >= 0; --k) sum = sum * x + (k + 1.0L) / std::tgamma(k + 3.0L);
    return sum;
  }
  if (std::isinf(x)) return x > 0 ? x : 0.0L;
  return x > 0 ? ((x - 1) * std::exp(x) + 1) / x / x : (std::exp(x) - std::expm1(x) / x) / x;
}
Real exprel(Real x) { return x == 0 ? 1.0L : std::isinf(x) ? (x > 0 ? x : 0.0L) : std::expm1(x) / x; }

const std::vector<Function>& functions() {
  static const std::vector<Function> all = [] {
    const double ln2 = std::log(2.0);
    std::vector<double> sixteenths;
    for (int i = -40; i <= 40; ++i) sixteenths.push_back((i + 0.5) * ln2 / 16), sixteenths.push_back(i * ln2 / 16);
    std::vector<double> exps = sixteenths;
    for (const double x :
         {-746.0, -745.2, -744.5, -708.4, -40.0, -37.4, 37.0, 40.0, 709.78, 710.0, 710.475, 19.06, 20.0, 716.3, 718.0})
      exps.push_back(x);
    std::vector<double> logs;  // the edges of the reduction, and powers of ten
    for (int i = -30; i <= 30; ++i) logs.push_back(std::ldexp(std::sqrt(0.5), i)), logs.push_back(std::pow(10.0, i));
    for (const double x : {std::sqrt(2.0) - 1, 1 - std::sqrt(0.5), 3 - 2 * std::sqrt(2.0), 0.5, 0x1p-1073, 0x1.8p-1073})
      logs.push_back(x);
    std::vector<double> angles;  // multiples of pi/4 near and far; the double nearest to a multiple of pi/2 of all
    for (int i = 1; i <= 50; ++i) angles.push_back(i * std::numbers::pi / 4);
    for (int i = 7; i <= 1000; ++i)
      angles.push_back(std::nearbyint(std::ldexp(2 / std::numbers::pi, i)) * (std::numbers::pi / 2));
    angles.push_back(0x1.6ac5b262ca1ffp+849);
    const std::vector<double> inverse{0.25, 0.5, std::sqrt(0.5), 0.9, 1.0, 2.0, 0x1p26, 0x1p53};
    return std::vector<Function>{
        {Op::exp, "exp", [](Real x) { return std::exp(x); }, -760, 720, exps},
        {Op::expm1, "expm1", [](Real x) { return std::expm1(x); }, -45, 45, exps},
        {Op::exprel, "exprel", exprel, -60, 720, exps},
        {Op::bernoulli, "bernoulli", [](Real x) { return 1 / exprel(x); }, -60, 760, exps},
        {Op::sinh, "sinh", [](Real x) { return std::sinh(x); }, -3, 3, exps},
        {Op::cosh, "cosh", [](Real x) { return std::cosh(x); }, -3, 3, exps},
        {Op::tanh, "tanh", [](Real x) { return std::tanh(x); }, -3, 3, exps},
        {Op::sin, "sin", [](Real x) { return std::sin(x); }, -30, 30, angles},
        {Op::cos, "cos", [](Real x) { return std::cos(x); }, -30, 30, angles},
        {Op::tan, "tan", [](Real x) { return std::tan(x); }, -30, 30, angles},
        {Op::arcsin, "arcsin", [](Real x) { return std::asin(x); }, -1, 1, inverse},
        {Op::arccos, "arccos", [](Real x) { return std::acos(x); }, -1, 1, inverse},
        {Op::arctan, "arctan", [](Real x) { return std::atan(x); }, -4, 4, inverse},
        {Op::log, "log", [](Real x) { return std::log(x); }, 0, 4, logs},
        {Op::log10, "log10", [](Real x) { return std::log10(x); }, 0, 4, logs},
        {Op::log1p, "log1p", [](Real x) { return std::log1p(x); }, -1, 3, logs},
    };
  }();
  return all;
}

/// One over two hundred neighbours and near neighbours of a place, on both sides.
template <class See>
void around(double place, See&& see) {
  for (const double s : {place, -place}) {
    double up = s, down = s;
    for (int i = 0; i < 60; ++i) {
      see(up), see(down);
      up = std::nextafter(up, inf), down = std::nextafter(down, -inf);
    }
    for (int e = 1; e < 53; ++e) see(s * (1 + std::ldexp(1.0, -e))), see(s * (1 - std::ldexp(1.0, -e)));
  }
}

Worst measure(const Function& f) {
  Lowered lowered(f.op, 1);
  Worst worst;
  const auto see = [&](double x) { worst.see(lowered(x), f.reference(x), x); };
  // Every exponent, several significands.
  for (int e = -1074; e <= 1023; ++e)
    for (const double m : {1.0, 1.0 + 0x1p-52, 1.1, 1.2345, 1.4142, 1.5, 1.75, 1.99, 2.0 - 0x1p-52})
      see(std::ldexp(m, e)), see(-std::ldexp(m, e));
  for (const double place : f.places) around(place, see);
  for (const double place : {tiny, 0x1p-1022, 0x1p-54, 0x1p-53, 1.0, 2.0, largest}) around(place, see);
  Rng rng(1, stream_id(f.name));
  for (int i = 0; i < HILLOCK_LOWER_SAMPLES; ++i) {
    see(std::bit_cast<double>(rng.bits()));
    see(f.low + (f.high - f.low) * rng.uniform());
    // Logarithmic in size, where the functions bend.
    see((rng.bits() & 1U ? 1.0 : -1.0) * std::exp2(-30.0 + 40.0 * rng.uniform()));
  }
  return worst;
}

struct Row {
  double ulp;
  int ops;
};

/// The table of docs/reference/math.md: | `name` | ulp | ops | ...
const std::map<std::string, Row>& documented() {
  static const std::map<std::string, Row> rows = [] {
    std::map<std::string, Row> out;
    std::ifstream file(HILLOCK_SOURCE_DIR "/docs/reference/math.md");
    for (std::string line; std::getline(file, line);) {
      if (!line.starts_with("| `")) continue;
      std::istringstream cells(line);
      std::string cell, name;
      std::getline(cells, cell, '|');
      std::getline(cells, name, '|');
      name = name.substr(name.find('`') + 1, name.rfind('`') - name.find('`') - 1);
      Row row{};
      std::getline(cells, cell, '|'), row.ulp = std::strtod(cell.c_str(), nullptr);
      std::getline(cells, cell, '|'), row.ops = static_cast<int>(std::strtol(cell.c_str(), nullptr, 10));
      out[name] = row;
    }
    return out;
  }();
  return rows;
}

void expect_documented(const std::string& name, const Worst& worst, int ops) {
  if (worst.ulp > 0) std::printf("  %-10s %s, %d ops\n", name.c_str(), describe(worst).c_str(), ops);
  EXPECT_LE(worst.ulp, 2.0) << name << ": " << describe(worst);
  const auto row = documented().find(name);
  ASSERT_TRUE(row != documented().end()) << name << " has no row in docs/reference/math.md";
  EXPECT_LE(worst.ulp, row->second.ulp) << name << ": more than documented";
  EXPECT_EQ(ops, row->second.ops) << name << ": the op count in docs/reference/math.md";
}

class Elementary : public testing::TestWithParam<Function> {};
INSTANTIATE_TEST_SUITE_P(Lower, Elementary, testing::ValuesIn(functions()), [](const auto& f) { return f.param.name; });

TEST_P(Elementary, IsWithinTwoUlpOverAllDoubles) {
  const Function& f = GetParam();
  expect_documented(f.name, measure(f), Lowered(f.op, 1).ops());
}

TEST(Lower, PowIsWithinTwoUlp) {
  Lowered lowered(Op::pow, 2);
  Worst worst;
  const auto see = [&](double x, double y) { worst.see(lowered(x, y), std::pow(Real{x}, Real{y}), x, y); };
  const std::vector<double> edges{tiny, 0x1p-1022, 0.5, std::sqrt(0.5), 1.0, std::sqrt(2.0), 2.0, 10.0, largest};
  for (const double x : edges)
    for (const double y : edges)
      around(x, [&](double near_x) { see(near_x, y), see(near_x, -y), see(std::fabs(near_x), std::round(y)); });
  for (int e = -1074; e <= 1023; ++e)
    for (const double y : {0.25, 1.0 / 3, 0.5, 0.99, 1.0, 1.5, 2.0, 3.0, 5.0, 7.0, 1000.0, -0.5, -1.0, -3.0})
      for (const double m : {1.0, 1.0 + 0x1p-52, 1.3, 2.0 - 0x1p-52})
        see(std::ldexp(m, e), y), see(-std::ldexp(m, e), y);
  Rng rng(1, stream_id("pow"));
  for (int i = 0; i < HILLOCK_LOWER_SAMPLES; ++i) {
    see(std::bit_cast<double>(rng.bits()), std::bit_cast<double>(rng.bits()));
    see(10 * rng.uniform(), 40 * rng.uniform() - 20);
    // x anywhere, and y such that the result is anywhere between underflow and overflow.
    const double x = std::exp2(2096 * rng.uniform() - 1074);
    see(x, (2100 * rng.uniform() - 1076) / std::log2(x));
    const double near_one = 1 + std::exp2(-50 * rng.uniform()) * (rng.uniform() - 0.5);
    see(near_one, (2100 * rng.uniform() - 1076) / std::log2(near_one));
    see(-std::floor(100 * rng.uniform()) / 8, std::floor(60 * rng.uniform()) - 30);
  }
  expect_documented("pow", worst, lowered.ops());
}

/// Equal as values, and in the sign of a zero.
void expect_same(const std::string& what, double got, double want) {
  if (std::isnan(want)) {
    EXPECT_TRUE(std::isnan(got)) << what << " is " << got << ", not NaN";
  } else {
    EXPECT_EQ(got, want) << what;
    EXPECT_EQ(std::signbit(got), std::signbit(want)) << what << " has the wrong sign";
  }
}

TEST_P(Elementary, HasItsSpecialValuesExactly) {
  const Function& f = GetParam();
  Lowered lowered(f.op, 1);
  for (const double x : {0.0, -0.0, inf, -inf, nan})
    expect_same(f.name + "(" + std::to_string(x) + ")", lowered(x), static_cast<double>(f.reference(x)));
}

TEST(Lower, ExactResultsAreExact) {
  Lowered exp(Op::exp, 1), log(Op::log, 1), log10(Op::log10, 1), pow(Op::pow, 2), cos(Op::cos, 1),
      arccos(Op::arccos, 1);
  EXPECT_EQ(exp(0.0), 1.0);
  expect_same("log(1)", log(1.0), 0.0);
  expect_same("arccos(1)", arccos(1.0), 0.0);
  EXPECT_EQ(cos(0.0), 1.0);
  for (int n = 0; n <= 22; ++n) EXPECT_EQ(log10(std::pow(10.0, n)), n);
  for (int n = -1074; n <= 1023; ++n) EXPECT_EQ(pow(2.0, n), std::ldexp(1.0, n)) << n;
  // Overflow and underflow begin where they should: at the last x whose true result is a finite double, and after it.
  EXPECT_TRUE(std::isfinite(exp(0x1.62e42fefa39efp+9)));
  EXPECT_EQ(exp(0x1.62e42fefa39f0p+9), inf);
  EXPECT_EQ(exp(-0x1.74910d52d3051p+9), tiny);
  EXPECT_EQ(exp(-0x1.74910d52d3052p+9), 0.0);
}

TEST(Lower, TheSlopeOfExprelIsGoodEnoughForSlopes) {
  // No model calls it. Inside the fit it is the difference of two that are at most 1.2; outside, e^x = x E + 1 loses up
  // to 40 times.
  Lowered lowered(Op::exprel_slope, 1);
  Rng rng(4, stream_id("exprel slope"));
  for (int i = 0; i < 200000; ++i) {
    const double x = i % 2 == 0 ? 1.25 * rng.uniform() - 1.0 : 1500.0 * rng.uniform() - 790.0;
    const Real want = exprel_slope(x);
    if (want > 1e308L) continue;
    const double allowed = (std::fabs(x) < 0.625 ? 4.0 : 50.0) * std::numeric_limits<double>::epsilon();
    ASSERT_NEAR(lowered(x), static_cast<double>(want), allowed * static_cast<double>(want)) << x;
  }
  EXPECT_EQ(lowered(0.0), 0.5);
  EXPECT_EQ(lowered(inf), inf);
  EXPECT_EQ(lowered(800.0), inf);
  EXPECT_EQ(lowered(-inf), 0.0);
  EXPECT_TRUE(std::isnan(lowered(nan)));
}

TEST(Lower, TheSlopeOfBernoulliIsGoodEnoughForSlopes) {
  // No model calls it. B' = (1 - B e^x)/(e^x - 1), whose top is about -x/2 near 0, where the reference needs its bits.
  Lowered lowered(Op::bernoulli_slope, 1);
  Rng rng(4, stream_id("bernoulli slope"));
  for (int i = 0; i < 200000; ++i) {
    const double x = i % 2 == 0 ? 2.0 * rng.uniform() - 1.0 : 1500.0 * rng.uniform() - 750.0;
    const Real y = x, less = std::expm1(y), b = y / less;
    const Real want = y > 745 ? 0 : y < -60 ? -1 : (1 - b - y) / less;
    if (std::fabs(x) < 1e-3 || std::fabs(want) < 1e-300L) continue;
    const Real allowed = 50.0L * std::numeric_limits<double>::epsilon() * std::fabs(want) + 2e-19L / std::fabs(y);
    ASSERT_NEAR(lowered(x), static_cast<double>(want), static_cast<double>(allowed)) << x;
  }
  for (const double x : {-1e-3, -1e-5, 0.0, 1e-200, 1e-4})
    EXPECT_NEAR(lowered(x), -0.5 + x / 6, 1e-8 * std::fabs(x) + 1e-16);
  EXPECT_EQ(lowered(0.0), -0.5);
  EXPECT_EQ(lowered(inf), 0.0);
  EXPECT_EQ(lowered(800.0), 0.0);
  EXPECT_EQ(lowered(-inf), -1.0);
  EXPECT_TRUE(std::isnan(lowered(nan)));
}

TEST(Lower, LeavesOnlyPrimitives) {
  for (const OpInfo& row : all_ops()) {
    if (row.op == Op::constant || row.op == Op::symbol) continue;
    Graph graph;
    std::vector<NodeId> args;
    for (int i = 0; i < row.arity; ++i) {
      const bool boolean = row.units == UnitRule::logic || (row.units == UnitRule::choose && i == 0);
      const Type number = row.op == Op::to_double ? Type::single : Type::real;
      args.push_back(graph.symbol(SymbolId{static_cast<std::uint32_t>(i)}, boolean ? Type::boolean : number));
    }
    const NodeId root = lower(graph, row.op, args);
    EXPECT_EQ(graph[root].type, row.result) << row.name;
    for (const NodeId id : reachable(graph, std::span(&root, 1))) {
      const Node& node = graph[id];
      if (node.op == Op::constant || node.op == Op::symbol) continue;
      // Lowered once more, a primitive stays itself.
      const std::span<const NodeId> its(node.args.data(), static_cast<std::size_t>(info(node.op).arity));
      const std::vector<NodeId> copy(its.begin(), its.end());
      EXPECT_EQ(lower(graph, graph[id].op, copy), id) << row.name << " contains " << info(graph[id].op).name;
    }
  }
}

TEST(Lower, ConstantsAreFolded) {
  Graph graph;
  const NodeId y = graph.symbol(SymbolId{0});
  const NodeId two = graph.constant(2.0);
  for (const Function& f : functions()) {
    const NodeId half = graph.constant(0.5);
    const NodeId folded = lower(graph, f.op, std::span(&half, 1));
    ASSERT_TRUE(graph.is_constant(folded)) << f.name;
    Lowered lowered(f.op, 1);
    EXPECT_EQ(graph[folded].value, lowered(0.5)) << f.name;
  }
  // A constant base: no logarithm is left, and the bits are those of the general case.
  const NodeId args[2] = {two, y};
  const NodeId power = lower(graph, Op::pow, args);
  Lowered general(Op::pow, 2);
  EXPECT_LT(reachable(graph, std::span(&power, 1)).size(), 70U);
  for (const double v : {0.3, -7.7, 1023.9, -1074.2, 0.0, inf, -inf, nan})
    expect_same("2^" + std::to_string(v), evaluate(graph, power, std::span(&v, 1)), general(2.0, v));
}

TEST(Lower, ModIsPythons) {
  Lowered mod(Op::mod, 2), floordiv(Op::floordiv, 2);
  expect_documented("mod", Worst{}, mod.ops());
  expect_documented("floordiv", Worst{}, floordiv.ops());
  expect_same("5 % 3", mod(5, 3), 2);
  expect_same("-5 % 3", mod(-5, 3), 1);
  expect_same("5 % -3", mod(5, -3), -1);
  expect_same("-6 % 3", mod(-6, 3), 0.0);
  expect_same("6 % -3", mod(6, -3), -0.0);
  expect_same("5 % inf", mod(5, inf), 5);
  expect_same("-5 % inf", mod(-5, inf), inf);
  for (const auto& [x, y] :
       {std::pair{1.0, 0.0}, {inf, 1.0}, {nan, 1.0}, {1.0, nan}, {0x1p53, 1.0}, {1e300, 3.0}, {0.0, 0.0}})
    expect_same("not computed", mod(x, y), nan);
  // fmod is exact, so wherever the quotient is below 2^53 the bits must agree.
  Rng rng(1, stream_id("mod"));
  for (int i = 0; i < 4 * HILLOCK_LOWER_SAMPLES; ++i) {
    const double y = (rng.bits() & 1U ? 1 : -1) * std::exp2(600 * rng.uniform() - 300);
    double x = y * (rng.uniform() - 0.5) * std::exp2(53 * rng.uniform());
    if (i % 3 == 0) x = y * std::floor(1000 * rng.uniform());  // whole multiples, rounded
    if (i % 3 == 1) x = std::nextafter(x, i % 2 == 0 ? inf : -inf);
    ASSERT_TRUE(std::fabs(x / y) < 0x1p53);
    ASSERT_EQ(mod(x, y), apply(Op::mod, x, y, 0)) << x << " % " << y;
    ASSERT_EQ(floordiv(x, y), std::floor(x / y));
  }
}

TEST(Lower, SignAndClip) {
  Lowered sign(Op::sign, 1), clip(Op::clip, 3);
  expect_documented("sign", Worst{}, sign.ops());
  expect_documented("clip", Worst{}, clip.ops());
  for (const double x : {-inf, -2.0, -tiny, -0.0, 0.0, tiny, 3.0, inf, nan}) {
    expect_same("sign", sign(x), apply(Op::sign, x, 0, 0));
    expect_same("clip", clip(x, -1.0, 2.0), std::isnan(x) ? nan : x < -1 ? -1 : x > 2 ? 2 : x);
  }
}

TEST(Lower, ANaNComesThroughMinMaxAndClip) {
  Lowered least(Op::min, 2), most(Op::max, 2), clip(Op::clip, 3);
  expect_documented("min", Worst{}, least.ops());
  expect_documented("max", Worst{}, most.ops());
  const std::vector<double> values{-inf, -2.0, -0.0, 0.0, 3.0, inf, nan};
  for (const double x : values) {
    for (const double y : values) {
      const bool lost = std::isnan(x) || std::isnan(y);
      expect_same("min", least(x, y), lost ? nan : y > x ? x : y);
      expect_same("max", most(x, y), lost ? nan : y < x ? x : y);
      expect_same("min, interpreted", apply(Op::min, x, y, 0), least(x, y));
      expect_same("max, interpreted", apply(Op::max, x, y, 0), most(x, y));
      for (const double z : values) {
        expect_same("clip, interpreted", apply(Op::clip, x, y, z), clip(x, y, z));
        if (lost || std::isnan(z)) expect_same("clip", clip(x, y, z), nan);
      }
    }
  }
  // Where one operand is written as a number, there is no NaN to look for in it.
  Graph graph;
  const NodeId x = graph.symbol(SymbolId{0});
  const std::array<NodeId, 2> args{graph.constant(1.0), x};
  EXPECT_EQ(graph[lower(graph, Op::min, args)].op, Op::least);
  // Unless the number is none.
  for (const Op op : {Op::min, Op::max}) {
    const std::array<NodeId, 2> lost{graph.constant(nan), x};
    EXPECT_TRUE(std::isnan(evaluate(graph, lower(graph, op, lost), std::array{1.0})));
  }
}

TEST(Lower, PowHasEverySpecialCaseOfC99) {
  Lowered lowered(Op::pow, 2);
  const std::vector<double> values{0.0,
                                   -0.0,
                                   1.0,
                                   -1.0,
                                   2.0,
                                   -2.0,
                                   3.0,
                                   -3.0,
                                   0.5,
                                   -0.5,
                                   1.5,
                                   -1.5,
                                   2.5,
                                   -2.5,
                                   inf,
                                   -inf,
                                   nan,
                                   tiny,
                                   -tiny,
                                   largest,
                                   -largest,
                                   0x1p52,
                                   0x1p53,
                                   -0x1.0000000000001p52,
                                   0x1.fffffffffffffp52,
                                   -0x1.fffffffffffffp52,
                                   0x1p-1022,
                                   1e300,
                                   -1e300,
                                   7.0,
                                   -7.0};
  for (const double x : values)
    for (const double y : values) {
      // The C library is right within an ulp and exact in the special cases; compare those.
      const double want = std::pow(x, y);
      const std::string what = "pow(" + std::to_string(x) + ", " + std::to_string(y) + ")";
      if (std::isnan(want) || std::isinf(want) || want == 0.0 || std::fabs(want) == 1.0)
        expect_same(what, lowered(x, y), want);
    }
}

TEST(Lower, PowOfASmallConstantExponentIsAProduct) {
  for (const double y : {-1.0, 0.0, 0.5, 1.0, 2.0, 3.0, 4.0}) {
    Graph graph;
    const NodeId x = graph.symbol(SymbolId{0});
    const NodeId args[2] = {x, graph.constant(y)};
    const NodeId root = lower(graph, Op::pow, args);
    EXPECT_LE(reachable(graph, std::span(&root, 1)).size(), 8U) << y;
    Worst worst;
    Rng rng(2, stream_id("pow"));
    for (int i = 0; i < 20000; ++i) {
      const double v = std::bit_cast<double>(rng.bits());
      const double w = 4 * rng.uniform() - 2;
      for (const double u : {v, w})
        worst.see(evaluate(graph, root, std::span(&u, 1)), std::pow(Real{u}, Real{y}), u, y);
    }
    EXPECT_LE(worst.ulp, 1.92) << describe(worst);
    for (const double u : {0.0, -0.0, 1.0, -1.0, inf, -inf, nan})
      expect_same("pow(" + std::to_string(u) + ", " + std::to_string(y) + ")", evaluate(graph, root, std::span(&u, 1)),
                  std::pow(u, y));
  }
}

}  // namespace
}  // namespace hillock::ir
