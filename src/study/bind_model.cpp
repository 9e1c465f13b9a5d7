#include "study/bind_model.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "io/whole_file.hpp"
#include "lang/conditional_prior.hpp"
#include "lang/load.hpp"
#include "study/placed.hpp"
#include "study/quantity_text.hpp"

namespace hillock::study {
namespace {

constexpr std::size_t largest_model = std::size_t{64} << 20U;

void append(Errors& errors, Errors more) {
  errors.insert(errors.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

template <class Items>
std::vector<std::string> names_of(const ir::Model& model, const Items& items) {
  std::vector<std::string> names;
  for (const auto& item : items) names.push_back(model.symbol(item.symbol).name);
  return names;
}

Error unknown(const Origin& origin, std::string code, std::string_view kind, const std::string& name,
              const std::vector<std::string>& known) {
  const std::string near = nearest(name, known);
  std::string hint;
  if (!near.empty()) hint = fmt::format("did you mean \"{}\"?", near);
  else if (known.empty()) hint = fmt::format("the model has no {}", kind);
  else hint = fmt::format("the model has {}", fmt::join(known, ", "));
  return origin.error(std::move(code), fmt::format("the model has no {} \"{}\"", kind, name), std::move(hint));
}

}  // namespace

Result<void> apply_study(const ResolvedStudy& study, ir::Model& model) {
  Errors errors;
  for (const PriorText& prior : study.priors) {
    const auto names = names_of(model, model.parameters);
    const auto found = std::ranges::find(names, prior.name);
    if (found == names.end()) {
      errors.push_back(unknown(prior.origin, "parameter-unknown", "parameter", prior.name, names));
      continue;
    }
    const auto place = static_cast<std::size_t>(found - names.begin());
    ir::Parameter& parameter = model.parameters[place];
    auto spec = lang::parse_prior(prior.text, model, place, prior.origin.key);
    if (!spec) {
      append(errors, placed(std::move(spec.error()), prior.text, prior.origin));
      continue;
    }
    parameter.prior = std::move(*spec);
    if (prior.origin.span) parameter.prior->span = *prior.origin.span;
  }
  for (const NamedQuantity& given : study.model.constants) {
    const auto names = names_of(model, model.constants);
    const auto found = std::ranges::find(names, given.name);
    if (found == names.end()) {
      errors.push_back(unknown(given.value.origin, "constant-unknown", "constant", given.name, names));
      continue;
    }
    ir::Constant& constant = model.constants[static_cast<std::size_t>(found - names.begin())];
    if (auto fits = check_dimension(given.value, model.symbol(constant.symbol).unit); !fits)
      append(errors, std::move(fits.error()));
    else constant.value = given.value.si();
  }
  for (const ir::Parameter& parameter : model.parameters) {
    if (parameter.prior) continue;
    const bool refused = std::ranges::any_of(
        study.priors, [&](const PriorText& prior) { return prior.name == model.symbol(parameter.symbol).name; });
    if (refused) continue;  // its prior has an error of its own
    const ir::Symbol& symbol = model.symbol(parameter.symbol);
    Error error;
    error.code = "prior-missing";
    error.message = fmt::format("the parameter \"{}\" has no prior, so it cannot be searched", symbol.name);
    if (symbol.span.line > 0) error.span = symbol.span;
    error.where = symbol.name;
    error.hint = fmt::format(
        "end its line with ~ loguniform(lower, upper), or add {} = \"loguniform(lower, upper)\" to "
        "[prior] in the study; a known number is a `const`",
        symbol.name);
    errors.push_back(std::move(error));
  }
  // Which values the parameters can have is known now: a prior of the study may be too wide for what reads it.
  if (errors.empty())
    for (lang::PriorMistake& mistake : lang::range_mistakes(model)) {
      const std::string& name = model.symbol(model.parameters[mistake.parameter].symbol).name;
      const auto given = std::ranges::find_if(study.priors, [&](const PriorText& prior) { return prior.name == name; });
      if (given == study.priors.end()) errors.push_back(std::move(mistake.error));
      else append(errors, placed({std::move(mistake.error)}, given->text, given->origin));
    }
  if (!errors.empty()) return fail(std::move(errors));
  return {};
}

Result<ir::Model> bind_model(const ResolvedStudy& study) {
  if (!study.model.command.texts.empty())
    return fail(study.model.command.origin.error(
        "needs-equations",
        fmt::format(
            "\"search.method\" = \"{}\" needs the model's equations, and \"model.command\" is a program of which "
            "only the answers are known",
            study.search.method),
        "a likelihood-free method, which needs a simulator and no equations; or the model as \"model.file\""));
  const auto text = io::read_whole(study.model.file.absolute, largest_model);
  if (!text) return std::unexpected(text.error());
  auto model = lang::load_model(*text, study.model.file.absolute);
  if (!model) return model;
  if (auto applied = apply_study(study, *model); !applied) return std::unexpected(std::move(applied.error()));
  return model;
}

}  // namespace hillock::study
