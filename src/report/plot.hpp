#pragma once
/// The plots of the page, each in a file of its own (plot_<name>.cpp) with one line in the table of plot.cpp.
///
/// A plot is a function from the document to a piece of HTML (usually one figure). It must give something sensible,
/// and no NaN in any attribute, for a document that is empty, holds one point, or holds NaN only: the test goes
/// through the table.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "report/document.hpp"

namespace hillock::report {

/// Which section of the page a plot stands in, below that section's text.
enum class Section : std::uint8_t { traces, simulations, residuals, parameters, posterior, generalisation, search };

struct Plot {
  std::string_view name;  ///< as in plot_<name>.cpp
  Section section;
  /// Exactly one of the two is set; the second is called for every data set.
  std::string (*of_document)(const Document&);
  std::string (*of_data_set)(const DataSet&, std::size_t index);
};

[[nodiscard]] std::span<const Plot> plots();
/// Every plot of a section: those of the document, then, data set by data set under its heading, the others.
[[nodiscard]] std::string draw(const Document& document, Section section);

[[nodiscard]] std::string plot_trace(const DataSet& set, std::size_t index);
[[nodiscard]] std::string plot_command(const DataSet& set, std::size_t index);
[[nodiscard]] std::string plot_residuals(const DataSet& set, std::size_t index);
[[nodiscard]] std::string plot_autocorrelation(const DataSet& set, std::size_t index);
[[nodiscard]] std::string plot_predicted_traces(const Document& document);
[[nodiscard]] std::string plot_statistics(const Document& document);
[[nodiscard]] std::string plot_learning(const Document& document);
[[nodiscard]] std::string plot_ranks(const Document& document);
[[nodiscard]] std::string plot_marginals(const Document& document);
[[nodiscard]] std::string plot_pairs(const Document& document);
[[nodiscard]] std::string plot_generalisation(const Document& document);
[[nodiscard]] std::string plot_starts(const Document& document);

/// One parameter's intervals on the range of its prior, drawn small for a row of the table. `axis` may be null.
[[nodiscard]] std::string plot_interval(const verify::ParameterSummary& parameter, const PosteriorAxis* axis);

}  // namespace hillock::report
