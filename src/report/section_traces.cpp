/// Each recording with its prediction, the command below.

#include "report/plot.hpp"
#include "report/section.hpp"
#include "report/summary.hpp"
#include "report/svg.hpp"

namespace hillock::report {

std::string section_traces(const Document& document) {
  if (document.data_sets.empty())
    return from_simulations(document.verdict) ? draw(document, Section::traces)  // data may be statistics alone
                                              : nothing("No recordings are in this report.");
  return "<p class=\"hint screen-only\">Drag over a plot to zoom in, double-click to see all, or use the buttons. With "
         "a plot in "
         "focus, arrow keys move, + and − zoom, 0 shows all.</p>\n" +
         draw(document, Section::traces);
}

}  // namespace hillock::report
