#include "sim/located_spikes.hpp"

#include <algorithm>

#include "ir/derive.hpp"
#include "sim/threshold_function.hpp"

namespace hillock::sim {
namespace {

using ir::NodeId;
using ir::Op;
using Stage = Layout::Stage;

constexpr double long_ago = -1e4;  // seconds, as in spikes.cpp
constexpr int bracketings = 4;
constexpr double slowest_crossing = 1e-3;
constexpr double near_threshold = 1e-4;  // of what the threshold function changes in the row
constexpr double location_error = 1e-6;
constexpr double touching = 1e-6;  // of what the threshold function changes in the row

bool reads_states(const ir::Model& model, NodeId root) {
  return std::ranges::any_of(model.states,
                             [&](const ir::State& s) { return ir::depends_on(model.graph, root, s.symbol); });
}

Result<void> can_be_located(const ir::Model& model, const Integrator& integrator) {
  const auto refuse = [&](std::string message, std::string hint) {
    return fail(Error{"integrator-unfit", std::move(message), model.spiking->span, "events", std::move(hint)});
  };
  if (integrator.adaptive)
    return refuse(std::string(integrator.name) + " chooses its own steps: events = \"located\" is for fixed ones",
                  "a fixed step: exponential_euler, rk2 or rk4");
  if (!model.noises.empty() && integrator.calculus != Calculus::additive)
    return refuse("between the ends of a step only additive noise has a path here", "exponential_euler or euler");
  if (!model.events.empty())
    return refuse("only spikes are located, not the event " + model.events[0].name, "events = \"grid\"");
  if (!model.held.empty() || !model.draws.empty())
    return refuse("what is drawn or evaluated once a step has no meaning inside one", "events = \"grid\"");
  if (model.last_spike || model.not_refractory)
    return refuse("expressions that read lastspike or not_refractory belong to the grid", "events = \"grid\"");
  const NodeId refractory = model.spiking->refractory;
  if (refractory == ir::no_node) return {};
  const bool held = std::ranges::any_of(model.states, [](const ir::State& s) { return s.unless_refractory; });
  if (model.graph[refractory].type == ir::Type::boolean) {
    if (held) return refuse("the end of a refractory condition is not located, and equations wait for it", "a time");
  } else if (reads_states(model, refractory)) {
    return refuse("a refractory period that changes with the states has no end that can be located", "a parameter");
  }
  return {};
}

}  // namespace

std::string_view to_string(EventTrouble trouble) {
  switch (trouble) {
    case EventTrouble::none: return "";
    case EventTrouble::grazing: return "grazing";
    case EventTrouble::crowded: return "crowded";
    case EventTrouble::too_short: return "too-short";
    case EventTrouble::not_located: return "not-located";
    case EventTrouble::on_threshold: return "on-threshold";
    case EventTrouble::at_end: return "at-end";
  }
  return "";
}

struct LocatedSpikes::Able {
  NodeId when = ir::no_node;   ///< is it, in this row?
  NodeId start = ir::no_node;  ///< the fraction from which
  std::vector<NodeId> states;  ///< there
  std::vector<NodeId> next;    ///< at the end of the row, if no spike comes
  NodeId freed = ir::no_node;  ///< does it become so in this row?
};

struct LocatedSpikes::Crossing {
  NodeId happens = ir::no_node;
  NodeId fraction = ir::no_node;
  std::vector<NodeId> states;  ///< before the reset
  /// Of a crossing in this row.
  NodeId grazing = ir::no_node, not_located = ir::no_node, last_moment = ir::no_node;
  NodeId on_threshold = ir::no_node;                   ///< where the cell becomes able to spike
  NodeId touched = ir::no_node, at_end = ir::no_node;  ///< where there is none
  NodeId range = ir::no_node;                          ///< what the threshold function changes in the row
};

Result<LocatedSpikes> LocatedSpikes::create(StepContext& context, const Integrator& integrator) {
  const ir::Model& model = context.model();
  if (auto good = can_be_located(model, integrator); !good) return fail(std::move(good.error()));
  ir::Model with_event = model;
  auto event = threshold_function(with_event.graph, model);
  if (!event) return fail(std::move(event.error()));
  const NodeId refractory = model.spiking->refractory;
  const bool timed = refractory != ir::no_node && model.graph[refractory].type == ir::Type::real;
  auto part = PartOfRow::create(with_event, integrator, *event, timed);
  if (!part) return fail(std::move(part.error()));

  LocatedSpikes out(context, std::move(*part));
  ir::Program& p = context.program();
  ir::Algebra& al = context.algebra();
  out.last_ = p.carry("last spike", al.number(long_ago));
  out.count_ = p.carry("spikes", al.number(0.0));
  out.trouble_ = p.carry("event trouble", al.number(0.0));
  out.begun_ = p.carry("begun", al.number(0.0));
  if (timed) {
    out.release_ = p.carry("refractory until", al.number(long_ago));
    const NodeId now = p.column(Layout(model).time(Stage::start));
    context.move_while(al.make(Op::le, p.carried(*out.release_), now));
  } else if (refractory != ir::no_node) {
    out.free_ = p.carry("not refractory", al.number(1.0));
  }
  return out;
}

NodeId LocatedSpikes::period(std::span<const NodeId> values, NodeId fraction) {
  return context_->expression_at(context_->model().spiking->refractory, values, fraction);
}

NodeId LocatedSpikes::noted(NodeId so_far, NodeId condition, EventTrouble trouble) {
  ir::Algebra& al = context_->algebra();
  const NodeId first = al.make(Op::land, condition, al.make(Op::eq, so_far, al.number(0.0)));
  return al.select(first, al.number(static_cast<double>(trouble)), so_far);
}

LocatedSpikes::Able LocatedSpikes::able(const std::vector<NodeId>& next) {
  const ir::Model& model = context_->model();
  ir::Program& p = context_->program();
  ir::Algebra& al = context_->algebra();
  const NodeId zero = al.number(0.0), one = al.number(1.0);
  const NodeId first = al.make(Op::lt, p.carried(begun_), al.number(0.5));
  Able out{al.g.boolean(true), zero, context_->state_values(), next, first};
  if (free_) {
    const NodeId was_free = al.make(Op::gt, p.carried(*free_), al.number(0.5));
    const NodeId condition = context_->expression(model.spiking->refractory, out.states, Stage::start);
    out.when = al.make(Op::lor, was_free, al.make(Op::lnot, condition));
    out.freed = al.make(Op::lor, first, al.make(Op::land, out.when, al.make(Op::lnot, was_free)));
  }
  if (!release_) return out;
  const Layout layout(model);
  const NodeId release = p.carried(*release_);
  const NodeId from = p.column(layout.time(Stage::start));
  const NodeId before_end = al.make(Op::lt, release, p.column(layout.time(Stage::end)));
  const NodeId inside = al.make(Op::land, al.make(Op::gt, release, from), before_end);
  const NodeId fraction = al.div(al.sub(release, from), p.column(Layout::step()));
  const auto held = part_.at(p, out.states, zero, fraction, al.g.boolean(false));
  const auto freed = part_.at(p, held.next, fraction, one, al.g.boolean(true));
  for (std::size_t i = 0; i < next.size(); ++i) {
    out.states[i] = al.select(inside, held.next[i], out.states[i]);
    out.next[i] = al.select(inside, freed.next[i], next[i]);
  }
  out.start = al.select(inside, fraction, zero);
  out.when = before_end;
  out.freed = al.make(Op::lor, first, al.make(Op::lor, inside, al.make(Op::eq, release, from)));
  return out;
}

LocatedSpikes::Crossing LocatedSpikes::locate(const Able& from) {
  ir::Program& p = context_->program();
  ir::Algebra& al = context_->algebra();
  const NodeId zero = al.number(0.0), one = al.number(1.0), free = al.g.boolean(true);
  const NodeId at_start = part_.event(p, from.states, from.start);
  const NodeId at_end = part_.event(p, from.next, one);
  const NodeId above = al.make(Op::gt, at_start, zero);
  Crossing out;
  out.happens = al.make(Op::land, from.when, al.make(Op::lor, above, al.make(Op::gt, at_end, zero)));

  // Anderson & Bjoerck: where the same end of the bracket moves twice, the value at the other end is scaled down.
  NodeId low = from.start, high = one, g_low = at_start, g_high = at_end;
  NodeId moved = ir::no_node;  // was it the high end?
  NodeId best = ir::no_node, smallest = ir::no_node;
  const auto candidate = [&] {
    const NodeId c = al.sub(high, al.div(al.mul(g_high, al.sub(high, low)), al.sub(g_high, g_low)));
    const NodeId inside = al.make(Op::land, al.make(Op::ge, c, low), al.make(Op::le, c, high));
    return al.select(inside, c, al.mul(al.number(0.5), al.add(low, high)));
  };
  for (int k = 0; k < bracketings; ++k) {
    const NodeId c = candidate();
    const NodeId g = part_.at(p, from.states, from.start, c, free).event;
    const NodeId up = al.make(Op::gt, g, zero);
    const NodeId size = al.make(Op::abs, g);
    const NodeId better = k == 0 ? free : al.make(Op::lt, size, smallest);
    best = k == 0 ? c : al.select(better, c, best);
    smallest = k == 0 ? size : al.select(better, size, smallest);
    const auto scaled = [&](NodeId other, NodeId old) {
      const NodeId m = al.sub(one, al.div(g, old));
      return al.mul(other, al.select(al.make(Op::gt, m, zero), m, al.number(0.5)));
    };
    NodeId next_low = al.select(up, g_low, g), next_high = al.select(up, g, g_high);
    if (moved != ir::no_node) {
      next_low = al.select(al.make(Op::land, up, moved), scaled(g_low, g_high), next_low);
      next_high = al.select(al.make(Op::land, al.make(Op::lnot, up), al.make(Op::lnot, moved)), scaled(g_high, g_low),
                            next_high);
    }
    low = al.select(up, low, c), high = al.select(up, c, high);
    g_low = next_low, g_high = next_high, moved = up;
  }
  const auto fixed = [&](NodeId x) { return al.make(Op::stop_gradient, x); };
  const NodeId guess = fixed(best);
  const auto there = part_.at(p, from.states, from.start, guess, free);
  // Where nothing crosses, all of this stays finite: 0 times what is not would be NaN in derivatives of derivatives.
  const NodeId moves = al.make(Op::gt, al.make(Op::abs, there.event_slope), zero);
  const NodeId speed = fixed(al.select(moves, there.event_slope, one));
  const NodeId correction = al.neg(al.div(there.event, speed));
  const NodeId good = al.make(Op::le, al.make(Op::abs, correction), al.number(location_error));
  const NodeId inside = al.make(Op::max, from.start, al.add(guess, correction));
  const NodeId near_it = al.add(fixed(al.select(good, inside, guess)), al.sub(correction, fixed(correction)));
  const auto close = part_.at(p, from.states, from.start, near_it, free);
  const NodeId second = al.neg(al.div(close.event, speed));
  out.fraction = al.select(above, from.start, al.add(near_it, second));
  for (std::size_t i = 0; i < from.states.size(); ++i) {
    const NodeId moved_on = al.mul(fixed(there.slope[i]), second);
    out.states.push_back(al.select(above, from.states[i], al.add(close.next[i], moved_on)));
  }

  const auto both = [&](NodeId a, NodeId b) { return al.make(Op::land, a, b); };
  const auto no = [&](NodeId a) { return al.make(Op::lnot, a); };
  const auto part = [&](double share, NodeId of) { return al.mul(al.number(share), of); };
  const auto is_zero = [&](NodeId value) {
    return al.make(Op::le, al.make(Op::abs, value), part(touching, al.make(Op::abs, out.range)));
  };
  const NodeId length = al.sub(one, from.start);
  out.range = al.sub(at_end, at_start);
  const NodeId fast = al.make(Op::gt, speed, part(slowest_crossing, al.div(out.range, length)));
  const NodeId near = al.make(Op::le, smallest, part(near_threshold, out.range));
  out.not_located = both(no(above), no(good));
  out.grazing = both(no(above), both(near, no(fast)));
  out.on_threshold = both(both(from.when, from.freed), is_zero(at_start));
  out.last_moment = al.make(Op::ge, out.fraction, al.number(1.0 - touching));
  out.at_end = both(from.when, is_zero(at_end));
  // Up and down again within the row: p(s) = g + a s + b s^2 + c s^3 is highest where p' = 0. Where the tangent at the
  // start does not reach the threshold, a path that bends down does not either; that is nearly always so.
  const NodeId rise = al.mul(length, part_.at(p, from.states, from.start, from.start, free).event_slope);
  const NodeId could = both(both(from.when, no(out.happens)),
                            both(al.make(Op::gt, rise, zero), al.make(Op::gt, al.add(at_start, rise), zero)));
  const NodeId fall = al.mul(length, part_.at(p, from.states, from.start, one, free).event_slope);
  const NodeId b = al.sub(part(3.0, out.range), al.add(part(2.0, rise), fall));
  const NodeId c = al.sub(al.add(rise, fall), part(2.0, out.range));
  const NodeId under_root = al.sub(al.mul(b, b), part(3.0, al.mul(c, rise)));
  const NodeId s = al.div(rise, al.sub(al.make(Op::sqrt, al.make(Op::max, zero, under_root)), b));
  const NodeId top = al.add(at_start, al.mul(s, al.add(rise, al.mul(s, al.add(b, al.mul(s, c))))));
  const NodeId touched =
      both(al.make(Op::lt, fall, part(slowest_crossing, rise)), al.make(Op::gt, top, part(-touching, rise)));
  const NodeId touches = ir::seldom(al, could, al.make(Op::to_real, touched), zero);
  out.touched = al.make(Op::gt, touches, al.number(0.5));
  return out;
}

std::vector<NodeId> LocatedSpikes::advance(const std::vector<NodeId>& next) {
  const ir::Model& model = context_->model();
  ir::Program& p = context_->program();
  ir::Algebra& al = context_->algebra();
  const NodeId zero = al.number(0.0), one = al.number(1.0);
  const Able from = able(next);
  const Crossing spike = locate(from);
  // What a spike brings about is seldom needed.
  const auto if_spike = [&](NodeId then, NodeId otherwise) { return ir::seldom(al, spike.happens, then, otherwise); };

  std::vector<NodeId> after = spike.states;
  for (const ir::Reset& reset : model.spiking->resets)
    after[reset.state] = context_->expression_at(reset.value, spike.states, spike.fraction);
  instant_ = {spike.happens, spike.fraction, spike.states, after};
  const NodeId now = p.column(Layout(model).time(Stage::start));
  const NodeId when = al.add(now, al.mul(p.column(Layout::step()), spike.fraction));
  // How the run ends is known at its last row: what was noted of the row before is forgotten.
  const NodeId ended = al.make(Op::eq, p.carried(trouble_), al.number(static_cast<double>(EventTrouble::at_end)));
  const NodeId before = al.select(ended, zero, p.carried(trouble_));
  const NodeId without =
      noted(noted(before, spike.on_threshold, EventTrouble::on_threshold), spike.touched, EventTrouble::grazing);
  NodeId trouble = noted(before, spike.on_threshold, EventTrouble::on_threshold);
  trouble = noted(trouble, spike.grazing, EventTrouble::grazing);
  trouble = noted(trouble, spike.not_located, EventTrouble::not_located);
  NodeId free = al.g.boolean(!free_.has_value());  // able to spike again at once
  if (release_) {
    const NodeId length = period(spike.states, spike.fraction);
    const NodeId until = al.add(when, length);
    free = al.make(Op::le, length, zero);
    const NodeId within =
        al.make(Op::land, al.make(Op::lnot, free), al.make(Op::lt, until, p.column(Layout(model).time(Stage::end))));
    trouble = noted(trouble, within, EventTrouble::too_short);
    p.advance.push_back({*release_, if_spike(until, p.carried(*release_))});
  }
  const auto rest = part_.at(p, after, spike.fraction, one, free);
  const NodeId after_reset = part_.event(p, after, spike.fraction);
  const NodeId margin = al.mul(al.number(touching), al.make(Op::abs, spike.range));
  const NodeId on = al.make(Op::le, al.make(Op::abs, after_reset), margin);
  const NodeId over = al.make(Op::lor, al.make(Op::gt, after_reset, zero), al.make(Op::gt, rest.event, zero));
  trouble = noted(trouble, al.make(Op::land, free, on), EventTrouble::on_threshold);
  trouble = noted(trouble, al.make(Op::land, free, over), EventTrouble::crowded);
  trouble = noted(trouble, spike.last_moment, EventTrouble::at_end);
  p.advance.push_back({trouble_, if_spike(trouble, noted(without, spike.at_end, EventTrouble::at_end))});
  p.advance.push_back({begun_, one});
  p.advance.push_back({last_, if_spike(when, p.carried(last_))});
  p.advance.push_back({count_, al.add(p.carried(count_), al.select(spike.happens, one, zero))});
  if (free_)
    p.advance.push_back({*free_, al.make(Op::to_real, al.make(Op::land, from.when, al.make(Op::lnot, spike.happens)))});
  std::vector<NodeId> out;
  for (std::size_t i = 0; i < next.size(); ++i) out.push_back(if_spike(rest.next[i], from.next[i]));
  return out;
}

}  // namespace hillock::sim
