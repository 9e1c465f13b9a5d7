#include "report/section.hpp"

#include <array>

namespace hillock::report {
namespace {

constexpr std::array<PageSection, 10> table = {{
    {"verdict", "Verdict", "Verdict", section_verdict},
    {"traces", "Recordings and predictions", "Traces", section_traces},
    {"simulations", "Simulations", "Simulations", section_simulations},
    {"residuals", "Residuals", "Residuals", section_residuals},
    {"parameters", "Parameters", "Parameters", section_parameters},
    {"posterior", "Posterior", "Posterior", section_posterior},
    {"knowledge", "What is known", "What is known", section_knowledge},
    {"generalisation", "Data the fit never saw", "Unseen data", section_generalisation},
    {"search", "Search", "Search", section_search},
    {"record", "Numerics, cost and provenance", "Record", section_record},
}};

}  // namespace

std::span<const PageSection> page_sections() { return table; }

}  // namespace hillock::report
