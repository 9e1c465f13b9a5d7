#include "study/fit_posterior.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "infer/diagnostics.hpp"
#include "infer/laplace.hpp"
#include "infer/mode.hpp"
#include "infer/nuts.hpp"
#include "infer/pilot.hpp"
#include "study/fit_predict.hpp"
#include "verify/rules.hpp"

namespace hillock::study {
namespace {

/// The parameter that an expression is, if it is just one.
std::optional<std::size_t> parameter_of(const ir::Model& model, ir::NodeId node) {
  if (node == ir::no_node || model.graph[node].op != ir::Op::symbol) return std::nullopt;
  for (std::size_t i = 0; i < model.parameters.size(); ++i)
    if (model.parameters[i].symbol == model.graph[node].symbol) return i;
  return std::nullopt;
}

/// `value` of a parameter, moved inside the middle 99.8 % of its prior, given the parameters before it.
double inside(const prob::ParameterSpace& space, std::size_t parameter, std::span<const double> at, double value) {
  const auto prior = space.prior_given(parameter, at);
  return prior ? std::clamp(value, prior->quantile(0.001), prior->quantile(0.999)) : value;
}

/// The prior's curvature on the unconstrained scale, never quite zero, so that a direction without data has a scale.
double prior_precision(const prob::Prior& prior, double u) {
  constexpr double h = 1e-3;
  constexpr double least = 1e-3;
  const double slope_change =
      prior.log_density_unconstrained(u + h).derivative - prior.log_density_unconstrained(u - h).derivative;
  return std::max(least, -slope_change / (2.0 * h));
}

/// Likelihood's information plus prior's curvature: of conditional priors what it is on average, which is never
/// negative.
Array2 with_prior(const Target& target, Array2 information, std::span<const double> point) {
  for (std::size_t j = 0; j < information.rows; ++j)
    if (!target.space->conditional(j)) information(j, j) += prior_precision(target.space->prior(j), point[j]);
  target.space->add_conditional_information(point, information);
  return information;
}

/// Likelihood's curvature plus prior's, as it is here.
Array2 with_prior_here(const Target& target, Array2 information, std::span<const double> point) {
  if (target.space->independent()) return with_prior(target, std::move(information), point);
  const Array2 prior = target.space->curvature(point);
  for (std::size_t i = 0; i < information.values.size(); ++i) information.values[i] += prior.values[i];
  return information;
}

/// Laplace's approximation proper: the curvature that the log posterior has at its mode. Where that is not to be had,
/// or the mode is none, the expected information stands in, and a note says so.
Result<infer::Laplace> laplace_at(const Target& target, Posterior& density, std::span<const double> mode,
                                  std::vector<std::string>& notes) {
  auto observed = density.observed_information(mode);
  std::string why;
  if (observed) {
    auto laplace = infer::Laplace::make(mode, with_prior_here(target, std::move(*observed), mode));
    if (laplace && laplace->weak().empty()) return laplace;
    why = laplace ? "the log posterior does not bend down in every direction" : laplace.error().front().message;
  } else {
    why = observed.error().front().message;
  }
  notes.push_back("posterior: laplace takes the expected information instead of the observed one: " + why);
  return infer::Laplace::make(mode, with_prior(target, density.information(mode), mode));
}

void from_laplace(PosteriorResult& out, const infer::Laplace& laplace, Posterior& density, const SearchOptions& options,
                  std::uint64_t seed) {
  out.chains = 1;
  out.draws = static_cast<std::size_t>(options.chains * options.draws);
  out.points = laplace.sample(seed, 0, out.draws);
  out.log_density = laplace.log_density(out.points);
  const auto nothing = std::vector<double>(density.dimension(), std::numeric_limits<double>::quiet_NaN());
  out.rhat = out.ess_bulk = out.ess_tail = nothing;
}

/// The chains' draws, from the coordinates of `map` to those of the posterior.
std::vector<Array2> bent(const infer::NutsResult& result, const infer::BentNormal& map) {
  std::vector<Array2> draws;
  for (const Array2& chain : result.draws) draws.push_back(map.bend(chain));
  return draws;
}

/// @param result  in the coordinates of `map`
void from_nuts(PosteriorResult& out, const infer::NutsResult& result, const infer::BentNormal& map) {
  out.chains = result.draws.size();
  out.draws = result.draws.front().rows;
  for (const Array2& chain : result.draws) out.draws = std::min(out.draws, chain.rows);
  const std::size_t d = map.dimension();
  const std::vector<Array2> draws = bent(result, map);
  out.points = Array2(out.chains * out.draws, d);
  for (std::size_t c = 0; c < out.chains; ++c)
    for (std::size_t k = 0; k < out.draws; ++k) {
      const auto from = draws[c].row(k);
      std::copy(from.begin(), from.end(), out.points.row(c * out.draws + k).begin());
      const infer::NutsDraw& s = result.stats[c][k];
      out.log_density.push_back(s.lp);
      out.acceptance.push_back(s.acceptance_rate);
      out.step_size.push_back(s.step_size);
      out.energy.push_back(s.energy);
      out.diverging.push_back(s.diverging ? 1 : 0);
      out.depth.push_back(s.tree_depth);
      out.leapfrogs.push_back(s.n_steps);
      out.divergences += s.diverging ? 1 : 0;
    }
  infer::Mixing mixing = infer::mixing_of(draws);
  out.rhat = std::move(mixing.rhat);
  out.ess_bulk = std::move(mixing.ess_bulk);
  out.ess_tail = std::move(mixing.ess_tail);
}

constexpr int longest_warmup = 150;

/// Would chains `longer` times as long be within the verdict's own limits, if R-hat's excess over 1 falls and effective
/// draws grow with their length, as they do in chains that mix? Chains apart from each other stay beyond them.
bool chains_agree(const infer::Mixing& mixing, double longer) {
  const verify::Thresholds limit;
  // A NaN, of a coordinate that never moved, is not mended by going on.
  const auto apart = [&](double rhat) { return 1.0 + (rhat - 1.0) / longer > limit.rhat; };
  const auto too_few = [&](double draws) { return draws * longer < limit.effective_draws; };
  return std::ranges::none_of(mixing.rhat, apart) && std::ranges::none_of(mixing.ess_bulk, too_few) &&
         std::ranges::none_of(mixing.ess_tail, too_few);
}

/// Starts outside the support are moved towards the mode.
void move_inside(Posterior& density, const infer::Laplace& laplace, Array2& starts) {
  std::vector<double> value(starts.rows);
  constexpr int most = 20;
  for (int attempt = 0; attempt < most; ++attempt) {
    density.evaluate(starts, value, nullptr);
    bool inside_all = true;
    for (std::size_t c = 0; c < starts.rows; ++c) {
      if (std::isfinite(value[c])) continue;
      inside_all = false;
      for (std::size_t j = 0; j < starts.cols; ++j) starts(c, j) = 0.5 * (starts(c, j) + laplace.mode()[j]);
    }
    if (inside_all) return;
  }
}

}  // namespace

Result<PosteriorResult> sample_posterior(Target& target, Posterior& density, std::span<const double> best,
                                         const SearchOptions& options, const std::string& method, std::uint64_t seed,
                                         const Checkpoints& checkpoints, Progress& progress) {
  const std::size_t d = density.dimension();
  PosteriorResult out;
  out.method = method;
  Array2 start(1, d);
  for (std::size_t j = 0; j < d; ++j) start(0, j) = target.space->to_unconstrained(j, best[j]);
  progress.begin("mode", 0.0);
  infer::ModeOptions mode_options;
  mode_options.tolerance = 1e-6;  // nats: far below what a posterior draw can tell
  const auto fisher = [&](const Array2& points, Array2& information) {
    information = Array2(points.rows, d * d);
    for (std::size_t k = 0; k < points.rows; ++k) {
      const Array2 one = with_prior(target, density.information(points.row(k)), points.row(k));
      std::copy(one.values.begin(), one.values.end(), information.row(k).begin());
    }
  };
  auto found = infer::find_mode(density, fisher, start, mode_options, progress);
  if (!found) return fail(std::move(found.error()));
  const optim::Minimum& mode = found->starts.front();
  if (mode.outcome == optim::Outcome::failed)
    return fail("posterior-undefined", "the posterior has no density at the best fit: " + mode.reason,
                "search.posterior", "is the best fit outside the model's joint conditions?");
  if (mode.outcome == optim::Outcome::max_iterations || mode.outcome == optim::Outcome::stalled)
    out.notes.push_back(fmt::format("posterior: the mode was not reached to {} nats ({})", mode_options.tolerance,
                                    optim::to_string(mode.outcome)));
  out.mode = mode.x.size() == d ? mode.x : std::vector<double>(start.row(0).begin(), start.row(0).end());
  if (method == "nuts" && progress.should_stop()) {
    // Chains from where the way was stopped would not be those of a run that reaches the mode: nothing is kept.
    out.complete = false;
    return out;
  }
  auto laplace = method == "laplace"
                     ? laplace_at(target, density, out.mode, out.notes)
                     : infer::Laplace::make(out.mode, with_prior(target, density.information(out.mode), out.mode));
  if (!laplace) return fail(std::move(laplace.error()));
  out.covariance = laplace->covariance();
  if (method == "laplace") {
    from_laplace(out, *laplace, density, options, seed);
    return out;
  }

  infer::NutsOptions nuts_options;
  nuts_options.seed = seed;
  nuts_options.warmup = static_cast<int>(options.warmup);
  nuts_options.draws = static_cast<int>(options.draws);
  nuts_options.target_accept = options.target_accept;
  nuts_options.max_depth = static_cast<int>(options.max_depth);
  // The chains run in the pilot's coordinates, where the posterior's covariance is 1 and its ridges are straight.
  const std::string kept = checkpoints.load("nuts");
  std::string note = kept.empty() ? std::string() : checkpoints.load("pilot");
  std::optional<infer::BentNormal> map;
  if (!kept.empty()) map = infer::BentNormal::from_bytes(checkpoints.load("map"));
  if (!kept.empty() && !map)
    return fail("checkpoint-damaged", "the sampler's coordinates cannot be read from the checkpoint", "checkpoint",
                "start again without it");
  Array2 starts;
  if (kept.empty()) {
    infer::PilotOptions pilot_options;
    pilot_options.seed = seed;
    pilot_options.chains = static_cast<std::size_t>(options.chains);
    auto guide = infer::pilot(density, *laplace, pilot_options);
    if (!guide) return fail(std::move(guide.error()));
    move_inside(density, *laplace, guide->starts);
    // Where the pilot failed, the metric must be learnt on the way, and that takes a longer warm-up.
    nuts_options.adapt_metric = !guide->good;
    if (!guide->good) nuts_options.warmup = std::max(nuts_options.warmup, longest_warmup);
    note = fmt::format(
        "posterior: a pilot of {} draws was worth {:.0f}; {}", pilot_options.draws, guide->effective,
        guide->good ? fmt::format("the metric is its covariance, with {} straightened",
                                  guide->map.bends().size() == 1 ? "1 ridge"
                                                                 : fmt::format("{} ridges", guide->map.bends().size()))
                    : "the metric was learnt in the warm-up");
    starts = guide->map.straighten(guide->starts);
    map = std::move(guide->map);
  }
  infer::Straightened straightened(density, *map);
  Array2 unit(d, d);
  for (std::size_t j = 0; j < d; ++j) unit(j, j) = 1.0;
  auto nuts = kept.empty() ? infer::Nuts::start(straightened, starts, unit, nuts_options)
                           : infer::Nuts::resume(straightened, kept);
  if (!nuts) return fail(std::move(nuts.error()));
  if (!note.empty()) out.notes.push_back(note);
  nuts->run(progress);
  infer::NutsResult result = nuts->result();
  const auto most = static_cast<int>(std::max(options.draws, options.most_draws));
  for (; result.complete; result = nuts->result()) {
    const auto drawn = static_cast<int>(result.draws.front().rows);
    const infer::Mixing mixing = infer::mixing_of(bent(result, *map));
    if (drawn >= most || chains_agree(mixing, 1.0) || !chains_agree(mixing, static_cast<double>(most) / drawn)) break;
    nuts->prolong(std::min(most, drawn + std::max(drawn / 4, 1)));
    nuts->run(progress);
  }
  // When all draws are there too: the checks that follow may be stopped.
  checkpoints.save("pilot", note);
  checkpoints.save("map", map->bytes());
  checkpoints.save("nuts", nuts->checkpoint());
  std::size_t fewest = SIZE_MAX;
  for (const Array2& chain : result.draws) fewest = std::min(fewest, chain.rows);
  if (fewest >= 4) from_nuts(out, result, *map);
  // Chains that a budget stopped while they were prolonged are worth as much as if that had not been tried.
  out.complete = fewest >= static_cast<std::size_t>(options.draws);
  if (out.complete && out.draws > static_cast<std::size_t>(options.draws))
    out.notes.push_back(fmt::format("posterior: prolonged from {} to {} draws a chain, as the chains did not agree yet",
                                    options.draws, out.draws));
  return out;
}

Result<std::vector<double>> with_noise_from_residuals(const Target& target, std::span<const double> best) {
  Silent silent;
  auto predicted =
      predict(*target.model, target.experiment, target.integrator, best, Array2(0, best.size()), target.run, silent);
  if (!predicted) return fail(std::move(predicted.error()));
  std::vector<double> out(best.begin(), best.end());
  const data::Mask& mask = target.experiment.mask;
  for (std::size_t o = 0; o < target.model->observations.size(); ++o) {
    const ir::Observation& observation = target.model->observations[o];
    const std::vector<double>& data = target.experiment.observed.at(observation.channel);
    const std::vector<double>& trace = predicted->channels[o].best;
    double squares = 0.0;
    double products = 0.0;
    double kept = 0.0;
    double pairs = 0.0;
    for (std::size_t i = 0; i < data.size(); ++i) {
      if (mask[i] == 0) continue;
      const double r = data[i] - trace[i];
      squares += r * r;
      kept += 1.0;
      if (i + 1 < data.size() && mask[i + 1] != 0) {
        products += r * (data[i + 1] - trace[i + 1]);
        pairs += 1.0;
      }
    }
    const double power = squares / kept;
    if (const auto sd = parameter_of(*target.model, observation.sd))
      out[*sd] = inside(*target.space, *sd, out, std::sqrt(power));
    if (const auto tau = parameter_of(*target.model, observation.tau); tau && pairs > 0.0 && power > 0.0) {
      const double rho = std::clamp(products / pairs / power, 1e-6, 1.0 - 1e-6);
      out[*tau] = inside(*target.space, *tau, out, -target.experiment.interval / std::log(rho));
    }
  }
  return out;
}

}  // namespace hillock::study
