/// The verdict first: status with its meaning, the summary, the reasons, the key figures.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/escape.hpp"
#include "report/format.hpp"
#include "report/section.hpp"
#include "report/summary.hpp"

namespace hillock::report {
namespace {

std::string tile(std::string_view value, std::string_view what, std::string_view detail) {
  return fmt::format(
      "<div class=\"tile\"><span class=\"tile-what\">{}</span><b>{}</b><span class=\"tile-detail\">{}</span></div>",
      escape_html(what), escape_html(value), escape_html(detail));
}

std::string tiles_of_simulations(const verify::Simulated& s) {
  std::string tiles = tile(count(s.simulations), "Simulations",
                           s.failed > 0 ? fmt::format("{}; {} failed", s.method, count(s.failed)) : s.method);
  if (std::ranges::any_of(s.statistics, verify::was_predicted)) {
    const auto good = std::ranges::count_if(s.statistics, verify::fits);
    tiles += tile(fmt::format("{} of {}", count(good), count(static_cast<std::int64_t>(s.statistics.size()))),
                  "Statistics that fit", "inside their 95 % predictive intervals");
  }
  if (const verify::Calibration& c = s.calibration; std::isfinite(c.coverage_90))
    tiles += tile(coverage_text(c.coverage_90, verify::not_computed), "Known parameters in 90 % intervals",
                  std::isfinite(c.coverage_se)
                      ? fmt::format("± {}; 90 % expected", coverage_text(c.coverage_se, verify::not_computed))
                      : "90 % expected");
  return tiles;
}

std::string key_figures(const verify::Verdict& v) {
  std::string tiles;
  if (from_simulations(v)) tiles += tiles_of_simulations(v.simulated);
  if (std::isfinite(v.fit.error)) tiles += tile(number(v.fit.error, 4), "Error, training data", v.fit.error_measure);
  if (const verify::Generalisation* g = main_prediction(v); g != nullptr) {
    if (std::isfinite(g->error)) {
      // The error bar on a line of its own: the figure is large.
      const std::string both = with_error(g->error, g->error_se);
      const std::size_t sign = both.front() == '(' ? std::string::npos : both.find("\u00A0±");
      const std::string bar = sign == std::string::npos ? "" : both.substr(sign + 2);
      const verify::Baseline* b = best_baseline(*g);
      std::string detail = bar;
      if (b != nullptr) detail += fmt::format("{}best baseline {}", bar.empty() ? "" : "; ", number(b->error));
      tiles += tile(both.substr(0, sign), "Error, unseen data", detail.empty() ? g->name : detail);
    }
    if (std::isfinite(g->coverage_90)) {
      tiles += tile(percent(g->coverage_90), "Unseen data within 90 % bands",
                    std::isfinite(g->coverage_90_se) ? fmt::format("± {}; 90 % expected", percent(g->coverage_90_se))
                                                     : "90 % expected");
    }
  }
  if (v.fit.starts > 0) {
    tiles += tile(fmt::format("{} of {}", count(v.fit.starts_within_0_1_percent), count(v.fit.starts)),
                  "Starts that agree", "within 0.1 % of the least error");
  }
  if (std::isfinite(v.fit.effective_samples)) {
    tiles += tile(count(std::llround(v.fit.effective_samples)), "Independent samples",
                  v.fit.samples > 0 ? fmt::format("of {}", count(v.fit.samples)) : "");
  }
  if (v.cost.wall_s > 0)
    tiles += tile(duration(v.cost.wall_s), "Time",
                  fmt::format("{} simulations, {} {}", count(v.cost.simulations), v.cost.threads,
                              v.cost.threads == 1 ? "thread" : "threads"));
  return tiles.empty() ? "" : "<div class=\"tiles\">" + tiles + "</div>\n";
}

std::string_view glyph(verify::Status status) {
  switch (status) {
    case verify::Status::invalid: return "✕";
    case verify::Status::unidentifiable: return "?";
    case verify::Status::misspecified: return "≠";
    case verify::Status::consistent: return "≈";
    case verify::Status::supported: return "✓";
  }
  return "";
}

}  // namespace

std::string section_verdict(const Document& document) {
  const verify::Verdict& v = document.verdict;
  const std::string_view status = verify::to_string(v.status);
  std::string out = fmt::format(
      "<div class=\"verdict {0}\"><div class=\"status\"><span class=\"badge\"><span aria-hidden=\"true\">{1}</span> {0}"
      "</span><span class=\"meaning\">{2}</span></div>",
      status, glyph(v.status), escape_html(status_meaning(v)));
  std::string words;
  for (const std::string& s : summary(v)) words += (words.empty() ? "" : " ") + s;
  if (!words.empty()) out += fmt::format("<p class=\"summary\">{}</p>", escape_html(words));
  if (!v.reasons.empty()) {
    out += "<ul class=\"reasons\">";
    for (const verify::Reason& r : v.reasons)
      out += fmt::format("<li>{} <code>{}</code></li>", algebra_html(r.text), escape_html(r.code));
    out += "</ul>";
  }
  return out + "</div>\n" + key_figures(v);
}

}  // namespace hillock::report
