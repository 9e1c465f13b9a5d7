#include "io/worker/hello.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <algorithm>

#include "io/worker/answers.hpp"

namespace hillock::io::worker {
namespace {

using Json = nlohmann::json;

constexpr std::size_t most_failures = 1000;
constexpr std::string_view hint = R"(its first line on standard output is {"hillock":1,"statistics":["a","b"]})";

/// The names under `key`; none where the key is missing.
std::vector<std::string> names(const Json& welcome, const char* key, std::size_t most, bool different, Errors& errors) {
  std::vector<std::string> out;
  const auto found = welcome.find(key);
  if (found == welcome.end() || found->is_null()) return out;
  const auto wrong = [&](std::string what) {
    errors.push_back({"handshake-statistics", fmt::format("\"{}\" in the program's first line {}", key, what),
                      std::nullopt, "model.command", std::string(hint)});
    return std::vector<std::string>{};
  };
  if (!found->is_array()) return wrong("is no list of names");
  if (found->size() > most) return wrong(fmt::format("has {} names, more than {}", found->size(), most));
  for (const Json& name : *found) {
    if (!name.is_string() || name.get_ref<const std::string&>().empty()) return wrong("has an entry that is no name");
    out.push_back(plain_words(name.get_ref<const std::string&>()));
  }
  if (different) {
    std::vector<std::string> sorted = out;
    std::ranges::sort(sorted);
    const auto twice = std::ranges::adjacent_find(sorted);
    if (twice != sorted.end()) return wrong(fmt::format("has the name \"{}\" twice", *twice));
  }
  return out;
}

}  // namespace

std::string hello_line(const Hello& hello) {
  nlohmann::ordered_json line;
  line["hillock"] = protocol_version;
  line["protocol"] = hello.protocol == Protocol::json ? "json" : "binary";
  line["parameters"] = hello.parameters;
  line["units"] = hello.units;
  line["statistics"] = hello.statistics;
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

Result<Welcome> read_welcome(std::string_view line) {
  const Json welcome = Json::parse(line.begin(), line.end(), nullptr, false);
  if (!welcome.is_object() || !welcome.contains("hillock"))
    return fail("handshake-syntax",
                fmt::format("the program's first line must answer the handshake, found \"{}\"", shown(line)),
                "model.command", fmt::format("{}; whatever else it says belongs on standard error", hint));
  const Json& version = welcome["hillock"];
  if (!version.is_number_integer() || version != protocol_version)
    return fail("handshake-version",
                fmt::format("the program speaks version {} of the protocol, this is version {}",
                            version.is_number() ? version.dump() : "in words", protocol_version),
                "model.command", std::string(hint));
  Errors errors;
  Welcome out;
  out.statistics = names(welcome, "statistics", most_statistics, true, errors);
  out.failures = names(welcome, "failures", most_failures, false, errors);
  if (!errors.empty()) return fail(std::move(errors));
  return out;
}

}  // namespace hillock::io::worker
