#include "base/error.hpp"

#include <algorithm>
#include <array>
#include <numeric>

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
  const std::string* best = nullptr;
  size_t best_distance = std::max<size_t>(1, name.size() / 3) + 1;
  std::array<size_t, longest + 1> row{};
  for (const std::string& candidate : candidates) {
    // Hints are many in a text full of mistakes: no candidate is compared further than it can be the nearest.
    const size_t longer = std::max(candidate.size(), name.size()) - std::min(candidate.size(), name.size());
    if (candidate.size() > longest || longer >= best_distance) continue;
    std::iota(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(candidate.size() + 1), size_t{0});
    size_t least = 0;  // in the row: distances only grow from row to row
    for (size_t i = 1; i <= name.size() && least < best_distance; ++i) {
      size_t diagonal = row[0];
      least = row[0] = i;
      for (size_t j = 1; j <= candidate.size(); ++j) {
        const size_t above = row[j];
        const size_t change = name[i - 1] == candidate[j - 1] ? 0 : 1;
        row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + change});
        least = std::min(least, row[j]);
        diagonal = above;
      }
    }
    if (least < best_distance && row[candidate.size()] < best_distance) {
      best_distance = row[candidate.size()];
      best = &candidate;
    }
  }
  return best == nullptr ? std::string() : *best;
}

void bug(const char* file, int line, const std::string& what) {
  throw Bug{what + " (" + file + ":" + std::to_string(line) + ")"};
}

}  // namespace hillock
