/// r(lag) = sum (x_k - m)(x_{k-lag} - m) / sum (x_k - m)^2 over a window with mean m, as Box & Jenkins estimate it.

#include <vector>

#include "features/feature.hpp"

namespace hillock::features {

using ir::NodeId;
using ir::Op;

Reading autocorrelation(Stream& s) {
  ir::Algebra& al = s.algebra();
  const int lag = static_cast<int>(s.argument("lag", 1.0));
  // The samples before, about the window's first value; 0 outside the window.
  const auto recent = [&](int place) { return "sample " + std::to_string(place) + " ago"; };
  const NodeId x = s.centred();
  NodeId old = s.carried(recent(1), 0.0, [&](NodeId) { return x; });
  for (int i = 2; i <= lag; ++i) old = s.carried(recent(i), 0.0, [&, before = old](NodeId) { return before; });
  const std::string tag = " " + std::to_string(lag);
  const NodeId products = s.carried("products" + tag, 0.0, [&](NodeId now) { return al.add(now, al.mul(x, old)); });
  const NodeId sum =
      s.sum("sum of power 1", [&](const Stream::Sample& one) { return al.mul(one.weight, one.centred); });
  const NodeId squares = s.carried("squares", 0.0, [&](NodeId now) { return al.add(now, al.mul(x, x)); });
  // Of the sum over pairs, the first sample of a pair lacks the last `lag` values, the second one the first `lag`.
  const NodeId n = s.samples();
  const NodeId full = al.make(Op::gt, n, al.number(lag - 0.5));
  const NodeId heads = s.carried("heads" + tag, 0.0, [&](NodeId now) { return al.select(full, now, al.add(now, x)); });
  NodeId tails = al.number(0.0);
  for (int i = 1; i <= lag; ++i) tails = al.add(tails, s.carried(recent(i), 0.0, [&](NodeId) { return x; }));
  // The window may end before the run: what came last inside it is kept.
  NodeId newest = al.sub(al.add(tails, x), old);
  const NodeId last = s.carried("tails" + tag, 0.0, [&](NodeId now) { return al.select(s.inside(), newest, now); });
  const NodeId m = al.div(sum, n);
  const NodeId pairs = al.sub(n, al.number(lag));
  // sum (x - m)(y - m) = sum xy - m (sum x + sum y) + pairs m^2
  const NodeId ends = al.add(al.sub(sum, heads), al.sub(sum, last));
  const NodeId top = al.add(al.sub(products, al.mul(m, ends)), al.mul(pairs, al.mul(m, m)));
  const NodeId bottom = al.sub(squares, al.mul(n, al.mul(m, m)));
  return {al.div(top, bottom),
          {{al.make(Op::lt, n, al.number(lag + 0.5)), Undefined::empty_window},
           {al.make(Op::le, bottom, al.number(0.0)), Undefined::no_variation}}};
}

}  // namespace hillock::features
