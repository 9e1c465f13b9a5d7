#include "study/quantity_text.hpp"

#include <fmt/format.h>

namespace hillock::study {

Error Origin::error(std::string code, std::string message, std::string hint) const {
  return Error{std::move(code), std::move(message), span, key, std::move(hint)};
}

Result<void> check_dimension(const QuantityText& quantity, const units::Unit& unit) {
  const units::Dimension& found = quantity.quantity.unit.dimension;
  if (found == unit.dimension) return {};
  const std::string wanted = units::describe(unit.dimension);
  if (found.dimensionless())
    return fail(quantity.origin.error(
        "unit-mismatch",
        fmt::format("\"{}\" needs a unit of {}, found the bare number {}", quantity.origin.key, wanted, quantity.text),
        fmt::format("write the unit: \"{} {}\"", quantity.text,
                    unit.dimension == units::find_unit("second")->dimension ? "ms" : unit.name)));
  return fail(quantity.origin.error(
      "unit-mismatch", fmt::format("\"{}\" needs a unit of {}, found \"{}\", which is in {}", quantity.origin.key,
                                   wanted, quantity.text, units::describe(found))));
}

Result<void> check_dimension(const QuantityText& quantity, std::string_view unit) {
  const units::Unit* known = units::find_unit(unit);
  HILLOCK_CHECK(known != nullptr, "the table of options names an unknown unit");
  return check_dimension(quantity, *known);
}

Result<QuantityText> read_quantity_text(std::string_view text, std::string_view where, std::string_view unit) {
  auto quantity = units::parse_quantity(text);
  if (!quantity) {
    for (Error& error : quantity.error()) {
      error.span.reset();
      error.where = where;
    }
    return std::unexpected(std::move(quantity.error()));
  }
  QuantityText out{*quantity, std::string(text), {std::string(where), std::nullopt}};
  if (auto checked = check_dimension(out, unit); !checked) return std::unexpected(std::move(checked.error()));
  return out;
}

}  // namespace hillock::study
