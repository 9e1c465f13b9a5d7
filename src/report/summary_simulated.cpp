/// The verdict in words, where the posterior was learnt from simulations.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/format.hpp"
#include "report/summary.hpp"

namespace hillock::report {
namespace {

std::string what_was_simulated(const verify::Simulated& s) {
  if (s.simulations == 0) return fmt::format("No simulation was made for {}.", s.method);
  std::string out = fmt::format("The posterior is learnt from {} simulations by {}", count(s.simulations), s.method);
  if (s.rounds.size() > 1) out += fmt::format(" in {} rounds", s.rounds.size());
  if (s.failed == 0) out += "; none failed.";
  else
    out += fmt::format("; {} of them failed ({}).", count(s.failed),
                       percent(static_cast<double>(s.failed) / static_cast<double>(s.simulations)));
  if (s.kept > 0)
    out += fmt::format(" Its draws repeat {} of them, worth {} independent draws.", count(s.kept),
                       count(std::llround(s.kept_effective)));
  return out;
}

std::string how_the_data_fit(const verify::Simulated& s) {
  const auto all = static_cast<std::int64_t>(s.statistics.size());
  if (std::ranges::none_of(s.statistics, verify::was_predicted))
    return "The data are held against no prediction: no simulation of a posterior draw ended well.";
  std::string names;
  std::int64_t good = 0;
  std::int64_t bad = 0;
  for (const verify::StatisticSummary& x : s.statistics) {
    if (verify::fits(x)) ++good;
    else if (++bad <= 5) names += (names.empty() ? "" : ", ") + x.name;
  }
  if (bad > 5) names += fmt::format(" and {} more", count(bad - 5));
  if (bad == 0)
    return all == 1 ? "The one statistic of the data lies inside its 95\u202F% predictive interval."
                    : fmt::format("All {} statistics of the data lie inside their 95\u202F% predictive intervals.",
                                  count(all));
  return fmt::format("{} of {} statistics of the data lie inside their 95\u202F% predictive intervals; not: {}.",
                     count(good), count(all), names);
}

/// "(effective draws 8 311 of 10 000, Pareto k 0.21)"
std::string weights_text(const verify::Simulated& s, std::int64_t draws) {
  if (!std::isfinite(s.effective_draws)) return "";
  std::string out = " (effective draws " + count(std::llround(s.effective_draws));
  // Of draws that NUTS has replaced, the number is not known any more.
  if (draws > 0 && s.certified_by != "nuts") out += " of " + count(draws);
  // All weights the same: there is no tail.
  if (std::isfinite(s.pareto_k)) out += fmt::format(", Pareto k {}", number(s.pareto_k, 2));
  return out + ")";
}

/// What the model's own likelihood says of the posterior; empty: nothing.
std::string how_exact(const verify::Simulated& s, std::int64_t draws) {
  const std::string weights = weights_text(s, draws);
  const std::string off = std::isfinite(s.distance) ? number(100.0 * s.distance, 2) + "\u202F%" : "";
  if (s.certified == "exact" && s.certified_by == "nuts")
    return "Certified exact by the model's own likelihood: draws of NUTS, started from the learnt ones, which weights "
           "did not mend" +
           weights + ".";
  if (s.certified == "exact")
    return "Certified exact by the model's own likelihood: with weights of the learnt draws" + weights +
           (off.empty() ? "." : fmt::format("; without them probabilities are off by at most {}.", off));
  if (s.certified != "approximate") return "";
  std::string out = "Approximate, by the model's own likelihood" + weights;
  if (!s.not_exact.empty()) out += ": " + s.not_exact;
  return out + (off.empty() ? "." : fmt::format("; probabilities may be off by {}.", off));
}

}  // namespace

std::string coverage_text(double covered, double standard_error) {
  const auto text = [](double x) { return to_place(100 * x, -1, 100 * x) + "\u202F%"; };
  return text(covered) + (std::isfinite(standard_error) ? fmt::format(" (± {})", text(standard_error)) : "");
}

std::vector<std::string> summary_of_simulations(const verify::Simulated& s, std::int64_t draws) {
  std::vector<std::string> out = {what_was_simulated(s)};
  if (!s.statistics.empty()) out.push_back(how_the_data_fit(s));
  if (const verify::Calibration& c = s.calibration; std::isfinite(c.coverage_90)) {
    out.push_back(fmt::format("On {} fresh simulations its 90\u202F% intervals held {} of the known parameters.",
                              count(c.draws), coverage_text(c.coverage_90, c.coverage_se)));
  }
  if (std::string text = how_exact(s, draws); !text.empty()) out.push_back(std::move(text));
  return out;
}

}  // namespace hillock::report
