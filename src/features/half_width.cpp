/// The width of spikes at half their height, from onset to peak: Druckmann et al. 2013 (Cereb. Cortex 23:2994,
/// supplement, feature 4), eFEL's AP_duration_half_width. Both crossings are on the straight line between samples.
/// (IPFX's `width` and eFEL's `spike_half_width` measure the height from the trough.)
///
/// Where half the height was is known only after the peak, when the upstroke has gone by. What is kept of the upstroke
/// are samples that go higher than all before, each at least a twentieth of its own height above the last one kept.
/// As the spike rises so does half its height, and what is below that is not needed any more: of heights in a ratio of
/// 20/19 or more there are at most 1 + log 2/log(20/19) < 15 above half, and one below, so 15 places hold them all.
///
/// The line goes through neighbouring samples where these are a fortieth of the spike's height apart or more (half way
/// up a spike of 100 mV at 300 V/s: steps of 0.008 ms and more); else through samples that are at most a twentieth
/// apart, which moves the crossing of v = a exp(t/tau) by at most (1/10)^2/8 tau = 0.00125 tau.

#include <array>
#include <limits>

#include "features/shape.hpp"

namespace hillock::features {
namespace {

using ir::NodeId;
using ir::Op;

constexpr std::size_t places = 15;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

class HalfWidth {
 public:
  explicit HalfWidth(Stream& stream) : s_(stream), al_(stream.algebra()), shape_(stream) {}

  Reading read() {
    // A spike is measured when it has come down through both the threshold and half its height; one without an onset
    // has no height, which is known at once.
    const NodeId over = shape_.over();
    const NodeId falls_now = falls();
    const NodeId fallen = al_.make(Op::lor, falls_now, flag(fallen_before()));
    const NodeId has_onset = shape_.has_onset();
    const NodeId at_once = al_.make(Op::lor, fallen, al_.make(Op::lnot, has_onset));
    const NodeId later = al_.make(Op::land, al_.make(Op::land, flag(waits(at_once)), falls_now), shape_.inside());
    const NodeId measured = al_.make(Op::lor, al_.make(Op::land, over, at_once), later);
    const NodeId before = al_.select(over, shape_.spikes(), al_.sub(shape_.spikes(), al_.number(1.0)));
    const NodeId width = al_.sub(al_.select(falls_now, fall(), fell_at()), rise());
    return shape_.each({shape_.steep("half widths"), measured, before, has_onset, width});
  }

 private:
  NodeId flag(NodeId x) { return al_.make(Op::gt, x, al_.number(0.5)); }

  /// The largest value since the upstroke began.
  NodeId top() {
    return s_.carried(shape_.steep("top"), nan, [&](NodeId now) {
      return al_.select(al_.make(Op::lor, shape_.starts(), al_.make(Op::gt, s_.value(), now)), s_.value(), now);
    });
  }
  /// Higher than all before.
  NodeId record() { return al_.make(Op::gt, s_.value(), top()); }
  /// The onset that counts: of the present upstroke, or of the spike that it became.
  NodeId base() {
    return s_.changed_when(shape_.steep("base"), nan, shape_.starts(), [&](NodeId) { return s_.previous_value(); });
  }
  NodeId half(NodeId highest) { return al_.mul(al_.number(0.5), al_.add(base(), highest)); }

  /// From the peak down through half height, between the sample before and this one.
  NodeId falls() {
    const NodeId level = half(top());
    return al_.make(Op::land, al_.make(Op::ge, s_.previous_value(), level), al_.make(Op::lt, s_.value(), level));
  }
  NodeId fall() { return shape_.crossing(half(top())); }
  NodeId fell_at() {
    return s_.changed_when(shape_.steep("fell at"), nan, falls(), [&](NodeId) { return fall(); });
  }
  /// 1 from a fall on, until the value goes higher than before.
  NodeId fallen_before() {
    return s_.carried(shape_.steep("fallen"), 0.0, [&](NodeId now) {
      const NodeId anew = al_.make(Op::lor, shape_.starts(), record());
      return al_.select(anew, al_.number(0.0), al_.select(falls(), al_.number(1.0), now));
    });
  }
  /// 1 while a spike is below the threshold and not yet below half its height.
  NodeId waits(NodeId at_once) {
    return s_.carried(shape_.steep("waits"), 0.0, [&](NodeId now) {
      const NodeId still = al_.make(Op::land, shape_.over(), al_.make(Op::lnot, at_once));
      const NodeId ends = al_.make(Op::lor, falls(), al_.make(Op::lor, shape_.up(), shape_.starts()));
      return al_.select(still, al_.number(1.0), al_.select(ends, al_.number(0.0), now));
    });
  }

  /// This sample is kept.
  NodeId joins() {
    const NodeId height = al_.sub(s_.value(), base());
    const NodeId enough = al_.mul(al_.number(1.0 / 20.0), height);
    const NodeId higher = al_.make(Op::ge, al_.sub(s_.value(), kept(0, false)), enough);
    return al_.make(Op::land, record(), higher);
  }
  /// Value or time of a sample that was kept, the newest first; minus infinity and 0 where there is none.
  NodeId kept(std::size_t place, bool time) {
    const std::string what = (time ? "kept at " : "kept ") + std::to_string(place);
    const double none = time ? 0.0 : -std::numeric_limits<double>::infinity();
    return s_.carried(shape_.steep(what), none, [&](NodeId now) {
      const NodeId newest = time ? s_.time() : s_.value();
      const NodeId first = place == 0   ? newest
                           : place == 1 ? (time ? s_.previous_time() : s_.previous_value())
                                        : al_.number(none);
      const NodeId shifted = place == 0 ? newest : kept(place - 1, time);
      const std::array<NodeId, 3> choice{al_.make(Op::lor, shape_.starts(), joins()),
                                         al_.select(shape_.starts(), first, shifted), now};
      return al_.g.make(Op::seldom, choice);
    });
  }
  /// When the upstroke was at half height: between the oldest sample kept above it and the one before that.
  NodeId rise() {
    const NodeId level = half(top());
    NodeId out = al_.number(nan);
    for (std::size_t i = 1; i < places; ++i) {
      const NodeId low = kept(i, false), high = kept(i - 1, false);
      const NodeId share = al_.div(al_.sub(level, low), al_.sub(high, low));
      const NodeId at = al_.add(kept(i, true), al_.mul(share, al_.sub(kept(i - 1, true), kept(i, true))));
      const NodeId between = al_.make(Op::land, al_.make(Op::le, low, level), al_.make(Op::gt, high, level));
      out = al_.select(between, at, out);
    }
    return out;
  }

  Stream& s_;
  ir::Algebra& al_;
  Shape shape_;
};

}  // namespace

Reading half_width(Stream& s) { return HalfWidth(s).read(); }

}  // namespace hillock::features
