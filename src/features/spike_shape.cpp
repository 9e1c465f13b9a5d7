/// The shape of spikes, one after another: where a spike begins, how high it goes, how long it stays above the
/// threshold, how deep the value falls before the next one.
///
/// A spike here is from a crossing of the threshold from below to the next one from above; a spike that the window cuts
/// off does not count. It begins (onset) at the last sample before its crossing at which the slope came to `slope`.

#include "features/spikes.hpp"

namespace hillock::features {
namespace {

using ir::NodeId;
using ir::Op;

constexpr double usual_slope = 10.0;  // volt/second: eFEL's DerivativeThreshold of 10 mV/ms

class Shape {
 public:
  explicit Shape(Stream& stream) : s_(stream), al_(stream.algebra()) {}

  NodeId up() {
    return al_.make(Op::land, al_.make(Op::lt, s_.previous_value(), level()), al_.make(Op::ge, s_.value(), level()));
  }
  NodeId down() {
    return al_.make(Op::land, al_.make(Op::ge, s_.previous_value(), level()), al_.make(Op::lt, s_.value(), level()));
  }
  /// 1 from a crossing upwards inside the window on.
  NodeId begun() {
    return s_.carried(name("begun"), 0.0, [&](NodeId now) {
      return al_.select(al_.make(Op::land, up(), inside()), al_.number(1.0), al_.select(up(), al_.number(0.0), now));
    });
  }
  /// The end of a spike that began in the window, in the window.
  NodeId over() {
    return al_.make(Op::land, al_.make(Op::land, down(), inside()), al_.make(Op::gt, begun(), al_.number(0.5)));
  }
  NodeId spikes() {
    return s_.changed_when(name("whole spikes"), 0.0, over(), [&](NodeId now) { return al_.add(now, one()); });
  }
  NodeId peak() {
    return s_.carried(name("peak"), 0.0, [&](NodeId now) {
      return al_.select(al_.make(Op::lor, up(), al_.make(Op::gt, s_.value(), now)), s_.value(), now);
    });
  }
  /// The time at which a straight line through two samples meets the threshold.
  NodeId crossing() {
    const NodeId before = s_.previous_value();
    const NodeId share = al_.div(al_.sub(level(), before), al_.sub(s_.value(), before));
    return al_.add(s_.previous_time(), al_.mul(al_.sub(s_.time(), s_.previous_time()), share));
  }
  NodeId rise() {
    return s_.changed_when(name("rise"), 0.0, up(), [&](NodeId) { return crossing(); });
  }
  /// The value at which the present run of steep samples began.
  NodeId onset_so_far() {
    const double slope = s_.argument("slope", usual_slope);
    const NodeId rising = al_.make(Op::ge, al_.sub(s_.value(), s_.previous_value()),
                                   al_.mul(al_.number(slope), al_.sub(s_.time(), s_.previous_time())));
    const NodeId was = s_.carried(steep("was steep"), 0.0, [&](NodeId) { return al_.make(Op::to_real, rising); });
    const NodeId starts = al_.make(Op::land, rising, al_.make(Op::lt, was, al_.number(0.5)));
    const NodeId kept =
        s_.carried(steep("steep from"), 0.0, [&](NodeId now) { return al_.select(starts, s_.previous_value(), now); });
    return al_.select(starts, s_.previous_value(), kept);
  }
  /// Of the spike that began last.
  NodeId onset() {
    return s_.changed_when(steep("onset"), 0.0, up(), [&](NodeId) { return onset_so_far(); });
  }
  /// Smallest value since the last spike was over.
  NodeId trough() {
    return s_.carried(name("trough"), 0.0, [&](NodeId now) {
      return al_.select(al_.make(Op::lor, down(), al_.make(Op::lt, s_.value(), now)), s_.value(), now);
    });
  }
  /// A spike begins after another one that was over, both in the window.
  NodeId next() {
    const NodeId had = al_.make(Op::gt, spikes(), al_.number(0.5));
    return al_.make(Op::land, al_.make(Op::land, up(), inside()), had);
  }
  NodeId pairs() {
    return s_.changed_when(name("pairs of spikes"), 0.0, next(), [&](NodeId now) { return al_.add(now, one()); });
  }

  Reading per_spike(NodeId sum) {
    return {al_.div(sum, spikes()), {{al_.make(Op::lt, spikes(), al_.number(0.5)), Undefined::too_few_spikes}}};
  }
  Reading per_pair(NodeId sum) {
    return {al_.div(sum, pairs()), {{al_.make(Op::lt, pairs(), al_.number(0.5)), Undefined::too_few_spikes}}};
  }
  NodeId sum_when(const std::string& what, NodeId when, NodeId term) {
    return s_.changed_when(what, 0.0, when, [&](NodeId now) { return al_.add(now, term); });
  }
  /// The names under which accumulators are shared.
  [[nodiscard]] std::string name(const std::string& what) const { return what + " at " + hash(s_.threshold()); }
  [[nodiscard]] std::string steep(const std::string& what) const {
    return name(what) + " from " + hash(s_.argument("slope", usual_slope));
  }

 private:
  static std::string hash(double x) { return std::to_string(std::hash<double>{}(x)); }
  NodeId level() { return al_.number(s_.threshold()); }
  NodeId one() { return al_.number(1.0); }
  NodeId inside() { return al_.make(Op::gt, s_.weight(), al_.number(0.5)); }
  Stream& s_;
  ir::Algebra& al_;
};

}  // namespace

Reading spike_peak(Stream& s) {
  Shape shape(s);
  return shape.per_spike(shape.sum_when(shape.name("peaks"), shape.over(), shape.peak()));
}

Reading spike_width(Stream& s) {
  Shape shape(s);
  const NodeId width = s.algebra().sub(shape.crossing(), shape.rise());
  return shape.per_spike(shape.sum_when(shape.name("widths"), shape.over(), width));
}

Reading spike_onset(Stream& s) {
  Shape shape(s);
  return shape.per_spike(shape.sum_when(shape.steep("onsets"), shape.over(), shape.onset()));
}

Reading spike_amplitude(Stream& s) {
  Shape shape(s);
  const NodeId height = s.algebra().sub(shape.peak(), shape.onset());
  return shape.per_spike(shape.sum_when(shape.steep("amplitudes"), shape.over(), height));
}

Reading spike_trough(Stream& s) {
  Shape shape(s);
  return shape.per_pair(shape.sum_when(shape.name("troughs"), shape.next(), shape.trough()));
}

Reading ahp_depth(Stream& s) {
  Shape shape(s);
  // At the crossing that begins the next spike, `onset` is still that of the spike before.
  const NodeId depth = s.algebra().sub(shape.onset(), shape.trough());
  return shape.per_pair(shape.sum_when(shape.steep("depths"), shape.next(), depth));
}

}  // namespace hillock::features
