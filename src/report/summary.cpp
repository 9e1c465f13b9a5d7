#include "report/summary.hpp"

#include <fmt/format.h>

#include <cmath>

#include "report/format.hpp"

namespace hillock::report {

using verify::Status;

std::string_view status_meaning(const verify::Verdict& verdict) {
  switch (verdict.status) {
    case Status::invalid: return "The run itself cannot be relied on; its numbers should not be used.";
    case Status::unidentifiable:
      return "These data do not pin the parameters down: unlike values explain them equally well.";
    case Status::misspecified:
      return from_simulations(verdict)
                 ? "The data show something that this model, with this prior, does not produce."
                 : "The recording has structure that this model, with its declared noise, does not produce.";
    case Status::consistent:
      return "No check found a disagreement, but no test on another protocol or cell was passed.";
    case Status::supported:
      return "No check found a disagreement, and data of another protocol or cell were predicted.";
  }
  return "";
}

bool from_simulations(const verify::Verdict& verdict) { return !verdict.simulated.method.empty(); }

const verify::Generalisation* main_prediction(const verify::Verdict& verdict) {
  for (const verify::Generalisation& g : verdict.generalisation)
    if (g.gating && std::isfinite(g.error)) return &g;
  return verdict.generalisation.empty() ? nullptr : &verdict.generalisation.front();
}

const verify::Baseline* best_baseline(const verify::Generalisation& generalisation) {
  const verify::Baseline* best = nullptr;
  for (const verify::Baseline& b : generalisation.baselines)
    if (std::isfinite(b.error) && (best == nullptr || b.error < best->error)) best = &b;
  return best;
}

std::vector<std::string> summary(const verify::Verdict& v) {
  std::vector<std::string> out;
  if (std::isfinite(v.fit.error)) {
    std::string s = fmt::format("The best fit leaves an error of {}", number(v.fit.error, 4));
    if (!v.fit.error_measure.empty()) s += fmt::format(" ({})", v.fit.error_measure);
    if (v.fit.samples > 0) s += fmt::format(" over {} samples", count(v.fit.samples));
    if (v.fit.starts > 1) {
      s += fmt::format("; {} of {} starting points ended within 0.1 % of it", count(v.fit.starts_within_0_1_percent),
                       count(v.fit.starts));
    }
    out.push_back(s + ".");
  }
  if (from_simulations(v))
    for (std::string& s : summary_of_simulations(v.simulated, v.numerics.draws)) out.push_back(std::move(s));
  if (const verify::Generalisation* g = main_prediction(v); g != nullptr && std::isfinite(g->error)) {
    std::string s =
        fmt::format("On data that the fit never saw ({}) the error is {}", g->name, with_error(g->error, g->error_se));
    if (const verify::Baseline* b = best_baseline(*g); b != nullptr) {
      const double ratio = g->error / b->error;
      s += fmt::format(", {} times that of the best baseline ({}, {})", number(ratio, 2), b->name, number(b->error));
    }
    s += ".";
    if (std::isfinite(g->coverage_90)) {
      s += fmt::format(" Its 90\u202F% intervals held {}{} of the samples.", percent(g->coverage_90),
                       std::isfinite(g->coverage_90_se) ? fmt::format(" (± {})", percent(g->coverage_90_se)) : "");
    }
    out.push_back(std::move(s));
  }
  if (v.fit.samples > 0 && std::isfinite(v.fit.effective_samples) && v.fit.effective_samples > 0 &&
      v.fit.effective_samples < 0.8 * static_cast<double>(v.fit.samples)) {
    const double factor = std::sqrt(static_cast<double>(v.fit.samples) / v.fit.effective_samples);
    out.push_back(
        fmt::format("Neighbouring residuals resemble each other{}: {} samples tell about as much as {} "
                    "independent ones, so intervals that count every sample are about {} times too narrow.",
                    std::isfinite(v.residuals.correlation_time_ms)
                        ? fmt::format(" (over about {} ms)", number(v.residuals.correlation_time_ms, 2))
                        : "",
                    count(v.fit.samples), count(std::llround(v.fit.effective_samples)), number(factor, 2)));
  }
  const auto known = static_cast<std::int64_t>(v.knowledge.known.size());
  const auto unknown = static_cast<std::int64_t>(v.knowledge.known_unknown.size());
  const auto untested = static_cast<std::int64_t>(v.knowledge.untested.size());
  if (known + unknown + untested > 0) {
    out.push_back(fmt::format("{} {} determined by these data, {} {} not to be, and {} {} never tested.", count(known),
                              known == 1 ? "quantity is" : "quantities are", count(unknown),
                              unknown == 1 ? "is known" : "are known", count(untested),
                              untested == 1 ? "was" : "were"));
  }
  if (v.partial) {
    std::string s = "The run stopped before all was done";
    for (std::size_t i = 0; i < v.not_done.size(); ++i) s += (i == 0 ? "; missing: " : ", ") + v.not_done[i];
    out.push_back(s + ".");
  }
  return out;
}

}  // namespace hillock::report
