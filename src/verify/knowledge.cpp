#include "verify/knowledge.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace hillock::verify {
namespace {

std::string with_unit(double value, const std::string& unit) {
  return unit.empty() || unit == "1" ? fmt::format("{:.4g}", value) : fmt::format("{:.4g} {}", value, unit);
}

std::string interval(const ParameterSummary& p) {
  std::string out = fmt::format("{:.4g} to {}", p.q05, with_unit(p.q95, p.unit));
  if (std::isfinite(p.q05_corrected) && std::isfinite(p.q95_corrected))
    out += fmt::format(" ({:.4g} to {:.4g} with the residuals' autocorrelation counted)", p.q05_corrected,
                       p.q95_corrected);
  return out;
}

bool chains_agree(const ParameterSummary& p, const KnowledgeOptions& options) {
  const bool mixed = std::isnan(p.rhat) || p.rhat <= options.rhat;
  const double least = std::fmin(p.ess_bulk, p.ess_tail);
  return mixed && (std::isnan(least) || least >= options.effective_draws);
}

Combination combination(const Direction& direction) {
  return {direction.algebra, direction.posterior_sd, direction.prior_sd, direction.prior_dominated};
}

void add_parameters(const std::vector<ParameterSummary>& parameters, const KnowledgeOptions& options, Knowledge& out) {
  for (const ParameterSummary& p : parameters) {
    if (p.is_noise) continue;
    if (std::isnan(p.contraction)) {
      out.known_unknown.push_back({p.name, fmt::format("{}: how far the data narrow it was not computed.", p.name)});
    } else if (!chains_agree(p, options)) {
      out.known_unknown.push_back(
          {p.name, fmt::format("{}: the chains do not agree (R-hat {:.3f}), so its interval is not to be trusted.",
                               p.name, p.rhat)});
    } else if (p.contraction >= options.known_contraction) {
      out.known.push_back(
          {p.name, fmt::format("{} = {}; 90 % interval {}. The data narrow its standard deviation {:.3g}-fold.", p.name,
                               with_unit(p.median, p.unit), interval(p),
                               1.0 / std::sqrt(std::max(1e-300, 1.0 - p.contraction)))});
    } else if (p.contraction >= options.open_contraction) {
      out.known_unknown.push_back({p.name, fmt::format("{} is partly known: 90 % interval {}, contraction {:.2f}.",
                                                       p.name, interval(p), p.contraction)});
    } else {
      out.known_unknown.push_back(
          {p.name,
           fmt::format(
               "{} is open: 90 % interval {} is little more than the prior's {:.4g} to {} (contraction {:.2f}).",
               p.name, interval(p), p.prior_q05, with_unit(p.prior_q95, p.unit), p.contraction)});
    }
  }
}

void add_combinations(const Identifiability& found, const KnowledgeOptions& options, Knowledge& out) {
  for (const Direction& direction : found.dominated) {
    out.sloppiest.push_back(combination(direction));
    out.known_unknown.push_back(
        {direction.algebra, fmt::format("{}: the data leave {:.0f} % of the prior's standard deviation.",
                                        direction.algebra, 100.0 * direction.posterior_sd / direction.prior_sd)});
  }
  for (const Direction& direction : found.directions) {  // sloppiest first
    if (out.sloppiest.size() >= std::max(options.combinations, found.dominated.size())) break;
    const auto same = [&](const Combination& c) { return c.algebra == direction.algebra; };
    if (std::ranges::none_of(out.sloppiest, same)) out.sloppiest.push_back(combination(direction));
  }
  for (auto at = found.directions.rbegin(); at != found.directions.rend(); ++at) {
    if (out.stiffest.size() >= options.combinations) break;
    out.stiffest.push_back(combination(*at));
  }
  if (!out.stiffest.empty() && !out.stiffest.front().prior_dominated)
    out.known.push_back({out.stiffest.front().algebra,
                         fmt::format("{} is the best known combination: the sd of its logarithm is {:.2g}.",
                                     out.stiffest.front().algebra, out.stiffest.front().relative_sd)});
}

void add_regimes(const std::vector<Regime>& regimes, Knowledge& out) {
  for (const Regime& r : regimes) {
    // fmin and fmax pass over bounds that are not there.
    const double low = std::fmin(r.trained_low, r.tested_low);
    const double high = std::fmax(r.trained_high, r.tested_high);
    if (std::isnan(low) || std::isnan(high)) {
      out.untested.push_back({r.what, fmt::format("{}: no data say anything about it.", r.what)});
      continue;
    }
    const std::string unit = r.unit.empty() || r.unit == "1" ? "" : " " + r.unit;
    if (!(high > low)) {
      out.untested.push_back(
          {r.what, fmt::format("{} was {:.4g}{} throughout; any other value is untested.", r.what, low, unit)});
      continue;
    }
    if (r.asked_low < low)
      out.untested.push_back({r.what, fmt::format("{} from {:.4g} to {:.4g}{}: asked of the model, in no data.", r.what,
                                                  r.asked_low, low, unit)});
    if (r.asked_high > high)
      out.untested.push_back({r.what, fmt::format("{} from {:.4g} to {:.4g}{}: asked of the model, in no data.", r.what,
                                                  high, r.asked_high, unit)});
    if (std::isfinite(r.tested_low) && std::isfinite(r.tested_high) &&
        (r.trained_low < r.tested_low || r.trained_high > r.tested_high))
      out.untested.push_back({r.what, fmt::format("{} beyond {:.4g} to {:.4g}{} was fitted but not predicted.", r.what,
                                                  r.tested_low, r.tested_high, unit)});
    if (std::isnan(r.asked_low) && std::isnan(r.asked_high))
      out.untested.push_back(
          {r.what, fmt::format("{} outside {:.4g} to {:.4g}{}: in no data.", r.what, low, high, unit)});
  }
}

void add_kinds(const std::vector<Generalisation>& generalisation, Knowledge& out) {
  auto tried = [&](HeldOut kind) {
    return std::ranges::any_of(generalisation, [&](const Generalisation& g) { return g.gating && g.kind == kind; });
  };
  if (!tried(HeldOut::other_protocol)) out.untested.push_back({"other protocols", "No other protocol was predicted."});
  if (!tried(HeldOut::other_cell)) out.untested.push_back({"other cells", "No other cell was predicted."});
}

}  // namespace

Knowledge knowledge(const std::vector<ParameterSummary>& parameters, const Identifiability* found,
                    const std::vector<Regime>& regimes, const std::vector<Generalisation>& generalisation,
                    const KnowledgeOptions& options) {
  Knowledge out;
  add_parameters(parameters, options, out);
  if (found != nullptr) add_combinations(*found, options, out);
  add_regimes(regimes, out);
  add_kinds(generalisation, out);
  if (std::isfinite(options.detectable_amplitude))
    out.untested.push_back(
        {"small slow misfit",
         fmt::format("A slow misfit of less than {:.2g} standard deviations of the noise would have been missed with a "
                     "probability of {:.0f} % or more.",
                     options.detectable_amplitude, 100.0 * (1.0 - options.detectable_power))});
  return out;
}

}  // namespace hillock::verify
