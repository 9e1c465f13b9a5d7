#include "infer/likelihood_sampler.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/option_ranges.hpp"
#include "base/rng.hpp"
#include "infer/diagnostics.hpp"
#include "infer/nuts.hpp"
#include "infer/sample_covariance.hpp"
#include "infer/slice.hpp"

namespace hillock::infer {
namespace {

constexpr double none = -std::numeric_limits<double>::infinity();
const std::vector<std::string> samplers = {"smc", "slice", "nuts"};

/// Prior times likelihood; the likelihood is asked for where the prior has density.
class Posterior final : public LogDensity {
 public:
  Posterior(const LikelihoodTarget& target, std::size_t dimension) : target_(target), dimension_(dimension) {}
  [[nodiscard]] std::size_t dimension() const override { return dimension_; }

  void evaluate(const Array2& points, std::span<double> value, Array2* gradient) override {
    target_.log_prior(points, value, gradient);
    std::vector<std::size_t> inside;
    for (std::size_t k = 0; k < points.rows; ++k)
      if (value[k] > none) inside.push_back(k);
    Array2 at(inside.size(), points.cols), slope;
    for (std::size_t i = 0; i < inside.size(); ++i) std::ranges::copy(points.row(inside[i]), at.row(i).begin());
    std::vector<double> more(inside.size());
    if (!inside.empty()) target_.log_likelihood(at, more, gradient ? &slope : nullptr);
    evaluations += static_cast<std::int64_t>(inside.size());
    for (std::size_t i = 0; i < inside.size(); ++i) {
      const std::size_t k = inside[i];
      value[k] = std::isfinite(more[i]) ? value[k] + more[i] : none;
      if (!gradient || value[k] == none) continue;
      for (std::size_t j = 0; j < points.cols; ++j) (*gradient)(k, j) += slope(i, j);
    }
  }
  std::int64_t evaluations = 0;

 private:
  const LikelihoodTarget& target_;
  std::size_t dimension_;
};

Array2 covariance_of(const Array2& points) {
  Array2 out = sample_covariance(points).covariance;
  // Particles that have all come to one point still make a positive matrix.
  for (std::size_t j = 0; j < out.rows; ++j) out(j, j) += 1e-6 * out(j, j) + 1e-12;
  return out;
}

/// Whole iterations of all chains, as many rows as were asked for.
void gather(const std::vector<Array2>& chains, const std::function<double(std::size_t, std::size_t)>& lp,
            std::size_t draws, LikelihoodDraws& out) {
  std::size_t shortest = SIZE_MAX;
  for (const Array2& chain : chains) shortest = std::min(shortest, chain.rows);
  out.points = Array2(0, chains.front().cols);
  out.log_posterior.clear();
  for (std::size_t i = 0; i < shortest; ++i)
    for (std::size_t c = 0; c < chains.size() && out.points.rows < draws; ++c) {
      const auto row = chains[c].row(i);
      out.points.values.insert(out.points.values.end(), row.begin(), row.end());
      ++out.points.rows;
      out.log_posterior.push_back(lp(c, i));
    }
  const Mixing mixing = mixing_of(chains);
  out.rhat = mixing.rhat;
  out.ess_bulk = mixing.ess_bulk;
}

}  // namespace

Result<void> LikelihoodSamplerOptions::validate() const {
  OptionRanges ranges;
  ranges.need(draws >= 1 && draws <= 10'000'000, "draws", static_cast<double>(draws), "between 1 and 1e7");
  ranges.need(chains >= 1 && chains <= 100'000, "chains", static_cast<double>(chains), "between 1 and 1e5");
  ranges.need(warmup >= 1, "warmup", warmup, "1 or above");
  Errors errors;
  if (auto good = std::move(ranges).result(); !good) errors = std::move(good.error());
  if (auto good = annealing.validate(); !good) errors.insert(errors.end(), good.error().begin(), good.error().end());
  if (std::ranges::find(samplers, sampler) == samplers.end()) {
    const std::string near = nearest(sampler, samplers);
    errors.push_back({"sampler-unknown", "`" + sampler + "` is no sampler of a likelihood", std::nullopt, "sampler",
                      near.empty() ? "the samplers are smc, slice and nuts" : "did you mean `" + near + "`?"});
  }
  if (!errors.empty()) return fail(std::move(errors));
  return {};
}

Result<LikelihoodDraws> sample_likelihood(const LikelihoodTarget& target, const Array2& base,
                                          const LikelihoodSamplerOptions& options, Progress& progress) {
  if (auto good = options.validate(); !good) return fail(std::move(good.error()));
  if (options.sampler == "nuts" && !target.gradients)
    return fail("sampler-needs-gradient", "`nuts` needs the likelihood's gradient, which this one has not", "sampler",
                "use `smc` or `slice`");
  HILLOCK_CHECK(base.rows >= std::max<std::size_t>(4, options.sampler == "smc" ? options.draws : options.chains),
                "fewer draws of the prior than particles or chains");
  Posterior posterior(target, base.cols);
  AnnealingOptions annealing = options.annealing;
  annealing.seed = Rng(options.seed, stream_id("likelihood.anneal")).bits();
  const bool chains = options.sampler != "smc";
  if (chains) annealing.last_moves = annealing.moves;
  const auto prior = [&](const Array2& points, std::span<double> value) { target.log_prior(points, value, nullptr); };
  const auto density = [&](const Array2& points, std::span<double> value) {
    posterior.evaluate(points, value, nullptr);
  };
  Result<Annealed> annealed = anneal(base, prior, density, annealing, progress);
  if (!annealed) return fail(std::move(annealed.error()));
  LikelihoodDraws out;
  out.evaluations = posterior.evaluations;
  out.log_evidence = annealed->log_evidence;
  out.temperatures = annealed->temperatures;
  out.acceptance = annealed->acceptance;
  out.annealing_capped = annealed->capped;
  out.complete = annealed->complete;
  if (!annealed->complete && !annealed->capped && !progress.should_stop())
    return fail("posterior-empty",
                "the posterior has no density at any of " + std::to_string(base.rows) + " draws of the prior",
                "sampler", "simulate more, or look at whether the observation can come from the model");
  if (!chains || !annealed->complete) {
    const std::size_t count = std::min(options.draws, annealed->points.rows);
    out.points = Array2(count, base.cols);
    std::copy_n(annealed->points.values.begin(), count * base.cols, out.points.values.begin());
    out.log_posterior.assign(annealed->log_target.begin(),
                             annealed->log_target.begin() + static_cast<std::ptrdiff_t>(count));
    return out;
  }

  Array2 starts(options.chains, base.cols);
  std::copy_n(annealed->points.values.begin(), starts.values.size(), starts.values.begin());
  const Array2 covariance = covariance_of(annealed->points);
  // Four draws a chain, so that chains can be compared.
  const auto each = std::max<std::size_t>(4, (options.draws + options.chains - 1) / options.chains);
  const std::uint64_t seed = Rng(options.seed, stream_id("likelihood.chains")).bits();
  if (options.sampler == "slice") {
    SliceOptions how;
    how.seed = seed;
    how.warmup = options.warmup;
    how.draws = static_cast<int>(each);
    Result<Slice> slice = Slice::start(posterior, starts, covariance, how);
    if (!slice) return fail(std::move(slice.error()));
    slice->run(progress);
    const SliceResult result = slice->result();
    gather(
        result.draws, [&](std::size_t c, std::size_t i) { return result.lp[c][i]; }, options.draws, out);
    out.capped = result.capped;
    out.complete = result.complete;
  } else {
    NutsOptions how;
    how.seed = seed;
    how.warmup = options.warmup;
    how.draws = static_cast<int>(each);
    Result<Nuts> nuts = Nuts::start(posterior, starts, covariance, how);
    if (!nuts) return fail(std::move(nuts.error()));
    nuts->run(progress);
    const NutsResult result = nuts->result();
    gather(
        result.draws, [&](std::size_t c, std::size_t i) { return result.stats[c][i].lp; }, options.draws, out);
    for (const auto& chain : result.stats)
      for (const NutsDraw& draw : chain) out.divergences += draw.diverging ? 1 : 0;
    out.complete = result.complete;
  }
  out.evaluations = posterior.evaluations;
  return out;
}

}  // namespace hillock::infer
