#include "nn/saved_network.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <set>

namespace hillock::nn {
namespace {

constexpr std::string_view magic = "hillock-network ";
constexpr int version = 1;
constexpr std::size_t most_sizes = 8;
static_assert(std::endian::native == std::endian::little, "numbers are written as they lie in memory");

std::uint64_t checksum(std::string_view bytes) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return hash;
}

/// Letters, digits and - _ . alone.
bool word(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  });
}

bool one_line(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 32; });
}

std::size_t count_of(const NamedArray& array) {
  return std::visit([](const auto& v) { return v.size(); }, array.values);
}

template <class T>
std::optional<T> number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<std::string_view> words(std::string_view line) {
  std::vector<std::string_view> out;
  while (!line.empty()) {
    const std::size_t blank = std::min(line.find(' '), line.size());
    out.push_back(line.substr(0, blank));
    line.remove_prefix(std::min(blank + 1, line.size()));
  }
  return out;
}

struct Reader {
  std::string_view bytes;
  const std::string& where;
  std::size_t at = 0;

  [[nodiscard]] std::unexpected<Errors> damaged(std::string what) const {
    return fail("network-damaged", "the saved network is damaged: " + std::move(what), where,
                "it was cut short or changed; write it again");
  }
  std::optional<std::string_view> line() {
    const std::size_t end = bytes.find('\n', at);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view out = bytes.substr(at, end - at);
    at = end + 1;
    return out;
  }
};

template <class T>
bool read_values(std::string_view from, std::vector<T>& values, std::size_t count) {
  values.resize(count);
  if (count > 0) std::memcpy(values.data(), from.data(), count * sizeof(T));
  return std::ranges::all_of(values, [](T v) { return std::isfinite(v); });
}

}  // namespace

const NamedArray* find_array(const SavedNetwork& network, std::string_view name) {
  const auto at = std::ranges::find(network.arrays, name, &NamedArray::name);
  return at == network.arrays.end() ? nullptr : &*at;
}

std::optional<std::uint64_t> whole_field(const SavedNetwork& network, const std::string& name) {
  const auto at = network.fields.find(name);
  return at == network.fields.end() ? std::nullopt : number<std::uint64_t>(at->second);
}

std::string to_bytes(const SavedNetwork& network) {
  std::string out(magic);
  out += std::to_string(version) + "\n";
  for (const auto& [key, value] : network.fields) {
    HILLOCK_CHECK(word(key) && key != "array" && key != "end" && one_line(value), "a field that cannot be written");
    out.append(key).append(" ").append(value).append("\n");
  }
  std::set<std::string_view> names;
  for (const NamedArray& array : network.arrays) {
    HILLOCK_CHECK(word(array.name) && names.insert(array.name).second && array.sizes.size() <= most_sizes,
                  "an array that cannot be written");
    std::size_t count = 1;
    out += "array " + array.name + (std::holds_alternative<std::vector<float>>(array.values) ? " float32" : " float64");
    for (const std::size_t size : array.sizes) count *= size, out += " " + std::to_string(size);
    HILLOCK_CHECK(count == count_of(array), "an array whose sizes are not its number of values");
    out += "\n";
  }
  out += "end\n";
  for (const NamedArray& array : network.arrays)
    std::visit([&](const auto& v) { out.append(reinterpret_cast<const char*>(v.data()), v.size() * sizeof v[0]); },
               array.values);
  const std::uint64_t hash = checksum(out);
  out.append(reinterpret_cast<const char*>(&hash), sizeof hash);
  return out;
}

Result<SavedNetwork> network_from_bytes(std::string_view bytes, const std::string& where) {
  if (!bytes.starts_with(magic))
    return fail("not-a-network", "this is no saved network: it does not begin with \"hillock-network\"", where);
  Reader in{bytes, where};
  const std::optional<std::string_view> first = in.line();
  const std::optional<int> found = first ? number<int>(first->substr(magic.size())) : std::nullopt;
  if (!found || *found < 1) return in.damaged("its first line has no version");
  if (*found > version)
    return fail("network-version",
                "the saved network has format " + std::to_string(*found) + "; this Hillock reads up to " +
                    std::to_string(version),
                where, "read it with the Hillock that wrote it, or a newer one");
  SavedNetwork network;
  std::vector<std::size_t> counts;
  std::set<std::string, std::less<>> names;
  std::size_t needed = 0;  // bytes of numbers; never more than there are
  for (;;) {
    const std::optional<std::string_view> line = in.line();
    if (!line) return in.damaged("its header has no end");
    if (*line == "end") break;
    const std::size_t blank = line->find(' ');
    const std::string_view key = line->substr(0, blank);
    if (blank == std::string_view::npos || !word(key) || key == "end" || !one_line(*line))
      return in.damaged("a line of its header is neither a field nor an array");
    if (key != "array") {
      if (!network.fields.emplace(key, line->substr(blank + 1)).second)
        return in.damaged("the field \"" + std::string(key) + "\" is there twice");
      continue;
    }
    const std::vector<std::string_view> parts = words(line->substr(blank + 1));
    if (parts.size() < 2 || parts.size() > 2 + most_sizes || !word(parts[0]) ||
        (parts[1] != "float32" && parts[1] != "float64"))
      return in.damaged("an array without a name, a type (float32, float64) or sizes");
    NamedArray array;
    array.name = parts[0];
    if (!names.insert(array.name).second) return in.damaged("the array \"" + array.name + "\" is there twice");
    const bool single = parts[1] == "float32";
    const std::size_t width = single ? 4 : 8, room = (bytes.size() - needed) / width;
    std::size_t count = 1;
    bool empty = false;
    for (std::size_t k = 2; k < parts.size(); ++k) {
      const std::optional<std::size_t> size = number<std::size_t>(parts[k]);
      // No size may be more than what there is, even beside one that is 0.
      if (!size || *size > room || (*size > 0 && count > room / *size))
        return in.damaged("the array \"" + array.name + "\" has sizes that do not fit");
      array.sizes.push_back(*size);
      empty = empty || *size == 0;
      count *= std::max<std::size_t>(*size, 1);
    }
    if (empty) count = 0;
    if (count > room) return in.damaged("the array \"" + array.name + "\" has sizes that do not fit");
    needed += count * width;
    counts.push_back(count);
    if (!single) array.values = std::vector<double>();
    network.arrays.push_back(std::move(array));
  }
  const std::size_t left = bytes.size() - in.at;
  if (left < sizeof(std::uint64_t) || left - sizeof(std::uint64_t) != needed)
    return in.damaged("its arrays take " + std::to_string(needed) + " bytes and 8 behind them, found " +
                      std::to_string(left));
  std::uint64_t hash = 0;
  std::memcpy(&hash, bytes.data() + bytes.size() - sizeof hash, sizeof hash);
  if (hash != checksum(bytes.substr(0, bytes.size() - sizeof hash))) return in.damaged("its checksum is another one");
  Errors errors;
  for (std::size_t k = 0; k < network.arrays.size(); ++k) {
    NamedArray& array = network.arrays[k];
    const bool finite = std::visit(
        [&](auto& values) {
          const bool good = read_values(bytes.substr(in.at), values, counts[k]);
          in.at += counts[k] * sizeof values[0];
          return good;
        },
        array.values);
    if (!finite)
      errors.push_back({"network-not-finite", "the array \"" + array.name + "\" has numbers that are not finite",
                        std::nullopt, where, "the network was saved after a training that failed; train it again"});
  }
  if (!errors.empty()) return fail(std::move(errors));
  return network;
}

namespace {

constexpr std::string_view embedding_names[] = {"none", "trace", "set"};

struct ShapeField {
  const char* name;
  std::size_t DensityShape::*place;
};
constexpr ShapeField shape_fields[] = {
    {"dimension", &DensityShape::dimension}, {"context", &DensityShape::context}, {"steps", &DensityShape::steps},
    {"hidden", &DensityShape::hidden},       {"blocks", &DensityShape::blocks},   {"bins", &DensityShape::bins},
    {"ode-steps", &DensityShape::ode_steps},
};
struct EmbeddingField {
  const char* name;
  std::size_t EmbeddingShape::*place;
};
constexpr EmbeddingField embedding_fields[] = {
    {"embedding-plain", &EmbeddingShape::plain},       {"embedding-items", &EmbeddingShape::items},
    {"embedding-features", &EmbeddingShape::features}, {"embedding-hidden", &EmbeddingShape::hidden},
    {"embedding-outputs", &EmbeddingShape::outputs},
};

std::string member_name(std::size_t m) { return "member-" + std::to_string(m); }

}  // namespace

void put_density(SavedNetwork& network, const SavedDensity& density) {
  auto& fields = network.fields;
  fields["kind"] = density.kind;
  fields["seed"] = std::to_string(density.shape.seed);
  for (const ShapeField& f : shape_fields) fields[f.name] = std::to_string(density.shape.*f.place);
  const EmbeddingShape& embedding = density.shape.embedding;
  fields["embedding"] = embedding_names[static_cast<std::size_t>(embedding.kind)];
  if (embedding.kind != EmbeddingKind::none)
    for (const EmbeddingField& f : embedding_fields) fields[f.name] = std::to_string(embedding.*f.place);
  for (std::size_t m = 0; m < density.members.size(); ++m)
    network.arrays.push_back({member_name(m), {density.members[m].size()}, density.members[m]});
}

Result<LoadedDensity> get_density(const SavedNetwork& network, const std::string& where) {
  Errors errors;
  const auto text = [&](const char* name) -> std::string {
    const auto at = network.fields.find(name);
    if (at != network.fields.end()) return at->second;
    errors.push_back(
        {"network-field", "the saved network has no field \"" + std::string(name) + "\"", std::nullopt, where, ""});
    return "";
  };
  const auto count = [&](const char* name, auto& place) {
    const std::size_t before = errors.size();
    const std::string found = text(name);
    if (errors.size() > before) return;
    if (const auto value = number<std::remove_reference_t<decltype(place)>>(found)) place = *value;
    else
      errors.push_back({"network-field",
                        "the field \"" + std::string(name) + "\" must be a whole number, found \"" + found + "\"",
                        std::nullopt, where, ""});
  };
  LoadedDensity out;
  out.kind = text("kind");
  count("seed", out.shape.seed);
  for (const ShapeField& f : shape_fields) count(f.name, out.shape.*f.place);
  const std::string embedding = text("embedding");
  const auto named = std::ranges::find(embedding_names, embedding);
  if (named != std::end(embedding_names))
    out.shape.embedding.kind = static_cast<EmbeddingKind>(named - std::begin(embedding_names));
  else if (!embedding.empty())
    errors.push_back({"network-field",
                      "the field \"embedding\" must be none, trace or set, found \"" + embedding + "\"", std::nullopt,
                      where, ""});
  if (out.shape.embedding.kind != EmbeddingKind::none)
    for (const EmbeddingField& f : embedding_fields) count(f.name, out.shape.embedding.*f.place);
  if (!errors.empty()) return fail(std::move(errors));

  Result<std::unique_ptr<ConditionalDensity>> density = make_density(out.kind, out.shape);
  if (!density) {
    for (Error& error : density.error()) error.where = where;
    return fail(std::move(density.error()));
  }
  out.density = std::move(*density);
  const std::size_t expected = out.density->tape().parameter_count();
  for (std::size_t m = 0;; ++m) {
    const auto array = std::ranges::find(network.arrays, member_name(m), &NamedArray::name);
    if (array == network.arrays.end()) break;
    const auto* values = std::get_if<std::vector<float>>(&array->values);
    if (!values || values->size() != expected)
      return fail("network-damaged",
                  "a network of this kind and shape has " + std::to_string(expected) + " float32 parameters, \"" +
                      array->name + "\" has " + std::to_string(count_of(*array)),
                  where);
    out.members.push_back(*values);
  }
  if (out.members.empty()) return fail("network-damaged", "the saved network has no parameters (\"member-0\")", where);
  return out;
}

}  // namespace hillock::nn
