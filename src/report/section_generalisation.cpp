/// Predictions of data that the fit never saw, with baselines.

#include <fmt/format.h>

#include <cmath>

#include "report/escape.hpp"
#include "report/format.hpp"
#include "report/plot.hpp"
#include "report/section.hpp"
#include "report/summary.hpp"

namespace hillock::report {
namespace {

std::string_view differs_in(verify::HeldOut kind) {
  switch (kind) {
    case verify::HeldOut::same_protocol: return "time only";
    case verify::HeldOut::other_protocol: return "protocol";
    case verify::HeldOut::other_cell: return "cell";
  }
  return "";
}

}  // namespace

std::string section_generalisation(const Document& document) {
  const auto& list = document.verdict.generalisation;
  if (list.empty() && from_simulations(document.verdict)) return {};  // the reasons say so
  if (list.empty()) return draw(document, Section::generalisation);
  bool expected = false;
  for (const verify::Generalisation& g : list) expected = expected || std::isfinite(g.expected_error);
  std::string out =
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table of predictions\"><table><thead><tr>"
      "<th scope=\"col\">data</th><th scope=\"col\">differs in</th><th scope=\"col\" class=\"n\">error</th>";
  if (expected) out += "<th scope=\"col\" class=\"n\">expected from noise alone</th>";
  out +=
      "<th scope=\"col\" class=\"n\">within 50 % interval</th><th scope=\"col\" class=\"n\">within 90 % interval</th>"
      "<th scope=\"col\" class=\"n\">samples</th><th scope=\"col\">result</th></tr></thead><tbody>\n";
  const auto coverage = [](double c, double se) {
    if (!std::isfinite(c)) return std::string("–");
    return percent(c) + (std::isfinite(se) ? " ± " + percent(se) : "");
  };
  double block = verify::not_computed;
  for (const verify::Generalisation& g : list) {
    const std::string_view result = !g.gating ? "for comparison only" : g.passed ? "passed" : "not passed";
    out += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td><td class=\"n\">{}</td>", escape_html(g.name),
                       differs_in(g.kind), escape_html(with_error(g.error, g.error_se)));
    if (expected)
      out += fmt::format("<td class=\"n\">{}</td>", escape_html(with_error(g.expected_error, g.expected_error_se)));
    out += fmt::format(
        "<td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td><span class=\"result "
        "{}\">{}</span></td></tr>\n",
        escape_html(coverage(g.coverage_50, g.coverage_50_se)), escape_html(coverage(g.coverage_90, g.coverage_90_se)),
        g.samples > 0 ? escape_html(count(g.samples)) : "–",
        !g.gating  ? "aside"
        : g.passed ? "good"
                   : "bad",
        result);
    if (std::isfinite(g.block_ms)) block = g.block_ms;
  }
  out += "</tbody></table></div>\n<p class=\"caption\">Errors after ± are one standard error";
  if (std::isfinite(block))
    out += fmt::format(", from resampling blocks of {} ms (longer than the residuals' correlation)",
                       escape_html(number(block, 2)));
  out += ". Rows “for comparison only” repeat a published way of scoring and do not enter the status.</p>\n";
  return out + draw(document, Section::generalisation);
}

}  // namespace hillock::report
