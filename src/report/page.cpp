#include "report/page.hpp"

#include <fmt/format.h>

#include <charconv>

#include "base/error.hpp"
#include "report/asset.hpp"
#include "report/escape.hpp"
#include "report/pack.hpp"
#include "report/payload.hpp"
#include "report/section.hpp"

namespace hillock::report {
namespace {

const Asset& asset(std::string_view name) {
  for (const Asset& a : assets())
    if (a.name == name) return a;
  bug(__FILE__, __LINE__, fmt::format("the page's file {} was not compiled in", name));
}

/// 'sha256-...' as a Content-Security-Policy wants it.
std::string policy_hash(const Asset& a) {
  std::vector<unsigned char> bytes;
  for (std::size_t i = 0; i + 1 < a.sha256.size(); i += 2) {
    unsigned value = 0;
    std::from_chars(a.sha256.data() + i, a.sha256.data() + i + 2, value, 16);
    bytes.push_back(static_cast<unsigned char>(value));
  }
  return "'sha256-" + base64_encode(bytes) + "'";
}

void check(const Document& d) {
  for (const DataSet& s : d.data_sets) {
    const std::size_t n = s.time_ms.size();
    const auto fits = [&](std::size_t size) { return size == 0 || size == n; };
    bool good = fits(s.observed.size()) && fits(s.keep.size()) && fits(s.command.size()) && fits(s.best.size()) &&
                fits(s.residuals.size());
    for (const Quantiles* q : {&s.predictive, &s.parameters_only})
      for (const auto* v : {&q->q05, &q->q25, &q->q50, &q->q75, &q->q95}) good = good && fits(v->size());
    HILLOCK_CHECK(good, fmt::format("report: data set '{}' has vectors unlike its {} times", s.name, n));
  }
  const SimulatedExhibits& e = d.simulated;
  HILLOCK_CHECK(
      e.curve.training.size() == e.curve.simulations.size() && e.curve.validation.size() == e.curve.simulations.size(),
      "report: the learning curve has vectors unlike its numbers of simulations");
  HILLOCK_CHECK(e.statistics.empty() || e.statistics.size() == d.verdict.simulated.statistics.size(),
                "report: draws of another number of statistics than the verdict has");
  for (const PredictedTraces& t : e.traces) {
    const std::size_t n = t.time_ms.size();
    HILLOCK_CHECK((t.observed.empty() || t.observed.size() == n) && (t.traces.rows == 0 || t.traces.cols == n),
                  fmt::format("report: predicted traces '{}' are unlike their {} times", t.name, n));
  }
  HILLOCK_CHECK(d.posterior.draws.rows == 0 || d.posterior.draws.cols == d.posterior.axes.size(),
                "report: posterior draws have another number of columns than there are axes");
}

}  // namespace

std::string render_html(const Document& document) {
  check(document);
  std::string nav;
  std::string body;
  for (const PageSection& s : page_sections()) {
    const std::string inner = s.body(document);
    if (inner.empty()) continue;
    nav += fmt::format("<a href=\"#{}\">{}</a>", s.id, s.in_nav);
    body += fmt::format("<section id=\"{0}\" aria-labelledby=\"{0}-h\"><h2 id=\"{0}-h\">{1}</h2>\n{2}</section>\n",
                        s.id, s.title, inner);
  }
  const std::string title = document.title.empty() ? "Hillock report" : document.title;
  std::string out;
  out += "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  out += fmt::format(
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src "
      "data:; "
      "base-uri 'none'; form-action 'none'; script-src {} {} {}\">\n",
      policy_hash(asset("theme_js")), policy_hash(asset("uplot_js")), policy_hash(asset("report_js")));
  out +=
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" "
      "content=\"light dark\">\n";
  out += fmt::format("<title>{}</title>\n", escape_html(title));
  out += fmt::format("<style>{}{}</style>\n", asset("uplot_css").text, asset("report_css").text);
  out += fmt::format("<script>{}</script>\n</head>\n<body>\n", asset("theme_js").text);
  out +=
      "<a class=\"skip\" href=\"#verdict\">Skip to the verdict</a>\n<header><div><h1>" + escape_html(title) + "</h1>";
  if (!document.study.empty())
    out += fmt::format("<p class=\"study\">study <code>{}</code></p>", escape_html(document.study));
  out += "</div><button id=\"theme\" type=\"button\" hidden>Theme</button></header>\n";
  out += fmt::format("<nav aria-label=\"Sections\">{}</nav>\n<main>\n{}</main>\n", nav, body);
  out +=
      "<footer>Made by Hillock. Plots drawn with uPlot 1.6.32 (MIT licence; its text is in this file's "
      "source).</footer>\n";
  out += fmt::format("<!-- uPlot:\n{}-->\n", asset("uplot_licence").text);
  out += fmt::format("<script type=\"application/json\" id=\"hillock-data\">{}</script>\n", payload_json(document));
  out += fmt::format("<script>{}</script>\n<script>{}</script>\n</body>\n</html>\n", asset("uplot_js").text,
                     asset("report_js").text);
  return out;
}

}  // namespace hillock::report
