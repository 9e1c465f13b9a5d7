/// Mean, variance, skewness and kurtosis of the samples in a window, from sums of powers about the window's first
/// value. That value is one of the samples, so its distance from the mean is at most sqrt(N) sd, and what cancels is at
/// most N^(k/2) times what is left (N samples, moment k). Where the window begins within a few sd of the mean, as
/// traces do, a few hundred epsilon are lost; a window that begins with a transient far off loses digits of its
/// variance.

#include "features/feature.hpp"

namespace hillock::features {
namespace {

using ir::NodeId;
using ir::Op;

/// Sum over the window of centred^power, at a reading.
NodeId sum_of_powers(Stream& s, int power) {
  return s.sum("sum of power " + std::to_string(power), [&](const Stream::Sample& sample) {
    ir::Algebra& al = s.algebra();
    const NodeId x = sample.centred, square = al.mul(x, x);
    switch (power) {
      case 1: return al.mul(sample.weight, x);
      case 2: return al.mul(sample.weight, square);
      case 3: return al.mul(sample.weight, al.mul(square, x));
      default: return al.mul(sample.weight, al.mul(square, square));
    }
  });
}

struct Moments {
  NodeId mean, variance, third, fourth;  ///< mean about the centre; central moments
};

Moments central_moments(Stream& s, int highest) {
  ir::Algebra& al = s.algebra();
  const NodeId n = s.samples();
  const auto raw = [&](int power) { return power <= highest ? al.div(sum_of_powers(s, power), n) : al.number(0.0); };
  const NodeId a = raw(1), b = raw(2), c = raw(3), e = raw(4);
  const auto times = [&](double factor, NodeId x) { return al.mul(al.number(factor), x); };
  const NodeId a2 = al.mul(a, a);
  const NodeId variance = al.sub(b, a2);
  const NodeId third = al.add(al.sub(c, times(3.0, al.mul(a, b))), times(2.0, al.mul(a2, a)));
  const NodeId fourth =
      al.sub(al.add(al.sub(e, times(4.0, al.mul(a, c))), times(6.0, al.mul(a2, b))), times(3.0, al.mul(a2, a2)));
  return {a, variance, third, fourth};
}

Reading with(Stream& s, NodeId value, NodeId variance = ir::no_node) {
  ir::Algebra& al = s.algebra();
  Reading out{value, {{al.make(Op::lt, s.samples(), al.number(0.5)), Undefined::empty_window}}};
  if (variance != ir::no_node)
    out.exceptions.push_back({al.make(Op::le, variance, al.number(0.0)), Undefined::no_variation});
  return out;
}

}  // namespace

Reading mean(Stream& s) { return with(s, s.algebra().add(s.centre(), central_moments(s, 1).mean)); }

Reading variance(Stream& s) {
  ir::Algebra& al = s.algebra();
  // A difference of equal sums may round to below 0.
  return with(s, al.make(Op::max, al.number(0.0), central_moments(s, 2).variance));
}

Reading sd(Stream& s) {
  Reading out = variance(s);
  out.corners.push_back({s.algebra().make(Op::le, out.value, s.algebra().number(0.0)), NoSlope::no_variation});
  out.value = s.algebra().make(Op::sqrt, out.value);
  return out;
}

Reading skewness(Stream& s) {
  ir::Algebra& al = s.algebra();
  const Moments m = central_moments(s, 3);
  return with(s, al.div(m.third, al.mul(m.variance, al.make(Op::sqrt, m.variance))), m.variance);
}

Reading kurtosis(Stream& s) {
  ir::Algebra& al = s.algebra();
  const Moments m = central_moments(s, 4);
  return with(s, al.sub(al.div(m.fourth, al.mul(m.variance, m.variance)), al.number(3.0)), m.variance);
}

}  // namespace hillock::features
