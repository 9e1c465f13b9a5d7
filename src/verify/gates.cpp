/// The statistical questions of a verdict, with one adjustment over all of them.

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "prob/special.hpp"
#include "verify/holm.hpp"
#include "verify/rules.hpp"

namespace hillock::verify {
namespace {

/// Two-sided normal p for a coverage that departs from `level` by more than `tolerance`; the standard error is at least
/// that of `n` independent answers.
double coverage_p(double level, double covered, double covered_se, double n, double tolerance) {
  const double se = std::fmax(covered_se, std::sqrt(level * (1.0 - level) / std::max(1.0, n)));
  const double beyond = std::fabs(covered - level) - tolerance;
  return beyond <= 0.0 ? 1.0 : std::min(1.0, 2.0 * prob::normal_survival(beyond / se));
}

void add_simulated(const Verdict& verdict, const Thresholds& thresholds, std::vector<Gate>& out) {
  const Simulated& s = verdict.simulated;
  if (s.method.empty()) return;
  const auto add = [&](Gate::Kind kind, std::string name, std::size_t statistic, double p) {
    if (!std::isnan(p))
      out.push_back({.kind = kind, .name = std::move(name), .statistic = statistic, .p = p, .p_holm = p});
  };
  for (std::size_t i = 0; i < s.statistics.size(); ++i) {
    add(Gate::Kind::prior_predictive, s.statistics[i].name + ": prior predictive", i, s.statistics[i].prior_p);
    add(Gate::Kind::predictive, s.statistics[i].name + ": posterior predictive", i, s.statistics[i].predicted_p);
  }
  add(Gate::Kind::prior_predictive, "all statistics: prior predictive", s.statistics.size(), s.observation_p);
  add(Gate::Kind::ranks, "calibration: ranks", 0, s.calibration.rank_p);
  if (const Calibration& c = s.calibration; !std::isnan(c.coverage_90)) {
    const double answers =
        static_cast<double>(c.draws) * static_cast<double>(std::max<std::size_t>(1, verdict.parameters.size()));
    add(Gate::Kind::calibration_coverage, "calibration: coverage_90", 0,
        coverage_p(0.9, c.coverage_90, c.coverage_se, answers, thresholds.coverage_tolerance));
  }
}

}  // namespace

std::vector<Gate> gates(const Verdict& verdict, const Thresholds& thresholds) {
  std::vector<Gate> out;
  for (const auto& [name, p] : verdict.residuals.tests)
    if (!std::isnan(p)) out.push_back({.kind = Gate::Kind::residuals, .name = name, .p = p, .p_holm = p});
  for (std::size_t g = 0; g < verdict.generalisation.size(); ++g) {
    const Generalisation& test = verdict.generalisation[g];
    if (!test.gating) continue;
    if (std::isfinite(test.error) && std::isfinite(test.expected_error) && std::isfinite(test.error_se)) {
      const double allowed = test.expected_error * (1.0 + thresholds.error_tolerance);
      const double expected_se = std::isnan(test.expected_error_se) ? 0.0 : test.expected_error_se;
      const double se = std::hypot(test.error_se, expected_se);
      const double p = test.error <= allowed ? 1.0 : prob::normal_survival((test.error - allowed) / se);
      out.push_back(
          {.kind = Gate::Kind::held_out_error, .name = test.name + ": error", .held_out = g, .p = p, .p_holm = p});
    }
    const std::array<std::pair<double, std::pair<double, double>>, 2> levels = {
        {{0.5, {test.coverage_50, test.coverage_50_se}}, {0.9, {test.coverage_90, test.coverage_90_se}}}};
    for (const auto& [level, found] : levels) {
      const auto& [covered, covered_se] = found;
      if (std::isnan(covered)) continue;
      const double p =
          coverage_p(level, covered, covered_se, static_cast<double>(test.samples), thresholds.coverage_tolerance);
      out.push_back({.kind = Gate::Kind::coverage,
                     .name = fmt::format("{}: coverage_{:g}", test.name, 100.0 * level),
                     .held_out = g,
                     .p = p,
                     .p_holm = p});
    }
  }
  add_simulated(verdict, thresholds, out);
  std::vector<double> p;
  for (const Gate& gate : out) p.push_back(gate.p);
  const std::vector<double> adjusted = holm(p);
  for (std::size_t i = 0; i < out.size(); ++i) out[i].p_holm = adjusted[i];
  return out;
}

}  // namespace hillock::verify
