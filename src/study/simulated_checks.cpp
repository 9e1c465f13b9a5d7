#include "study/simulated_checks.hpp"

#include <algorithm>
#include <cmath>

#include "base/parallel.hpp"
#include "base/rng.hpp"
#include "prob/special.hpp"
#include "verify/holm.hpp"

namespace hillock::study {
namespace {

constexpr std::size_t neighbours = 5;
constexpr std::size_t bins = 20;

/// Sorted finite values of a column.
std::vector<double> finite_sorted(const Array2& x, std::size_t column) {
  std::vector<double> out;
  for (std::size_t k = 0; k < x.rows; ++k)
    if (std::isfinite(x(k, column))) out.push_back(x(k, column));
  std::ranges::sort(out);
  return out;
}

double quantile(const std::vector<double>& sorted, double p) {
  if (sorted.empty()) return verify::not_computed;
  const double at = p * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<std::size_t>(at);
  const std::size_t high = std::min(low + 1, sorted.size() - 1);
  return sorted[low] + (at - static_cast<double>(low)) * (sorted[high] - sorted[low]);
}

double two_sided(const std::vector<double>& sorted, double x) {
  if (sorted.empty() || !std::isfinite(x)) return verify::not_computed;
  const auto below = std::ranges::upper_bound(sorted, x) - sorted.begin();  // <= x
  const auto above = sorted.end() - std::ranges::lower_bound(sorted, x);    // >= x
  const auto n = static_cast<double>(sorted.size());
  return std::min(1.0, 2.0 * (1.0 + static_cast<double>(std::min(below, above))) / (n + 1.0));
}

/// Mean distance to the nearest, of every row of `from` among those of `to` (but itself, where they are the same).
std::vector<double> near(const Array2& from, const Array2& to, bool same, int threads) {
  std::vector<double> out(from.rows);
  parallel_for(from.rows, threads, [&](std::size_t k) {
    std::vector<double> d;
    d.reserve(to.rows);
    for (std::size_t m = 0; m < to.rows; ++m) {
      if (same && m == k) continue;
      double sum = 0.0;
      for (std::size_t j = 0; j < from.cols; ++j) sum += std::pow(from(k, j) - to(m, j), 2);
      d.push_back(sum);
    }
    const std::size_t n = std::min(neighbours, d.size());
    std::partial_sort(d.begin(), d.begin() + static_cast<std::ptrdiff_t>(n), d.end());
    for (std::size_t i = 0; i < n; ++i) out[k] += std::sqrt(d[i]) / static_cast<double>(n);
  });
  return out;
}

/// Simulations as the observation is: of as many trials.
Array2 as_observed(Array2 x, const infer::SimulationProblem& p) {
  if (p.layout.kind == infer::Embedding::set)
    for (std::size_t k = 0; k < x.rows; ++k) p.layout.keep_first(x.row(k), p.layout.present(p.observed));
  return x;
}

/// What trials have in common but their order: each statistic sorted over them, what is missing behind.
void sort_trials(std::span<double> x, const infer::StatisticLayout& layout) {
  if (layout.kind != infer::Embedding::set) return;
  std::vector<double> values(layout.items);
  for (std::size_t f = 0; f < layout.features; ++f) {
    for (std::size_t i = 0; i < layout.items; ++i) values[i] = x[layout.block[i * layout.features + f]];
    std::ranges::sort(values, [](double a, double b) { return std::isfinite(a) && (!std::isfinite(b) || a < b); });
    for (std::size_t i = 0; i < layout.items; ++i) x[layout.block[i * layout.features + f]] = values[i];
  }
}

double conformal(Array2 simulations, std::vector<double> observed, const infer::StatisticLayout& layout, int threads) {
  for (std::size_t k = 0; k < simulations.rows; ++k) sort_trials(simulations.row(k), layout);
  sort_trials(observed, layout);
  const infer::StatisticScale scale = infer::StatisticScale::of(simulations);
  if (scale.columns() == 0 || simulations.rows < 20) return verify::not_computed;
  const Array2 all = scale.inputs(simulations, 1e6);
  Array2 one(1, all.cols);
  std::ranges::copy(scale.inputs(std::span<const double>(observed), 1e6), one.values.begin());
  const std::vector<double> own = near(all, all, true, threads);
  const double found = near(one, all, false, threads).front();
  const auto farther = std::ranges::count_if(own, [&](double d) { return d >= found; });
  return (1.0 + static_cast<double>(farther)) / (static_cast<double>(own.size()) + 1.0);
}

/// p of uniform ranks: chi-square over equal bins.
double uniform_p(const std::vector<double>& ranks) {
  std::vector<double> count(bins, 0.0);
  for (const double r : ranks) ++count[std::min(bins - 1, static_cast<std::size_t>(r * static_cast<double>(bins)))];
  const double expected = static_cast<double>(ranks.size()) / static_cast<double>(bins);
  double chi = 0.0;
  for (const double c : count) chi += (c - expected) * (c - expected) / expected;
  return prob::chi2_survival(chi, static_cast<double>(bins - 1));
}

Result<void> calibrate(const SimulatedProblem& problem, const infer::SimulationPosterior& posterior,
                       const SimulatedCheckOptions& o, const infer::SimulatedPairs& fresh, Progress& progress,
                       SimulatedChecks& out) {
  if (!posterior.amortised || !posterior.estimator) {
    out.calibration.not_done = "the posterior was learnt for these data alone, and is no posterior of others";
    return {};
  }
  const std::size_t n = std::min(o.calibration_draws, fresh.z.rows);
  const std::size_t d = problem.space().size();
  if (n < 5 * bins) {
    out.calibration.not_done = "too few simulations ended well";
    return {};
  }
  out.ranks = Array2(n, d);
  const Array2 inputs = posterior.scale.inputs(as_observed(fresh.x, problem.problem()));
  std::size_t in50 = 0, in90 = 0;
  for (std::size_t k = 0; k < n; ++k) {
    if (progress.should_stop()) {
      out.calibration.not_done = "it was stopped";
      out.ranks = Array2();
      return {};
    }
    const Array2 z = posterior.estimator->draw(inputs.row(k), o.calibration_ranked, problem.problem().seed + 99991 + k);
    Rng rng(problem.problem().seed, stream_id("calibration.ties"), k);
    for (std::size_t j = 0; j < d; ++j) {
      std::size_t below = 0;
      for (std::size_t i = 0; i < z.rows; ++i) below += z(i, j) < fresh.z(k, j) ? 1 : 0;
      // Uniform within the rank's cell: the test's bins need not divide the number of draws.
      const double rank = (static_cast<double>(below) + rng.uniform()) / (static_cast<double>(z.rows) + 1.0);
      out.ranks(k, j) = rank;
      in50 += std::abs(rank - 0.5) <= 0.25 ? 1 : 0;
      in90 += std::abs(rank - 0.5) <= 0.45 ? 1 : 0;
    }
    progress.update(static_cast<double>(k + 1) / static_cast<double>(n), {});
  }
  std::vector<double> p;
  for (std::size_t j = 0; j < d; ++j) p.push_back(uniform_p(out.ranks.column(j)));
  verify::Calibration& c = out.calibration;
  c.draws = static_cast<std::int64_t>(n);
  c.rank_p = std::ranges::min(verify::holm(p));
  const auto all = static_cast<double>(n * d);
  c.coverage_50 = static_cast<double>(in50) / all;
  c.coverage_90 = static_cast<double>(in90) / all;
  // Parameters of one draw may go together: the draws are what is independent.
  c.coverage_se = std::sqrt(0.9 * 0.1 / static_cast<double>(n));
  return {};
}

}  // namespace

Result<SimulatedChecks> check_simulated(const SimulatedProblem& problem, const infer::SimulationPosterior& posterior,
                                        const SimulatedCheckOptions& o, Progress& progress) {
  SimulatedChecks out;
  const infer::SimulationProblem p = problem.problem();
  // Simulations of their own numbers: none of them was trained on.
  infer::SimulationProblem aside = p;
  aside.seed = p.seed + 0x5eed;
  infer::SimulationSource source(aside, std::uint64_t{1} << 48);
  progress.begin("checks", 1.0);
  auto prior = source.prior(std::max(o.prior_simulations, o.calibration_draws));
  if (!prior) return fail(std::move(prior.error()));
  if (auto ran = source.run(*prior, out.prior, progress); !ran) return fail(std::move(ran.error()));
  if (posterior.z.rows > 0) {
    const std::size_t n = std::min(o.predictive_simulations, posterior.z.rows);
    Array2 z(n, posterior.z.cols);
    for (std::size_t k = 0; k < n; ++k) std::ranges::copy(posterior.z.row(k * posterior.z.rows / n), z.row(k).begin());
    Array2 failed;
    if (auto ran = source.run(z, out.predicted, progress, &failed); !ran) return fail(std::move(ran.error()));
    out.failed_predictions = failed.rows;
  }
  std::vector<std::uint8_t> made(problem.statistics().size(), 1);
  for (std::size_t i = 0; p.layout.kind == infer::Embedding::set && i < p.layout.items; ++i)
    for (std::size_t f = 0; f < p.layout.features; ++f)
      made[p.layout.block[i * p.layout.features + f]] = p.layout.there(p.observed, i) ? 1 : 0;
  for (std::size_t j = 0; j < problem.statistics().size(); ++j) {
    if (made[j] == 0) continue;
    out.shown.push_back(j);
    verify::StatisticSummary s;
    const units::Unit& unit = problem.statistics()[j].unit;
    s.name = problem.statistics()[j].name;
    s.unit = unit.name;
    const std::vector<double> before = finite_sorted(out.prior.x, j), after = finite_sorted(out.predicted.x, j);
    const auto show = [&](double x) { return unit.from_si(x); };
    s.observed = show(p.observed[j]);
    if (!posterior.given.empty()) s.given = show(posterior.given[j]);
    s.prior_q025 = show(quantile(before, 0.025)), s.prior_q975 = show(quantile(before, 0.975));
    s.predicted_q025 = show(quantile(after, 0.025)), s.predicted_median = show(quantile(after, 0.5));
    s.predicted_q975 = show(quantile(after, 0.975));
    const auto missing = [](const std::vector<double>& have, std::size_t all) {
      return all == 0 ? verify::not_computed : 1.0 - static_cast<double>(have.size()) / static_cast<double>(all);
    };
    s.prior_undefined = missing(before, out.prior.x.rows);
    s.predicted_undefined = missing(after, out.predicted.x.rows);
    s.prior_p = two_sided(before, p.observed[j]);
    s.predicted_p = two_sided(after, p.observed[j]);
    s.constant = !before.empty() && before.front() == before.back();
    s.inside = after.empty() || !std::isfinite(p.observed[j]) ||
               (p.observed[j] >= quantile(after, 0.025) && p.observed[j] <= quantile(after, 0.975));
    out.statistics.push_back(std::move(s));
  }
  Array2 shown(std::min<std::size_t>(out.prior.x.rows, 2000), out.prior.x.cols);
  std::copy_n(out.prior.x.values.begin(), shown.values.size(), shown.values.begin());
  out.observation_p = conformal(as_observed(std::move(shown), p), p.observed, p.layout, p.threads);
  if (auto done = calibrate(problem, posterior, o, out.prior, progress, out); !done) return fail(done.error());
  return out;
}

}  // namespace hillock::study
