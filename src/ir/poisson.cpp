#include "ir/poisson.hpp"

#include <cmath>
#include <limits>

namespace hillock::ir {
namespace {

constexpr double largest_inverted = 16.0;
constexpr int most_terms = 64;

NodeId inverted(Algebra& al, NodeId mean, NodeId uniform) {
  NodeId term = al.make(Op::exp, al.neg(mean));
  NodeId sum = term;
  NodeId count = al.number(0.0);
  for (int k = 1; k <= most_terms; ++k) {
    count = al.add(count, al.make(Op::to_real, al.make(Op::lt, sum, uniform)));
    term = al.mul(term, al.mul(mean, al.number(1.0 / k)));
    sum = al.add(sum, term);
  }
  return count;
}

NodeId expanded(Algebra& al, NodeId mean, NodeId w) {
  const auto n = [&](double x) { return al.number(x); };
  const NodeId w2 = al.mul(w, w);
  const NodeId root = al.make(Op::sqrt, mean);
  // m + sqrt(m) w + (1/3 + w^2/6) + (-w/36 - w^3/72)/sqrt(m) + (-8/405 + 7 w^2/810 + w^4/270)/m
  const NodeId second = al.add(n(1.0 / 3.0), al.mul(w2, n(1.0 / 6.0)));
  const NodeId third = al.neg(al.mul(w, al.add(n(1.0 / 36.0), al.mul(w2, n(1.0 / 72.0)))));
  const NodeId fourth = al.add(n(-8.0 / 405.0), al.mul(w2, al.add(n(7.0 / 810.0), al.mul(w2, n(1.0 / 270.0)))));
  const NodeId tail = al.add(al.div(third, root), al.div(fourth, mean));
  const NodeId x = al.add(al.add(mean, al.mul(root, w)), al.add(second, tail));
  return al.make(Op::max, al.number(0.0), al.make(Op::floor, x));
}

}  // namespace

NodeId poisson_quantile(Algebra& al, NodeId mean, NodeId uniform, NodeId normal) {
  const NodeId limit = al.number(largest_inverted);
  const NodeId small = inverted(al, al.make(Op::min, mean, limit), uniform);
  const NodeId large = expanded(al, al.make(Op::max, mean, limit), normal);
  const NodeId count = al.select(al.make(Op::le, mean, limit), small, large);
  return al.select(al.make(Op::ge, mean, al.number(0.0)), count, al.number(std::numeric_limits<double>::quiet_NaN()));
}

}  // namespace hillock::ir
