/// Where features of spikes have corners or jumps.
///
/// The model's own spikes: one of them at an edge of the window. (Spikes that are about to appear in the model itself
/// are the simulation's to know.) Crossings of a sampled trace: their times lie on straight lines between samples, so a
/// crossing comes or goes where an extremal sample is at the level, and changes windows where the sample at the edge
/// is. "At" is to a millionth of the samples' distance.
///
/// A value that jumps at spikes: single samples jump when a spike passes over them, so that their derivatives in
/// between say nothing of how they move.

#include <cmath>
#include <limits>

#include "features/spikes.hpp"

namespace hillock::features {
namespace {

using ir::NodeId;
using ir::Op;

constexpr double nearness = 1e-6;

class Corners {
 public:
  Corners(Stream& stream, Reading& reading) : s_(stream), al_(stream.algebra()), reading_(reading) {}

  void of_spikes() {
    if (s_.window().everything()) return;
    const NodeId time = s_.spike_time();
    const NodeId gap = al_.mul(al_.number(nearness), al_.sub(s_.time(), s_.previous_time()));
    NodeId at = al_.g.boolean(false);
    for (const double edge : {s_.window().from, s_.window().until}) {
      if (!std::isfinite(edge)) continue;
      const NodeId off = al_.make(Op::abs, al_.sub(time, al_.number(edge)));
      at = al_.make(Op::lor, at, al_.make(Op::le, off, gap));
    }
    once("spike at the edge", al_.make(Op::land, s_.any_spike(), at), NoSlope::at_edge);
  }

  void of_jumps() {
    reading_.corners.push_back({al_.make(Op::gt, counted_spikes(s_), al_.number(0.5)), NoSlope::jumps});
  }

  void of_crossings() {
    const NodeId level = al_.number(s_.threshold());
    const NodeId nan = al_.number(std::numeric_limits<double>::quiet_NaN());
    const NodeId last = s_.previous_value();
    const NodeId before = s_.carried("value before the last", 0.0, [&](NodeId) { return last; });
    const NodeId seen = s_.carried("values seen", 0.0, [&](NodeId now) { return al_.add(now, al_.number(1.0)); });
    const NodeId came = al_.select(al_.make(Op::gt, seen, al_.number(1.5)), al_.sub(last, before), nan);
    const NodeId goes = al_.sub(s_.value(), last);
    const NodeId off = al_.make(Op::abs, al_.sub(last, level));
    const auto close = [&](NodeId scale) { return al_.make(Op::le, off, al_.mul(al_.number(nearness), scale)); };
    const NodeId turns = al_.make(Op::le, al_.mul(came, goes), al_.number(0.0));  // false of NaN
    const NodeId touches = close(al_.add(al_.make(Op::abs, came), al_.make(Op::abs, goes)));
    const NodeId was_inside = s_.carried("last inside", 0.0, [&](NodeId) { return s_.weight(); });
    const NodeId counted = al_.make(Op::gt, al_.add(was_inside, s_.weight()), al_.number(0.5));
    once(at_level("touched"), al_.make(Op::land, counted, al_.make(Op::land, turns, touches)), NoSlope::grazing);
    const NodeId edge = al_.make(Op::ne, was_inside, s_.weight());
    const NodeId second = al_.make(Op::gt, seen, al_.number(0.5));
    once(at_level("crossing at the edge"),
         al_.make(Op::land, al_.make(Op::land, edge, second), close(al_.make(Op::abs, goes))), NoSlope::at_edge);
    // The last sample of all is an edge too.
    const NodeId here = al_.make(Op::le, al_.make(Op::abs, al_.sub(s_.value(), level)),
                                 al_.mul(al_.number(nearness), al_.make(Op::abs, goes)));
    const NodeId ends = s_.carried(at_level("crossing at the end"), 0.0, [&](NodeId) {
      return al_.make(Op::to_real, al_.make(Op::land, second, al_.make(Op::land, here, inside())));
    });
    reading_.corners.push_back({al_.make(Op::gt, ends, al_.number(0.5)), NoSlope::at_edge});
  }

 private:
  NodeId inside() { return al_.make(Op::gt, s_.weight(), al_.number(0.5)); }
  [[nodiscard]] std::string at_level(const std::string& name) const {
    return name + " at " + std::to_string(std::hash<double>{}(s_.threshold()));
  }
  void once(const std::string& name, NodeId when, NoSlope why) {
    const NodeId happened = s_.carried(name, 0.0, [&](NodeId now) { return al_.select(when, al_.number(1.0), now); });
    reading_.corners.push_back({al_.make(Op::gt, happened, al_.number(0.5)), why});
  }
  Stream& s_;
  ir::Algebra& al_;
  Reading& reading_;
};

}  // namespace

void add_corners(Stream& stream, Feature::Of of, Reading& reading) {
  Corners corners(stream, reading);
  if (of == Feature::Of::crossings || (of == Feature::Of::spikes && !stream.own_spikes())) corners.of_crossings();
  if (of == Feature::Of::spikes && stream.own_spikes()) corners.of_spikes();
  if (of != Feature::Of::spikes && stream.jumps()) {
    if (of == Feature::Of::sums) corners.of_spikes();
    else corners.of_jumps();
  }
}

}  // namespace hillock::features
