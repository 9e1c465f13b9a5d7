#pragma once
/// One spike after another as its samples go by, for features of the shape of spikes.
///
/// A spike here is from a crossing of the threshold from below to the next one from above; a spike that the window cuts
/// off does not count. It begins (onset) at the last sample before its crossing at which the slope came to `slope`; a
/// spike whose upstroke is nowhere that steep has no onset.

#include "features/feature.hpp"

namespace hillock::features {

class Shape {
 public:
  explicit Shape(Stream& stream) : s_(stream), al_(stream.algebra()) {}

  /// A crossing of the threshold between the sample before and this one.
  ir::NodeId up();
  ir::NodeId down();
  ir::NodeId inside();
  /// The end of a spike that began in the window, in the window.
  ir::NodeId over();
  /// A spike begins after another one that was over, both in the window.
  ir::NodeId next();
  /// How many were over before this sample.
  ir::NodeId spikes();

  /// The largest value so far of the present spike; the smallest one since the last spike was over.
  ir::NodeId peak();
  ir::NodeId trough();
  /// Of the present spike; of the last downstroke, at a sample with `down`.
  ir::NodeId rise_time();
  ir::NodeId fall_time();
  /// The slope comes to `slope` at this sample, below the threshold: the sample before may be an onset.
  ir::NodeId starts();
  /// Where the present upstroke began; of the spike that began last. NaN: nowhere.
  ir::NodeId onset_so_far();
  ir::NodeId onset();
  /// The time at which the straight line through the sample before and this one is at `level`.
  ir::NodeId crossing(ir::NodeId level);

  /// Does the spike that began last have an onset?
  ir::NodeId has_onset();

  /// What spikes give: the mean over those that have a value, or, where the request has a `number`, that of one spike.
  struct Measured {
    std::string what;   ///< a name under which accumulators are shared
    ir::NodeId when;    ///< a spike's value is known, or known not to exist
    ir::NodeId which;   ///< at that sample: how many spikes were before the one whose value it is
    ir::NodeId exists;  ///< at that sample: it has one. Read at every sample, so nothing dear
    ir::NodeId value;   ///< read where it exists
  };
  Reading each(const Measured& measured);
  /// The same where every spike of `over`, or every pair of `next`, has its value at once.
  Reading each_over(const std::string& what, ir::NodeId value, ir::NodeId exists);
  Reading each_next(const std::string& what, ir::NodeId value, ir::NodeId exists);
  ir::NodeId always() { return al_.make(ir::Op::lt, al_.number(0.0), al_.number(1.0)); }

  /// `what`, of the request's threshold; and of its slope too.
  [[nodiscard]] std::string name(const std::string& what) const;
  [[nodiscard]] std::string steep(const std::string& what) const;

 private:
  ir::NodeId begun();
  ir::NodeId pairs();
  ir::NodeId level() { return al_.number(s_.threshold()); }
  [[nodiscard]] double slope() const;
  Stream& s_;
  ir::Algebra& al_;
};

}  // namespace hillock::features
