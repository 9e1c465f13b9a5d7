#include "features/stream.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include "base/error.hpp"

namespace hillock::features {

using ir::NodeId;
using ir::Op;

std::string exact_text(double value) {
  std::array<char, 32> text{};
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
}

Stream::Stream(ir::Program& program, Source source, Window window, Arguments arguments, Shared& shared)
    : program_(program),
      algebra_(program.graph),
      source_(std::move(source)),
      window_(window),
      arguments_(std::move(arguments)),
      shared_(shared) {}

double Stream::argument(std::string_view name, double otherwise) const {
  const auto found = arguments_.find(name);
  return found == arguments_.end() ? otherwise : found->second;
}

NodeId Stream::carry_once(const std::string& key, double initial, const std::function<NodeId(NodeId)>& next) {
  const std::string full = key + " of " + source_.name;
  if (const auto found = shared_.find(full); found != shared_.end()) return program_.carried(found->second);
  const std::uint32_t at = program_.carry(full, algebra_.number(initial));
  shared_[full] = at;
  const NodeId now = program_.carried(at);
  const NodeId after = next(now);
  program_.observe.push_back({at, after});
  return now;
}

NodeId Stream::carried(const std::string& name, double initial, const std::function<NodeId(NodeId)>& next) {
  return carry_once(name + " in " + exact_text(window_.from) + ".." + exact_text(window_.until), initial, next);
}

NodeId Stream::changed_when(const std::string& name, double initial, NodeId when,
                            const std::function<NodeId(NodeId)>& next) {
  return carried(name, initial, [&](NodeId now) {
    const std::array<NodeId, 3> choice{when, next(now), now};
    return program_.graph.make(Op::seldom, choice);
  });
}

NodeId Stream::sum(const std::string& name, const std::function<NodeId(const Sample&)>& term) {
  return carried(name, 0.0, [&](NodeId now) {
    const NodeId next = algebra_.add(now, term({value(), centred(), algebra_.number(1.0), weight(), time()}));
    return algebra_.add(next, moved_jump(term));
  });
}

NodeId Stream::moved_jump(const std::function<NodeId(const Sample&)>& term) {
  ir::Algebra& al = algebra_;
  if (source_.before_jump == ir::no_node) return al.number(0.0);
  // A spike later by d has the value before it d/interval samples longer, and the value after it so much shorter: two
  // samples of weight 0, whose derivative is that.
  const auto fixed = [&](NodeId x) { return al.make(Op::stop_gradient, x); };
  const NodeId at = program_.carried(*source_.last_spike);
  const NodeId weight = al.div(al.sub(at, fixed(at)), al.sub(time(), previous_time()));
  const auto sample = [&](NodeId x) {
    return term({fixed(x), fixed(al.sub(x, centre())), weight, al.number(1.0), fixed(at)});
  };
  const NodeId moved = al.sub(sample(source_.before_jump), sample(source_.after_jump));
  return al.select(spike(), moved, al.number(0.0));
}

NodeId Stream::weight() {
  if (window_.everything()) return algebra_.number(1.0);
  const NodeId in = algebra_.make(Op::land, algebra_.make(Op::ge, time(), algebra_.number(window_.from)),
                                  algebra_.make(Op::lt, time(), algebra_.number(window_.until)));
  return algebra_.make(Op::to_real, in);
}

NodeId Stream::inside() { return algebra_.make(Op::gt, weight(), algebra_.number(0.5)); }

NodeId Stream::last_value() {
  if (window_.everything()) return previous_value();
  return carried("last value", 0.0, [&](NodeId now) { return algebra_.select(inside(), value(), now); });
}

NodeId Stream::previous_value() {
  return carry_once("previous value", std::numeric_limits<double>::quiet_NaN(), [&](NodeId) { return value(); });
}

NodeId Stream::previous_time() {
  return carry_once("previous time", std::numeric_limits<double>::quiet_NaN(), [&](NodeId) { return time(); });
}

NodeId Stream::samples() {
  return carried("samples", 0.0, [&](NodeId now) { return algebra_.add(now, weight()); });
}

NodeId Stream::centre() {
  return carried("centre", 0.0, [&](NodeId now) {
    return algebra_.select(algebra_.make(Op::lt, samples(), algebra_.number(0.5)), value(), now);
  });
}

NodeId Stream::centred() {
  const NodeId at = algebra_.select(algebra_.make(Op::lt, samples(), algebra_.number(0.5)), value(), centre());
  const NodeId x = algebra_.sub(value(), at);
  return window_.everything() ? x : algebra_.select(inside(), x, algebra_.number(0.0));
}

std::string Stream::of_spikes(const std::string& name) const {
  return own_spikes() ? name : name + " above " + exact_text(threshold());
}

NodeId Stream::spike() {
  ir::Algebra& al = algebra_;
  if (own_spikes()) {
    const NodeId fresh = any_spike();
    if (window_.everything()) return fresh;
    const NodeId at = program_.carried(*source_.last_spike);
    const NodeId inside =
        al.make(Op::land, al.make(Op::ge, at, al.number(window_.from)), al.make(Op::lt, at, al.number(window_.until)));
    return al.make(Op::land, fresh, inside);
  }
  const NodeId level = al.number(threshold());
  const NodeId crossed = al.make(Op::land, al.make(Op::lt, previous_value(), level), al.make(Op::ge, value(), level));
  if (window_.everything()) return crossed;
  return al.make(Op::land, crossed, inside());
}

NodeId Stream::any_spike() {
  HILLOCK_CHECK(own_spikes(), "crossings have no spikes outside the window");
  const NodeId count = program_.carried(*source_.spikes);
  const NodeId seen = carried("spikes seen", 0.0, [&](NodeId) { return count; });
  return algebra_.make(Op::gt, count, seen);
}

NodeId Stream::several_spikes() {
  const NodeId fresh = spike();
  const NodeId count = program_.carried(*source_.spikes);
  const NodeId seen = carried("spikes seen", 0.0, [&](NodeId) { return count; });
  return algebra_.make(Op::land, fresh, algebra_.make(Op::gt, algebra_.sub(count, seen), algebra_.number(1.5)));
}

NodeId Stream::spike_time() {
  if (own_spikes()) return program_.carried(*source_.last_spike);
  ir::Algebra& al = algebra_;
  const NodeId before = previous_value();
  const NodeId share = al.div(al.sub(al.number(threshold()), before), al.sub(value(), before));
  return al.add(previous_time(), al.mul(al.sub(time(), previous_time()), share));
}

}  // namespace hillock::features
