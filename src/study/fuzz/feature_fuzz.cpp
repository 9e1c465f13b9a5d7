// Any text where the command line takes a feature, or a sweep: columns or values, or errors that can be shown.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "lang/load.hpp"
#include "study/feature_text.hpp"
#include "study/sweep.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hillock;
  static const ir::Model model = *lang::load_model(
      "param g : 1 = 1\ndv/dt = (-70*mV - v)/(10*ms) : mV\nw = g*v/mV : 1\nthreshold v > -50*mV\nreset v = -70*mV\n",
      "fuzz.model");
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto shown = [](const auto& result) {
    if (result) return;
    if (result.error().empty()) std::abort();
    for (const Error& error : result.error())
      if (render(error).empty()) std::abort();
  };
  const auto columns = study::parse_feature(text, model, {0.0, 1e-4, 10001});
  shown(columns);
  if (columns && columns->empty()) std::abort();
  const auto sweep = study::read_sweep(text, 1000);
  shown(sweep);
  if (sweep && study::values_of(*sweep, 1.0, 10.0).size() != sweep->count) std::abort();
  return 0;
}
