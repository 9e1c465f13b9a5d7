#include "sim/programs.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numbers>
#include <numeric>
#include <optional>
#include <tuple>

#include "ir/derive.hpp"
#include "ir/lasting_nan.hpp"
#include "ir/passes/narrow.hpp"
#include "sim/dynamics.hpp"
#include "sim/recorded.hpp"

namespace hillock::sim {
namespace {

using ir::NodeId;
using ir::Op;
using Stage = Layout::Stage;

/// The residual of one observation, as expressions at a kept sample.
struct Residual {
  NodeId error = ir::no_node;      ///< mean - x (this way round its derivatives need no sign)
  NodeId z = ir::no_node;          ///< standardised innovation
  NodeId log_scale = ir::no_node;  ///< log of the innovation's standard deviation
  NodeId mean = ir::no_node;
  NodeId sd = ir::no_node;
  NodeId log_density = ir::no_node;  ///< of noise that is not Gaussian, where a density is asked for; else of z
};

class ProgramBuilder {
 public:
  ProgramBuilder(const ir::Model& model, const ProgramRequest& request)
      : model_(model), request_(request), layout_(model), context_(model, out_.program) {}

  Result<BuiltProgram> build() {
    if (model_.observations.empty() && !of_spikes() && !of_features() && !of_records())
      return fail("no-observation", "the model does not say what is recorded", model_.name,
                  "a line such as: observe I ~ normal(g*(V - E), sigma)");
    if (auto fitted = can_be_fitted(); !fitted) return fail(std::move(fitted.error()));
    const auto dynamics = add_dynamics(context_, request_.integrator, request_.events);
    if (!dynamics) return fail(dynamics.error());
    if (auto narrowed = keep_precision(); !narrowed) return fail(std::move(narrowed.error()));
    if (of_spikes() && !dynamics->trouble) return no_located_spikes();
    ir::Program& p = out_.program;

    wrt_ = request_.with_respect_to;
    if (wrt_.empty()) {
      wrt_.resize(model_.parameters.size());
      std::iota(wrt_.begin(), wrt_.end(), 0U);
    }
    out_.states = model_.states.size();
    if (of_records()) {
      if (auto added = add_records(*dynamics); !added) return fail(std::move(added.error()));
      return std::move(out_);
    }
    if (of_features()) {
      if (auto added = add_features(*dynamics); !added) return fail(std::move(added.error()));
      return std::move(out_);
    }
    std::vector<Residual> residuals;
    if (!of_spikes())
      for (std::size_t o = 0; o < model_.observations.size(); ++o) residuals.push_back(residual(o));

    switch (request_.purpose) {
      case Purpose::squares: sum_up(squares(residuals)); break;
      case Purpose::squares_linearised: linearise(residuals); break;
      case Purpose::log_density: sum_up(log_density(residuals)); break;
      case Purpose::log_density_gradient: gradient(residuals, true); break;
      case Purpose::scores: gradient(residuals, false); break;
      case Purpose::fisher: fisher(residuals); break;
      case Purpose::trace:
        for (const Residual& r : residuals) p.outputs.insert(p.outputs.end(), {r.mean, r.sd});
        if (dynamics->spikes) p.outputs.push_back(p.carried(*dynamics->spikes));
        for (const std::uint32_t time : dynamics->spike_times) p.outputs.push_back(p.carried(time));
        out_.spike_times = dynamics->spike_times.size();
        for (const std::uint32_t count : dynamics->events) p.outputs.push_back(p.carried(count));
        break;
      case Purpose::innovations:
        for (const Residual& r : residuals)
          p.outputs.insert(p.outputs.end(), {context_.algebra().neg(r.z), r.log_scale});
        break;
      case Purpose::features:
      case Purpose::feature_slopes:
      case Purpose::recorded: break;  // done above
      case Purpose::trace_slopes: trace_slopes(residuals); break;
      case Purpose::spike_times:
      case Purpose::spike_time_slopes: spike_times(*dynamics); break;
    }
    out_.outputs_per_sample = p.outputs.size();
    return std::move(out_);
  }

 private:
  [[nodiscard]] bool of_spikes() const {
    return request_.purpose == Purpose::spike_times || request_.purpose == Purpose::spike_time_slopes;
  }

  [[nodiscard]] std::unexpected<Errors> no_located_spikes() const {
    return fail("no-located-spikes",
                model_.spiking ? "spike times on the grid of steps are no smooth function of anything"
                               : "the model has no threshold, so no spikes",
                model_.name, model_.spiking ? "events = \"located\"" : "a line such as: threshold v > -50*mV");
  }
  [[nodiscard]] bool of_records() const { return request_.purpose == Purpose::recorded; }
  [[nodiscard]] bool of_features() const {
    return request_.purpose == Purpose::features || request_.purpose == Purpose::feature_slopes;
  }

  /// A model with spikes or noise has no likelihood yet: it can be simulated, and that is all. Located spikes are part
  /// of a smooth path, and given its random numbers a model with noise has one path.
  [[nodiscard]] Result<void> can_be_fitted() const {
    if (request_.purpose == Purpose::trace || request_.purpose == Purpose::trace_slopes || of_spikes() ||
        of_features() || of_records())
      return {};
    if (auto has = has_likelihood(); !has) return has;
    const auto refuse = [&](const std::string& what, const Span& where) {
      return fail(Error{"not-yet-run",
                        "a model with " + what + " can be simulated, but not fitted yet: it has no likelihood here",
                        where, model_.name, "hillock simulate"});
    };
    if (model_.spiking && request_.events == Events::grid) return refuse("spikes", model_.spiking->span);
    if (!model_.events.empty()) return refuse("events", model_.events.front().span);
    if (!model_.draws.empty()) return refuse("random numbers", model_.symbol(model_.draws.front().symbol).span);
    if (request_.pathwise) return {};
    for (const ir::State& s : model_.states)
      for (const ir::SymbolId noise : model_.noises)
        if (ir::depends_on(model_.graph, s.derivative, noise))
          return refuse("noise in its equations", model_.symbol(s.symbol).span);
    return {};
  }

  /// Every family has a density; squares and the expected information are those of Gaussian noise.
  [[nodiscard]] Result<void> has_likelihood() const {
    const bool of_density = wants_density();
    Errors errors;
    for (const ir::Observation& o : model_.observations) {
      const ir::NoiseInfo& noise = ir::info(o.family);
      if (noise.likelihood) continue;
      if (!of_density)
        errors.push_back({"no-likelihood",
                          "this method takes noise that is normal or ar1, and that of '" + o.channel + "' is '" +
                              std::string(noise.name) + "'",
                          o.span, model_.name,
                          "a method that only simulates, such as npe, nle, nre or abc_smc; or noise that is normal or "
                          "ar1"});
      else if (o.family == ir::NoiseFamily::binomial && moves(o.arguments[0]))
        errors.push_back({"no-likelihood",
                          "there is no likelihood here of a binomial noise, that of '" + o.channel +
                              "', whose number of trials depends on parameters or states",
                          o.span, model_.name, "a number, or a constant"});
    }
    if (!errors.empty()) return fail(std::move(errors));
    return {};
  }

  [[nodiscard]] bool wants_density() const {
    return request_.purpose == Purpose::log_density || request_.purpose == Purpose::log_density_gradient ||
           request_.purpose == Purpose::scores;
  }

  /// Does an expression depend on parameters, or on states?
  [[nodiscard]] bool moves(NodeId root) const {
    const auto read = [&](ir::SymbolId symbol) { return ir::depends_on(model_.graph, root, symbol); };
    return std::ranges::any_of(model_.parameters, [&](const ir::Parameter& p) { return read(p.symbol); }) ||
           std::ranges::any_of(model_.states, [&](const ir::State& s) { return read(s.symbol); });
  }

  /// States in single precision, where they may be.
  [[nodiscard]] Result<void> keep_precision() {
    if (request_.precision == Precision::float64) return {};
    const auto refuse = [&](const std::string& what, const std::string& hint) {
      return fail("precision-unfit", "float32 is not for " + what, "--precision", hint);
    };
    if (request_.purpose != Purpose::trace && request_.purpose != Purpose::features)
      return refuse("derivatives and likelihoods: the differences they are would be rounding", "--precision float64");
    if (request_.events == Events::located)
      return refuse("spikes located inside steps: their times have more digits than the states", "--events grid");
    if (out_.program.adaptive)
      return refuse(std::string(request_.integrator) +
                        ", whose steps are chosen by an error that is smaller than the rounding of a float32",
                    "a fixed step: --integrator exponential_euler, exponential_midpoint or rk4");
    std::vector<std::uint32_t> states(model_.states.size());
    std::iota(states.begin(), states.end(), 0U);
    ir::keep_in_single(out_.program, states);
    return {};
  }

  /// What a feature is of: a state, or an expression of the model; or what is recorded of a channel.
  struct Quantity {
    std::optional<std::size_t> state;
    NodeId root = ir::no_node;
    std::optional<std::size_t> channel = {};
    [[nodiscard]] bool known() const { return state || root != ir::no_node; }
  };
  [[nodiscard]] Quantity quantity(std::string_view name) const {
    if (request_.recorded || of_records())
      for (std::size_t o = 0; o < model_.observations.size(); ++o)
        if (model_.observations[o].channel == name) return {{}, model_.observations[o].mean, o};
    for (std::size_t i = 0; i < model_.states.size(); ++i)
      if (model_.symbol(model_.states[i].symbol).name == name) return {i, ir::no_node};
    for (const ir::Definition& d : model_.definitions)
      if (d.name == name) return {{}, d.node};
    for (const ir::Observation& o : model_.observations)
      if (o.channel == name) return {{}, o.mean};
    return {};
  }

  [[nodiscard]] Error unknown_quantity(const std::string& name, const std::string& asked) const {
    std::vector<std::string> names;
    for (const ir::State& s : model_.states) names.push_back(model_.symbol(s.symbol).name);
    for (const ir::Definition& d : model_.definitions) names.push_back(d.name);
    for (const ir::Observation& o : model_.observations) names.push_back(o.channel);
    return {"name-unknown",
            "the model has no quantity \"" + name + "\" to take " + asked + " of",
            {},
            asked,
            nearest(name, names)};
  }

  /// At a sample; a condition as it is.
  NodeId at_sample(const Quantity& wanted) {
    if (wanted.channel) {
      const auto known = recorded_.find(*wanted.channel);
      if (known != recorded_.end()) return known->second;
      return recorded_[*wanted.channel] = recorded_value(context_, *wanted.channel);
    }
    const auto states = context_.state_values();
    return wanted.state ? states[*wanted.state] : context_.expression(wanted.root, states, Stage::sample);
  }

  Result<void> add_records(const Dynamics& dynamics) {
    ir::Program& p = out_.program;
    Errors errors;
    for (const std::string& name : request_.record) {
      const Quantity wanted = quantity(name);
      if (!wanted.known()) {
        errors.push_back(unknown_quantity(name, "the record"));
        continue;
      }
      RecordedOutput& out = out_.recorded.emplace_back(RecordedOutput{p.outputs.size()});
      if (wanted.channel && !noise_in_loop(model_.observations[*wanted.channel].family)) {
        out.drawn = wanted.channel;
        for (const NodeId argument : model_.observations[*wanted.channel].arguments)
          p.outputs.push_back(context_.expression(argument, context_.state_values(), Stage::sample));
        continue;
      }
      NodeId value = at_sample(wanted);
      if (p.graph[value].type == ir::Type::boolean) value = p.graph.make(Op::to_real, value);
      p.outputs.push_back(value);
    }
    if (!errors.empty()) return fail(std::move(errors));
    if (dynamics.spikes) {
      out_.spike_outputs = p.outputs.size();
      p.outputs.push_back(p.carried(*dynamics.spikes));
      p.outputs.push_back(p.carried(*dynamics.last_spike));
    }
    out_.outputs_per_sample = p.outputs.size();
    return {};
  }

  /// Does a spike make it jump?
  [[nodiscard]] bool jumps(const Quantity& quantity) const {
    return model_.spiking && std::ranges::any_of(model_.spiking->resets, [&](const ir::Reset& r) {
             if (quantity.state) return *quantity.state == r.state;
             return ir::depends_on(model_.graph, quantity.root, model_.states[r.state].symbol);
           });
  }

  /// What it was right before the last spike, or right after: carried.
  NodeId at_spike(const Quantity& of, const SpikeInstant& instant, bool before) {
    ir::Program& p = out_.program;
    ir::Algebra& al = context_.algebra();
    const std::uint32_t at = p.carry(before ? "before the spike" : "after the spike", al.number(0.0));
    const auto& states = before ? instant.before : instant.after;
    const NodeId value = of.state ? states[*of.state] : context_.expression_at(of.root, states, instant.fraction);
    const NodeId then = al.make(Op::stop_gradient, value);
    p.advance.push_back({at, ir::seldom(al, instant.happens, then, p.carried(at))});
    return p.carried(at);
  }

  Result<void> add_features(const Dynamics& dynamics) {
    ir::Program& p = out_.program;
    const bool with_slopes = request_.purpose == Purpose::feature_slopes;
    if (with_slopes && model_.spiking && !dynamics.trouble) return no_located_spikes();
    std::map<std::string, std::pair<NodeId, NodeId>> at_spikes;
    Errors errors;
    std::vector<NodeId> quantities;
    for (const features::Request& request : request_.features) {
      const Quantity wanted = quantity(request.quantity);
      if (!wanted.known()) {
        errors.push_back(unknown_quantity(request.quantity, request.name));
        continue;
      }
      NodeId value = at_sample(wanted);
      const bool real = p.graph[value].type == ir::Type::real;
      if (!real) value = p.graph.make(Op::to_real, value);
      features::Source source{request.quantity, value, p.column(layout_.time(Stage::sample)), dynamics.spikes,
                              dynamics.last_spike};
      source.jumps = real && jumps(wanted);
      source.several = p.adaptive.has_value();
      if (with_slopes && source.jumps) {
        auto known = at_spikes.find(request.quantity);
        if (known == at_spikes.end())
          known = at_spikes
                      .try_emplace(request.quantity, at_spike(wanted, *dynamics.instant, true),
                                   at_spike(wanted, *dynamics.instant, false))
                      .first;
        std::tie(source.before_jump, source.after_jump) = known->second;
      }
      out_.readings.add(p, source, request, with_slopes);
      quantities.push_back(value);
    }
    if (!errors.empty()) return fail(std::move(errors));
    for (std::size_t f = 0; f < quantities.size(); ++f) {
      FeatureFate fate{request_.features[f].window, {}};
      for (std::uint32_t c = 0; c < model_.states.size(); ++c)
        if (ir::nan_with(p, quantities[f], c) && ir::nan_lasts(p, c)) fate.fatal.push_back(c);
      out_.fates.push_back(std::move(fate));
    }
    out_.trouble = dynamics.trouble;
    if (with_slopes) out_.readings.add_slopes(p, ir::add_tangents(p, wrt_), wrt_.size());
    return {};
  }

  [[nodiscard]] bool needs_noise() const {
    return request_.purpose != Purpose::squares && request_.purpose != Purpose::squares_linearised &&
           request_.purpose != Purpose::trace_slopes;
  }

  Residual residual(std::size_t o) {
    const ir::Observation& observation = model_.observations[o];
    ir::Program& p = out_.program;
    ir::Algebra& al = context_.algebra();
    const auto states = context_.state_values();
    Residual r;
    r.mean = context_.expression(observation.mean, states, Stage::sample);
    r.error = al.sub(r.mean, p.column(layout_.observed(o)));
    if (!needs_noise()) {
      r.error = al.mul(r.error, p.column(layout_.weight(o)));
      return r;
    }
    r.sd = context_.expression(observation.sd, states, Stage::sample);
    if (wants_density() && !ir::info(observation.family).likelihood) {
      r.log_density = density_of(o);
      return r;
    }
    if (observation.family != ir::NoiseFamily::ar1) {
      r.z = al.div(r.error, r.sd);
      r.log_scale = al.make(Op::log, r.sd);
      return r;
    }
    // A stationary process sampled at times a gap apart: correlation rho = exp(-gap/tau), innovation variance
    // sd^2 (1 - rho^2), with 1 - rho^2 = -expm1(-2 gap/tau) to full precision.
    const std::uint32_t before = p.carry("residual " + observation.channel, al.number(0.0));
    const NodeId tau = context_.expression(observation.tau, states, Stage::sample);
    const NodeId lag = al.div(p.column(layout_.gap(o)), tau);
    const NodeId rho = al.make(Op::exp, al.neg(lag));
    const NodeId share = al.neg(al.make(Op::expm1, al.mul(al.number(-2.0), lag)));
    const NodeId scale = al.mul(r.sd, al.make(Op::sqrt, share));
    r.z = al.div(al.sub(r.error, al.mul(rho, p.carried(before))), scale);
    r.log_scale = al.make(Op::log, scale);
    p.observe.push_back({before, r.error});
    return r;
  }

  /// log p(x) of what is recorded of observation `o`, whose noise is not Gaussian. Of counts without the coefficients
  /// that data alone decide (binomial: n over x; poisson: 1/x!). NaN or -inf where the arguments make no sense, or x
  /// cannot be.
  NodeId density_of(std::size_t o) {
    const ir::Observation& observation = model_.observations[o];
    ir::Algebra& al = context_.algebra();
    const auto states = context_.state_values();
    const auto argument = [&](std::size_t i) {
      return context_.expression(observation.arguments[i], states, Stage::sample);
    };
    const NodeId x = out_.program.column(layout_.observed(o)), zero = al.number(0.0);
    const NodeId never = al.number(-std::numeric_limits<double>::infinity());
    const NodeId nan = al.number(std::numeric_limits<double>::quiet_NaN());
    /// count log(probability), and 0 where nothing was counted.
    const auto counted = [&](NodeId count, NodeId log) {
      return al.select(al.make(Op::gt, count, zero), al.mul(count, log), zero);
    };
    switch (observation.family) {
      case ir::NoiseFamily::lognormal: {
        const NodeId sd = argument(1), log_x = al.make(Op::log, x);
        const NodeId z = al.div(al.sub(al.make(Op::log, argument(0)), log_x), sd);
        const NodeId square = al.mul(al.mul(al.number(-0.5), z), z);
        const NodeId scale =
            al.add(al.add(al.make(Op::log, sd), log_x), al.number(0.5 * std::log(2.0 * std::numbers::pi)));
        return al.sub(square, scale);
      }
      case ir::NoiseFamily::binomial:
      case ir::NoiseFamily::bernoulli: {
        const bool one = observation.family == ir::NoiseFamily::bernoulli;
        const NodeId n = one ? al.number(1.0) : argument(0), p = argument(one ? 0 : 1);
        const NodeId failures = al.sub(n, x);
        const NodeId sum = al.add(counted(x, al.make(Op::log, p)), counted(failures, al.make(Op::log1p, al.neg(p))));
        const NodeId possible = al.make(Op::land, al.make(Op::ge, x, zero), al.make(Op::ge, failures, zero));
        const NodeId sensible = al.make(Op::land, al.make(Op::ge, p, zero), al.make(Op::ge, al.number(1.0), p));
        return al.select(sensible, al.select(possible, sum, never), nan);
      }
      case ir::NoiseFamily::poisson: {
        const NodeId mean = argument(0);
        const NodeId sum = al.sub(counted(x, al.make(Op::log, mean)), mean);
        return al.select(al.make(Op::ge, mean, zero), al.select(al.make(Op::ge, x, zero), sum, never), nan);
      }
      case ir::NoiseFamily::normal:
      case ir::NoiseFamily::ar1: break;
    }
    return nan;
  }

  NodeId squares(const std::vector<Residual>& residuals) {
    ir::Algebra& al = context_.algebra();
    NodeId sum = al.number(0.0);
    for (const Residual& r : residuals) sum = al.add(sum, al.mul(r.error, r.error));
    return sum;
  }
  NodeId log_density(const std::vector<Residual>& residuals) {
    ir::Algebra& al = context_.algebra();
    NodeId sum = al.number(0.0);
    const NodeId constant = al.number(-0.5 * std::log(2.0 * std::numbers::pi));
    for (const Residual& r : residuals) {
      if (r.log_density != ir::no_node) {
        sum = al.add(sum, r.log_density);
        continue;
      }
      const NodeId square = al.mul(al.mul(al.number(-0.5), r.z), r.z);
      sum = al.add(sum, al.add(square, al.sub(constant, r.log_scale)));
    }
    return sum;
  }

  std::uint32_t sum_up(NodeId term, const char* name = "value") {
    const std::uint32_t at = accumulate(name, term);
    out_.value = {at};
    return at;
  }
  std::uint32_t accumulate(const std::string& name, NodeId term) {
    ir::Program& p = out_.program;
    ir::Algebra& al = context_.algebra();
    const std::uint32_t at = p.carry(name, al.number(0.0));
    p.observe.push_back({at, al.add(p.carried(at), term)});
    return at;
  }

  std::vector<NodeId> slopes_of(NodeId root) { return ir::sensitivity(out_.program, root, tangents_, wrt_); }

  void linearise(const std::vector<Residual>& residuals) {
    ir::Algebra& al = context_.algebra();
    tangents_ = ir::add_tangents(out_.program, wrt_);
    sum_up(squares(residuals));
    std::vector<std::vector<NodeId>> d;
    for (const Residual& r : residuals) d.push_back(slopes_of(r.error));
    for (std::size_t k = 0; k < wrt_.size(); ++k) {
      NodeId sum = al.number(0.0);
      for (std::size_t o = 0; o < residuals.size(); ++o) sum = al.add(sum, al.mul(residuals[o].error, d[o][k]));
      out_.gradient.push_back(accumulate("gradient", sum));
    }
    matrix(d);
  }

  void fisher(const std::vector<Residual>& residuals) {
    tangents_ = ir::add_tangents(out_.program, wrt_);
    std::vector<std::vector<NodeId>> d;
    for (const Residual& r : residuals) {
      d.push_back(slopes_of(r.z));
      d.push_back(slopes_of(r.log_scale));
    }
    matrix(d);
  }

  void trace_slopes(const std::vector<Residual>& residuals) {
    ir::Program& p = out_.program;
    tangents_ = ir::add_tangents(p, wrt_);
    for (const Residual& r : residuals) {
      p.outputs.push_back(r.mean);
      const std::vector<NodeId> slopes = slopes_of(r.mean);
      p.outputs.insert(p.outputs.end(), slopes.begin(), slopes.end());
    }
  }

  void spike_times(const Dynamics& dynamics) {
    ir::Program& p = out_.program;
    for (const std::uint32_t c : {*dynamics.spikes, *dynamics.last_spike, *dynamics.trouble}) out_.value.push_back(c);
    if (request_.purpose == Purpose::spike_time_slopes) {
      tangents_ = ir::add_tangents(p, wrt_);
      for (const auto& tangent : tangents_[*dynamics.last_spike])
        out_.gradient.push_back(tangent ? *tangent : p.carry("0", context_.algebra().number(0.0)));
    }
    for (const auto& list : {out_.value, out_.gradient})
      for (const std::uint32_t c : list) p.outputs.push_back(p.carried(c));
  }

  void matrix(const std::vector<std::vector<NodeId>>& d) {
    ir::Algebra& al = context_.algebra();
    for (std::size_t i = 0; i < wrt_.size(); ++i)
      for (std::size_t j = 0; j <= i; ++j) {
        NodeId sum = al.number(0.0);
        for (const auto& row : d) sum = al.add(sum, al.mul(row[i], row[j]));
        out_.matrix.push_back(accumulate("information", sum));
      }
  }

  /// The gradient of the log density of one sample.
  void gradient(const std::vector<Residual>& residuals, bool summed) {
    ir::Program& p = out_.program;
    tangents_ = ir::add_tangents(p, wrt_);
    const NodeId value = log_density(residuals);
    // A residual that is itself carried on (ar1) has its derivatives at hand.
    std::vector<ir::KnownSlopes> known;
    for (std::size_t o = 0; o < residuals.size(); ++o)
      if (model_.observations[o].family == ir::NoiseFamily::ar1)
        known.push_back({residuals[o].error, slopes_of(residuals[o].error)});
    if (!summed) {
      p.outputs = ir::sensitivity(p, value, tangents_, wrt_, known);
      return;
    }
    sum_up(value);
    std::vector<NodeId> sums;
    for (std::size_t k = 0; k < wrt_.size(); ++k) {
      out_.gradient.push_back(p.carry("gradient", context_.algebra().number(0.0)));
      sums.push_back(p.carried(out_.gradient.back()));
    }
    const std::vector<NodeId> next = ir::sensitivity(p, value, tangents_, wrt_, known, sums);
    for (std::size_t k = 0; k < wrt_.size(); ++k) p.observe.push_back({out_.gradient[k], next[k]});
  }

  const ir::Model& model_;
  const ProgramRequest& request_;
  Layout layout_;
  BuiltProgram out_;
  StepContext context_;
  std::vector<std::uint32_t> wrt_;
  ir::TangentTable tangents_;
  std::map<std::size_t, NodeId> recorded_;  ///< by observation: what is recorded, made once
};

}  // namespace

std::string_view to_string(Precision precision) { return precision == Precision::float32 ? "float32" : "float64"; }

Result<Precision> precision_called(std::string_view name) {
  for (const Precision each : {Precision::float64, Precision::float32})
    if (name == to_string(each)) return each;
  return fail("precision-unknown", "there is no precision \"" + std::string(name) + "\"", "--precision",
              "float64 or float32");
}

Result<BuiltProgram> build_program(const ir::Model& model, const ProgramRequest& request) {
  return ProgramBuilder(model, request).build();
}

std::vector<std::uint32_t> mechanism_parameters(const ir::Model& model) {
  // Close the set of symbols that the means depend on over the states' equations and initial values.
  std::vector<bool> reached(model.symbols.size());
  std::vector<NodeId> frontier;
  for (const ir::Observation& o : model.observations) frontier.push_back(o.mean);
  while (!frontier.empty()) {
    std::vector<NodeId> next;
    for (const NodeId id : ir::reachable(model.graph, frontier)) {
      const ir::Node& node = model.graph[id];
      if (node.op != Op::symbol || reached[index(node.symbol)]) continue;
      reached[index(node.symbol)] = true;
      for (const ir::State& s : model.states)
        if (s.symbol == node.symbol) next.insert(next.end(), {s.derivative, s.init});
    }
    frontier = std::move(next);
  }
  std::vector<std::uint32_t> out;
  for (std::uint32_t i = 0; i < model.parameters.size(); ++i)
    if (reached[index(model.parameters[i].symbol)]) out.push_back(i);
  return out;
}

}  // namespace hillock::sim
