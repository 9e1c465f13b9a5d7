/// What the page's script is given.

#include "report/payload.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <cmath>
#include <cstring>

#include <zlib.h>
#include "report/pack.hpp"
#include "report/test/synthetic.hpp"

namespace hillock::report {
namespace {

using Json = nlohmann::json;

std::vector<double> decode(const Json& set, const char* name) {
  const auto codes = [&](const Json& s, std::span<const std::uint16_t> reference) {
    const Packed p{set["n"].get<std::size_t>(), s["order"].get<int>(), s["relative"].get<bool>(),
                   s["packed"].get<std::string>()};
    return unpack(p, reference);
  };
  std::vector<std::uint16_t> reference;
  if (set["series"].contains("best")) reference = codes(set["series"]["best"], {});
  const Json& s = set["series"][name];
  std::vector<double> out;
  for (const std::uint16_t c : codes(s, reference))
    out.push_back(c == code_nan ? std::nan("") : s["offset"].get<double>() + s["step"].get<double>() * c);
  return out;
}

TEST(Payload, HoldsEverySeriesToTheResolutionOfThePaper) {
  const Document d = test::synthetic_document(10);
  const Json set = Json::parse(payload_json(d))["sets"][0];
  const DataSet& s = d.data_sets[0];
  ASSERT_EQ(set["n"], s.time_ms.size());
  EXPECT_EQ(set["binned"], 1);
  const std::pair<const char*, const std::vector<double>*> series[] = {
      {"observed", &s.observed},  {"command", &s.command},    {"best", &s.best},
      {"q05", &s.predictive.q05}, {"q95", &s.predictive.q95}, {"p05", &s.parameters_only.q05}};
  for (const auto& [name, values] : series) {
    const std::vector<double> got = decode(set, name);
    const double half = 0.5 * set["series"][name]["step"].get<double>();
    for (std::size_t i = 0; i < got.size(); ++i)
      ASSERT_NEAR(got[i], (*values)[i], half * (1 + 1e-9)) << name << " " << i;
  }
  EXPECT_FALSE(set["series"].contains("residual")) << "the script can subtract";
}

TEST(Payload, GridTimesAreAStartAndAnExactStep) {
  const Json set = Json::parse(payload_json(test::synthetic_document()))["sets"][1];
  EXPECT_EQ(set["time"]["start"], 0.0);
  EXPECT_EQ(set["time"]["step"], 0.1);
}

TEST(Payload, OtherTimesTravelWhole) {
  Document d = test::one_point_document();
  DataSet& s = d.data_sets[0];
  s = DataSet{};
  s.time_ms = {0, 0.1, 7, 7.5};
  s.observed = {1, 2, 3, 4};
  const Json set = Json::parse(payload_json(d))["sets"][0];
  const auto bytes = base64_decode(set["time"]["packed"].get<std::string>());
  std::vector<double> got(4);
  uLongf size = 32;
  ASSERT_EQ(uncompress(reinterpret_cast<Bytef*>(got.data()), &size, bytes.data(), bytes.size()), Z_OK);
  EXPECT_EQ(got, s.time_ms);
}

TEST(Payload, OwnResidualsTravelOnlyWhereTheyDiffer) {
  Document d = test::one_point_document();
  DataSet& s = d.data_sets[0];
  s.residuals = {s.observed[0] - s.best[0]};
  EXPECT_FALSE(Json::parse(payload_json(d))["sets"][0]["series"].contains("residual"));
  s.residuals = {0.5};
  EXPECT_TRUE(Json::parse(payload_json(d))["sets"][0]["series"].contains("residual"));
}

TEST(Payload, LongSeriesKeepTheirExtremes) {
  Document d;
  DataSet s;
  const std::size_t n = 1'000'000;
  for (std::size_t i = 0; i < n; ++i)
    s.time_ms.push_back(static_cast<double>(i)), s.observed.push_back(i == 654321 ? 5.0 : 0.0),
        s.keep.push_back(i < 500 ? 0 : 1);
  d.data_sets = {s};
  const Json set = Json::parse(payload_json(d))["sets"][0];
  EXPECT_LE(set["n"].get<std::size_t>(), 400'000U);
  EXPECT_EQ(set["binned"], 5);
  const std::vector<double> got = decode(set, "observed");
  EXPECT_NEAR(*std::max_element(got.begin(), got.end()), 5.0, 5.0 / 65534);
  EXPECT_EQ(set["left_out"], Json::parse("[[0,200]]"));  // 500 samples are 100 bins are 200 points
}

TEST(Payload, CannotEndItsScriptElement) {
  Document d = test::one_point_document();
  d.data_sets[0].command_name = "</script><script>alert(1)</script>\xFF";
  const std::string text = payload_json(d);
  EXPECT_EQ(text.find('<'), std::string::npos);
  EXPECT_EQ(Json::parse(text)["sets"][0]["command_name"], "</script><script>alert(1)</script>\xEF\xBF\xBD");
}

}  // namespace
}  // namespace hillock::report
