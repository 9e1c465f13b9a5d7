#include "base/error.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace hillock {
namespace {

constexpr int widest_line = 120;  // a 10 MB line is shown as the part around the caret

std::string caret_lines(const Span& span) {
  if (span.line_text.empty() || span.column <= 0) return {};
  const int size = static_cast<int>(span.line_text.size());
  const int at = std::clamp(span.column - 1, 0, size);
  const int from = at > widest_line / 2 ? at - widest_line / 2 : 0;
  const int count = std::min(widest_line, size - from);
  std::string shown = span.line_text.substr(static_cast<size_t>(from), static_cast<size_t>(count));
  for (char& c : shown)
    if (static_cast<unsigned char>(c) < 32 && c != '\t') c = '?';
  std::string under;
  for (int i = 0; i < at - from; ++i) {
    const auto byte = static_cast<unsigned char>(shown[static_cast<size_t>(i)]);
    if (byte == '\t') under += '\t';
    else if ((byte & 0xC0U) != 0x80U) under += ' ';  // one column for a multi-byte character
  }
  const int room = std::max(1, count - (at - from));
  under += '^';
  under += std::string(static_cast<size_t>(std::clamp(span.length, 1, room) - 1), '~');
  const std::string lead = from > 0 ? "..." : "";
  const std::string tail = from + count < size ? "..." : "";
  return "    " + lead + shown + tail + "\n    " + std::string(lead.size(), ' ') + under + "\n";
}

}  // namespace

std::string render(const Error& error) {
  std::string out;
  if (error.span) {
    out += error.span->file;
    if (error.span->line > 0) out += ":" + std::to_string(error.span->line);
    if (error.span->line > 0 && error.span->column > 0) out += ":" + std::to_string(error.span->column);
    out += ": ";
  } else if (!error.where.empty()) {
    out += error.where + ": ";
  }
  out += "error: " + error.message + " [" + error.code + "]\n";
  if (error.span) out += caret_lines(*error.span);
  if (!error.hint.empty()) out += "    try: " + error.hint + "\n";
  return out;
}

std::string render(const Errors& errors) {
  std::string out;
  for (const Error& error : errors) out += render(error);
  return out;
}

std::string nearest(std::string_view name, const std::vector<std::string>& candidates) {
  constexpr size_t longest = 64;
  if (name.empty() || name.size() > longest) return {};
  // Hints are many in a text full of mistakes, and the units are two thousand: a column of the table of distances is 64
  // bits that say where it goes up and where down (Myers 1999, J. ACM 46:395; Hyyro 2001 for whole words).
  std::array<std::uint64_t, 256> places{};  // of each character in the name
  for (size_t i = 0; i < name.size(); ++i) places[static_cast<unsigned char>(name[i])] |= std::uint64_t{1} << i;
  const std::uint64_t last = std::uint64_t{1} << (name.size() - 1);
  const std::string* best = nullptr;
  size_t best_distance = std::max<size_t>(1, name.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    const size_t longer = std::max(candidate.size(), name.size()) - std::min(candidate.size(), name.size());
    if (candidate.size() > longest || longer >= best_distance) continue;
    std::uint64_t up = ~std::uint64_t{0}, down = 0;
    size_t distance = name.size(), left = candidate.size();
    for (const char c : candidate) {
      const std::uint64_t equal = places[static_cast<unsigned char>(c)];
      const std::uint64_t diagonal = (((equal & up) + up) ^ up) | equal;
      std::uint64_t right_up = down | ~(diagonal | up), right_down = up & diagonal;
      if (right_up & last) ++distance;
      if (right_down & last) --distance;
      --left;
      if (distance >= best_distance + left) break;  // each further character takes away one at most
      right_up = (right_up << 1) | 1;
      right_down <<= 1;
      up = right_down | ~(equal | down | right_up);
      down = right_up & (equal | down);
    }
    if (left == 0 && distance < best_distance) {
      best_distance = distance;
      best = &candidate;
    }
  }
  return best == nullptr ? std::string() : *best;
}

void bug(const char* file, int line, const std::string& what) {
  throw Bug{what + " (" + file + ":" + std::to_string(line) + ")"};
}

}  // namespace hillock
