/// What the preparation was told to do: the command below its trace, on the same time axis.

#include <fmt/format.h>

#include "report/panel.hpp"
#include "report/plot.hpp"

namespace hillock::report {

std::string plot_command(const DataSet& set, std::size_t index) {
  if (!has_command(set)) return {};
  Panel panel(set, 120, label(set.command_name.empty() ? "command" : set.command_name, set.command_unit), true);
  panel.include(set.command);
  if (panel.empty()) return nothing("The command holds no numbers.");
  panel.begin(fmt::format("{}: {} against time", set.name, set.command_name));
  panel.shade_left_out();
  panel.line(set.command, "trace-command");
  return panel.finish("command", index, "");
}

}  // namespace hillock::report
