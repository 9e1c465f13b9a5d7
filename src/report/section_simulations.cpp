/// What a posterior was learnt from: simulations, their failures, the rounds, and whether the answer is right.

#include <fmt/format.h>

#include <cmath>

#include "report/escape.hpp"
#include "report/format.hpp"
#include "report/plot.hpp"
#include "report/section.hpp"
#include "report/summary.hpp"

namespace hillock::report {
namespace {

constexpr std::size_t most_counts = 12;

std::string paragraph(std::string_view text) {
  return text.empty() ? "" : fmt::format("<p>{}</p>\n", escape_html(text));
}

std::string what_was_done(const verify::Simulated& s) {
  std::string text;
  if (!s.why_method.empty()) text += fmt::format("Method {} was chosen automatically: {}. ", s.method, s.why_method);
  if (std::isfinite(s.simulation_us))
    text += fmt::format("One simulation took {}. ",
                        s.simulation_us < 1000 ? number(s.simulation_us, 2) + " µs" : duration(1e-6 * s.simulation_us));
  if (s.amortised)
    text += "What was learnt holds for any observation that the prior can produce, not for these data alone. ";
  if (s.kept > 0)
    text += fmt::format("The farthest of the simulations that were kept lies at distance {} from the data. ",
                        number(s.tolerance, 2));
  if (s.dropped_draws > 0)
    text += fmt::format("{} posterior draws broke a joint condition of the prior and were left out. ",
                        count(s.dropped_draws));
  return text;
}

/// "not possible: the model declares no likelihood" without its first words, if they are these.
std::string_view why_not(std::string_view certified) {
  constexpr std::string_view usual = "not possible";
  if (!certified.starts_with(usual)) return certified;
  const std::size_t at = certified.find_first_not_of(" :,;", usual.size());
  return at == std::string_view::npos ? certified : certified.substr(at);
}

std::string how_right_it_is(const verify::Simulated& s) {
  std::string text;
  const verify::Calibration& c = s.calibration;
  if (std::isfinite(c.rank_p)) {
    text += fmt::format("Uniform ranks of known parameters: least p {}, adjusted for their number. ",
                        c.rank_p < 1e-4 ? "below 0.0001" : number(c.rank_p, 2));
    if (std::isfinite(c.coverage_50))
      text += fmt::format("50\u202F% intervals held {} of them. ", coverage_text(c.coverage_50, not_computed));
  } else if (!c.not_done.empty()) {
    text += fmt::format("Calibration was not tested: {}. ", c.not_done);
  }
  if (!s.certified.empty() && s.certified != "exact" && s.certified != "approximate")
    text += fmt::format("Whether the posterior is exact cannot be said: {}. ", why_not(s.certified));
  if (std::isfinite(s.observation_p))
    text += fmt::format("All statistics together, against what the prior produces: p = {}. ",
                        s.observation_p < 1e-4 ? "below 0.0001" : number(s.observation_p, 2));
  return text;
}

std::string counts(std::string_view title, std::string_view what, const std::vector<verify::Count>& list) {
  if (list.empty()) return {};
  std::string rows;
  for (std::size_t i = 0; i < std::min(list.size(), most_counts); ++i)
    rows += fmt::format("<tr><th scope=\"row\">{}</th><td class=\"n\">{}</td></tr>", escape_html(list[i].what),
                        escape_html(count(list[i].count)));
  if (list.size() > most_counts)
    rows += fmt::format("<tr><td colspan=\"2\">and {} more, in verdict.json</td></tr>", list.size() - most_counts);
  return fmt::format(
      "<div><h3>{}</h3><table class=\"facts\"><thead><tr><th scope=\"col\">{}</th><th scope=\"col\" class=\"n\">"
      "simulations</th></tr></thead><tbody>{}</tbody></table></div>",
      title, what, rows);
}

std::string rounds_table(const std::vector<verify::SimulationRound>& rounds, bool of_moves) {
  if (rounds.empty()) return {};
  bool objective = false;
  bool acceptance = false;
  bool density = false;
  for (const verify::SimulationRound& r : rounds) {
    density = density || !r.density.empty();
    objective = objective || std::isfinite(r.objective);
    acceptance = acceptance || std::isfinite(r.acceptance);
  }
  std::string out =
      "<h3>Rounds</h3>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table of rounds\"><table>"
      "<thead><tr><th scope=\"col\" class=\"n\">round</th><th scope=\"col\">parameters from</th><th scope=\"col\" "
      "class=\"n\">simulations</th><th scope=\"col\" class=\"n\">failed</th>";
  if (density) out += "<th scope=\"col\">density</th>";
  if (objective) out += "<th scope=\"col\" class=\"n\">log density, validation</th>";
  if (acceptance)
    out += fmt::format("<th scope=\"col\" class=\"n\">accepted {}</th>",
                       of_moves ? "of the particles\u2019 moves" : "of the proposal");
  out += "</tr></thead><tbody>\n";
  for (std::size_t i = 0; i < rounds.size(); ++i) {
    const verify::SimulationRound& r = rounds[i];
    out += fmt::format(
        "<tr><td class=\"n\">{}</td><td class=\"words\">{}{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>", i + 1,
        escape_html(r.proposal), r.capped ? " <span class=\"role\">ended at its cap</span>" : "",
        escape_html(count(r.simulations)), escape_html(count(r.failed)));
    if (density) out += fmt::format("<td class=\"words\">{}</td>", escape_html(r.density));
    if (objective) out += fmt::format("<td class=\"n\">{}</td>", escape_html(number(r.objective, 4)));
    if (acceptance) out += fmt::format("<td class=\"n\">{}</td>", escape_html(percent(r.acceptance)));
    out += "</tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

}  // namespace

std::string section_simulations(const Document& document) {
  const verify::Simulated& s = document.verdict.simulated;
  if (!from_simulations(document.verdict)) return {};
  std::string all;
  for (const std::string& sentence : summary_of_simulations(s, document.verdict.numerics.draws)) all += sentence + " ";
  std::string out = paragraph(all) + paragraph(what_was_done(s)) + paragraph(how_right_it_is(s));
  out += draw(document, Section::simulations);
  out += rounds_table(s.rounds, s.method == "nle");
  const std::string both = counts("Failed simulations", "reason", s.failures) +
                           counts("Statistics without a value", "statistic: reason", s.undefined);
  if (!both.empty()) out += "<div class=\"columns two\">" + both + "</div>\n";
  return out;
}

}  // namespace hillock::report
