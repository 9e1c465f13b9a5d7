#include "report/plot.hpp"

#include <fmt/format.h>

#include <array>

#include "report/escape.hpp"

namespace hillock::report {
namespace {

constexpr std::array<Plot, 12> table = {{
    {"trace", Section::traces, nullptr, plot_trace},
    {"command", Section::traces, nullptr, plot_command},
    {"predicted_traces", Section::traces, plot_predicted_traces, nullptr},
    {"statistics", Section::simulations, plot_statistics, nullptr},
    {"learning", Section::simulations, plot_learning, nullptr},
    {"ranks", Section::simulations, plot_ranks, nullptr},
    {"residuals", Section::residuals, nullptr, plot_residuals},
    {"autocorrelation", Section::residuals, nullptr, plot_autocorrelation},
    {"marginals", Section::posterior, plot_marginals, nullptr},
    {"pairs", Section::posterior, plot_pairs, nullptr},
    {"generalisation", Section::generalisation, plot_generalisation, nullptr},
    {"starts", Section::search, plot_starts, nullptr},
}};

}  // namespace

std::span<const Plot> plots() { return table; }

std::string draw(const Document& document, Section section) {
  std::string out;
  for (const Plot& plot : table)
    if (plot.section == section && plot.of_document != nullptr) out += plot.of_document(document);
  for (std::size_t i = 0; i < document.data_sets.size(); ++i) {
    const DataSet& set = document.data_sets[i];
    std::string inner;
    for (const Plot& plot : table)
      if (plot.section == section && plot.of_data_set != nullptr) inner += plot.of_data_set(set, i);
    if (inner.empty()) continue;
    out += fmt::format("<div class=\"set\" data-set=\"{}\"><h3>{}{}</h3>\n{}{}</div>\n", i,
                       escape_html(set.name.empty() ? fmt::format("Data set {}", i + 1) : set.name),
                       set.role.empty() ? "" : fmt::format(" <span class=\"role\">{}</span>", escape_html(set.role)),
                       set.note.empty() || section != Section::traces
                           ? ""
                           : fmt::format("<p class=\"note\">{}</p>", escape_html(set.note)),
                       inner);
  }
  return out;
}

}  // namespace hillock::report
