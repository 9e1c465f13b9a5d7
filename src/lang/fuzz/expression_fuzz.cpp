// Any text where a study file has an expression, a prior or a quantity: a value or errors that can be shown.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "lang/expression.hpp"
#include "lang/prior.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hillock;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto shown = [](const auto& result) {
    if (result) return;
    if (result.error().empty()) std::abort();
    for (const Error& error : result.error())
      if (render(error).empty()) std::abort();
  };
  const lang::NamedDimension t{"t", units::find_unit("second")->dimension};
  shown(lang::parse_expression(text, "key", std::span(&t, 1), units::find_unit("volt")->dimension));
  shown(lang::parse_prior(text, *units::find_unit("mV"), "key"));
  (void)units::parse_quantity(text);
  return 0;
}
