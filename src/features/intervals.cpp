/// Intervals between spikes: their mean, their variation, their trend.
///
/// Adaptation index: mean over successive pairs of (ISI_{k+1} - ISI_k)/(ISI_{k+1} + ISI_k) (eFEL's adaptation_index2).

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
  return at_least(s, al.div(spread, mean_interval(s)), 3.0);
}

Reading isi_adaptation(Stream& s) {
  ir::Algebra& al = s.algebra();
  const NodeId before =
      s.changed_when(s.of_spikes("interval"), 0.0, another_spike(s, 1.0), [&](NodeId) { return interval(s); });
  const NodeId sum = s.changed_when(s.of_spikes("adaptation"), 0.0, another_spike(s, 2.0), [&](NodeId now) {
    const NodeId next = interval(s);
    return al.add(now, al.div(al.sub(next, before), al.add(next, before)));
  });
  return at_least(s, al.div(sum, al.sub(counted_spikes(s), al.number(2.0))), 3.0);
}

}  // namespace hillock::features
