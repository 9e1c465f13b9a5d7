#include "study/bind_model.hpp"

#include <gtest/gtest.h>

#include "study/read_study.hpp"
#include "study/test/scratch.hpp"

namespace hillock::study {
namespace {

const std::string model = R"(param g : uS ~ loguniform(1e-3*uS, 1*uS)
param k : 1/ms = 0.1/ms
param sd : nA ~ halfnormal(1*nA)
const E = -85 mV
input V : volt
dn/dt = k*(1 - n) : 1
observe I ~ normal(g*n*(V - E), sd)
)";
const std::string least = "[model]\nfile = \"a.model\"\n[data.train]\nfile = \"d.csv\"\nobserve.I = \"current_nA\"\n";

Result<ir::Model> bound(const Scratch& scratch, const std::string& text, const std::string& model_text = model) {
  scratch.write("a.model", model_text);
  const auto study = read_study(write_study(scratch, least + text), {});
  if (!study) return std::unexpected(study.error());
  return bind_model(*study);
}

std::string errors_of(const std::string& text) {
  const Scratch scratch;
  const auto out = bound(scratch, text);
  return out ? "none" : scratch.without_path(render(out.error()));
}

const std::string with_k = "[prior]\nk = \"uniform(0/ms, 1/ms)\"\n";

TEST(BindModel, PriorsAndConstantsOfTheStudyReplaceTheModels) {
  const Scratch scratch;
  const auto out = bound(scratch, with_k + "g = \"uniform(1 uS, 2 uS)\"\n[model.const]\nE = \"-90 mV\"\n");
  ASSERT_TRUE(out) << render(out.error());
  EXPECT_EQ(out->parameters[0].prior->family, "uniform");
  EXPECT_DOUBLE_EQ(out->parameters[0].prior->arguments[1], 2e-6);
  EXPECT_DOUBLE_EQ(out->parameters[1].prior->arguments[1], 1000.0);
  EXPECT_DOUBLE_EQ(out->constants[0].value, -0.09);
}

TEST(BindModelErrors, AParameterWithoutPrior) {
  EXPECT_EQ(
      errors_of(""),
      "DIR/a.model:2:7: error: the parameter \"k\" has no prior, so it cannot be searched [prior-missing]\n"
      "    param k : 1/ms = 0.1/ms\n"
      "          ^\n"
      "    try: end its line with ~ loguniform(lower, upper), or add k = \"loguniform(lower, upper)\" to [prior] in "
      "the study; a known number is a `const`\n");
}

TEST(BindModelErrors, AnUnknownParameterOrConstant) {
  EXPECT_EQ(errors_of(with_k + "gg = \"uniform(0, 1)\"\n[model.const]\nF = \"1 volt\"\n"),
            "DIR/study.toml:8:6: error: the model has no parameter \"gg\" [parameter-unknown]\n"
            "    gg = \"uniform(0, 1)\"\n"
            "         ^~~~~~~~~~~~~~~\n"
            "    try: did you mean \"g\"?\n"
            "DIR/study.toml:10:5: error: the model has no constant \"F\" [constant-unknown]\n"
            "    F = \"1 volt\"\n"
            "        ^~~~~~~~\n"
            "    try: did you mean \"E\"?\n");
}

TEST(BindModelErrors, APriorInTheWrongUnitIsUnderlinedWhereItIsWrong) {
  const std::string text = errors_of(with_k + "g = \"loguniform(1*mV, 1*uS)\"\n");
  EXPECT_NE(text.find("DIR/study.toml:8:17: error: "), std::string::npos) << text;
  EXPECT_NE(text.find("[unit-mismatch]\n    g = \"loguniform(1*mV, 1*uS)\"\n                    ^"), std::string::npos)
      << text;
  EXPECT_NE(text.find("volt"), std::string::npos) << text;
  EXPECT_NE(text.find("siemens"), std::string::npos) << text;
}

TEST(BindModelErrors, APriorWithItsBoundsTheWrongWayRound) {
  const std::string text = errors_of("[prior]\nk = \"uniform(2/ms, 1/ms)\"\n");
  EXPECT_NE(text.find("DIR/study.toml:7:"), std::string::npos) << text;
  EXPECT_NE(text.find("[prior-bounds]"), std::string::npos) << text;
  EXPECT_EQ(text.find("prior-missing"), std::string::npos) << text;  // one mistake, one message
}

TEST(BindModelErrors, APriorThatIsNoPrior) {
  EXPECT_NE(errors_of("[prior]\nk = \"lognuniform(1/ms, 2/ms)\"\n").find("loguniform"), std::string::npos);
  EXPECT_NE(errors_of("[prior]\nk = \"uniform(1/ms\"\n").find("DIR/study.toml:7:"), std::string::npos);
}

TEST(BindModelErrors, AConstantInTheWrongUnit) {
  EXPECT_EQ(errors_of(with_k + "[model.const]\nE = \"5 ms\"\n"),
            "DIR/study.toml:9:5: error: \"model.const.E\" needs a unit of volt, found \"5 ms\", which is in second "
            "[unit-mismatch]\n"
            "    E = \"5 ms\"\n"
            "        ^~~~~~\n");
}

TEST(BindModelErrors, TheModelsOwnMistakesComeThrough) {
  const Scratch scratch;
  const auto out = bound(scratch, with_k, "param g : uS ~ uniform(0 uS, 1 uS)\ndn/dt = q : 1\n");
  ASSERT_FALSE(out);
  EXPECT_NE(render(out.error()).find("a.model:2:9: error: "), std::string::npos) << render(out.error());
}

}  // namespace
}  // namespace hillock::study
