/// Recorded minus best fit.

#include <fmt/format.h>

#include "report/panel.hpp"
#include "report/plot.hpp"

namespace hillock::report {

std::string plot_residuals(const DataSet& set, std::size_t index) {
  const std::vector<double> kept = only(residuals_of(set), set.keep, true);
  Panel panel(set, 150, label("residual", set.observed_unit), true);
  panel.include(kept);
  if (panel.empty()) return nothing("No residuals: they need a recording and a best fit.");
  panel.include_value(0);
  panel.begin(fmt::format("{}: residual against time", set.name));
  panel.shade_left_out();
  panel.line(kept, "trace-residual");
  panel.level(0);
  return panel.finish(
      "residual", index,
      "Recorded minus best fit, at the samples that count. Structure here is what the model does not explain.");
}

}  // namespace hillock::report
