#include "study/fit_model.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "io/whole_file.hpp"
#include "lang/load.hpp"
#include "lang/prior.hpp"
#include "sim/programs.hpp"

namespace hillock::study {

namespace {
constexpr std::size_t largest_model = std::size_t{64} << 20U;
}

Result<StudyModel> load_study_model(const ResolvedStudy& study) {
  auto text = io::read_whole(study.model.file.absolute, largest_model);
  if (!text) {
    for (Error& e : text.error())
      if (e.where.empty()) e.where = study.model.file.origin.key;
    return fail(std::move(text.error()));
  }
  auto loaded = lang::load_model(*text, study.model.file.given);
  if (!loaded) return fail(std::move(loaded.error()));
  ir::Model model = std::move(*loaded);
  Errors errors;

  std::vector<std::string> known;
  for (const ir::Parameter& p : model.parameters) known.push_back(model.symbol(p.symbol).name);
  for (const PriorText& text_of : study.priors) {
    const auto at = std::find(known.begin(), known.end(), text_of.name);
    if (at == known.end()) {
      errors.push_back(text_of.origin.error("name-unknown", "the model has no parameter called " + text_of.name,
                                            nearest(text_of.name, known)));
      continue;
    }
    ir::Parameter& parameter = model.parameters[static_cast<std::size_t>(at - known.begin())];
    auto prior = lang::parse_prior(text_of.text, model.symbol(parameter.symbol).unit, text_of.origin.key);
    if (prior) parameter.prior = std::move(*prior);
    else errors.insert(errors.end(), prior.error().begin(), prior.error().end());
  }

  std::vector<ir::Parameter> searched;
  std::vector<std::string> names;
  std::vector<prob::Prior> priors;
  for (const ir::Parameter& p : model.parameters) {
    ir::Symbol& symbol = model.symbols[index(p.symbol)];
    if (!p.prior) {
      if (p.value) {  // a fixed value: a constant of this study
        symbol.kind = ir::SymbolKind::constant;
        model.constants.push_back({p.symbol, *p.value});
        continue;
      }
      errors.push_back({"parameter-without-prior", fmt::format("the parameter {} has no prior and no value", symbol.name),
                        symbol.span, "",
                        fmt::format("param {} : {} ~ loguniform(low, high), or [prior] {} = \"...\" in the study, or a value",
                                    symbol.name, symbol.unit.name, symbol.name)});
      continue;
    }
    auto prior = prob::Prior::make(p.prior->family, p.prior->arguments, symbol.name);
    if (!prior) {
      for (Error& e : prior.error()) {
        if (!e.span && p.prior->span.line > 0) e.span = p.prior->span;
        errors.push_back(std::move(e));
      }
      continue;
    }
    searched.push_back(p);
    names.push_back(symbol.name);
    priors.push_back(std::move(*prior));
  }
  model.parameters = std::move(searched);
  if (errors.empty() && model.parameters.empty())
    errors.push_back({"nothing-to-fit", "the model has no parameter with a prior", std::nullopt, study.model.file.given,
                      "param g : uS ~ loguniform(1e-3 uS, 10 uS)"});
  if (errors.empty() && model.observations.empty())
    errors.push_back({"no-observation", "the model does not say what is recorded", std::nullopt, study.model.file.given,
                      "observe I ~ normal(g*(V - E), sigma)"});
  if (errors.empty() && sim::mechanism_parameters(model).empty())
    errors.push_back({"nothing-to-fit", "no parameter has an influence on what is recorded", std::nullopt,
                      study.model.file.given, "a parameter in the mean of an observation"});
  if (!errors.empty()) return fail(std::move(errors));
  auto space = prob::ParameterSpace::make(std::move(names), std::move(priors));
  if (!space) return fail(std::move(space.error()));
  return StudyModel{std::move(model), std::move(*space)};
}

}  // namespace hillock::study
