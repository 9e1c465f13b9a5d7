#include "features/periodogram.hpp"

#include <numbers>

namespace hillock::features {

using ir::NodeId;
using ir::Op;

NodeId periodogram(Stream& s, double f) {
  ir::Algebra& al = s.algebra();
  const std::string tag = " " + std::to_string(std::hash<double>{}(f));
  const NodeId angle = al.mul(al.number(2.0 * std::numbers::pi * f), s.time());
  const NodeId w = s.weight();
  const NodeId x = s.centred();
  const auto sum = [&](const std::string& name, NodeId term) {
    return s.carried(name + tag, 0.0, [&](NodeId now) { return al.add(now, term); });
  };
  const NodeId n = s.samples();
  const NodeId total = s.carried("sum of power 1", 0.0, [&](NodeId now) { return al.add(now, x); });
  const NodeId mean = al.div(total, n);
  NodeId power = al.number(0.0);
  for (const Op op : {Op::cos, Op::sin}) {
    const NodeId wave = al.mul(w, al.make(op, angle));
    const std::string name = op == Op::cos ? "cosine" : "sine";
    const NodeId part = al.sub(sum(name, al.mul(wave, x)), al.mul(mean, sum(name + " alone", wave)));
    power = al.add(power, al.mul(part, part));
  }
  const NodeId first = s.carried(
      "first time", 0.0, [&](NodeId now) { return al.select(al.make(Op::lt, n, al.number(0.5)), s.time(), now); });
  const NodeId last = s.carried("last time", 0.0, [&](NodeId now) { return al.select(s.inside(), s.time(), now); });
  const NodeId interval = al.div(al.sub(last, first), al.sub(n, al.number(1.0)));
  return al.div(al.mul(al.mul(al.number(2.0), interval), power), n);
}

}  // namespace hillock::features
