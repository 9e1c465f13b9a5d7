// Any bytes: they are a saved network or an error, and what is read is written as the same bytes. So that inputs come
// past the checksum, each is also tried with the right one put behind it.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

#include "nn/saved_network.hpp"

namespace {

using namespace hillock;

void attempt(const std::string& bytes) {
  const Result<nn::SavedNetwork> network = nn::network_from_bytes(bytes, "fuzz");
  if (!network) {
    if (network.error().empty()) std::abort();
    return;
  }
  const Result<nn::SavedNetwork> again = nn::network_from_bytes(nn::to_bytes(*network), "fuzz");
  if (!again || nn::to_bytes(*again) != nn::to_bytes(*network)) std::abort();
  // Large shapes take long to build and say nothing more.
  for (const auto& [key, value] : network->fields)
    if (value.size() > 2 && key != "seed" && key != "kind" && key != "embedding") return;
  (void)nn::get_density(*network, "fuzz");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  attempt(bytes);
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  bytes.append(reinterpret_cast<const char*>(&hash), sizeof hash);
  attempt(bytes);
  return 0;
}
