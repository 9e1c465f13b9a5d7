#pragma once
/// The sections of the page, in order; each in a file of its own.

#include <span>
#include <string>
#include <string_view>

#include "report/document.hpp"

namespace hillock::report {

struct PageSection {
  std::string_view id;  ///< anchor
  std::string_view title;
  std::string_view in_nav;               ///< the title in one or two words
  std::string (*body)(const Document&);  ///< HTML; empty: the section is left out
};
[[nodiscard]] std::span<const PageSection> page_sections();

[[nodiscard]] std::string section_verdict(const Document& document);
[[nodiscard]] std::string section_traces(const Document& document);
[[nodiscard]] std::string section_simulations(const Document& document);
[[nodiscard]] std::string section_residuals(const Document& document);
[[nodiscard]] std::string section_parameters(const Document& document);
[[nodiscard]] std::string section_posterior(const Document& document);
[[nodiscard]] std::string section_knowledge(const Document& document);
[[nodiscard]] std::string section_generalisation(const Document& document);
[[nodiscard]] std::string section_search(const Document& document);
[[nodiscard]] std::string section_record(const Document& document);

}  // namespace hillock::report
