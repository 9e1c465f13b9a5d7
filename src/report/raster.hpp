#pragma once
/// An SVG drawing as PNG, for whoever takes no SVG.

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace hillock::report {

/// The drawing in the file format PNG, `scale` pixels for each of its units, as librsvg draws it, with text in the
/// fonts of this machine. The library is loaded at the first call: nothing else needs it, and loading it with the
/// program would take longer than a simulation.
/// Error code "png-absent": this machine does not have the library, or it could not draw.
[[nodiscard]] Result<std::string> rasterise(std::string_view svg, double scale = 2.0);

}  // namespace hillock::report
