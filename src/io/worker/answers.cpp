#include "io/worker/answers.hpp"

#include <fmt/format.h>

namespace hillock::io::worker {
namespace {

/// Bytes of the UTF-8 character at `at`; 0 where there is none (after Unicode 15, table 3-7).
std::size_t character(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(at);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || at + length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(at + i) & 0xC0U) != 0x80) return 0;
  const unsigned char second = byte(at + 1);
  const bool wrong = (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
                     (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
  return wrong ? 0 : length;
}

}  // namespace

std::string shown(std::string_view bytes) {
  constexpr std::size_t most = 60;
  std::string out;
  for (const char c : bytes.substr(0, most)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7F) out += c;
    else if (c == '\n') out += "\\n";
    else out += fmt::format("\\x{:02x}", byte);
  }
  return bytes.size() > most ? out + "..." : out;
}

std::string plain_words(std::string_view words) {
  constexpr std::size_t most = 200;
  std::string out;
  std::size_t at = 0;
  while (at < words.size() && out.size() < most) {
    const std::size_t length = character(words, at);
    const auto byte = static_cast<unsigned char>(words[at]);
    if (length == 0) out += '?';
    else if (byte < 0x20 || byte == 0x7F) out += ' ';
    else out += words.substr(at, length);
    at += length == 0 ? 1 : length;
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return at < words.size() ? out + "..." : out;
}

}  // namespace hillock::io::worker
