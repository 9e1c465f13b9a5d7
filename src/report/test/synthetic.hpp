#pragma once
/// A document like the one that a fit of a hERG recording makes, simulated here: two-gate model (its equations and a
/// published cell's parameters), sine-wave protocol of 80 000 samples, an action-potential-like protocol of 88 245.

#include "report/document.hpp"

namespace hillock::report::test {

/// @param stride  keep every stride-th sample only, for tests that need no size
[[nodiscard]] Document synthetic_document(std::size_t stride = 1);

/// A document like the one that a fit of an Allen Cell Types sweep by simulation makes: a spiking trace of 10 000
/// samples, eight parameters, seven statistics (one that does not fit, one that is at times undefined), two rounds.
[[nodiscard]] Document simulated_document();

/// `synthetic_document` with the simulated exhibits of the other: every plot has something to draw.
[[nodiscard]] Document document_of_everything(std::size_t stride);

/// Documents of one point, and of NaN in place of every number.
[[nodiscard]] Document one_point_document();
[[nodiscard]] Document nan_document();

/// Empty where the text is balanced HTML as this room writes it; else what is wrong, near where. Also finds NaN and
/// infinities in drawings.
[[nodiscard]] std::string markup_fault(std::string_view html);

}  // namespace hillock::report::test
