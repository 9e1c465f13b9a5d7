#include "verify/verdict_json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "verify/test/sample_verdict.hpp"

namespace hillock::verify {
namespace {

using Json = nlohmann::ordered_json;
using testing::ElementsAre;
using testing::HasSubstr;

std::string file(const std::string& path) {
  std::ifstream in(std::string(HILLOCK_SOURCE_DIR) + "/" + path);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

/// What of JSON Schema this schema uses: type, const, enum, properties, required, items, additionalProperties.
void validate(const Json& schema, const Json& value, const std::string& where, std::vector<std::string>& problems) {
  if (schema.contains("const") && value != schema["const"]) problems.push_back(where + ": not the constant");
  if (schema.contains("enum")) {
    bool any = false;
    for (const auto& option : schema["enum"]) any = any || option == value;
    if (!any) problems.push_back(where + ": not in the enum");
  }
  if (schema.contains("type")) {
    auto is = [&](const std::string& type) {
      return (type == "object" && value.is_object()) || (type == "array" && value.is_array()) ||
             (type == "string" && value.is_string()) || (type == "boolean" && value.is_boolean()) ||
             (type == "integer" && value.is_number_integer()) || (type == "number" && value.is_number()) ||
             (type == "null" && value.is_null());
    };
    bool any = false;
    if (schema["type"].is_array())
      for (const auto& type : schema["type"]) any = any || is(type.get<std::string>());
    else any = is(schema["type"].get<std::string>());
    if (!any) problems.push_back(where + ": " + value.type_name());
  }
  if (value.is_object()) {
    for (const auto& key : schema.value("required", Json::array()))
      if (!value.contains(key.get<std::string>()))
        problems.push_back(where + "." + key.get<std::string>() + ": missing");
    for (const auto& item : value.items()) {
      const std::string place = where + "." + item.key();
      if (schema.contains("properties") && schema["properties"].contains(item.key()))
        validate(schema["properties"][item.key()], item.value(), place, problems);
      else if (schema.contains("additionalProperties"))
        validate(schema["additionalProperties"], item.value(), place, problems);
      else problems.push_back(place + ": not in the schema");
    }
  }
  if (value.is_array() && schema.contains("items"))
    for (const auto& item : value) validate(schema["items"], item, where + "[]", problems);
}

TEST(VerdictJson, HasTheKeysOfTheContract) {
  const Json json = Json::parse(to_json(test::supported_verdict()));
  std::vector<std::string> keys;
  for (const auto& item : json.items()) keys.push_back(item.key());
  EXPECT_THAT(
      keys, ElementsAre("schema", "study", "status", "inference", "partial", "not_done", "reasons", "fit", "parameters",
                        "knowledge", "generalisation", "residuals", "simulated", "numerics", "cost", "provenance"));
  EXPECT_EQ(json["schema"], "hillock.verdict/1");
  for (const char* key : {"error", "error_measure", "starts", "starts_within_0_1_percent"})
    EXPECT_TRUE(json["fit"].contains(key)) << key;
  for (const char* key :
       {"name", "unit", "best", "median", "q05", "q95", "contraction", "rhat", "ess_bulk", "ess_tail"})
    EXPECT_TRUE(json["parameters"][0].contains(key)) << key;
  for (const char* key : {"known", "known_unknown", "untested"}) EXPECT_TRUE(json["knowledge"].contains(key)) << key;
  for (const char* key : {"name", "error", "error_se", "coverage_50", "coverage_90", "baselines"})
    EXPECT_TRUE(json["generalisation"][0].contains(key)) << key;
  for (const char* key : {"name", "error"}) EXPECT_TRUE(json["generalisation"][0]["baselines"][0].contains(key)) << key;
  for (const char* key : {"simulations", "gradients", "wall_s", "threads"})
    EXPECT_TRUE(json["cost"].contains(key)) << key;
}

TEST(VerdictJson, RoundTripGivesTheSameBytes) {
  const std::string text = to_json(test::supported_verdict());
  const auto back = from_json(text);
  ASSERT_TRUE(back.has_value()) << render(back.error());
  EXPECT_EQ(to_json(*back), text);
  EXPECT_EQ(back->status, Status::supported);
  EXPECT_EQ(back->generalisation[0].kind, HeldOut::other_protocol);
  EXPECT_EQ(back->residuals.tests[1].first, "ljung_box");
  EXPECT_NEAR(back->fit.error, test::supported_verdict().fit.error, 1e-11 * back->fit.error);
  EXPECT_EQ(to_json(from_json(to_json(Verdict{})).value()), to_json(Verdict{}));
}

TEST(VerdictJson, NumbersThatAreNoneAreNull) {
  Verdict v = test::supported_verdict();
  v.parameters[0].rhat = std::nan("");
  v.parameters[0].contraction = std::numeric_limits<double>::infinity();
  v.fit.error = 0.1 + 0.2;
  const std::string text = to_json(v);
  const Json json = Json::parse(text);
  EXPECT_TRUE(json["parameters"][0]["rhat"].is_null());
  EXPECT_TRUE(json["parameters"][0]["contraction"].is_null());
  EXPECT_TRUE(std::isnan(from_json(text)->parameters[0].rhat));
  EXPECT_THAT(text, HasSubstr("\"error\": 0.3,"));
}

TEST(VerdictJson, AStudyOfTwelveParametersIsSmallEnoughToRead) {
  const std::string text = to_json(test::supported_verdict());
  EXPECT_EQ(test::supported_verdict().parameters.size(), 12U);
  EXPECT_LT(text.size(), 12000U);
  EXPECT_GT(text.size(), 6000U);  // and the sample is no toy
  std::size_t longest = 0;
  std::stringstream lines(text);
  for (std::string line; std::getline(lines, line);) longest = std::max(longest, line.size());
  EXPECT_LT(longest, 600U);
}

TEST(VerdictJson, AnyTextSurvives) {
  Verdict v = test::supported_verdict();
  v.study = "quote \" backslash \\ newline \n tab \t nul ";
  v.study += '\0';
  v.study += "µ";
  v.reasons[0].text = "not UTF-8: \xff";
  const auto back = from_json(to_json(v));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->study, v.study);
  EXPECT_EQ(back->reasons[0].text, "not UTF-8: \xEF\xBF\xBD");
}

TEST(VerdictJson, EveryMistakeAtOnce) {
  Json json = Json::parse(to_json(test::supported_verdict()));
  json["status"] = "great";
  json["fit"].erase("error");
  json["parameters"][2]["rhat"] = "good";
  json["cost"]["threads"] = 1e10;
  json["reasons"] = 3;
  const auto back = from_json(json.dump());
  ASSERT_FALSE(back.has_value());
  std::vector<std::string> found;
  for (const Error& e : back.error()) found.push_back(e.where + ": " + e.code + ": " + e.message);
  EXPECT_THAT(found,
              ElementsAre("status: verdict-type: found \"great\", expected invalid | unidentifiable | misspecified | "
                          "consistent | supported",
                          "reasons: verdict-type: found number, expected an array",
                          "fit.error: verdict-key-missing: the key is missing",
                          "parameters[2].rhat: verdict-type: found string, expected a number or null",
                          "cost.threads: verdict-type: found number, expected a whole number"));
}

TEST(VerdictJson, NotThisDocument) {
  EXPECT_EQ(from_json("").error()[0].code, "verdict-syntax");
  EXPECT_EQ(from_json("{\"schema\": ").error()[0].code, "verdict-syntax");
  EXPECT_EQ(from_json("[]").error()[0].code, "verdict-type");
  EXPECT_EQ(from_json("{}").error()[0].code, "verdict-schema");
  EXPECT_EQ(from_json("{\"schema\": 7}").error()[0].code, "verdict-schema");
  EXPECT_EQ(from_json("{\"schema\": \"hillock.verdict/2\"}").error()[0].message,
            "found \"hillock.verdict/2\", expected \"hillock.verdict/1\"");
  EXPECT_EQ(from_json("{\"schema\": \"hillock.verdict/1\", \"cost\": {\"wall_s\": 1e999}}").error()[0].code,
            "verdict-syntax");
  EXPECT_FALSE(from_json(std::string(100000, '[')).has_value());
}

TEST(VerdictSchema, TheFileIsTheGeneratedOne) {
  EXPECT_EQ(file("src/verify/verdict.schema.json"), schema_json()) << "src/verify/verdict.schema.json must read:\n"
                                                                   << schema_json();
}

TEST(VerdictSchema, AcceptsWhatIsWrittenAndRefusesWhatIsNot) {
  const Json schema = Json::parse(file("src/verify/verdict.schema.json"));
  for (const Verdict& v : {Verdict{}, test::supported_verdict()}) {
    std::vector<std::string> problems;
    validate(schema, Json::parse(to_json(v)), "", problems);
    EXPECT_THAT(problems, ElementsAre());
  }
  Json broken = Json::parse(to_json(test::supported_verdict()));
  broken["schema"] = "hillock.verdict/0";
  broken["status"] = "validated";
  broken["generalisation"][0].erase("error_se");
  broken["residuals"]["tests"]["mean"] = "high";
  broken["surprise"] = 1;
  std::vector<std::string> problems;
  validate(schema, broken, "", problems);
  EXPECT_THAT(problems, ElementsAre(".schema: not the constant", ".status: not in the enum",
                                    ".generalisation[].error_se: missing", ".residuals.tests.mean: string",
                                    ".surprise: not in the schema"));
}

}  // namespace
}  // namespace hillock::verify
