/// What is left when the best fit is taken away, and the tests of it.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/escape.hpp"
#include "report/format.hpp"
#include "report/panel.hpp"
#include "report/plot.hpp"
#include "report/section.hpp"
#include "report/summary.hpp"

namespace hillock::report {

std::string section_residuals(const Document& document) {
  const verify::Residuals& r = document.verdict.residuals;
  std::string rows;
  const auto row = [&](std::string_view what, std::string_view value) {
    rows +=
        fmt::format("<tr><th scope=\"row\">{}</th><td class=\"n\">{}</td></tr>", escape_html(what), escape_html(value));
  };
  const auto p_value = [](double p) { return p < 1e-4 ? std::string("below 0.0001") : number(p, 2); };
  std::string unit;
  if (!document.data_sets.empty()) unit = pretty_unit(document.data_sets.front().observed_unit);
  if (std::isfinite(r.sd)) row("standard deviation", number(r.sd) + (unit.empty() ? "" : " " + unit));
  if (std::isfinite(r.lag1)) row("correlation of neighbouring samples", number(r.lag1, 3));
  if (std::isfinite(r.correlation_time_ms)) row("correlation time", number(r.correlation_time_ms, 3) + " ms");
  if (std::isfinite(r.whiteness_p))
    row("whiteness: smallest p, adjusted for the number of tests", p_value(r.whiteness_p));
  for (const auto& [name, p] : r.tests)
    if (std::isfinite(p)) row(name + ": p of this test alone", p_value(p));
  const auto has_residuals = [](const DataSet& set) {
    return !residuals_of(set).empty() || !set.autocorrelation.value.empty();
  };
  if (from_simulations(document.verdict) && rows.empty() && std::ranges::none_of(document.data_sets, has_residuals))
    return {};
  const std::string plots = draw(document, Section::residuals);
  if (rows.empty() && plots.empty()) return {};
  std::string out;
  if (!rows.empty()) {
    out =
        "<p>Training data. A small p says: noise as declared would hardly ever look like this.</p>"
        "<table class=\"facts\"><tbody>" +
        rows + "</tbody></table>\n";
  }
  return out + plots;
}

}  // namespace hillock::report
