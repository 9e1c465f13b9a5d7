#include "study/exact_posterior.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "infer/simulation_source.hpp"
#include "study/code_cache.hpp"
#include "study/statistics.hpp"

namespace hillock::study {
namespace {

constexpr std::size_t block = 4096;  // draws that are evaluated at once
constexpr double expected_draws = 10000;

std::unexpected<Errors> none(std::string why) { return fail("no-exact-likelihood", std::move(why)); }

/// By channel: its samples and their values.
using Samples = std::map<std::string, std::map<std::size_t, double>>;

Result<Samples> samples_of(const std::vector<Statistic>& statistics, std::span<const double> observed,
                           const ir::Model& model) {
  Samples out;
  for (std::size_t i = 0; i < statistics.size(); ++i) {
    const Statistic& s = statistics[i];
    const std::string& channel = s.request.quantity;
    if (!s.sample)
      return none(fmt::format("{} sums the data up, and the likelihood of such statistics is not known", s.name));
    const auto known = std::ranges::find(model.observations, channel, &ir::Observation::channel);
    if (known == model.observations.end())
      return none(
          fmt::format("{} is of a quantity that no `observe` gives a noise, so it has no density here", s.name));
    if (!std::isfinite(observed[i])) return none(fmt::format("the data have no value of {}", s.name));
    if (ir::info(known->family).counts && observed[i] != std::floor(observed[i]))
      return none(fmt::format("{} of the data, {:g}, is no whole number, as {} counts are", s.name, observed[i],
                              ir::info(known->family).name));
    const auto [at, added] = out[channel].try_emplace(*s.sample, observed[i]);
    if (!added && at->second != observed[i])
      return none(fmt::format("{} is listed twice, with different values", s.name));
  }
  return out;
}

bool same_samples(const Samples& samples) {
  const auto same = [](const auto& a, const auto& b) { return a.first == b.first; };
  const auto& first = samples.begin()->second;
  return std::ranges::all_of(samples,
                             [&](const auto& channel) { return std::ranges::equal(channel.second, first, same); });
}

}  // namespace

Result<std::unique_ptr<ExactPosterior>> ExactPosterior::open(const ResolvedStudy& study, const RunOptions& options,
                                                             const SimulatedProblem& problem,
                                                             const Progress& progress) {
  if (problem.model() == nullptr)
    return none("the simulator is a program or a function, whose likelihood is not known");
  std::unique_ptr<ExactPosterior> p(new ExactPosterior());
  p->model_ = *problem.model();
  Target& target = p->target_;
  target.experiment = problem.splits().front().experiment;
  auto statistics = statistics_of(study, p->model_, target.experiment);
  if (!statistics) return fail(std::move(statistics.error()));
  const std::vector<double> observed = problem.problem().observed;
  auto samples = samples_of(*statistics, observed, p->model_);
  if (!samples) return fail(std::move(samples.error()));
  if (!same_samples(*samples)) return none("the statistics are of other samples in one channel than in another");

  // A channel without statistics was not looked at: its noise is its own, and without it the others are as they were.
  std::erase_if(p->model_.observations, [&](const ir::Observation& o) { return !samples->contains(o.channel); });
  std::ranges::fill(target.experiment.mask, std::uint8_t{0});
  target.experiment.observed.clear();
  for (const auto& [channel, values] : *samples) {
    std::vector<double>& all = target.experiment.observed[channel];
    all.assign(target.experiment.samples, 0.0);
    for (const auto& [sample, value] : values) {
      all[sample] = value;
      target.experiment.mask[sample] = 1;
    }
  }
  auto backend = sim::choose_backend(options.isa);
  if (!backend) return fail(std::move(backend.error()));
  target.model = &p->model_;
  target.space = &problem.space();
  target.integrator = study.model.integrator;
  target.run = {*backend, options.threads};
  target.run.store = code_store(options.cache);
  target.run.simulations = expected_draws;
  target.run.stop = [&progress] { return progress.should_stop(); };
  if (auto compiled = p->compile(Posterior::Answers::densities); !compiled) return fail(std::move(compiled.error()));
  return p;
}

Result<void> ExactPosterior::compile(Posterior::Answers answers) {
  auto density = Posterior::create(target_, answers);
  if (!density) {
    const Error& first = density.error().front();
    if (first.code == "interrupted") return fail(std::move(density.error()));
    return none(first.message);
  }
  density_.emplace(std::move(*density));
  return {};
}

Result<void> ExactPosterior::want_gradients() {
  target_.run.simulations = std::numeric_limits<double>::infinity();
  return compile(Posterior::Answers::gradients);
}

void ExactPosterior::log_density(const Array2& z, std::span<double> value, const Progress& progress) {
  const auto stop = [&progress] { return progress.should_stop(); };
  infer::standard_normal_density(z, value);
  for (std::size_t begin = 0; begin < z.rows; begin += block) {
    const std::size_t count = std::min(block, z.rows - begin);
    Array2 some(count, z.cols);
    std::copy_n(z.row(begin).data(), some.values.size(), some.values.data());
    std::vector<double> likelihood(count);
    density_->log_likelihood(target_.space->from_standard_normal(some), likelihood, stop);
    for (std::size_t k = 0; k < count; ++k) value[begin + k] += likelihood[k];
  }
}

void ExactPosterior::evaluate(const Array2& points, std::span<double> value, Array2* gradient) {
  density_->evaluate(points, value, gradient);
}

Array2 ExactPosterior::unconstrained(const Array2& z) const {
  return target_.space->to_unconstrained(target_.space->from_standard_normal(z));
}
Array2 ExactPosterior::standard_normal(const Array2& unconstrained) const {
  return target_.space->to_standard_normal(target_.space->to_constrained(unconstrained));
}

}  // namespace hillock::study
