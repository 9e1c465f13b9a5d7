#include "infer/learnt_likelihood.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/rng.hpp"
#include "infer/simulation_source.hpp"
#include "nn/saved_network.hpp"

namespace hillock::infer {
namespace {

constexpr double far = 1e9;                // nothing is cut: the density must be that of the values
constexpr std::size_t noises = 8;          // of whole-number statistics
constexpr std::size_t most_annealed = 20;  // dimensions that particles' jumps explore; gradients do, beyond

}  // namespace

Array2 LearntLikelihood::scaled(const Array2& x) const {
  if (!labels) return scale.inputs(x, far);
  const std::vector<std::size_t>& varying = scale.varying();
  Array2 out(x.rows, varying.size());
  for (std::size_t k = 0; k < x.rows; ++k)
    for (std::size_t i = 0; i < varying.size(); ++i) {
      const StatisticMap& map = scale[varying[i]];
      out(k, i) = x(k, varying[i]) > 0.5 * (map.low + map.high) ? 1.0 : 0.0;
    }
  return out;
}

void LearntLikelihood::of_trial(std::size_t trial, const Array2& z, std::span<double> value, Array2* gradient) const {
  const std::vector<double>& observed = trials[trial];
  const bool any = std::ranges::any_of(whole, [](std::uint8_t w) { return w != 0; });
  const std::size_t repeats = any ? noises : 1;
  std::vector<std::vector<double>> each(repeats, std::vector<double>(z.rows));
  std::vector<Array2> slopes(gradient ? repeats : 0);
  const Array2 c = inputs(z);
  for (std::size_t r = 0; r < repeats; ++r) {
    Array2 x(1, observed.size());
    std::ranges::copy(observed, x.values.begin());
    Rng rng(seed, stream_id("nle.observed"), trial * noises + r);
    for (std::size_t j = 0; j < x.cols; ++j) {
      if (!std::isfinite(x(0, j))) x(0, j) = 0.0;
      if (whole[j]) x(0, j) += rng.uniform() - 0.5;
    }
    const Array2 seen = scaled(x);
    Array2 y(z.rows, seen.cols);
    for (std::size_t k = 0; k < z.rows; ++k) std::ranges::copy(seen.row(0), y.row(k).begin());
    estimator->log_density(y, c, each[r], nullptr, gradient ? &slopes[r] : nullptr);
  }
  if (gradient) *gradient = Array2(z.rows, z.cols);
  for (std::size_t k = 0; k < z.rows; ++k) {
    double top = -std::numeric_limits<double>::infinity(), sum = 0.0;
    for (const auto& v : each) top = std::max(top, v[k]);
    value[k] = top;
    if (!std::isfinite(top)) continue;
    for (const auto& v : each) sum += std::exp(v[k] - top);
    value[k] = top + std::log(sum / static_cast<double>(repeats));
    if (!gradient) continue;
    for (std::size_t r = 0; r < repeats; ++r)
      for (std::size_t j = 0; j < z.cols; ++j) (*gradient)(k, j) += std::exp(each[r][k] - top) / sum * slopes[r](k, j);
  }
  if (gradient) inputs.chain(z, *gradient);
}

void LearntLikelihood::log_likelihood(const Array2& z, std::span<double> value, Array2* gradient) const {
  of_trial(0, z, value, gradient);
  std::vector<double> one(z.rows);
  Array2 slope;
  const auto add = [&](double times) {
    for (std::size_t k = 0; k < z.rows; ++k) value[k] += times * one[k];
    if (gradient)
      for (std::size_t i = 0; i < slope.values.size(); ++i) gradient->values[i] += times * slope.values[i];
  };
  for (std::size_t t = 1; t < trials.size(); ++t) {
    of_trial(t, z, one, gradient ? &slope : nullptr);
    add(1.0);
  }
  if (!failure) return;
  failure->log_well(z, one, gradient ? &slope : nullptr);
  add(static_cast<double>(trials.size()));
}

std::string LearntLikelihood::not_kept() const {
  return trials.size() > 1 ? "the likelihood of several trials is not kept" : "";
}

void LearntLikelihood::save(nn::SavedNetwork& network) const {
  network.fields["learnt"] = "likelihood";
  network.fields["noise-seed"] = std::to_string(seed);
  network.fields["labels"] = labels ? "yes" : "no";
  network.arrays.push_back({"whole", {whole.size()}, std::vector<double>(whole.begin(), whole.end())});
  if (failure) failure->save(network);
  estimator->save(network);
}

Result<std::shared_ptr<const LearntLikelihood>> LearntLikelihood::load(
    const nn::SavedNetwork& network, const prob::ParameterSpace& space, const StatisticScale& scale,
    std::vector<double> observed, std::shared_ptr<const ConditionalEstimator> estimator, const std::string& where) {
  const auto labels = network.fields.find("labels");
  const auto seed = nn::whole_field(network, "noise-seed");
  const nn::NamedArray* found = nn::find_array(network, "whole");
  const auto* whole = found ? std::get_if<std::vector<double>>(&found->values) : nullptr;
  if (!whole || labels == network.fields.end() || !seed || whole->size() != observed.size() ||
      scale.layout().kind != Embedding::none)
    return fail("network-damaged", "parts of its likelihood are missing, or do not fit together", where);
  if (estimator->dimension() != scale.columns() ||
      estimator->inputs() != InputShape{Embedding::none, space.size(), 0, 0})
    return fail("network-damaged", "its network is of another number of parameters or statistics", where);
  auto failure = FailureRegion::load(network, space.size(), where);
  if (!failure) return fail(std::move(failure.error()));
  auto out = std::make_shared<LearntLikelihood>(space);
  out->seed = *seed;
  for (const double w : *whole) out->whole.push_back(w > 0.0 ? 1 : 0);
  out->labels = labels->second == "yes";
  if (*failure) out->failure = std::make_shared<FailureRegion>(std::move(**failure));
  out->scale = scale;
  out->trials = {std::move(observed)};
  out->estimator = std::move(estimator);
  return out;
}

AnnealingOptions annealing_in(std::size_t dimension, std::uint64_t seed) {
  AnnealingOptions how;
  how.seed = seed;
  const auto d = static_cast<double>(dimension);
  how.moves = std::max(how.moves, d / 4.0);
  how.last_moves = std::max(how.last_moves, d);
  how.most_moves = std::max(how.most_moves, static_cast<std::int64_t>(4.0 * d));
  how.most_last_moves = std::max(how.most_last_moves, static_cast<std::int64_t>(10.0 * d));
  return how;
}

Result<LikelihoodDraws> draw_learnt_posterior(const PosteriorLikelihood& likelihood, const Array2& start,
                                              const AllowedRows& allowed, const LearntPosteriorOptions& options,
                                              Progress& progress) {
  LikelihoodTarget target;
  target.gradients = true;
  target.log_prior = [](const Array2& z, std::span<double> value, Array2* gradient) {
    standard_normal_density(z, value);
    if (!gradient) return;
    *gradient = z;
    for (double& g : gradient->values) g = -g;
  };
  target.log_likelihood = [&](const Array2& z, std::span<double> value, Array2* gradient) {
    likelihood.log_likelihood(z, value, gradient);
    if (!allowed) return;
    std::vector<std::uint8_t> good(z.rows);
    allowed(z, good);
    for (std::size_t k = 0; k < z.rows; ++k)
      if (!good[k]) value[k] = -std::numeric_limits<double>::infinity();
  };
  LikelihoodSamplerOptions how;
  how.sampler = options.sampler;
  if (how.sampler == "auto") how.sampler = start.cols > most_annealed ? "nuts" : "smc";
  how.draws = options.draws;
  how.annealing = annealing_in(start.cols, options.annealing_seed);
  how.seed = options.seed;
  return sample_likelihood(target, start, how, progress);
}

}  // namespace hillock::infer
