#include "study/simulator_posterior.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/rng.hpp"
#include "infer/saved_posterior.hpp"
#include "study/external_simulator.hpp"
#include "verify/verdict_json.hpp"

namespace hillock::study {

SimulatorPosterior::SimulatorPosterior(prob::ParameterSpace space, std::vector<units::Unit> units,
                                       std::vector<std::string> statistics, std::vector<double> observed,
                                       infer::SimulationPosterior posterior, verify::Verdict verdict,
                                       std::uint64_t seed)
    : space_(std::move(space)),
      units_(std::move(units)),
      statistics_(std::move(statistics)),
      observed_(std::move(observed)),
      posterior_(std::move(posterior)),
      verdict_(std::move(verdict)),
      seed_(seed) {
  if (density() || !posterior_.likelihood) return;
  if (auto learnt = infer::SavedPosterior::of(posterior_, space_, statistics_, observed_))
    likelihood_.emplace(std::move(*learnt));
}

std::vector<std::string> SimulatorPosterior::units() const {
  std::vector<std::string> out;
  for (const units::Unit& unit : units_) out.push_back(units::describe(unit.dimension));
  return out;
}

std::size_t SimulatorPosterior::trials() const {
  const infer::StatisticLayout& layout = posterior_.scale.layout();
  return layout.kind == infer::Embedding::set ? layout.items : 1;
}

std::string SimulatorPosterior::verdict_json() const { return verify::to_json(verdict_); }

Result<std::string> SimulatorPosterior::to_bytes() const {
  const auto saved = infer::SavedPosterior::of(posterior_, space_, statistics_, observed_);
  if (!saved) return fail(saved.error());
  return saved->to_bytes();
}

Result<std::vector<double>> SimulatorPosterior::complete(std::span<const double> observed) const {
  if (observed.empty()) return observed_;
  const infer::StatisticLayout& layout = posterior_.scale.layout();
  if (layout.kind != infer::Embedding::set)
    if (auto good = check_observed(observed, statistics_, {"observed", {}}); !good)
      return fail(std::move(good.error()));
  auto x = layout.complete(observed, statistics_.size());
  if (!x) return fail(std::move(x.error()));
  const bool same =
      std::ranges::equal(*x, observed_, [](double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); });
  if (!same && !amortised())
    return fail("not-amortised",
                fmt::format("the posterior by {} was learnt for the data of the fit, and is none of other data",
                            posterior_.method),
                "observed", "fit with method=\"npe\", which holds for any observation, or fit these data");
  return x;
}

Result<Array2> SimulatorPosterior::sample(std::size_t count, std::span<const double> observed, std::uint64_t seed,
                                          std::uint64_t first) const {
  auto x = complete(observed);
  if (!x) return fail(std::move(x.error()));
  if (density()) {
    auto z = posterior_.density().draw(*x, count, seed, first);
    if (!z) return z;
    return space_.from_standard_normal(*z);
  }
  const Array2& all = posterior_.parameters;
  if (count > all.rows && likelihood_) return likelihood_->draw(observed_, count, seed, first);
  if (count > all.rows)
    return fail("too-few-draws",
                fmt::format("{} draws were asked for, and {} has {}", count, posterior_.method, all.rows), "n",
                fmt::format("fit with draws={}", count));
  std::vector<std::size_t> order(all.rows);
  std::iota(order.begin(), order.end(), std::size_t{0});
  Rng rng(seed, stream_id("posterior.sample"), first);
  Array2 out(count, all.cols);
  for (std::size_t k = 0; k < count; ++k) {
    std::swap(order[k], order[k + rng.below(order.size() - k)]);
    std::ranges::copy(all.row(order[k]), out.row(k).begin());
  }
  return out;
}

Result<std::vector<double>> SimulatorPosterior::log_prob(const Array2& parameters,
                                                         std::span<const double> observed) const {
  if (!density() && !likelihood_)
    return fail("no-density", fmt::format("draws by {} come without a normalised density", posterior_.method), "",
                "fit with method=\"npe\", \"tsnpe\", \"nle\" or \"nre\"");
  if (parameters.cols != space_.size())
    return fail("parameter-count",
                fmt::format("there are {} numbers a point for {} parameters", parameters.cols, space_.size()), "theta",
                fmt::format("in this order: {}", fmt::join(space_.names(), ", ")));
  auto given = complete(observed);
  if (!given) return fail(std::move(given.error()));
  if (likelihood_) return likelihood_->log_density(parameters, observed_);
  std::vector<double> slope(parameters.rows), value(parameters.rows);
  Array2 z = space_.to_standard_normal(parameters, slope);
  std::vector<std::uint8_t> outside(z.rows, 0);
  for (std::size_t k = 0; k < z.rows; ++k)
    for (double& at : z.row(k))
      if (!std::isfinite(at)) outside[k] = 1, at = 0.0;
  posterior_.density().log_density(z, *given, value);
  for (std::size_t k = 0; k < z.rows; ++k)
    value[k] = outside[k] ? -std::numeric_limits<double>::infinity() : value[k] - slope[k];
  return value;
}

Result<std::vector<double>> SimulatorPosterior::map() const {
  if (posterior_.log_density.size() != posterior_.z.rows || posterior_.z.rows == 0)
    return fail("no-density", fmt::format("draws by {} come without a density", posterior_.method), "",
                "fit with method=\"npe\", \"tsnpe\", \"nle\" or \"nre\"");
  std::vector<double> slope(posterior_.z.rows);
  const Array2 x = space_.from_standard_normal(posterior_.z, slope);
  std::size_t best = 0;
  for (std::size_t k = 1; k < x.rows; ++k)
    if (posterior_.log_density[k] - slope[k] > posterior_.log_density[best] - slope[best]) best = k;
  const auto row = x.row(best);
  return std::vector<double>(row.begin(), row.end());
}

}  // namespace hillock::study
