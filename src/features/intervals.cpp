/// Intervals between spikes: their mean, their variation, their trend.
///
/// With r_k = (ISI_{k+1} - ISI_k)/(ISI_{k+1} + ISI_k) over the n - 1 successive pairs of n intervals, the adaptation
/// index is the mean of r_k (eFEL's adaptation_index2) and the local variation 3 times the mean of r_k^2: 1 of a
/// Poisson process, 0 of a clock, and blind to slow changes of the rate (Shinomoto, Shima & Tanji 2003, Neural Comput.
/// 15:2823, eq. 2.2).

#include "features/spikes.hpp"

namespace hillock::features {
namespace {

using ir::NodeId;
using ir::Op;

NodeId another_spike(Stream& s, double after) {
  ir::Algebra& al = s.algebra();
  return al.make(Op::land, s.spike(), al.make(Op::gt, counted_spikes(s), al.number(after - 0.5)));
}

NodeId interval(Stream& s) { return s.algebra().sub(s.spike_time(), last_spike(s)); }

NodeId mean_interval(Stream& s) {
  ir::Algebra& al = s.algebra();
  return al.div(al.sub(last_spike(s), first_spike(s)), al.sub(counted_spikes(s), al.number(1.0)));
}

}  // namespace

Reading isi_mean(Stream& s) { return at_least(s, mean_interval(s), 2.0); }

Reading isi_cv(Stream& s) {
  ir::Algebra& al = s.algebra();
  // About the first interval, so that equal intervals cancel exactly.
  const NodeId second = al.make(Op::land, s.spike(), al.make(Op::eq, counted_spikes(s), al.number(1.0)));
  const NodeId about = s.changed_when(s.of_spikes("first interval"), 0.0, second, [&](NodeId) { return interval(s); });
  const NodeId later = another_spike(s, 2.0);
  const NodeId squares = s.changed_when(s.of_spikes("squared intervals"), 0.0, later, [&](NodeId now) {
    const NodeId x = al.sub(interval(s), about);
    return al.add(now, al.mul(x, x));
  });
  const NodeId n = al.sub(counted_spikes(s), al.number(1.0));
  const NodeId off = al.sub(mean_interval(s), about);
  const NodeId sum = al.make(Op::max, al.number(0.0), al.sub(squares, al.mul(n, al.mul(off, off))));
  const NodeId spread = al.make(Op::sqrt, al.div(sum, al.sub(n, al.number(1.0))));
  const NodeId cv = al.div(spread, mean_interval(s));
  Reading out = at_least(s, cv, 3.0);
  // A clock: what is left is rounding of the times.
  out.corners.push_back({al.make(Op::le, cv, al.number(1e-9)), NoSlope::no_variation});
  return out;
}

namespace {

/// Sum of r_k, or of its square.
NodeId sum_of_contrasts(Stream& s, const std::string& name, bool squared) {
  ir::Algebra& al = s.algebra();
  const NodeId before =
      s.changed_when(s.of_spikes("interval"), 0.0, another_spike(s, 1.0), [&](NodeId) { return interval(s); });
  return s.changed_when(s.of_spikes(name), 0.0, another_spike(s, 2.0), [&](NodeId now) {
    const NodeId next = interval(s);
    const NodeId r = al.div(al.sub(next, before), al.add(next, before));
    return al.add(now, squared ? al.mul(r, r) : r);
  });
}

}  // namespace

Reading isi_adaptation(Stream& s) {
  ir::Algebra& al = s.algebra();
  const NodeId sum = sum_of_contrasts(s, "adaptation", false);
  return at_least(s, al.div(sum, al.sub(counted_spikes(s), al.number(2.0))), 3.0);
}

Reading isi_local_variation(Stream& s) {
  ir::Algebra& al = s.algebra();
  const NodeId sum = al.mul(al.number(3.0), sum_of_contrasts(s, "local variation", true));
  return at_least(s, al.div(sum, al.sub(counted_spikes(s), al.number(2.0))), 3.0);
}

}  // namespace hillock::features
