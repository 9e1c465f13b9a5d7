/// How high spikes go, how long they stay above the threshold, where they begin, how deep the value falls between them.

#include "features/shape.hpp"

namespace hillock::features {

using ir::NodeId;

Reading spike_peak(Stream& s) {
  Shape shape(s);
  return shape.each_over(shape.name("peaks"), shape.peak(), shape.always());
}

Reading spike_width(Stream& s) {
  Shape shape(s);
  return shape.each_over(shape.name("widths"), s.algebra().sub(shape.fall_time(), shape.rise_time()), shape.always());
}

Reading spike_onset(Stream& s) {
  Shape shape(s);
  return shape.each_over(shape.steep("onsets"), shape.onset(), shape.has_onset());
}

Reading spike_amplitude(Stream& s) {
  Shape shape(s);
  return shape.each_over(shape.steep("amplitudes"), s.algebra().sub(shape.peak(), shape.onset()), shape.has_onset());
}

Reading spike_trough(Stream& s) {
  Shape shape(s);
  return shape.each_next(shape.name("troughs"), shape.trough(), shape.always());
}

Reading ahp_depth(Stream& s) {
  Shape shape(s);
  // At the crossing that begins the next spike, `onset` is still that of the spike before.
  return shape.each_next(shape.steep("depths"), s.algebra().sub(shape.onset(), shape.trough()), shape.has_onset());
}

}  // namespace hillock::features
