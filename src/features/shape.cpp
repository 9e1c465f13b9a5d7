#include "features/shape.hpp"

#include <limits>

#include "features/spikes.hpp"

namespace hillock::features {

using ir::NodeId;
using ir::Op;

namespace {

constexpr double usual_slope = 10.0;  // volt/second: eFEL's DerivativeThreshold of 10 mV/ms
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::string hash(double x) { return std::to_string(std::hash<double>{}(x)); }

}  // namespace

double Shape::slope() const { return s_.argument("slope", usual_slope); }

std::string Shape::name(const std::string& what) const { return what + " at " + hash(s_.threshold()); }
std::string Shape::steep(const std::string& what) const { return name(what) + " from " + hash(slope()); }

NodeId Shape::up() {
  return al_.make(Op::land, al_.make(Op::lt, s_.previous_value(), level()), al_.make(Op::ge, s_.value(), level()));
}
NodeId Shape::down() {
  return al_.make(Op::land, al_.make(Op::ge, s_.previous_value(), level()), al_.make(Op::lt, s_.value(), level()));
}
NodeId Shape::inside() { return s_.inside(); }

/// 1 from a crossing upwards inside the window on.
NodeId Shape::begun() {
  return s_.carried(name("begun"), 0.0, [&](NodeId now) {
    return al_.select(al_.make(Op::land, up(), inside()), al_.number(1.0), al_.select(up(), al_.number(0.0), now));
  });
}
NodeId Shape::over() {
  return al_.make(Op::land, al_.make(Op::land, down(), inside()), al_.make(Op::gt, begun(), al_.number(0.5)));
}
NodeId Shape::spikes() {
  return s_.changed_when(name("whole spikes"), 0.0, over(), [&](NodeId now) { return al_.add(now, al_.number(1.0)); });
}
NodeId Shape::next() {
  const NodeId had = al_.make(Op::gt, spikes(), al_.number(0.5));
  return al_.make(Op::land, al_.make(Op::land, up(), inside()), had);
}
NodeId Shape::pairs() {
  return s_.changed_when(name("pairs of spikes"), 0.0, next(),
                         [&](NodeId now) { return al_.add(now, al_.number(1.0)); });
}

NodeId Shape::peak() {
  return s_.carried(name("peak"), 0.0, [&](NodeId now) {
    return al_.select(al_.make(Op::lor, up(), al_.make(Op::gt, s_.value(), now)), s_.value(), now);
  });
}
NodeId Shape::trough() {
  return s_.carried(name("trough"), 0.0, [&](NodeId now) {
    return al_.select(al_.make(Op::lor, down(), al_.make(Op::lt, s_.value(), now)), s_.value(), now);
  });
}

NodeId Shape::crossing(NodeId at) {
  const NodeId before = s_.previous_value();
  const NodeId share = al_.div(al_.sub(at, before), al_.sub(s_.value(), before));
  return al_.add(s_.previous_time(), al_.mul(al_.sub(s_.time(), s_.previous_time()), share));
}
NodeId Shape::rise_time() {
  return s_.changed_when(name("rise"), 0.0, up(), [&](NodeId) { return crossing(level()); });
}
NodeId Shape::fall_time() { return crossing(level()); }

NodeId Shape::starts() {
  const NodeId rising = al_.make(Op::ge, al_.sub(s_.value(), s_.previous_value()),
                                 al_.mul(al_.number(slope()), al_.sub(s_.time(), s_.previous_time())));
  const NodeId was = s_.carried(steep("was steep"), 0.0, [&](NodeId) { return al_.make(Op::to_real, rising); });
  const NodeId fresh = al_.make(Op::land, rising, al_.make(Op::lt, was, al_.number(0.5)));
  return al_.make(Op::land, fresh, al_.make(Op::lt, s_.previous_value(), level()));
}
NodeId Shape::onset_so_far() {
  // After a crossing the next spike needs an onset of its own.
  const NodeId kept = s_.carried(steep("steep from"), nan, [&](NodeId now) {
    return al_.select(up(), al_.number(nan), al_.select(starts(), s_.previous_value(), now));
  });
  return al_.select(starts(), s_.previous_value(), kept);
}
NodeId Shape::onset() {
  return s_.changed_when(steep("onset"), nan, up(), [&](NodeId) { return onset_so_far(); });
}

NodeId Shape::has_onset() { return al_.make(Op::le, onset(), al_.number(std::numeric_limits<double>::infinity())); }

Reading Shape::each(const Measured& m) {
  const double number = s_.argument("number", 0.0);
  const NodeId all = s_.changed_when(m.what + ", how many so far", 0.0, m.when,
                                     [&](NodeId) { return al_.add(m.which, al_.number(1.0)); });
  NodeId when = al_.make(Op::land, m.when, m.exists);
  if (number > 0.5) {
    when = al_.make(Op::land, when, al_.make(Op::eq, m.which, al_.number(number - 1.0)));
    const std::string of_one = m.what + " of number " + hash(number);
    const NodeId value = s_.changed_when(of_one, 0.0, when, [&](NodeId) { return m.value; });
    const NodeId exists = s_.changed_when(of_one + ", is", 0.0, when, [&](NodeId) { return al_.number(1.0); });
    const NodeId too_few = al_.make(Op::lt, all, al_.number(number - 0.5));
    return {value,
            {{al_.make(Op::land, failed(s_), too_few), Undefined::not_finite},
             {too_few, Undefined::too_few_spikes},
             {al_.make(Op::lt, exists, al_.number(0.5)), Undefined::no_onset}},
            al_.make(Op::lnot, too_few)};
  }
  const NodeId sum = s_.changed_when(m.what + ", sum", 0.0, when, [&](NodeId now) { return al_.add(now, m.value); });
  const NodeId count =
      s_.changed_when(m.what + ", count", 0.0, when, [&](NodeId now) { return al_.add(now, al_.number(1.0)); });
  return {al_.div(sum, count),
          {{failed(s_), Undefined::not_finite},
           {al_.make(Op::lt, all, al_.number(0.5)), Undefined::too_few_spikes},
           {al_.make(Op::lt, count, al_.number(0.5)), Undefined::no_onset}}};
}

Reading Shape::each_over(const std::string& what, NodeId value, NodeId exists) {
  return each({what, over(), spikes(), exists, value});
}
Reading Shape::each_next(const std::string& what, NodeId value, NodeId exists) {
  return each({what, next(), pairs(), exists, value});
}

}  // namespace hillock::features
