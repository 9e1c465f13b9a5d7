#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.hpp"
#include "io/csv/csv.hpp"

// Any bytes are an array or an error that can be shown: no crash, no hang, no leak.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto parsed = hillock::io::parse_csv(bytes, "fuzz");
  if (!parsed) (void)hillock::render(parsed.error());
  return 0;
}
