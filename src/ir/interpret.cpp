#include "ir/interpret.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <numbers>

#include "base/error.hpp"
#include "base/rng.hpp"

namespace hillock::ir {
namespace {

// 2^(j/16), correctly rounded (hex floats by the script lower/coefficients.py; the same table is in the compiled code).
constexpr std::array<double, 16> powers_of_two{
    0x1.0000000000000p+0, 0x1.0b5586cf9890fp+0, 0x1.172b83c7d517bp+0, 0x1.2387a6e756238p+0,
    0x1.306fe0a31b715p+0, 0x1.3dea64c123422p+0, 0x1.4bfdad5362a27p+0, 0x1.5ab07dd485429p+0,
    0x1.6a09e667f3bcdp+0, 0x1.7a11473eb0187p+0, 0x1.8ace5422aa0dbp+0, 0x1.9c49182a3f090p+0,
    0x1.ae89f995ad3adp+0, 0x1.c199bdd85529cp+0, 0x1.d5818dcfba487p+0, 0x1.ea4afa2a490dap+0};

double floor_mod(double x, double y) {
  const double r = std::fmod(x, y);
  if (r != 0.0) return (r < 0.0) != (y < 0.0) ? r + y : r;
  return std::copysign(0.0, y);
}

/// The bits of x, counted from the first number above sqrt(1/2), whose exponent becomes that of 1: so the exponent of
/// the result is that of x in powers of 2 around 1, its fraction the distance from sqrt(1/2).
std::uint64_t from_sqrt_half(double x) {
  return std::bit_cast<std::uint64_t>(x) + 0x3FF0000000000000ULL - above_sqrt_half;
}

/// Two uniform numbers in (0, 1] at an address.
std::array<double, 2> philox_uniforms(double counter, double lane, double seed) {
  const auto words = [](double x) {
    // The integer below 2^52; of any other double something, the same in every back end.
    const std::uint64_t n = std::bit_cast<std::uint64_t>(x + 0x1p52) & 0x000FFFFFFFFFFFFFULL;
    return std::array{static_cast<std::uint32_t>(n), static_cast<std::uint32_t>(n >> 32U)};
  };
  const auto [c0, c1] = words(counter);
  const auto [c2, c3] = words(lane);
  const std::array<std::uint32_t, 4> out = philox_block({c0, c1, c2, c3}, words(seed));
  const auto uniform = [](std::uint32_t low, std::uint32_t high) {
    const std::uint64_t bits = low | (static_cast<std::uint64_t>(high) << 32U);
    return 2.0 - std::bit_cast<double>((bits >> 12U) | 0x3FF0000000000000ULL);
  };
  return {uniform(out[0], out[1]), uniform(out[2], out[3])};
}

std::array<double, 2> box_muller(double counter, double lane, double seed) {
  const auto [u, v] = philox_uniforms(counter, lane, seed);
  const double radius = std::sqrt(-2.0 * std::log(u));
  const double angle = 2.0 * std::numbers::pi * v;
  return {radius * std::cos(angle), radius * std::sin(angle)};
}

double bernoulli(double x) {
  if (x == 0.0) return 1.0;
  return std::isinf(x) && x > 0.0 ? 0.0 : x / std::expm1(x);
}

/// B (1 - B - x)/x with B = bernoulli(x); by its series where that cancels.
double bernoulli_slope(double x) {
  if (std::fabs(x) < 0.25) {
    const double y = x * x;
    double sum = -691.0 / 108972864000.0;
    for (const double c : {1.0 / 4790016.0, -1.0 / 151200.0, 1.0 / 5040.0, -1.0 / 180.0, 1.0 / 6.0}) sum = sum * y + c;
    return sum * x - 0.5;
  }
  const double b = bernoulli(x);
  if (b == 0.0) return 0.0;
  return x < -40.0 ? -1.0 : b * (1.0 - b - x) / x;
}

/// (e^x - exprel x)/x; by its series sum_k x^k (k+1)/(k+2)! where that cancels.
double exprel_slope(double x) {
  if (std::fabs(x) < 0.5) {
    double sum = 0.0;
    for (int k = 16; k >= 0; --k) sum = sum * x + (k + 1.0) / std::tgamma(k + 3.0);
    return sum;
  }
  if (x < -40.0) return 1.0 / x / x;
  return x > 717.0 ? x / 0.0 : (std::exp(x) - std::expm1(x) / x) / x;
}

double exponential_relative(double x) {
  if (x == 0.0) return 1.0;
  return std::expm1(x) / x;
}

}  // namespace

double exp2_table_entry(int j) { return powers_of_two[static_cast<std::size_t>(j & 15)]; }

double apply(Op op, double a, double b, double c) {
  const auto truth = [](bool x) { return x ? 1.0 : 0.0; };
  switch (op) {
    case Op::constant:
    case Op::symbol: break;
    case Op::add: return a + b;
    case Op::sub: return a - b;
    case Op::mul: return a * b;
    case Op::div: return a / b;
    case Op::neg: return -a;
    case Op::pow: return std::pow(a, b);
    case Op::mod: return floor_mod(a, b);
    case Op::floordiv: return std::floor(a / b);
    case Op::fma: return std::fma(a, b, c);
    case Op::lt: return truth(a < b);
    case Op::le: return truth(a <= b);
    case Op::gt: return truth(a > b);
    case Op::ge: return truth(a >= b);
    case Op::eq: return truth(a == b);
    case Op::ne: return truth(a != b);
    case Op::land: return truth(a != 0.0 && b != 0.0);
    case Op::lor: return truth(a != 0.0 || b != 0.0);
    case Op::lnot: return truth(a == 0.0);
    case Op::select:
    case Op::seldom: return a != 0.0 ? b : c;
    case Op::to_real: return a;
    case Op::sin: return std::sin(a);
    case Op::cos: return std::cos(a);
    case Op::tan: return std::tan(a);
    case Op::sinh: return std::sinh(a);
    case Op::cosh: return std::cosh(a);
    case Op::tanh: return std::tanh(a);
    case Op::arcsin: return std::asin(a);
    case Op::arccos: return std::acos(a);
    case Op::arctan: return std::atan(a);
    case Op::exp: return std::exp(a);
    case Op::log: return std::log(a);
    case Op::log10: return std::log10(a);
    case Op::expm1: return std::expm1(a);
    case Op::log1p: return std::log1p(a);
    case Op::exprel: return exponential_relative(a);
    case Op::exprel_slope: return exprel_slope(a);
    case Op::bernoulli: return bernoulli(a);
    case Op::bernoulli_slope: return bernoulli_slope(a);
    case Op::sqrt: return std::sqrt(a);
    case Op::ceil: return std::ceil(a);
    case Op::floor: return std::floor(a);
    case Op::trunc: return std::trunc(a);
    case Op::abs: return std::fabs(a);
    case Op::sign: return a > 0.0 ? 1.0 : (a < 0.0 ? -1.0 : a);
    case Op::clip: return apply(Op::min, c, apply(Op::max, b, a, 0.0), 0.0);
    // A NaN on either side comes through: where neither is smaller, b is taken.
    case Op::min: return a < b || std::isnan(a) ? a : b;
    case Op::max: return a > b || std::isnan(a) ? a : b;
    case Op::least: return a < b ? a : b;
    case Op::most: return a > b ? a : b;
    case Op::normal_a: return box_muller(a, b, c)[0];
    case Op::stop_gradient: return a;
    case Op::normal_b: return box_muller(a, b, c)[1];
    case Op::random_a: return philox_uniforms(a, b, c)[0];
    case Op::random_b: return philox_uniforms(a, b, c)[1];
    case Op::to_single: return static_cast<double>(static_cast<float>(a));
    case Op::to_double: return a;
    case Op::round_even: return std::nearbyint(a);
    case Op::scale2:
      return std::isfinite(b) ? std::ldexp(a, static_cast<int>(std::fmax(-5000.0, std::fmin(5000.0, b)))) : b;
    case Op::scale2_normal:
      return std::isfinite(b) ? std::ldexp(a, static_cast<int>(std::floor(std::fmax(-5e3, std::fmin(5e3, b))))) : b;
    case Op::exponent2: return std::isfinite(a) && a != 0.0 ? static_cast<double>(std::ilogb(a)) : 0.0;
    case Op::mantissa2:
      if (std::isnan(a)) return a;
      return std::isfinite(a) && a != 0.0 ? std::scalbn(std::fabs(a), -std::ilogb(a)) : 1.0;
    case Op::exponent2_near: return static_cast<double>(from_sqrt_half(a) >> 52U) - 1023.0;
    case Op::mantissa2_near:
      return std::bit_cast<double>((from_sqrt_half(a) & 0x000FFFFFFFFFFFFFULL) + above_sqrt_half);
    case Op::exp2_table:
      return std::isfinite(a) ? exp2_table_entry(static_cast<int>(
                                    static_cast<std::int64_t>(std::fmax(-0x1p52, std::fmin(0x1p52, a))) & 15))
                              : a;
  }
  bug(__FILE__, __LINE__, "a leaf was applied");
}

double apply_single(Op op, double a, double b, double c) {
  const auto x = static_cast<float>(a), y = static_cast<float>(b), z = static_cast<float>(c);
  switch (op) {
    case Op::add: return static_cast<double>(x + y);
    case Op::sub: return static_cast<double>(x - y);
    case Op::mul: return static_cast<double>(x * y);
    case Op::div: return static_cast<double>(x / y);
    case Op::fma: return static_cast<double>(std::fma(x, y, z));
    case Op::sqrt: return static_cast<double>(std::sqrt(x));
    case Op::scale2:
      if (!std::isfinite(b)) return b;
      return static_cast<double>(std::ldexp(x, static_cast<int>(std::fmax(-1000.0, std::fmin(1000.0, b)))));
    // What is left chooses among floats, or is a library function: rounded once to a double and then to a float.
    default: return static_cast<double>(static_cast<float>(apply(op, a, b, c)));
  }
}

double evaluate(const Graph& graph, NodeId root, std::span<const double> symbol_values) {
  double out = 0.0;
  Evaluator(graph, std::span(&root, 1)).run(symbol_values, std::span(&out, 1));
  return out;
}

Evaluator::Evaluator(const Graph& graph, std::span<const NodeId> roots) {
  const std::vector<NodeId> order = reachable(graph, roots);
  std::vector<std::uint32_t> place(graph.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    const Node& node = graph[order[i]];
    place[index(order[i])] = i;
    Step step{node.op, node.type == Type::single, {0, 0, 0}, index(node.symbol), node.value};
    for (std::size_t k = 0; k < 3; ++k)
      if (node.args[k] != no_node) step.args[k] = place[index(node.args[k])];
    steps_.push_back(step);
  }
  for (const NodeId root : roots) roots_.push_back(place[index(root)]);
  values_.resize(steps_.size());
}

void Evaluator::run(std::span<const double> symbol_values, std::span<double> out) {
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const Step& step = steps_[i];
    if (step.op == Op::constant) values_[i] = step.value;
    else if (step.op == Op::symbol) values_[i] = symbol_values[step.symbol];
    else
      values_[i] = (step.single ? apply_single : apply)(step.op, values_[step.args[0]], values_[step.args[1]],
                                                        values_[step.args[2]]);
  }
  for (std::size_t i = 0; i < roots_.size(); ++i) out[i] = values_[roots_[i]];
}

}  // namespace hillock::ir
