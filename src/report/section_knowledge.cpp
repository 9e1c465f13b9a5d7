/// Known, known to be unknown, never tested; and the combinations that the data fix best and worst.

#include <fmt/format.h>

#include "report/escape.hpp"
#include "report/format.hpp"
#include "report/section.hpp"

namespace hillock::report {
namespace {

std::string column(std::string_view title, std::string_view css_class,
                   const std::vector<verify::KnowledgeItem>& items) {
  std::string out = fmt::format("<div class=\"column {}\"><h3>{}</h3>", css_class, title);
  if (items.empty()) return out + "<p class=\"nothing\">Nothing is listed.</p></div>";
  out += "<ul>";
  for (const verify::KnowledgeItem& item : items)
    out += fmt::format("<li>{}{}</li>", item.what.empty() ? "" : fmt::format("<b>{}</b> ", algebra_html(item.what)),
                       algebra_html(item.text));
  return out + "</ul></div>";
}

std::string combinations(std::string_view title, std::string_view what, const std::vector<verify::Combination>& list) {
  if (list.empty()) return {};
  std::string out = fmt::format(
      "<div><h3>{}</h3><p class=\"caption\">{}</p><table class=\"facts\"><thead><tr><th scope=\"col\">combination</th>"
      "<th scope=\"col\" class=\"n\">sd of its logarithm</th><th scope=\"col\" class=\"n\">before the "
      "data</th></tr></thead><tbody>",
      title, what);
  for (const verify::Combination& c : list)
    out += fmt::format("<tr><td class=\"algebra\">{}{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
                       algebra_html(c.algebra), c.prior_dominated ? " <span class=\"role\">mostly prior</span>" : "",
                       escape_html(number(c.relative_sd, 2)), escape_html(number(c.prior_sd, 2)));
  return out + "</tbody></table></div>";
}

}  // namespace

std::string section_knowledge(const Document& document) {
  const verify::Knowledge& k = document.verdict.knowledge;
  std::string out = "<div class=\"columns\">" + column("Known", "known", k.known) +
                    column("Known to be unknown", "unknown", k.known_unknown) +
                    column("Not tested", "untested", k.untested) + "</div>\n";
  const std::string both =
      combinations("Least determined combinations", "Moving along these changes the prediction least.", k.sloppiest) +
      combinations("Best determined combinations", "The data fix these most sharply.", k.stiffest);
  if (!both.empty()) out += "<div class=\"columns two\">" + both + "</div>\n";
  return out;
}

}  // namespace hillock::report
