#pragma once
/// Random codes of programs (coded_program.hpp), and the shortest that still fails.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/rng.hpp"
#include "ir/test/coded_program.hpp"

namespace hillock::ir::fixture {

/// How many random graphs a test tries, and from which seed: 1000 from 1, or what the environment says (`make
/// nightly`).
inline int random_graphs() {
  const char* wanted = std::getenv("HILLOCK_RANDOM_GRAPHS");
  return wanted != nullptr ? static_cast<int>(std::strtol(wanted, nullptr, 10)) : 1000;
}
inline std::uint64_t random_seed() {
  const char* wanted = std::getenv("HILLOCK_RANDOM_SEED");
  return wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : 1;
}

/// Mostly small distances and tame numbers, so that expressions are deep and finite.
inline std::vector<std::uint8_t> random_code(Rng& rng, std::size_t most_nodes = coded_nodes) {
  std::vector<std::uint8_t> code;
  for (std::size_t i = 0; i < coded_header; ++i) code.push_back(static_cast<std::uint8_t>(rng.below(256)));
  for (std::size_t n = 1 + rng.below(most_nodes); n > 0; --n) {
    code.push_back(static_cast<std::uint8_t>(rng.below(256)));
    for (int k = 0; k < 3; ++k) code.push_back(static_cast<std::uint8_t>(rng.below(rng.below(2) == 0 ? 5 : 256)));
  }
  return code;
}

/// Nodes are left out and bytes made 0 as long as `wrong` still says something.
template <class Wrong>
std::vector<std::uint8_t> shrunk(std::vector<std::uint8_t> code, const Wrong& wrong) {
  for (bool shorter = true; shorter;) {
    shorter = false;
    for (std::size_t at = coded_header; at + 4 <= code.size();) {
      auto fewer = code;
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(at), fewer.begin() + static_cast<std::ptrdiff_t>(at + 4));
      if (wrong(fewer).empty()) at += 4;
      else code = fewer, shorter = true;
    }
    for (std::size_t at = 0; at < code.size(); ++at) {
      if (code[at] == 0) continue;
      auto plainer = code;
      plainer[at] = 0;
      if (!wrong(plainer).empty()) code = plainer, shorter = true;
    }
  }
  return code;
}

inline std::string as_hex(const std::vector<std::uint8_t>& code) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (const std::uint8_t byte : code) out += digits[byte >> 4U], out += digits[byte & 15U];
  return out;
}

}  // namespace hillock::ir::fixture
