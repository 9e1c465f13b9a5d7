/// What one needs in order to trust the numbers and to get them again.

#include <fmt/format.h>

#include <cmath>

#include "report/escape.hpp"
#include "report/format.hpp"
#include "report/section.hpp"
#include "report/summary.hpp"

namespace hillock::report {
namespace {

class Facts {
 public:
  void add(std::string_view what, std::string_view value) {
    rows_ += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td></tr>", escape_html(what), escape_html(value));
  }
  [[nodiscard]] std::string table(std::string_view title) const {
    if (rows_.empty()) return {};
    return fmt::format("<div><h3>{}</h3><table class=\"facts\"><tbody>{}</tbody></table></div>", title, rows_);
  }

 private:
  std::string rows_;
};

}  // namespace

std::string section_record(const Document& document) {
  const verify::Verdict& v = document.verdict;
  const auto relative = [](double x) { return number(x, 2) + " (relative)"; };
  Facts numerics;
  if (!v.numerics.integrator.empty()) numerics.add("integrator", v.numerics.integrator);
  if (std::isfinite(v.numerics.dt_ms)) numerics.add("step", setting(v.numerics.dt_ms) + " ms");
  if (std::isfinite(v.numerics.half_step_change))
    numerics.add("error at half the step changes by", relative(v.numerics.half_step_change));
  if (std::isfinite(v.numerics.other_integrator_change))
    numerics.add(fmt::format("error with {} changes by",
                             v.numerics.other_integrator.empty() ? "another integrator" : v.numerics.other_integrator),
                 relative(v.numerics.other_integrator_change));
  if (std::isfinite(v.numerics.float32_change))
    numerics.add("float32 changes predictions, as a part of their spread, by", relative(v.numerics.float32_change));
  if (std::isfinite(v.numerics.gradient_check))
    numerics.add("gradient against finite differences", relative(v.numerics.gradient_check));
  if (!v.inference.empty()) {
    numerics.add("posterior by", v.inference);
    if (v.numerics.draws > 0)
      numerics.add("posterior draws", v.numerics.divergences == 0 && from_simulations(v)
                                          ? count(v.numerics.draws)
                                          : fmt::format("{}, of them divergent {}", count(v.numerics.draws),
                                                        count(v.numerics.divergences)));
    if (v.numerics.predictive_draws > 0)
      numerics.add("draws simulated for the predictions",
                   fmt::format("{}, of them failed {}", count(v.numerics.predictive_draws),
                               count(v.numerics.failed_predictive)));
  }
  Facts cost;
  if (v.cost.wall_s > 0)
    cost.add("wall time", fmt::format("{} on {} {}", duration(v.cost.wall_s), v.cost.threads,
                                      v.cost.threads == 1 ? "thread" : "threads"));
  for (const auto& [what, seconds] : {std::pair{"compilation", v.cost.compile_s}, std::pair{"search", v.cost.search_s},
                                      std::pair{"posterior", v.cost.posterior_s}, std::pair{"checks", v.cost.verify_s},
                                      std::pair{"report", v.cost.report_s}})
    if (seconds > 0) cost.add(what, duration(seconds));
  if (v.cost.simulations > 0) cost.add("simulations", count(v.cost.simulations));
  if (v.cost.gradients > 0) cost.add("gradients", count(v.cost.gradients));
  Facts provenance;
  for (const auto& [name, value] : v.provenance) provenance.add(name, value);

  std::string out;
  const std::string both = numerics.table("Numerics") + cost.table("Cost");
  if (!both.empty()) out += "<div class=\"columns two\">" + both + "</div>\n";
  out += provenance.table("Provenance");
  if (!document.command.empty())
    out += fmt::format("<h3>To get this again</h3><pre><code>{}</code></pre>\n", escape_html(document.command));
  if (!document.model_text.empty())
    out += fmt::format("<h3>Model</h3><pre><code>{}</code></pre>\n", escape_html(document.model_text));
  if (!document.log.empty()) {
    out += "<h3>Left out, failed or replaced</h3><table class=\"facts\"><tbody>";
    for (const LogLine& l : document.log)
      out += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td></tr>", escape_html(l.stage), escape_html(l.text));
    out += "</tbody></table>\n";
  }
  return out;
}

}  // namespace hillock::report
