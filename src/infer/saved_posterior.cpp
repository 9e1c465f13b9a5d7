#include "infer/saved_posterior.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "base/rng.hpp"
#include "infer/learnt_likelihood.hpp"
#include "infer/learnt_ratio.hpp"
#include "infer/simulation_source.hpp"
#include "nn/saved_network.hpp"

namespace hillock::infer {
namespace {

constexpr std::size_t map_numbers = 9;  // of one StatisticMap, as saved
constexpr std::string_view embedding_names[] = {"none", "trace", "set"};
constexpr std::size_t least_particles = 1000;  // that anneal, however few draws are asked for
constexpr std::size_t draws_for_map = 5000;
constexpr std::size_t most_statistics = std::size_t{1} << 24;  // of any file that is read

/// Texts as fields name-0, name-1, ...
void put(nn::SavedNetwork& n, const std::string& name, const std::vector<std::string>& texts) {
  for (std::size_t i = 0; i < texts.size(); ++i) n.fields[name + "-" + std::to_string(i)] = texts[i];
}
std::vector<std::string> texts_of(const nn::SavedNetwork& n, const std::string& name) {
  std::vector<std::string> out;
  for (auto at = n.fields.find(name + "-0"); at != n.fields.end();
       at = n.fields.find(name + "-" + std::to_string(out.size())))
    out.push_back(at->second);
  return out;
}

const std::vector<double>* doubles(const nn::SavedNetwork& n, std::string_view name) {
  const nn::NamedArray* a = nn::find_array(n, name);
  return a ? std::get_if<std::vector<double>>(&a->values) : nullptr;
}
const std::string* field(const nn::SavedNetwork& n, const std::string& name) {
  const auto at = n.fields.find(name);
  return at == n.fields.end() ? nullptr : &at->second;
}

/// The layout, where the file has one; files from before there were any have none.
std::optional<StatisticLayout> layout_of(const nn::SavedNetwork& n, std::size_t statistics) {
  StatisticLayout out;
  const std::string* kind = field(n, "layout");
  if (!kind || *kind == embedding_names[0]) return out;
  const auto known = std::ranges::find(embedding_names, *kind);
  const auto* sizes = doubles(n, "layout-sizes");
  const auto* block = doubles(n, "layout-block");
  const auto whole = [](double v) {
    return v >= 0.0 && v < static_cast<double>(most_statistics) && v == std::floor(v);
  };
  if (known == std::end(embedding_names) || !sizes || sizes->size() != 2 || !block ||
      !std::ranges::all_of(*sizes, whole) || !std::ranges::all_of(*block, whole))
    return std::nullopt;
  out.kind = static_cast<Embedding>(known - std::begin(embedding_names));
  out.items = static_cast<std::size_t>((*sizes)[0]);
  out.features = static_cast<std::size_t>((*sizes)[1]);
  for (const double v : *block) out.block.push_back(static_cast<std::size_t>(v));
  if (!out.validate(statistics)) return std::nullopt;
  return out;
}

}  // namespace

Result<SavedPosterior> SavedPosterior::of(const SimulationPosterior& posterior, const prob::ParameterSpace& space,
                                          std::vector<std::string> statistics, std::vector<double> observed) {
  const bool density = posterior.normalised && posterior.estimator;
  if (!density && posterior.likelihood && !posterior.likelihood->not_kept().empty())
    return fail("posterior-not-saved", posterior.likelihood->not_kept(), {},
                "npe learns a density for any number of trials");
  if (!density && !posterior.likelihood)
    return fail("posterior-not-saved",
                "\"" + posterior.method +
                    "\" has learnt no density here, and has draws alone (of priors with joint "
                    "conditions, those of nle and nre too)",
                {}, "npe, tsnpe, nle and nre learn one");
  for (std::size_t j = 0; j < space.size(); ++j)
    if (space.conditional(j))
      return fail("posterior-not-saved", "the prior of " + space.names()[j] + " depends on other parameters", {},
                  "its draws are in posterior.nc");
  SavedPosterior out;
  out.method_ = posterior.method;
  out.amortised_ = posterior.amortised;
  out.space_ = std::make_shared<prob::ParameterSpace>(space);
  out.statistics_ = std::move(statistics);
  out.observed_ = std::move(observed);
  out.scale_ = posterior.scale;
  if (density) {
    out.density_ = posterior.density();
  } else {
    out.likelihood_ = posterior.likelihood;
    out.log_evidence_ = posterior.log_evidence;
  }
  return out;
}

std::string SavedPosterior::to_bytes() const {
  nn::SavedNetwork n;
  n.fields["what"] = "posterior";
  n.fields["method"] = method_;
  n.fields["amortised"] = amortised_ ? "yes" : "no";
  put(n, "parameter", space_->names());
  put(n, "statistic", statistics_);
  std::vector<std::string> families;
  std::vector<double> arguments, maps;
  for (std::size_t j = 0; j < space_->size(); ++j) {
    const prob::Prior& prior = space_->prior(j);
    families.emplace_back(prob::to_string(prior.family()));
    const std::span<const double> a = prior.arguments();
    arguments.push_back(a[0]);
    arguments.push_back(a.size() > 1 ? a[1] : 0.0);
  }
  put(n, "prior", families);
  for (std::size_t j = 0; j < scale_.size(); ++j) {
    const StatisticMap& m = scale_[j];
    for (const double v : {static_cast<double>(m.shape), m.centre, m.width, m.mean, m.sd, m.constant ? 1.0 : 0.0,
                           m.sometimes_undefined ? 1.0 : 0.0, m.low, m.high})
      maps.push_back(v);
  }
  const StatisticLayout& layout = scale_.layout();
  n.fields["layout"] = embedding_names[static_cast<std::size_t>(layout.kind)];
  // A NaN is no number of a network's file: which observations are missing is said beside them.
  std::vector<double> values, missing;
  for (const double x : observed_) {
    values.push_back(std::isfinite(x) ? x : 0.0);
    missing.push_back(std::isfinite(x) ? 0.0 : 1.0);
  }
  const auto add = [&](const char* name, std::vector<double> v) {
    const std::size_t size = v.size();
    n.arrays.push_back({name, {size}, std::move(v)});
  };
  add("prior-arguments", std::move(arguments));
  add("statistic-maps", std::move(maps));
  add("observed", std::move(values));
  add("observed-missing", std::move(missing));
  if (layout.kind != Embedding::none) {
    add("layout-sizes", {static_cast<double>(layout.items), static_cast<double>(layout.features)});
    add("layout-block", {layout.block.begin(), layout.block.end()});
  }
  if (!likelihood_) {
    density_.estimator->save(n);
    if (!density_.attainable.empty()) add("attainable", density_.attainable);
    if (density_.region) {
      density_.region->save(n);
      add("inside-share", {density_.inside_share});
    }
    return nn::to_bytes(n);
  }
  add("log-evidence", {log_evidence_});
  likelihood_->save(n);
  return nn::to_bytes(n);
}

Result<SavedPosterior> SavedPosterior::from_bytes(std::string_view bytes, const std::string& where) {
  auto n = nn::network_from_bytes(bytes, where);
  if (!n) return fail(std::move(n.error()));
  const auto damaged = [&](const char* what) {
    return fail("network-damaged", std::string("this is no posterior that Hillock saved: ") + what, where);
  };
  const std::string *what = field(*n, "what"), *method = field(*n, "method"), *amortised = field(*n, "amortised");
  const auto *arguments = doubles(*n, "prior-arguments"), *maps = doubles(*n, "statistic-maps"),
             *observed = doubles(*n, "observed"), *missing = doubles(*n, "observed-missing");
  if (!what || *what != "posterior" || !method || !amortised || !arguments || !maps || !observed || !missing)
    return damaged("a part of it is missing");
  SavedPosterior out;
  out.method_ = *method;
  out.amortised_ = *amortised == "yes";
  out.statistics_ = texts_of(*n, "statistic");
  const std::vector<std::string> names = texts_of(*n, "parameter"), families = texts_of(*n, "prior");
  if (names.empty() || families.size() != names.size() || arguments->size() != 2 * names.size() ||
      maps->size() != map_numbers * out.statistics_.size() || observed->size() != out.statistics_.size() ||
      missing->size() != observed->size())
    return damaged("its parts do not fit together");
  std::vector<prob::Prior> made;
  for (std::size_t j = 0; j < names.size(); ++j) {
    const bool one = families[j] == "halfnormal" || families[j] == "exponential";
    auto prior = prob::Prior::make(families[j], std::span(*arguments).subspan(2 * j, one ? 1 : 2), names[j]);
    if (!prior) return fail(std::move(prior.error()));
    made.push_back(std::move(*prior));
  }
  auto space = prob::ParameterSpace::make(names, std::move(made));
  if (!space) return fail(std::move(space.error()));
  out.space_ = std::make_shared<prob::ParameterSpace>(std::move(*space));
  std::vector<StatisticMap> scale(out.statistics_.size());
  for (std::size_t j = 0; j < scale.size(); ++j) {
    const double* v = maps->data() + map_numbers * j;
    if (!(v[0] == 0.0 || v[0] == 1.0 || v[0] == 2.0) || !(v[4] > 0.0 || v[5] > 0.0))
      return damaged("a statistic's scale is none");
    scale[j].shape = static_cast<StatisticMap::Shape>(static_cast<int>(v[0]));
    scale[j].centre = v[1], scale[j].width = v[2], scale[j].mean = v[3], scale[j].sd = v[4];
    scale[j].constant = v[5] > 0.0, scale[j].sometimes_undefined = v[6] > 0.0;
    scale[j].low = v[7], scale[j].high = v[8];
  }
  auto layout = layout_of(*n, out.statistics_.size());
  if (!layout) return damaged("what it says of a trace or of trials fits no statistics");
  out.scale_ = StatisticScale::from(std::move(scale), std::move(*layout));
  for (std::size_t j = 0; j < observed->size(); ++j)
    out.observed_.push_back((*missing)[j] > 0.0 ? std::numeric_limits<double>::quiet_NaN() : (*observed)[j]);
  const std::string* learnt = field(*n, "learnt");
  const auto* evidence = doubles(*n, "log-evidence");
  if (learnt &&
      ((*learnt != "likelihood" && *learnt != "ratio") || !evidence || evidence->size() != 1 || out.amortised_))
    return damaged("what was learnt is neither a density nor a likelihood with its evidence");
  if (learnt) out.log_evidence_ = evidence->front();
  if (learnt && *learnt == "ratio") {
    auto ratio = LearntRatio::load(*n, out.space_->size(), out.scale_, out.observed_, where);
    if (!ratio) return fail(std::move(ratio.error()));
    out.likelihood_ = std::move(*ratio);
    return out;
  }
  auto estimator = ConditionalEstimator::load(*n, where);
  if (!estimator) return fail(std::move(estimator.error()));
  if (learnt) {
    auto likelihood =
        LearntLikelihood::load(*n, *out.space_, out.scale_, out.observed_,
                               std::make_shared<const ConditionalEstimator>(std::move(*estimator)), where);
    if (!likelihood) return fail(std::move(likelihood.error()));
    out.likelihood_ = std::move(*likelihood);
    return out;
  }
  if (estimator->dimension() != out.space_->size() || estimator->context_dimension() != out.scale_.columns() ||
      estimator->inputs() != out.scale_.shape())
    return damaged("its network is of another number of parameters or statistics");
  out.density_.scale = out.scale_;
  out.density_.estimator = std::make_shared<ConditionalEstimator>(std::move(*estimator));
  if (const auto* attainable = doubles(*n, "attainable")) {
    if (attainable->size() != out.scale_.columns() || out.amortised_)
      return damaged("the statistics that it is given are of another number");
    out.density_.attainable = *attainable;
  }
  auto region = CutRegion::load(*n, out.space_->size(), where);
  if (!region) return fail(std::move(region.error()));
  if (region->size() == 0) return out;
  const auto* share = doubles(*n, "inside-share");
  if (!share || share->size() != 1 || !(share->front() > 0.0 && share->front() <= 1.0) || out.amortised_)
    return damaged("what it says of the region of its simulations fits nothing");
  out.density_.region = std::make_shared<CutRegion>(std::move(*region));
  out.density_.inside_share = share->front();
  return out;
}

Result<std::vector<double>> SavedPosterior::complete(std::span<const double> given) const {
  auto x_or = scale_.layout().complete(given, statistics_.size());
  if (!x_or || amortised_) return x_or;
  const std::vector<double>& x = *x_or;
  for (std::size_t j = 0; j < x.size(); ++j)
    if (x[j] != observed_[j] && !(std::isnan(x[j]) && std::isnan(observed_[j])))
      return fail("not-amortised",
                  "this posterior was learnt for one observation alone, and " + statistics_[j] + " is another", {},
                  "search.method = \"npe\" learns it for all");
  return x_or;
}

Result<Array2> SavedPosterior::draw(std::span<const double> x, std::size_t count, std::uint64_t seed,
                                    std::uint64_t first) const {
  auto all = complete(x);
  if (!all) return fail(std::move(all.error()));
  if (!likelihood_) {
    auto z = density_.draw(*all, count, seed, first);
    if (!z) return z;
    return space_->from_standard_normal(*z);
  }
  LearntPosteriorOptions how;
  how.draws = std::max(count, least_particles);
  // Another annealing for another `first`.
  how.seed = Rng(seed, stream_id("saved.annealing"), first).bits();
  how.annealing_seed = how.seed;
  const Array2 start = standard_normal_rows(how.seed, stream_id("saved.prior"), 0, how.draws, space_->size());
  Silent silent;
  auto found = draw_learnt_posterior(*likelihood_, start, {}, how, silent);
  if (!found) return fail(std::move(found.error()));
  if (found->annealing_capped || found->points.rows < how.draws)
    return fail("annealing-capped",
                "the annealing ended at its cap of temperatures: its draws are of a flatter density", {},
                "posterior.nc has those of the fit");
  Array2 z(count, space_->size());
  // Particles stand in no order but that of their ancestors: every so many of them.
  for (std::size_t k = 0; k < count; ++k)
    std::ranges::copy(found->points.row(k * found->points.rows / count), z.row(k).begin());
  return space_->from_standard_normal(z);
}

Result<std::vector<double>> SavedPosterior::map() const {
  auto draws = draw(observed_, draws_for_map, 1);
  if (!draws) return fail(std::move(draws.error()));
  auto value = log_density(*draws, observed_);
  if (!value) return fail(std::move(value.error()));
  const auto best = static_cast<std::size_t>(std::ranges::max_element(*value) - value->begin());
  const auto row = draws->row(best);
  return std::vector<double>(row.begin(), row.end());
}

Result<std::vector<double>> SavedPosterior::log_density(const Array2& parameters, std::span<const double> x) const {
  auto all = complete(x);
  if (!all) return fail(std::move(all.error()));
  HILLOCK_CHECK(parameters.cols == space_->size(), "points of another number of parameters");
  std::vector<double> slope(parameters.rows), value(parameters.rows);
  Array2 z = space_->to_standard_normal(parameters, slope);
  std::vector<std::uint8_t> outside(z.rows, 0);
  for (std::size_t k = 0; k < z.rows; ++k)
    for (double& v : z.row(k))
      if (!std::isfinite(v)) outside[k] = 1, v = 0.0;
  if (likelihood_) {
    std::vector<double> prior(z.rows);
    likelihood_->log_likelihood(z, value);
    standard_normal_density(z, prior);
    for (std::size_t k = 0; k < z.rows; ++k) value[k] += prior[k] - log_evidence_;
  } else {
    density_.log_density(z, *all, value);
  }
  for (std::size_t k = 0; k < z.rows; ++k)
    value[k] = outside[k] ? -std::numeric_limits<double>::infinity() : value[k] - slope[k];
  return value;
}

}  // namespace hillock::infer
