// Any text as a model: no crash, no leak, errors that can be shown; a formatted model formats to itself and loads iff
// the original does.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "lang/format.hpp"
#include "lang/load.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hillock;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto require = [](bool condition) {
    if (!condition) std::abort();
  };
  const auto model = lang::load_model(text, "fuzz.model");
  if (!model) {
    require(!model.error().empty());
    for (const Error& error : model.error()) require(!render(error).empty() && error.span.has_value());
  }
  const auto once = lang::format_model(text, "fuzz.model");
  if (model) require(once.has_value());
  if (once) {
    const auto twice = lang::format_model(*once, "fuzz.model");
    require(twice.has_value() && *twice == *once);
    const auto again = lang::load_model(*once, "fuzz.model");
    require(again.has_value() == model.has_value());
    if (model) require(again->graph.size() == model->graph.size() && again->symbols.size() == model->symbols.size());
  }
  return 0;
}
