#pragma once
/// What the report shows, from the evidence and the verdict.

#include <string>

#include "report/document.hpp"
#include "study/fit_verify.hpp"

namespace hillock::study {

[[nodiscard]] report::Document make_document(const Evidence& evidence, const Exhibits& exhibits,
                                             const verify::Verdict& verdict);

}  // namespace hillock::study
