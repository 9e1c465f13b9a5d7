#include "verify/simulated_rules.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "verify/listing.hpp"

namespace hillock::verify {
namespace {

std::string with_unit(double value, const std::string& unit) {
  return unit.empty() || unit == "1" ? fmt::format("{:.4g}", value) : fmt::format("{:.4g} {}", value, unit);
}

std::string reasons_of(const std::vector<Count>& counts) {
  Listing list;
  for (const Count& c : counts) list.add(fmt::format("{} ({})", c.what, c.count));
  return list.text();
}

/// The 95 % interval of one distribution of a statistic, and what was observed.
std::string against(const StatisticSummary& s, double low, double high, double p) {
  std::string out = s.name;
  out += std::isfinite(s.observed) ? fmt::format(": {} in the data", with_unit(s.observed, s.unit))
                                   : ": no value in the data";
  if (std::isfinite(low) && std::isfinite(high))
    out += fmt::format(", 95 % of simulations {:.4g} to {}", low, with_unit(high, s.unit));
  return out + fmt::format(" (p = {:.2g})", p);
}

bool rejected(const Gate& gate, const Facts& f) { return gate.p_holm < f.thresholds.level; }

std::string rejected_statistics(const Facts& f, Gate::Kind kind) {
  const std::vector<StatisticSummary>& all = f.verdict.simulated.statistics;
  Listing list;
  for (const Gate& gate : f.gates) {
    if (gate.kind != kind || !rejected(gate, f)) continue;
    if (gate.statistic >= all.size()) {
      list.add(fmt::format("all statistics together (p = {:.2g})", gate.p_holm), "; ");
      continue;
    }
    const StatisticSummary& s = all[gate.statistic];
    const bool prior = kind == Gate::Kind::prior_predictive;
    list.add(against(s, prior ? s.prior_q025 : s.predicted_q025, prior ? s.prior_q975 : s.predicted_q975, gate.p_holm),
             "; ");
  }
  return list.text();
}

/// Among the gates, the one with which a statistic's prediction was judged; null where there is none.
const Gate* predictive_gate(const Facts& f, std::size_t statistic) {
  const auto found = std::ranges::find_if(
      f.gates, [&](const Gate& gate) { return gate.kind == Gate::Kind::predictive && gate.statistic == statistic; });
  return found == f.gates.end() ? nullptr : &*found;
}

bool calibrated(const Facts& f) { return std::isfinite(f.verdict.simulated.calibration.rank_p); }
bool certified_exact(const Facts& f) { return f.verdict.simulated.certified.starts_with("exact"); }

}  // namespace

bool from_simulations(const Facts& f) { return !f.verdict.simulated.method.empty(); }

bool certified_or_calibrated(const Facts& f) {
  return from_simulations(f) && (certified_exact(f) || f.verdict.simulated.certified == "approximate" || calibrated(f));
}

std::string too_few_weighted_draws(const Facts& f) {
  const Simulated& s = f.verdict.simulated;
  // Where chains followed the weights, the chains' own effective draws are what counts.
  const bool chains = std::ranges::any_of(
      f.verdict.parameters, [](const ParameterSummary& p) { return std::isfinite(std::fmin(p.ess_bulk, p.ess_tail)); });
  if (!from_simulations(f) || chains) return "";
  if (!certified_exact(f))
    return s.kept_effective < f.thresholds.effective_draws ? fmt::format("kept simulations ({:.0f})", s.kept_effective)
                                                           : "";
  if (!(s.effective_draws < f.thresholds.effective_draws)) return "";
  return fmt::format("importance weights ({:.0f})", s.effective_draws);
}

std::string all_simulations_failed(const Facts& f) {
  const Simulated& s = f.verdict.simulated;
  if (!from_simulations(f) || s.failed < s.simulations) return "";
  if (s.simulations < 1) return "No simulation was made.";
  const std::string why = reasons_of(s.failures);
  return fmt::format("All {} simulations failed{}.", s.simulations, why.empty() ? "" : ": " + why);
}

std::string no_posterior_draws(const Facts& f) {
  if (!from_simulations(f) || f.verdict.numerics.draws > 0) return "";
  return fmt::format("{} simulations gave no posterior draws.", f.verdict.simulated.simulations);
}

std::string calibration_rejected(const Facts& f) {
  for (const Gate& gate : f.gates)
    if (gate.kind == Gate::Kind::ranks && rejected(gate, f))
      return fmt::format(
          "The inference is not calibrated: among {} fresh simulations the ranks of the parameters that made them are "
          "not uniform (p = {:.2g}).",
          f.verdict.simulated.calibration.draws, gate.p_holm);
  return "";
}

std::string calibration_coverage_off(const Facts& f) {
  const Calibration& c = f.verdict.simulated.calibration;
  for (const Gate& gate : f.gates)
    if (gate.kind == Gate::Kind::calibration_coverage && rejected(gate, f))
      return fmt::format(
          "The inference is not calibrated: on {} fresh simulations its 90 % intervals hold {:.1f} +- {:.1f} % of the "
          "parameters that made them.",
          c.draws, 100.0 * c.coverage_90, std::isfinite(c.coverage_se) ? 100.0 * c.coverage_se : 0.0);
  return "";
}

std::string observation_outside_prior_predictive(const Facts& f) {
  const std::string list = rejected_statistics(f, Gate::Kind::prior_predictive);
  return list.empty() ? "" : "The prior or the model cannot produce these data: " + list + ".";
}

std::string statistics_not_predicted(const Facts& f) {
  const std::string list = rejected_statistics(f, Gate::Kind::predictive);
  return list.empty() ? "" : "The posterior does not predict the data it was fitted to: " + list + ".";
}

std::string too_few_predictive_draws(const Facts& f) {
  const std::int64_t draws = f.verdict.numerics.predictive_draws - f.verdict.numerics.failed_predictive;
  const auto is_predictive = [](const Gate& gate) { return gate.kind == Gate::Kind::predictive; };
  if (draws < 1 || std::ranges::none_of(f.gates, is_predictive)) return "";
  // The least p is 1 / (draws + 1), and Holm's first step multiplies it by the number of gates.
  const double needed = static_cast<double>(f.gates.size()) / f.thresholds.level;
  if (static_cast<double>(draws + 1) > needed) return "";
  return fmt::format(
      "With {} predictive draws no statistic could be rejected: {} tests at level {:g} need more than {:.0f}.", draws,
      f.gates.size(), f.thresholds.level, std::ceil(needed) - 1.0);
}

std::string statistics_outside_interval(const Facts& f) {
  const std::vector<StatisticSummary>& all = f.verdict.simulated.statistics;
  if (!from_simulations(f)) return "";
  Listing list;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const StatisticSummary& s = all[i];
    const Gate* gate = predictive_gate(f, i);
    if (fits(s) || (gate != nullptr && rejected(*gate, f))) continue;  // those rejected are named already
    if (!std::isfinite(s.observed)) {
      list.add(fmt::format("{}: no value in the data, a value in {:.1f} % of predictions", s.name,
                           100.0 * (1.0 - s.predicted_undefined)),
               "; ");
    } else if (s.predicted_undefined > 0.975) {
      list.add(fmt::format("{}: {} in the data, no value in {:.1f} % of predictions", s.name,
                           with_unit(s.observed, s.unit), 100.0 * s.predicted_undefined),
               "; ");
    } else {
      list.add(against(s, s.predicted_q025, s.predicted_q975, s.predicted_p), "; ");
    }
  }
  return list.empty() ? "" : fmt::format("Outside its predictions, of {} statistics: {}.", all.size(), list.text());
}

std::string data_off_the_model(const Facts& f) {
  if (!from_simulations(f)) return "";
  Listing list;
  for (const StatisticSummary& s : f.verdict.simulated.statistics)
    if (std::isfinite(s.given))
      list.add(fmt::format("{} {} instead of {}", s.name, with_unit(s.given, s.unit), with_unit(s.observed, s.unit)),
               "; ");
  return list.empty() ? ""
                      : fmt::format(
                            "The model cannot do all statistics of the data at once; the posterior was given the "
                            "nearest that it can do: {}.",
                            list.text());
}

std::string certified_approximate(const Facts& f) {
  const Simulated& s = f.verdict.simulated;
  if (!from_simulations(f) || s.certified != "approximate") return "";
  std::string out = "The posterior is approximate, by the exact likelihood";
  if (std::isfinite(s.effective_draws) && f.verdict.numerics.draws > 0)
    out += fmt::format(": {} draws are worth {:.0f}", f.verdict.numerics.draws, s.effective_draws);
  if (!s.not_exact.empty()) out += "; " + s.not_exact;
  else if (std::isfinite(s.pareto_k))
    out += fmt::format(" (Pareto k = {:.2f}; above 0.7 weights mend nothing)", s.pareto_k);
  return out + ".";
}

std::string simulations_failed(const Facts& f) {
  const Simulated& s = f.verdict.simulated;
  if (!from_simulations(f) || s.simulations < 1 || s.failed >= s.simulations) return "";
  const double share = static_cast<double>(s.failed) / static_cast<double>(s.simulations);
  if (!(share > f.thresholds.simulations_failed)) return "";
  const std::string why = reasons_of(s.failures);
  return fmt::format("{} of {} simulations failed{}.", s.failed, s.simulations, why.empty() ? "" : ": " + why);
}

std::string proposal_capped(const Facts& f) {
  const std::vector<SimulationRound>& rounds = f.verdict.simulated.rounds;
  if (!from_simulations(f)) return "";
  Listing list;
  for (std::size_t i = 0; i < rounds.size(); ++i)
    if (rounds[i].capped) {
      list.add(std::isfinite(rounds[i].acceptance)
                   ? fmt::format("{} (acceptance {:.2g} %)", i + 1, 100.0 * rounds[i].acceptance)
                   : fmt::format("{}", i + 1));
    }
  return list.empty() ? "" : "Drawing from the proposal ended at its cap in round " + list.text() + ".";
}

}  // namespace hillock::verify
