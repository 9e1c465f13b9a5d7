/// How the best fit was found, and whether other starting points agree.

#include <fmt/format.h>

#include <vector>

#include "report/escape.hpp"
#include "report/format.hpp"
#include "report/plot.hpp"
#include "report/section.hpp"
#include "report/summary.hpp"

namespace hillock::report {

std::string section_search(const Document& document) {
  const verify::Fit& f = document.verdict.fit;
  if (from_simulations(document.verdict) && f.screened == 0 && f.starts == 0 && document.start_errors.empty())
    return {};  // the rounds are in the section on simulations
  std::string out;
  if (f.screened > 0) {
    out += fmt::format("{} draws from the prior were simulated to choose starting points", count(f.screened));
    if (f.screened_failed > 0)
      out += fmt::format("; {} of them failed or broke a condition of the prior", count(f.screened_failed));
    out += ". ";
  }
  if (f.starts > 0) {
    out += fmt::format("{} searches were started", count(f.starts));
    if (f.starts_failed > 0) out += fmt::format(", {} failed", count(f.starts_failed));
    out += fmt::format("; {} ended within 0.1 % of the least error", count(f.starts_within_0_1_percent));
    if (f.distinct_optima == 1) out += ", all in one place";
    if (f.distinct_optima > 1) out += fmt::format(", in {} different places", count(f.distinct_optima));
    out += ".";
  }
  if (!out.empty()) out = fmt::format("<p>{}</p>\n", escape_html(out));
  return out + draw(document, Section::search);
}

}  // namespace hillock::report
