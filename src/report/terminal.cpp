#include "report/terminal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "report/escape.hpp"
#include "report/format.hpp"
#include "report/summary.hpp"

namespace hillock::report {
namespace {

constexpr std::size_t most_parameters = 14;
constexpr std::size_t most_items = 4;

/// Columns on the terminal, one for each code point (enough for the texts that are written here).
std::size_t columns(std::string_view text) {
  std::size_t n = 0;
  for (const char c : text)
    if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) ++n;
  return n;
}
std::string pad(std::string text, std::size_t width, bool right = false) {
  const std::size_t have = columns(text);
  if (have >= width) return text;
  return right ? std::string(width - have, ' ') + text : text + std::string(width - have, ' ');
}
std::string clip(std::string text, std::size_t width) {
  if (columns(text) <= width) return text;
  std::size_t bytes = 0;
  std::size_t n = 0;
  while (n + 1 < width) {
    do ++bytes;
    while (bytes < text.size() && (static_cast<unsigned char>(text[bytes]) & 0xC0U) == 0x80U);
    ++n;
  }
  return text.substr(0, bytes) + "…";
}
std::string one_line(std::string_view text) {
  std::string out = clean_utf8(text);
  for (char& c : out)
    if (c == '\n' || c == '\t') c = ' ';
  return out;
}

/// Words into lines: `first` before the first line, `rest` before the others.
std::string wrapped(std::string_view text, std::size_t width, std::string_view first, std::string_view rest) {
  std::string out;
  std::string line(first);
  bool empty = true;
  const std::string clean = one_line(text);
  std::size_t at = 0;
  while (at < clean.size()) {
    std::size_t end = clean.find(' ', at);
    if (end == std::string::npos) end = clean.size();
    const std::string word = clip(clean.substr(at, end - at), width - columns(rest));
    at = end + 1;
    if (word.empty()) continue;
    if (!empty && columns(line) + 1 + columns(word) > width) {
      out += line + "\n";
      line = std::string(rest);
      empty = true;
    }
    if (!empty) line += ' ';
    line += word;
    empty = false;
  }
  return empty ? out : out + line + "\n";
}

std::string_view status_color(verify::Status s) {
  switch (s) {
    case verify::Status::invalid: return "\x1b[1;31m";
    case verify::Status::unidentifiable:
    case verify::Status::misspecified: return "\x1b[1;33m";
    case verify::Status::consistent: return "\x1b[1;36m";
    case verify::Status::supported: return "\x1b[1;32m";
  }
  return "";
}

std::string heading(std::string text, bool color) { return color ? "\x1b[1m" + text + "\x1b[0m" : text; }

std::string parameter_table(const verify::Verdict& v, std::size_t width, bool color) {
  bool corrected = false;
  for (const verify::ParameterSummary& p : v.parameters) corrected = corrected || std::isfinite(p.q05_corrected);
  // Learnt from simulations there may be no best fit, and no chains.
  const auto any = [&](double verify::ParameterSummary::*member) {
    return std::ranges::any_of(v.parameters, [&](const auto& p) { return std::isfinite(p.*member); });
  };
  const bool best = !from_simulations(v) || any(&verify::ParameterSummary::best);
  const bool chains = !from_simulations(v) || any(&verify::ParameterSummary::rhat);
  std::vector<std::array<std::string, 5>> rows;
  rows.push_back({"parameter", best ? "best fit" : "median",
                  corrected ? "90 %, autocorrelation counted" : "90 % interval", "contraction", "R-hat"});
  for (const verify::ParameterSummary& p : v.parameters) {
    if (rows.size() > most_parameters) break;
    const bool use = corrected && std::isfinite(p.q05_corrected);
    const double low = use ? p.q05_corrected : p.q05;
    const double high = use ? p.q95_corrected : p.q95;
    rows.push_back({one_line(label(p.name, p.unit)), within(best ? p.best : p.median, low, high), interval(low, high),
                    percent(p.contraction), std::isfinite(p.rhat) ? fmt::format("{:.3f}", p.rhat) : "–"});
  }
  std::array<std::size_t, 5> widths{};
  for (const auto& r : rows)
    for (std::size_t c = 0; c < r.size(); ++c) widths[c] = std::max(widths[c], columns(r[c]));
  // Columns that do not fit are left out from the right.
  std::size_t shown = chains ? widths.size() : widths.size() - 1;
  const auto total = [&] {
    std::size_t sum = 1;
    for (std::size_t c = 0; c < shown; ++c) sum += widths[c] + 2;
    return sum - 1;
  };
  while (shown > 2 && total() > width) --shown;
  std::string out;
  for (const auto& r : rows) {
    std::string line = " ";
    for (std::size_t c = 0; c < shown; ++c) line += " " + pad(r[c], widths[c], c > 0) + (c + 1 < shown ? " " : "");
    out += heading(clip(line, width), color && out.empty()) + "\n";
  }
  if (v.parameters.size() > most_parameters)
    out += fmt::format("  and {} more, in verdict.json\n", v.parameters.size() - most_parameters);
  return out;
}

/// Name, observation and prediction of those that do not fit.
std::string misfits(const verify::Verdict& v, std::size_t width, bool color) {
  std::string out;
  std::size_t shown = 0;
  std::size_t all = 0;
  for (const verify::StatisticSummary& s : v.simulated.statistics) {
    if (verify::fits(s) || ++all > most_items * 2) continue;
    ++shown;
    const std::string unit = pretty_unit(s.unit).empty() ? "" : " " + pretty_unit(s.unit);
    const std::string found = std::isfinite(s.observed) ? within(s.observed, s.predicted_q025, s.predicted_q975) + unit
                                                        : std::string("no value");
    std::string predicted = std::isfinite(s.predicted_q025)
                                ? "95 % of predictions " + interval(s.predicted_q025, s.predicted_q975) + unit
                                : std::string("no prediction has a value");
    if (std::isfinite(s.predicted_q025) && s.predicted_undefined > 0)
      predicted += fmt::format(" ({} have no value)", percent(s.predicted_undefined));
    out += wrapped(fmt::format("{}: {} in the data, {}", s.name, found, predicted), width, "  ", "    ");
  }
  if (out.empty()) return {};
  if (all > shown) out += fmt::format("  and {} more, in the report\n", all - shown);
  return heading("Statistics that do not fit", color) + "\n" + out;
}

std::string items(std::string title, const std::vector<verify::KnowledgeItem>& list, std::size_t width, bool color) {
  if (list.empty()) return {};
  std::string out = heading(std::move(title), color) + "\n";
  for (std::size_t i = 0; i < std::min(list.size(), most_items); ++i) {
    const std::string what = list[i].what.empty() ? "" : algebra_text(list[i].what) + ": ";
    out += wrapped(what + algebra_text(list[i].text), width, "  ", "    ");
  }
  if (list.size() > most_items) out += fmt::format("  and {} more, in the report\n", list.size() - most_items);
  return out;
}

}  // namespace

std::string render_terminal(const verify::Verdict& v, bool color, int width_wanted, std::string_view folder) {
  const auto width = static_cast<std::size_t>(std::clamp(width_wanted, 40, 160));
  const std::string status(verify::to_string(v.status));
  std::string head = wrapped(fmt::format("{}: {}", status, status_meaning(v)), width, "", "  ");
  if (color) head = fmt::format("{}{}\x1b[0m{}", status_color(v.status), status, head.substr(status.size()));
  std::string out;
  if (!v.study.empty()) out += heading(clip(one_line(v.study), width), color) + "\n";
  out += head;
  for (const verify::Reason& r : v.reasons) out += wrapped(algebra_text(r.text), width, "  - ", "    ");
  out += "\n";
  for (const std::string& s : summary(v)) out += wrapped(s, width, "", "");
  if (!v.parameters.empty()) out += "\n" + parameter_table(v, width, color);
  if (const std::string list = from_simulations(v) ? misfits(v, width, color) : ""; !list.empty()) out += "\n" + list;
  const std::string unknown = items("Known to be unknown", v.knowledge.known_unknown, width, color) +
                              items("Not tested", v.knowledge.untested, width, color);
  if (!unknown.empty()) out += "\n" + unknown;
  if (v.cost.wall_s > 0 || !folder.empty()) out += "\n";
  if (v.cost.wall_s > 0)
    out += wrapped(fmt::format("{} simulations{} in {} on {} {}.", count(v.cost.simulations),
                               from_simulations(v) && v.cost.gradients == 0
                                   ? ""
                                   : fmt::format(" and {} gradients", count(v.cost.gradients)),
                               duration(v.cost.wall_s), v.cost.threads, v.cost.threads == 1 ? "thread" : "threads"),
                   width, "", "");
  if (!folder.empty()) {
    std::string place = one_line(folder);
    if (place.back() != '/') place += '/';
    // Never clipped: a path is for copying.
    out += fmt::format("{}report.html, verdict.json, posterior.nc\n", place);
  }
  return out;
}

}  // namespace hillock::report
