#include "study/fit_certify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/rng.hpp"
#include "infer/nuts_from_draws.hpp"
#include "infer/resample.hpp"
#include "infer/simulation_source.hpp"
#include "study/exact_posterior.hpp"

namespace hillock::study {
namespace {

constexpr std::size_t looks = 4000;  // draws of the prior, for mass where the learnt density has none
constexpr int least_warmup = 150;    // where the weights failed, the metric must be learnt

/// The draws, and those of the prior where the learnt density is normalised, with all that weights are made of.
struct Evaluated {
  std::vector<double> log_posterior;
  Array2 look;
  std::vector<double> look_posterior, look_proposal, look_prior;
};

class Certifying {
 public:
  Certifying(const ResolvedStudy& study, const infer::SimulationPosterior& posterior, const SimulatedProblem& problem,
             ExactPosterior& exact, Progress& progress)
      : study_(study), posterior_(posterior), problem_(problem), exact_(exact), progress_(progress) {}

  Certified run() {
    progress_.begin("certification", 1.0);
    evaluate();
    if (progress_.should_stop()) return stopped("the weights of the draws by the exact likelihood");
    out_.weights = infer::certify(at_.log_posterior, posterior_.log_density, {},
                                  {at_.look_posterior, at_.look_proposal, at_.look_prior});
    out_.weighed = true;
    if (out_.weights.exact) {
      out_.certified = "exact", out_.by = "weights";
      draw_again();
    } else {
      out_.certified = "approximate", out_.why = out_.weights.why;
      if (study_.verify.certify == "exact") chains();
    }
    out_.gradients = exact_.gradients();
    return std::move(out_);
  }

 private:
  Certified stopped(const std::string& what) {
    out_.certified = "not possible: it was stopped";
    out_.not_done = "certification: " + what;
    return std::move(out_);
  }

  void evaluate() {
    at_.log_posterior.resize(posterior_.z.rows);
    exact_.log_density(posterior_.z, at_.log_posterior, progress_);
    if (!posterior_.normalised || !posterior_.estimator || progress_.should_stop()) return;
    at_.look =
        infer::standard_normal_rows(problem_.problem().seed, stream_id("certify.look"), 0, looks, posterior_.z.cols);
    for (auto* v : {&at_.look_posterior, &at_.look_proposal, &at_.look_prior}) v->resize(looks);
    exact_.log_density(at_.look, at_.look_posterior, progress_);
    posterior_.density().log_density(at_.look, problem_.problem().observed, at_.look_proposal);
    infer::standard_normal_density(at_.look, at_.look_prior);
  }

  /// A posterior like the learnt one, with other draws.
  infer::SimulationPosterior with_draws(Array2 z) {
    infer::SimulationPosterior out = posterior_;
    out.z = std::move(z);
    out.parameters = problem_.space().from_standard_normal(out.z);
    out.normalised = false;
    return out;
  }

  /// Equal draws from the weighted ones, as many as there are.
  void draw_again() {
    const std::vector<double> weight = infer::weights_of(out_.weights.log_weight);
    const std::vector<std::size_t> picked = infer::systematic_resample(weight, posterior_.z.rows, 0.5);
    Array2 z(picked.size(), posterior_.z.cols);
    std::vector<double> density(picked.size());
    for (std::size_t k = 0; k < picked.size(); ++k) {
      std::ranges::copy(posterior_.z.row(picked[k]), z.row(k).begin());
      density[k] = at_.log_posterior[picked[k]];
    }
    out_.exact = with_draws(std::move(z));
    out_.exact->log_density = std::move(density);
  }

  /// Where chains may start: the draws, and those of the prior with them, with weights against the mixture of both.
  [[nodiscard]] std::pair<Array2, std::vector<double>> pool() const {
    Array2 z = posterior_.z;
    const auto n = static_cast<double>(z.rows), m = static_cast<double>(at_.look.rows);
    std::vector<double> weight(z.rows);
    if (m == 0.0) {
      for (std::size_t k = 0; k < weight.size(); ++k) weight[k] = at_.log_posterior[k] - posterior_.log_density[k];
      return {std::move(z), std::move(weight)};
    }
    const auto against = [&](double posterior, double proposal, double prior) {
      const double a = std::log(n) + proposal, b = std::log(m) + prior, top = std::max(a, b);
      return posterior - top - std::log(std::exp(a - top) + std::exp(b - top));
    };
    std::vector<double> prior(z.rows);
    infer::standard_normal_density(z, prior);
    for (std::size_t k = 0; k < weight.size(); ++k)
      weight[k] = against(at_.log_posterior[k], posterior_.log_density[k], prior[k]);
    z.values.insert(z.values.end(), at_.look.values.begin(), at_.look.values.end());
    z.rows += at_.look.rows;
    for (std::size_t k = 0; k < at_.look.rows; ++k)
      weight.push_back(against(at_.look_posterior[k], at_.look_proposal[k], at_.look_prior[k]));
    return {std::move(z), std::move(weight)};
  }

  void chains() {
    const auto [z, weight] = pool();
    if (std::ranges::none_of(weight, [](double w) { return std::isfinite(w); })) return;
    if (auto ready = exact_.want_gradients(); !ready) {
      if (progress_.should_stop()) out_.not_done = "certification: NUTS from the draws";
      else out_.why += "; NUTS could not follow: " + ready.error().front().message;
      return;
    }
    infer::NutsFromDrawsOptions how;
    how.seed = problem_.problem().seed;
    how.chains = static_cast<std::size_t>(study_.search.chains);
    how.warmup = std::max(least_warmup, static_cast<int>(study_.search.warmup));
    how.draws = posterior_.z.rows;
    how.most_draws = std::max(how.draws, how.chains * static_cast<std::size_t>(study_.search.most_draws));
    how.target_accept = study_.search.target_accept;
    how.max_depth = static_cast<int>(study_.search.max_depth);
    progress_.begin("NUTS", 0.0);
    auto found = infer::nuts_from_draws(exact_, exact_.unconstrained(z), weight, how, progress_);
    if (!found) {
      out_.why += "; NUTS could not follow: " + found.error().front().message;
      return;
    }
    if (!found->complete) {
      out_.not_done = "certification: NUTS from the draws";
      return;
    }
    if (!found->agree) {
      const auto worst = std::ranges::max_element(found->mixing.rhat);
      out_.why += fmt::format("; {} chains of NUTS did not agree (R-hat {:.3f} of {})", found->chains, *worst,
                              problem_.space().names()[static_cast<std::size_t>(worst - found->mixing.rhat.begin())]);
      return;
    }
    out_.certified = "exact", out_.by = "nuts", out_.why.clear();
    out_.exact = with_draws(exact_.standard_normal(found->points));
    out_.exact->log_density.resize(out_.exact->z.rows);
    const Silent unstopped;
    exact_.log_density(out_.exact->z, out_.exact->log_density, unstopped);
    out_.chains = found->chains;
    out_.mixing = std::move(found->mixing);
    out_.divergences = found->divergences;
    out_.notes.push_back(
        fmt::format("certification: {} chains of NUTS from the draws, {} draws each", found->chains, found->draws));
  }

  const ResolvedStudy& study_;
  const infer::SimulationPosterior& posterior_;
  const SimulatedProblem& problem_;
  ExactPosterior& exact_;
  Progress& progress_;
  Evaluated at_;
  Certified out_;
};

}  // namespace

Certified certify(const ResolvedStudy& study, const RunOptions& options, const SimulatedProblem& problem,
                  const infer::SimulationPosterior& posterior, Progress& progress) {
  Certified out;
  const auto impossible = [&](std::string_view why) {
    out.certified = fmt::format("not possible: {}", why);
    return out;
  };
  if (study.verify.certify == "none") return impossible("verify.certify is \"none\"");
  if (posterior.z.rows == 0) return impossible("there are no draws");
  auto exact = ExactPosterior::open(study, options, problem, progress);
  if (!exact) {
    if (progress.should_stop()) {
      out.not_done = "certification";
      return impossible("it was stopped");
    }
    return impossible(exact.error().front().message);
  }
  if (posterior.log_density.size() != posterior.z.rows)
    return impossible(fmt::format("draws by {} come without a density", posterior.method));
  return Certifying(study, posterior, problem, **exact, progress).run();
}

}  // namespace hillock::study
