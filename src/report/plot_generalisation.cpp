/// The error on data that the fit never saw, as bars beside what simpler predictions reach.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/escape.hpp"
#include "report/format.hpp"
#include "report/plot.hpp"
#include "report/svg.hpp"

namespace hillock::report {

std::string plot_generalisation(const Document& document) {
  std::string out;
  for (const verify::Generalisation& g : document.verdict.generalisation) {
    double largest = 0;
    const auto consider = [&](double v) {
      if (std::isfinite(v)) largest = std::max(largest, v);
    };
    consider(g.error);
    if (std::isfinite(g.error_se)) consider(g.error + g.error_se);
    if (std::isfinite(g.expected_error))
      consider(g.expected_error + (std::isfinite(g.expected_error_se) ? g.expected_error_se : 0));
    for (const verify::Baseline& b : g.baselines) consider(b.error);
    if (!(largest > 0)) {
      out += nothing(g.name + ": no error was computed.");
      continue;
    }
    std::string bars;
    const auto bar = [&](std::string_view name, double error, double se, std::string_view css_class) {
      const bool known = std::isfinite(error) && error >= 0;
      const double width = known ? 100 * error / largest : 0;
      std::string whisker;
      if (known && std::isfinite(se) && se > 0) {
        const double from = 100 * std::max(0.0, error - se) / largest;
        whisker = fmt::format("<i class=\"whisker\" style=\"left:{:.2f}%;width:{:.2f}%\"></i>", from,
                              100 * std::min(largest, error + se) / largest - from);
      }
      bars += fmt::format(
          "<div class=\"bar-row\"><span class=\"bar-name\">{}</span><span class=\"bar-track\"><i class=\"bar {}\" "
          "style=\"width:{:.2f}%\"></i>{}</span><span class=\"bar-value\">{}</span></div>",
          escape_html(name), css_class, width, whisker, escape_html(with_error(error, se)));
    };
    bar("this model", g.error, g.error_se, "bar-model");
    if (std::isfinite(g.expected_error))
      bar("expected from the fitted noise alone", g.expected_error, g.expected_error_se, "bar-noise");
    for (const verify::Baseline& b : g.baselines) bar(b.name, b.error, not_computed, "bar-baseline");
    out += fmt::format("<div class=\"bars\"><h4>{}</h4>{}</div>\n", escape_html(g.name), bars);
  }
  if (out.empty()) return nothing("No prediction of other data was made.");
  return out + "<p class=\"caption\">Error on each recording; shorter is better. Whisker: one standard error.</p>\n";
}

}  // namespace hillock::report
