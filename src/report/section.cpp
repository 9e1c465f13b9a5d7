#include "report/section.hpp"

#include <array>

namespace hillock::report {
namespace {

constexpr std::array<PageSection, 9> table = {{
    {"verdict", "Verdict", section_verdict},
    {"traces", "Recordings and predictions", section_traces},
    {"residuals", "Residuals", section_residuals},
    {"parameters", "Parameters", section_parameters},
    {"posterior", "Posterior", section_posterior},
    {"knowledge", "What is known", section_knowledge},
    {"generalisation", "Data the fit never saw", section_generalisation},
    {"search", "Search", section_search},
    {"record", "Numerics, cost and provenance", section_record},
}};

}  // namespace

std::span<const PageSection> page_sections() { return table; }

}  // namespace hillock::report
