#include "features/readings.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "ir/derive.hpp"

namespace hillock::features {

using ir::NodeId;

void complete_resolution(Request& request, double start, double interval, std::size_t samples) {
  const auto takes = [](const Argument& a) { return a.name == "resolution"; };
  if (std::ranges::none_of(request.feature->arguments, takes) || request.arguments.contains("resolution")) return;
  std::size_t inside = 0;
  for (std::size_t i = 0; i < samples; ++i) {
    const double t = start + static_cast<double>(i) * interval;
    if (t >= request.window.from && t < request.window.until) ++inside;
  }
  request.arguments["resolution"] = 1.0 / (interval * static_cast<double>(std::max<std::size_t>(inside, 1)));
}

void Readings::add(ir::Program& program, const Source& source, const Request& request, bool with_slopes) {
  HILLOCK_CHECK(request.feature != nullptr, "a request without a feature");
  Stream stream(program, source, request.window, request.arguments, shared_);
  readings_.push_back(request.feature->read(stream));
  if (request.feature->of == Feature::Of::spikes && stream.own_spikes() && stream.may_have_several()) {
    ir::Algebra& al = stream.algebra();
    const NodeId crowded = stream.carried(
        "crowded", 0.0, [&](NodeId now) { return al.select(stream.several_spikes(), al.number(1.0), now); });
    auto& exceptions = readings_.back().exceptions;
    exceptions.insert(exceptions.begin(), {al.make(ir::Op::gt, crowded, al.number(0.5)), Undefined::crowded});
  }
  if (with_slopes) add_corners(stream, request.feature->of, readings_.back());
}

void Readings::add_slopes(ir::Program& program, const ir::TangentTable& tangents, std::size_t parameters) {
  ir::Algebra algebra(program.graph);
  for (std::size_t k = 0; k < parameters; ++k) {
    std::vector<NodeId> seeds(program.variables.size(), ir::no_node);
    for (std::size_t s = 0; s < seeds.size(); ++s) {
      const ir::Variable& v = program.variables[s];
      if (v.source == ir::Source::carried && v.index < tangents.size() && tangents[v.index][k])
        seeds[s] = program.carried(*tangents[v.index][k]);
    }
    ir::Tangent tangent(algebra, std::move(seeds));
    for (Reading& r : readings_) r.slopes.push_back(tangent.of(r.value));
  }
}

std::size_t Readings::slopes() const {
  std::size_t sum = 0;
  for (const Reading& r : readings_) sum += r.slopes.size();
  return sum;
}

namespace {

std::vector<NodeId> roots_of(std::span<const Reading> readings) {
  std::vector<NodeId> out;
  for (const Reading& r : readings) {
    out.push_back(r.value);
    for (const Reading::Exception& e : r.exceptions) out.push_back(e.when);
    if (r.decided != ir::no_node) out.push_back(r.decided);
    for (const Reading::Corner& c : r.corners) out.push_back(c.when);
    out.insert(out.end(), r.slopes.begin(), r.slopes.end());
  }
  return out;
}

std::vector<NodeId> decided_roots(std::span<const Reading> readings) {
  std::vector<NodeId> out;
  for (const Reading& r : readings)
    if (r.decided != ir::no_node) out.push_back(r.decided);
  return out;
}

}  // namespace

Readings::Finish::Finish(const ir::Program& program, std::span<const Reading> readings)
    : evaluator_(program.graph, roots_of(readings)) {
  values_.assign(program.variables.size(), 0.0);
  for (std::uint32_t s = 0; s < program.variables.size(); ++s)
    if (program.variables[s].source == ir::Source::carried) symbols_.emplace_back(s, program.variables[s].index);
  roots_.resize(roots_of(readings).size());
  for (const Reading& r : readings) {
    Parts& parts = parts_.emplace_back();
    for (const Reading::Exception& e : r.exceptions) parts.exceptions.push_back(e.why);
    for (const Reading::Corner& c : r.corners) parts.corners.push_back(c.why);
    parts.slopes = r.slopes.size();
    parts.may_be_decided = r.decided != ir::no_node;
  }
}

void Readings::Finish::run(std::span<const double> carried, std::span<Value> out, std::span<double> slopes) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  for (const auto& [symbol, index] : symbols_) values_[symbol] = carried[index];
  evaluator_.run(values_, roots_);
  std::size_t at = 0, to = 0;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    Value value{roots_[at++], Undefined::none};
    for (const Undefined why : parts_[i].exceptions) {
      if (roots_[at] != 0.0 && value.why == Undefined::none) value.why = why;
      ++at;
    }
    if (value.why == Undefined::none && !std::isfinite(value.value)) value.why = Undefined::not_finite;
    if (value.why != Undefined::none) value.value = nan, value.no_slope = NoSlope::no_value;
    if (parts_[i].may_be_decided) value.decided = roots_[at++] != 0.0;
    for (const NoSlope why : parts_[i].corners) {
      if (roots_[at] != 0.0 && value.no_slope == NoSlope::none) value.no_slope = why;
      ++at;
    }
    const auto own = std::span(roots_).subspan(at, parts_[i].slopes);
    at += own.size();
    if (value.no_slope == NoSlope::none && !std::ranges::all_of(own, [](double s) { return std::isfinite(s); }))
      value.no_slope = NoSlope::not_finite;
    if (!slopes.empty())
      for (const double s : own) slopes[to++] = value.no_slope == NoSlope::none ? s : nan;
    out[i] = value;
  }
}

Readings::Decisions::Decisions(const ir::Program& program, std::span<const Reading> readings)
    : evaluator_(program.graph, decided_roots(readings)) {
  for (std::size_t i = 0; i < readings.size(); ++i) {
    may_.push_back(readings[i].decided != ir::no_node ? 1 : 0);
    if (may_.back() != 0) which_.push_back(i);
  }
  values_.assign(program.variables.size(), 0.0);
  roots_.resize(which_.size());
  for (const NodeId id : ir::reachable(program.graph, decided_roots(readings))) {
    const ir::Node& node = program.graph[id];
    if (node.op == ir::Op::symbol)
      symbols_.emplace_back(index(node.symbol), program.variables[index(node.symbol)].index);
  }
}

void Readings::Decisions::run(const double* carried, std::size_t stride, std::span<std::uint8_t> decided) {
  if (which_.empty()) return;
  for (const auto& [symbol, index] : symbols_) values_[symbol] = carried[index * stride];
  evaluator_.run(values_, roots_);
  for (std::size_t i = 0; i < which_.size(); ++i)
    if (roots_[i] != 0.0) decided[which_[i]] = 1;
}

std::vector<Value> measure(std::span<const double> trace, double start, double interval,
                           std::span<const Request> requests, std::span<const std::uint8_t> mask) {
  HILLOCK_CHECK(mask.empty() || mask.size() == trace.size(), "a mask of another length than the trace");
  HILLOCK_CHECK(interval > 0.0, "samples an interval of nothing apart");
  std::vector<Value> out(requests.size());
  if (trace.empty()) {
    for (Value& v : out) v = {std::numeric_limits<double>::quiet_NaN(), Undefined::empty_window};
    return out;
  }
  ir::Program program;
  program.columns = 2;
  Readings readings;
  // A lane's own quantity: a copy of the column, so that it counts as one.
  const NodeId zero = program.graph.constant(0.0);
  const NodeId own = program.carried(program.carry("own", zero));
  const NodeId value = program.graph.make(ir::Op::add, program.column(0), own);
  for (Request r : requests) {
    complete_resolution(r, start, interval, trace.size());
    readings.add(program, {r.quantity, value, program.column(1), {}, {}}, r);
  }
  ir::Timeline timeline{trace.size(), 2, {}, std::vector<std::uint8_t>(trace.size(), 1)};
  if (!mask.empty()) timeline.observe.assign(mask.begin(), mask.end());
  for (std::size_t i = 0; i < trace.size(); ++i)
    timeline.values.insert(timeline.values.end(), {trace[i], start + static_cast<double>(i) * interval});
  const ir::Loop loop = ir::bind(program, timeline);
  std::vector<double> carried(loop.carried);
  ir::interpret(loop, {}, carried);
  readings.finish(program).run(carried, out);
  return out;
}

}  // namespace hillock::features
