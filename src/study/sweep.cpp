#include "study/sweep.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace hillock::study {

Result<Sweep> read_sweep(std::string_view text, std::size_t most) {
  std::vector<std::string> parts{""};
  for (const char c : text)
    if (c == ':') parts.emplace_back();
    else parts.back() += c;
  Sweep out;
  out.logarithmic = parts.size() == 4 && parts[3] == "log";
  if (parts.size() != 3 && !out.logarithmic) return fail("sweep-syntax", fmt::format("\"{}\" is not a sweep", text));
  out.from = parts[0], out.to = parts[1];
  const char* end = parts[2].data() + parts[2].size();
  const auto [rest, code] = std::from_chars(parts[2].data(), end, out.count);
  if (code != std::errc() || rest != end || out.count < 1 || out.count > most)
    return fail("sweep-syntax", fmt::format("\"{}\" has no whole number from 1 to {} as its count", text, most));
  return out;
}

std::vector<double> values_of(const Sweep& sweep, double from, double to) {
  std::vector<double> out;
  for (std::size_t i = 0; i < sweep.count; ++i) {
    const double share = sweep.count == 1 ? 0.0 : static_cast<double>(i) / static_cast<double>(sweep.count - 1);
    const bool last = sweep.count > 1 && i + 1 == sweep.count;
    out.push_back(last ? to : sweep.logarithmic ? from * std::pow(to / from, share) : from + (to - from) * share);
  }
  return out;
}

}  // namespace hillock::study
