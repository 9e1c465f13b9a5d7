#include "verify/verdict_json.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "verify/verdict_fields.hpp"

namespace hillock::verify {
namespace {

using Json = nlohmann::ordered_json;
using detail::fields;
using detail::Record;

constexpr std::array all_statuses = {Status::invalid, Status::unidentifiable, Status::misspecified, Status::consistent,
                                     Status::supported};
constexpr std::array all_kinds = {HeldOut::same_protocol, HeldOut::other_protocol, HeldOut::other_cell};

// ---- writing -------------------------------------------------------------------------------------------------------

Json write(double value) {
  if (!std::isfinite(value)) return nullptr;
  return std::strtod(fmt::format("{:.12g}", value).c_str(), nullptr);
}
Json write(std::int64_t value) { return value; }
Json write(int value) { return value; }
Json write(bool value) { return value; }
Json write(const std::string& value) { return value; }
Json write(Status value) { return std::string(to_string(value)); }
Json write(HeldOut value) { return std::string(to_string(value)); }
template <class T>
Json write(std::vector<std::pair<std::string, T>>& pairs) {
  Json out = Json::object();
  for (auto& [name, value] : pairs) out[name] = write(value);
  return out;
}
template <class T>
Json write(std::vector<T>& list);
template <Record T>
Json write(T& record) {
  Json out = Json::object();
  fields([&](std::string_view key, auto& member, std::string_view) { out[std::string(key)] = write(member); }, record);
  return out;
}
template <class T>
Json write(std::vector<T>& list) {
  Json out = Json::array();
  for (auto& item : list) out.push_back(write(item));
  return out;
}

/// An array or object of scalars on one line, others one item a line.
void print(const Json& json, std::string& out, std::size_t indent) {
  bool flat = true;
  if (json.is_structured())
    for (const auto& item : json) flat = flat && !item.is_structured();
  constexpr auto replace = Json::error_handler_t::replace;  // a byte that is no UTF-8 becomes the replacement character
  if (!json.is_structured() || json.empty()) {
    out += json.dump(-1, ' ', false, replace);
    return;
  }
  const char* comma = flat ? ", " : ",";
  const std::string line = flat ? "" : "\n" + std::string(indent + 2, ' ');
  out += json.is_object() ? '{' : '[';
  bool first = true;
  for (const auto& item : json.items()) {
    out += first ? "" : comma;
    out += line;
    if (json.is_object()) out += Json(item.key()).dump(-1, ' ', false, replace) + ": ";
    print(item.value(), out, indent + 2);
    first = false;
  }
  if (!flat) out += "\n" + std::string(indent, ' ');
  out += json.is_object() ? '}' : ']';
}

// ---- reading -------------------------------------------------------------------------------------------------------

class Reader {
 public:
  Errors errors;

  void read(const Json& json, double& out, const std::string& where) {
    if (json.is_null()) out = not_computed;
    else if (json.is_number()) out = json.get<double>();
    else mismatch(json, "a number or null", where);
  }
  void read(const Json& json, std::int64_t& out, const std::string& where) {
    if (fits(json)) out = json.get<std::int64_t>();
    else mismatch(json, "a whole number", where);
  }
  void read(const Json& json, int& out, const std::string& where) {
    if (fits(json) && std::in_range<int>(json.get<std::int64_t>())) out = json.get<int>();
    else mismatch(json, "a whole number", where);
  }
  void read(const Json& json, bool& out, const std::string& where) {
    if (json.is_boolean()) out = json.get<bool>();
    else mismatch(json, "true or false", where);
  }
  void read(const Json& json, std::string& out, const std::string& where) {
    if (json.is_string()) out = json.get<std::string>();
    else mismatch(json, "a text", where);
  }
  void read(const Json& json, Status& out, const std::string& where) { read_name(json, out, all_statuses, where); }
  void read(const Json& json, HeldOut& out, const std::string& where) { read_name(json, out, all_kinds, where); }
  template <class T>
  void read(const Json& json, std::vector<std::pair<std::string, T>>& out, const std::string& where) {
    if (!json.is_object()) return mismatch(json, "an object", where);
    out.clear();
    for (const auto& item : json.items()) {
      out.emplace_back(item.key(), T{});
      read(item.value(), out.back().second, where + "." + item.key());
    }
  }
  template <Record T>
  void read(const Json& json, T& out, const std::string& where) {
    if (!json.is_object()) return mismatch(json, "an object", where);
    fields(
        [&](std::string_view key, auto& member, std::string_view) {
          const std::string name(key);
          const std::string place = where.empty() ? name : where + "." + name;
          if (const auto found = json.find(name); found != json.end()) read(*found, member, place);
          else errors.push_back({"verdict-key-missing", "the key is missing", std::nullopt, place, ""});
        },
        out);
  }
  template <class T>
  void read(const Json& json, std::vector<T>& out, const std::string& where) {
    if (!json.is_array()) return mismatch(json, "an array", where);
    out.assign(json.size(), T{});
    for (std::size_t i = 0; i < json.size(); ++i) read(json[i], out[i], fmt::format("{}[{}]", where, i));
  }

 private:
  static bool fits(const Json& json) {
    if (json.is_number_unsigned()) return std::in_range<std::int64_t>(json.get<std::uint64_t>());
    return json.is_number_integer();
  }
  void mismatch(const Json& json, std::string_view expected, const std::string& where) {
    errors.push_back(
        {"verdict-type", fmt::format("found {}, expected {}", json.type_name(), expected), std::nullopt, where, ""});
  }
  template <class T, std::size_t n>
  void read_name(const Json& json, T& out, const std::array<T, n>& names, const std::string& where) {
    std::string expected;
    for (const T name : names) {
      if (json.is_string() && json.get<std::string>() == to_string(name)) {
        out = name;
        return;
      }
      expected += (expected.empty() ? "" : " | ") + std::string(to_string(name));
    }
    const std::string found = json.is_string() ? "\"" + json.get<std::string>().substr(0, 40) + "\"" : json.type_name();
    errors.push_back({"verdict-type", fmt::format("found {}, expected {}", found, expected), std::nullopt, where, ""});
  }
};

// ---- schema --------------------------------------------------------------------------------------------------------

template <class T, std::size_t n>
Json names_of(const std::array<T, n>& values) {
  Json out = Json::array();
  for (const T value : values) out.push_back(std::string(to_string(value)));
  return out;
}

Json type_of(double&) { return {{"type", {"number", "null"}}}; }
Json type_of(std::int64_t&) { return {{"type", "integer"}}; }
Json type_of(int&) { return {{"type", "integer"}}; }
Json type_of(bool&) { return {{"type", "boolean"}}; }
Json type_of(std::string&) { return {{"type", "string"}}; }
Json type_of(Status&) { return {{"type", "string"}, {"enum", names_of(all_statuses)}}; }
Json type_of(HeldOut&) { return {{"type", "string"}, {"enum", names_of(all_kinds)}}; }
template <class T>
Json type_of(std::vector<std::pair<std::string, T>>&) {
  T value{};
  return {{"type", "object"}, {"additionalProperties", type_of(value)}};
}
template <class T>
Json type_of(std::vector<T>&);
template <Record T>
Json type_of(T& record) {
  Json properties = Json::object();
  Json required = Json::array();
  fields(
      [&](std::string_view key, auto& member, std::string_view meaning) {
        Json property = {{"description", std::string(meaning)}};
        property.update(type_of(member));
        properties[std::string(key)] = std::move(property);
        required.push_back(std::string(key));
      },
      record);
  return {{"type", "object"}, {"properties", std::move(properties)}, {"required", std::move(required)}};
}
template <class T>
Json type_of(std::vector<T>&) {
  T item{};
  return {{"type", "array"}, {"items", type_of(item)}};
}

// ---- table of keys -------------------------------------------------------------------------------------------------

class Rows {
 public:
  std::string text;
  template <Record T>
  void walk(T& record, const std::string& where) {
    fields(
        [&](std::string_view key, auto& member, std::string_view meaning) {
          const std::string place = where + std::string(key);
          text += fmt::format("| `{}` | {} | {} |\n", place + suffix(member), kind(member), meaning);
          inside(member, place);
        },
        record);
  }

 private:
  template <class T>
  static std::string suffix(std::vector<T>&) {
    return "[]";
  }
  template <class T>
  static std::string suffix(std::vector<std::pair<std::string, T>>&) {
    return "{}";
  }
  template <class T>
  static std::string suffix(T&) {
    return "";
  }
  static std::string kind(double&) { return "number or null"; }
  static std::string kind(bool&) { return "true or false"; }
  static std::string kind(std::int64_t&) { return "whole number"; }
  static std::string kind(int&) { return "whole number"; }
  static std::string kind(std::string&) { return "text"; }
  template <class T, std::size_t n>
  static std::string listed(const std::array<T, n>& values) {
    std::string out;
    for (const T value : values) out += (out.empty() ? "`" : ", `") + std::string(to_string(value)) + "`";
    return out;
  }
  static std::string kind(Status&) { return listed(all_statuses); }
  static std::string kind(HeldOut&) { return listed(all_kinds); }
  template <Record T>
  static std::string kind(T&) {
    return "object";
  }
  template <class T>
  static std::string kind(std::vector<std::pair<std::string, T>>&) {
    T value{};
    return "name: " + kind(value);
  }
  template <class T>
  static std::string kind(std::vector<T>&) {
    T item{};
    return "list: " + kind(item);
  }
  template <class T>
  void inside(T&, const std::string&) {}
  template <Record T>
  void inside(T& record, const std::string& place) {
    walk(record, place + ".");
  }
  template <Record T>
  void inside(std::vector<T>&, const std::string& place) {
    T item{};
    walk(item, place + "[].");
  }
};

}  // namespace

std::string to_json(const Verdict& verdict) {
  Verdict copy = verdict;  // the one list of keys walks over something that it may also fill
  Json json = {{"schema", std::string(schema_id)}};
  json.update(write(copy));
  std::string out;
  print(json, out, 0);
  return out + "\n";
}

Result<Verdict> from_json(std::string_view text) {
  Json json;
  try {
    json = Json::parse(text);
  } catch (const Json::exception& problem) {
    return fail("verdict-syntax", fmt::format("not a JSON document: {}", problem.what()));
  }
  if (!json.is_object()) return fail("verdict-type", fmt::format("found {}, expected an object", json.type_name()));
  const auto schema = json.find("schema");
  if (schema == json.end()) return fail("verdict-schema", fmt::format("no schema, expected {}", schema_id), "schema");
  if (*schema != std::string(schema_id))
    return fail("verdict-schema",
                fmt::format("found {}, expected \"{}\"",
                            schema->dump(-1, ' ', true, Json::error_handler_t::replace).substr(0, 60), schema_id),
                "schema", "was it written by another version of Hillock?");
  Verdict out;
  Reader reader;
  reader.read(json, out, "");
  if (!reader.errors.empty()) return fail(std::move(reader.errors));
  return out;
}

std::string schema_json() {
  Verdict verdict;
  Json body = type_of(verdict);
  Json properties = {{"schema", {{"description", "which document this is"}, {"const", std::string(schema_id)}}}};
  properties.update(body["properties"]);
  Json required = {"schema"};
  for (const auto& key : body["required"]) required.push_back(key);
  const Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                       {"title", std::string(schema_id)},
                       {"description", "What a study found, with error bars, by written rules (docs/verdict.md)."},
                       {"type", "object"},
                       {"properties", std::move(properties)},
                       {"required", std::move(required)}};
  std::string out;
  print(schema, out, 0);
  return out + "\n";
}

std::string keys_markdown() {
  Rows rows;
  rows.text = "| key | value | meaning |\n|---|---|---|\n";
  rows.text += fmt::format("| `schema` | text | `{}` |\n", schema_id);
  Verdict verdict;
  rows.walk(verdict, "");
  return rows.text;
}

}  // namespace hillock::verify
