#include "ir/model.hpp"

namespace hillock::ir {

std::vector<std::string> Model::symbol_names() const {
  std::vector<std::string> names;
  names.reserve(symbols.size());
  for (const Symbol& symbol : symbols) names.push_back(symbol.name);
  return names;
}

std::optional<SymbolId> Model::find(std::string_view wanted) const {
  for (std::uint32_t i = 0; i < symbols.size(); ++i)
    if (symbols[i].name == wanted) return SymbolId{i};
  return std::nullopt;
}

}  // namespace hillock::ir
