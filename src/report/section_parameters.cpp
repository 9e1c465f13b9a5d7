/// The table of parameters, with error bars on the prior's range.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/escape.hpp"
#include "report/format.hpp"
#include "report/plot.hpp"
#include "report/section.hpp"
#include "report/summary.hpp"
#include "report/svg.hpp"
#include "verify/rules.hpp"

namespace hillock::report {
namespace {

const PosteriorAxis* axis_of(const Document& document, std::string_view name) {
  for (const PosteriorAxis& a : document.posterior.axes)
    if (a.name == name) return &a;
  return nullptr;
}

/// The value as the interval lets one read it, and with more digits when pointed at.
std::string value_cell(double value, double low, double high) {
  return fmt::format("<td class=\"n\" title=\"{}\">{}</td>", escape_html(number(value, 8)),
                     escape_html(within(value, low, high)));
}

std::string cell(std::string_view text, bool warn = false, std::string_view why = {}) {
  if (!warn) return fmt::format("<td class=\"n\">{}</td>", escape_html(text));
  return fmt::format("<td class=\"n warn\" title=\"{}\">{}<span class=\"flag\"> !</span></td>", escape_html(why),
                     escape_html(text));
}

}  // namespace

std::string section_parameters(const Document& document) {
  const auto& parameters = document.verdict.parameters;
  if (parameters.empty()) return nothing("No parameters were fitted.");
  bool independent = false;
  bool same = false;  // as if every sample were independent, because so it was declared
  bool corrected = false;
  bool chains = false;
  const bool simulated = from_simulations(document.verdict);
  const bool best = !simulated || std::ranges::any_of(parameters, [](const auto& p) { return std::isfinite(p.best); });
  const auto differ = [](double a, double b) { return std::isfinite(a) && std::abs(a - b) > 1e-9 * std::abs(b); };
  for (const verify::ParameterSummary& p : parameters) {
    // Where white noise is declared the two are the same: one column.
    independent = independent || differ(p.q05_independent, p.q05) || differ(p.q95_independent, p.q95);
    same = same || std::isfinite(p.q05_independent);
    corrected = corrected || std::isfinite(p.q05_corrected);
    chains = chains || std::isfinite(p.rhat) || std::isfinite(p.ess_bulk) || std::isfinite(p.ess_tail);
  }
  std::string out =
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table of parameters\"><table "
      "class=\"parameters\"><thead><tr>"
      "<th scope=\"col\">parameter</th><th scope=\"col\">unit</th>";
  if (best) out += "<th scope=\"col\" class=\"n\">best fit</th>";
  out += fmt::format("<th scope=\"col\" class=\"n\">median</th><th scope=\"col\" class=\"n\">90 % interval{}</th>",
                     simulated ? "" : ", declared noise");
  if (independent) out += "<th scope=\"col\" class=\"n\">… every sample independent</th>";
  if (corrected) out += "<th scope=\"col\" class=\"n\">… autocorrelation counted</th>";
  out += "<th scope=\"col\">on the prior's range</th><th scope=\"col\" class=\"n\">contrac&shy;tion</th>";
  if (chains)
    out +=
        "<th scope=\"col\" class=\"n\">R-hat</th><th scope=\"col\" class=\"n\">ESS bulk</th><th scope=\"col\" "
        "class=\"n\">tail</th>";
  out += "</tr></thead><tbody>\n";
  const verify::Thresholds limits;  // marks and status go by the same numbers
  for (const verify::ParameterSummary& p : parameters) {
    // Digits that mean something: by the widest of the intervals.
    const double low = corrected && std::isfinite(p.q05_corrected) ? p.q05_corrected : p.q05;
    const double high = corrected && std::isfinite(p.q95_corrected) ? p.q95_corrected : p.q95;
    out += fmt::format("<tr><th scope=\"row\">{}{}</th><td>{}</td>", escape_html(p.name),
                       p.is_noise ? " <span class=\"role\">noise</span>" : "", escape_html(pretty_unit(p.unit)));
    if (best) out += value_cell(p.best, low, high);
    out += value_cell(p.median, low, high) + cell(interval(p.q05, p.q95));
    if (independent) out += cell(interval(p.q05_independent, p.q95_independent));
    if (corrected) out += cell(interval(p.q05_corrected, p.q95_corrected));
    out += fmt::format("<td>{}</td>", plot_interval(p, axis_of(document, p.name)));
    out += cell(percent(p.contraction), p.contraction < limits.contraction,
                fmt::format("under {}: the data say little about it", percent(limits.contraction)));
    if (chains) {
      out += cell(std::isfinite(p.rhat) ? fmt::format("{:.3f}", p.rhat) : "–", p.rhat > limits.rhat,
                  fmt::format("above {}: the chains have not mixed", setting(limits.rhat)));
      const auto ess = [](double e) { return std::isfinite(e) ? count(std::llround(e)) : std::string("–"); };
      const std::string few = fmt::format("under {} effective draws: ", setting(limits.effective_draws));
      out += cell(ess(p.ess_bulk), p.ess_bulk < limits.effective_draws, few + "the middle of the posterior is rough");
      out += cell(ess(p.ess_tail), p.ess_tail < limits.effective_draws, few + "the ends of the interval are rough");
    }
    out += "</tr>\n";
  }
  out += "</tbody></table></div>\n";
  std::string note =
      "Contraction: how much of the prior's variance the data removed (on the scale on which the prior is flat). "
      "In the small drawings the line is the prior's range, the dark bar the 90 % interval";
  if (!simulated) note += " under the declared noise";
  if (corrected) note += ", the pale bar the one with autocorrelation counted";
  note += fmt::format(", the dot the {}. A mark (!) says why when pointed at.", best ? "best fit" : "median");
  same = same && !independent;
  if (!simulated && (same || independent || corrected)) {
    note += " The intervals differ in what they believe about the noise: that it is as the study declares";
    if (same)
      note += ", here that every sample is an independent fact, which is too narrow wherever residuals are correlated";
    if (independent)
      note += "; that every sample is an independent fact, which is too narrow wherever residuals are correlated";
    if (corrected)
      note +=
          "; and that residuals are as correlated as they were seen to be, which is the one to quote when the declared "
          "noise does not fit";
    note += ".";
  }
  return out + fmt::format("<p class=\"caption\">{}</p>\n", escape_html(note)) + draw(document, Section::parameters);
}

}  // namespace hillock::report
