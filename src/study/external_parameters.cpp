#include "study/external_parameters.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <string_view>

#include "lang/prior.hpp"
#include "study/placed.hpp"

namespace hillock::study {
namespace {

bool is_name(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return !text.empty() && letter(text.front()) &&
         std::ranges::all_of(text, [&](char c) { return letter(c) || digit(c); });
}

/// The unit of the first argument that has one: nS in "uniform(0 nS, 10 nS)"; 1 where none has. Whether the others
/// agree is lang's to say.
units::Unit unit_of(std::string_view prior) {
  const std::size_t open = prior.find('(');
  const std::size_t close = prior.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return {};
  std::string_view rest = prior.substr(open + 1, close - open - 1);
  while (!rest.empty()) {
    std::size_t depth = 0;
    std::size_t end = 0;
    for (; end < rest.size() && (depth > 0 || rest[end] != ','); ++end) {
      if (rest[end] == '(') ++depth;
      if (rest[end] == ')' && depth > 0) --depth;
    }
    std::string_view argument = rest.substr(0, end);
    while (argument.starts_with(' ')) argument.remove_prefix(1);
    while (argument.ends_with(' ')) argument.remove_suffix(1);
    if (const auto quantity = units::parse_quantity(argument); quantity && !quantity->unit.dimension.dimensionless())
      return quantity->unit;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return {};
}

}  // namespace

Result<ExternalParameters> external_parameters(const ResolvedStudy& study) {
  Errors errors;
  std::vector<std::string> names;
  std::vector<prob::Prior> priors;
  std::vector<units::Unit> units;
  if (study.priors.empty())
    errors.push_back(study.model.command.origin.error(
        "prior-missing", "the parameters of a program are those of [prior], and there is none",
        "[prior] with g = \"uniform(0 nS, 10 nS)\", one line for each parameter, in the program's order"));
  for (const PriorText& prior : study.priors) {
    if (!is_name(prior.name))
      errors.push_back(prior.origin.error("parameter-name", fmt::format("\"{}\" is no name of a parameter", prior.name),
                                          "letters, digits and _, beginning with a letter"));
    const units::Unit unit = unit_of(prior.text);
    auto spec = lang::parse_prior(prior.text, unit, prior.origin.key);
    if (!spec) {
      Errors inner = placed(std::move(spec.error()), prior.text, prior.origin);
      errors.insert(errors.end(), inner.begin(), inner.end());
      continue;
    }
    auto made = prob::Prior::make(spec->family, spec->arguments, prior.name);
    if (!made) {
      errors.insert(errors.end(), made.error().begin(), made.error().end());
      continue;
    }
    names.push_back(prior.name);
    priors.push_back(std::move(*made));
    units.push_back(unit);
  }
  if (!errors.empty()) return fail(std::move(errors));
  auto space = prob::ParameterSpace::make(std::move(names), std::move(priors));
  if (!space) return fail(std::move(space.error()));
  return ExternalParameters{std::move(*space), std::move(units)};
}

}  // namespace hillock::study
