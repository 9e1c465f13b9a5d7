#include "features/periodogram.hpp"

#include <numbers>

namespace hillock::features {

using ir::NodeId;
using ir::Op;

NodeId periodogram(Stream& s, double f) {
  ir::Algebra& al = s.algebra();
  const std::string tag = " " + std::to_string(std::hash<double>{}(f));
  const NodeId n = s.samples();
  const NodeId total =
      s.sum("sum of power 1", [&](const Stream::Sample& one) { return al.mul(one.weight, one.centred); });
  const NodeId mean = al.div(total, n);
  NodeId power = al.number(0.0);
  for (const Op op : {Op::cos, Op::sin}) {
    const auto wave = [&](const Stream::Sample& one) {
      const NodeId angle = al.mul(al.number(2.0 * std::numbers::pi * f), one.time);
      return al.mul(one.weight, al.mul(one.inside, al.make(op, angle)));
    };
    const std::string name = (op == Op::cos ? "cosine" : "sine") + tag;
    const NodeId waves = s.sum(name, [&](const Stream::Sample& one) { return al.mul(wave(one), one.centred); });
    const NodeId part = al.sub(waves, al.mul(mean, s.sum(name + " alone", wave)));
    power = al.add(power, al.mul(part, part));
  }
  const NodeId first = s.carried(
      "first time", 0.0, [&](NodeId now) { return al.select(al.make(Op::lt, n, al.number(0.5)), s.time(), now); });
  const NodeId last = s.carried("last time", 0.0, [&](NodeId now) { return al.select(s.inside(), s.time(), now); });
  const NodeId interval = al.div(al.sub(last, first), al.sub(n, al.number(1.0)));
  return al.div(al.mul(al.mul(al.number(2.0), interval), power), n);
}

}  // namespace hillock::features
