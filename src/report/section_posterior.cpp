/// The posterior's shape: each parameter alone, and every two together.

#include "report/plot.hpp"
#include "report/section.hpp"

namespace hillock::report {

std::string section_posterior(const Document& document) { return draw(document, Section::posterior); }

}  // namespace hillock::report
