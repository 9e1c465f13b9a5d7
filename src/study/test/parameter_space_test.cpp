// From a model's text to the priors that inference takes, and what else reads them.

#include "study/parameter_space.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <cmath>

#include "base/progress.hpp"
#include "lang/load.hpp"
#include "study/bind_model.hpp"
#include "study/check.hpp"
#include "study/quantity_text.hpp"
#include "study/read_study.hpp"
#include "study/simulate.hpp"
#include "study/test/scratch.hpp"

namespace hillock::study {
namespace {

ir::Model load(const std::string& text) {
  auto model = lang::load_model(text, "m.model");
  EXPECT_TRUE(model.has_value()) << (model ? "" : render(model.error()));
  return std::move(*model);
}

const std::string hierarchy =
    "param tau1 : ms ~ lognormal(10 ms, 0.5)\n"
    "param s : 1 ~ halfnormal(0.4)\n"
    "param tau2 : ms ~ lognormal(2*tau1 + 1 ms*clip(s, 0.1, 0.6), s)\n"
    "param v : mV ~ normal(-70 mV - tau2*(1 mV/ms), 0.5*mV + s**2*3 mV)\n"
    "param w : mV ~ halfnormal(exp(v/(40*mV))*mV)\n"
    "param r : 1/ms ~ exponential(1/tau2)\n"
    "input V : mV\n"
    "observe I ~ normal(V + w + v*r*tau2, 1 mV)\n";

TEST(ParameterSpaceOfAModel, DensityIsThatOfTheText) {
  const prob::ParameterSpace space = parameter_space(load(hierarchy)).value();
  const Array2 x = space.sample(1, 0, 50);
  std::vector<double> value(x.rows), slope(x.rows);
  (void)space.to_standard_normal(x, slope);
  space.log_density_unconstrained(space.to_unconstrained(x), value, nullptr);
  const auto normal = [](double at, double mean, double sd) {
    return -0.5 * std::pow((at - mean) / sd, 2) - std::log(sd) - 0.91893853320467274178;
  };
  for (std::size_t k = 0; k < x.rows; ++k) {
    const double tau1 = x(k, 0), s = x(k, 1), tau2 = x(k, 2), v = x(k, 3), w = x(k, 4), r = x(k, 5);
    double wanted = normal(std::log(tau1), std::log(0.01), 0.5) + std::log(2.0) + normal(s, 0, 0.4) + std::log(s);
    wanted += normal(std::log(tau2), std::log(2 * tau1 + 1e-3 * std::min(std::max(s, 0.1), 0.6)), s);
    wanted += normal(v, -0.07 - tau2, 0.5e-3 + s * s * 3e-3);
    wanted += std::log(2.0) + normal(w, 0, std::exp(v / 0.04) * 1e-3) + std::log(w);
    wanted += -r * tau2 + std::log(tau2) + std::log(r);
    // v is about -0.09 +- 0.001 in doubles: 1e-14 of its sd, times z. Everything else is a few roundings.
    EXPECT_NEAR(value[k], wanted, 1e-10) << k;
    EXPECT_TRUE(std::isfinite(slope[k]));
  }
}

TEST(ParameterSpaceOfAModel, TheGradientIsThatOfTheDensity) {
  const prob::ParameterSpace space = parameter_space(load(hierarchy)).value();
  const Array2 u = space.to_unconstrained(space.sample(2, 0, 40));
  std::vector<double> value(u.rows), moved(u.rows);
  Array2 gradient(u.rows, u.cols);
  space.log_density_unconstrained(u, value, &gradient);
  for (std::size_t c = 0; c < u.cols; ++c) {
    std::vector<double> slope(u.rows);
    const double h = space.names()[c] == "v" ? 1e-6 : 1e-3;  // v's sd is about 1e-3
    for (const auto& [step, weight] : {std::pair(1, 8.0), {-1, -8.0}, {2, -1.0}, {-2, 1.0}}) {
      Array2 at = u;
      for (std::size_t k = 0; k < u.rows; ++k) at(k, c) += step * h;
      space.log_density_unconstrained(at, moved, nullptr);
      for (std::size_t k = 0; k < u.rows; ++k) slope[k] += weight * moved[k] / (12.0 * h);
    }
    const double s_near_a_corner = 3e-3;  // of clip: h reaches over it
    for (std::size_t k = 0; k < u.rows; ++k) {
      const double s = space.to_constrained(1, u(k, 1));
      if (std::fabs(s - 0.1) < s_near_a_corner || std::fabs(s - 0.6) < s_near_a_corner) continue;
      // Fourth order: (h / scale)^4 of the size of the gradient, and roundings of the value over h. Where s is small
      // the scales are, too: s h of log tau2, so (1/s)^4 comes in.
      const double size = std::max(1.0, std::fabs(gradient(k, c)));
      const double narrow = c == 0 || c == 2 ? std::pow(0.3 / std::min(s, 0.3), 4) : 1.0;
      EXPECT_NEAR(gradient(k, c), slope[k], 1e-6 * size * narrow) << space.names()[c] << " " << s;
    }
  }
}

TEST(ParameterSpaceOfAModel, OneErrorForWhatCannotBe) {
  ir::Model model = load("param a : 1 ~ uniform(0, 1)\nparam b : 1 ~ normal(a, 1)\n");
  model.parameters[0].prior->arguments = {1.0, 0.0};  // as no text can say
  const auto space = parameter_space(model);
  ASSERT_FALSE(space);
  EXPECT_EQ(space.error().front().code, "prior-bounds");
}

// ---- a study's own priors

const std::string study_text =
    "[model]\nfile = \"a.model\"\n[data.train]\nfile = \"d.csv\"\nobserve.I = \"current_nA\"\n[prior]\n";
const std::string two =
    "param a : mV ~ normal(0 mV, 1 mV)\nparam s : mV ~ halfnormal(1 mV)\nparam b : mV ~ normal(a, s)\n"
    "input V : mV\nobserve I ~ normal(V + b, 1 mV)\n";

std::string bound(const std::string& priors, std::string* prior_of_b = nullptr) {
  const Scratch scratch;
  scratch.write("a.model", two);
  const auto study = read_study(write_study(scratch, study_text + priors), {});
  if (!study) return scratch.without_path(render(study.error()));
  const auto model = bind_model(*study);
  if (!model) return scratch.without_path(render(model.error()));
  if (prior_of_b != nullptr) *prior_of_b = model->parameters[2].prior->text;
  const auto space = parameter_space(*model);
  return space ? (space->conditional(2) ? "conditional" : "fixed") : render(space.error());
}

TEST(PriorsOfAStudy, TakeThePlaceOfConditionalOnesAndMayBeConditional) {
  EXPECT_EQ(bound(""), "conditional");
  EXPECT_EQ(bound("b = \"uniform(0 mV, 1 mV)\"\n"), "fixed");
  std::string text;
  EXPECT_EQ(bound("b = \"normal(2*a,0.5*s)\"\n", &text), "conditional");
  EXPECT_EQ(text, "normal(2*a, 0.5*s)");
  EXPECT_EQ(bound("s = \"uniform(0 mV, 3 mV)\"\n"), "conditional");
}

TEST(PriorsOfAStudy, MistakesAreUnderlinedWhereTheyStand) {
  // What is wrong is in the model, because of the study's prior of s.
  EXPECT_EQ(bound("s = \"normal(0 mV, 3 mV)\"\n"),
            "DIR/a.model:3:26: error: the sd of 'normal' must be above 0, but may not be for some values of 's' "
            "[prior-not-positive]\n"
            "    param b : mV ~ normal(a, s)\n"
            "                             ^\n"
            "    try: exp(...) of it, or a prior of 's' that keeps it above 0\n");
  EXPECT_EQ(bound("b = \"normal(s, a)\"\n"),
            "DIR/study.toml:7:16: error: the sd of 'normal' must be above 0, but may not be for some values of 'a' "
            "[prior-not-positive]\n"
            "    b = \"normal(s, a)\"\n"
            "                   ^\n"
            "    try: exp(...) of it, or a prior of 'a' that keeps it above 0\n");
  EXPECT_EQ(bound("a = \"normal(b, 1 mV)\"\n"),
            "DIR/study.toml:7:13: error: the prior of 'a' reads 'b', which the model declares later [prior-order]\n"
            "    a = \"normal(b, 1 mV)\"\n"
            "                ^\n"
            "    try: move 'param b' above it in the model\n");
}

// ---- check and simulate

TEST(ConditionalPriors, CheckSaysWhatTheyRead) {
  const Scratch scratch;
  scratch.write("a.model", two);
  CheckOptions options;
  options.model = scratch.path("a.model");
  const auto answer = check_model(options);
  ASSERT_TRUE(answer) << render(answer.error());
  EXPECT_NE(answer->text.find("[mV]  normal(a, s)"), std::string::npos) << answer->text;
  EXPECT_NE(answer->text.find("prior b      nothing; a, s"), std::string::npos) << answer->text;
  EXPECT_EQ(answer->text.find("nothing reads"), std::string::npos) << answer->text;
  const auto json = nlohmann::json::parse(answer->json);
  EXPECT_EQ(json["parameters"][2]["prior"], "normal(a, s)");
}

const std::string decay =
    "param a : 1 ~ normal(3, 0.5)\nparam tau : ms ~ lognormal(10 ms, 0.2)\nparam x0 : 1 ~ normal(2*a, 0.1)\n"
    "param q : 1 ~ lognormal(exp(x0 - 2*a), 0.3)\n"
    "dx/dt = -x/tau : 1\ninit x = x0*q\n";

/// The rows of a table of runs, or the errors as text.
nlohmann::json simulated(const std::vector<std::pair<std::string, std::string>>& set, std::int64_t draws,
                         const std::string& model = decay) {
  const Scratch scratch;
  scratch.write("decay.model", model);
  SimulateOptions options;
  options.model = scratch.path("decay.model");
  options.duration = read_quantity_text("1 ms", "--duration", "second").value();
  options.draws = draws;
  options.features = {"maximum(x)"};
  for (const auto& [name, text] : set) options.set.push_back({name, text, {"--set " + name, std::nullopt}});
  Silent silent;
  const auto answer = simulate_model(options, silent);
  if (!answer) return scratch.without_path(render(answer.error()));
  return nlohmann::json::parse(answer->json)["rows"];
}

TEST(ConditionalPriors, SimulateDrawsThemInOrder) {
  const auto rows = simulated({}, 400);
  ASSERT_EQ(rows.size(), 400U) << rows;
  double mean = 0.0, squares = 0.0;
  for (const auto& row : rows) {  // a, tau, x0, q, maximum
    const double z = (row[2].get<double>() - 2.0 * row[0].get<double>()) / 0.1;
    mean += z / 400, squares += z * z / 400;
    EXPECT_DOUBLE_EQ(row[4].get<double>(), row[2].get<double>() * row[3].get<double>());
  }
  EXPECT_NEAR(mean, 0.0, 4.5 / 20);
  EXPECT_NEAR(squares, 1.0, 4.5 * std::sqrt(2.0) / 20);
  // What does not depend on others has the numbers that it has without them.
  const auto fixed = simulated({}, 400, "param a : 1 ~ normal(3, 0.5)\ndx/dt = -x/(10*ms) : 1\ninit x = a\n");
  EXPECT_EQ(fixed[7][0], rows[7][0]);
  // At a value that is set, the prior is taken there.
  for (const auto& row : simulated({{"a", "40"}}, 20)) EXPECT_NEAR(row[1].get<double>(), 80.0, 0.6) << row;
}

TEST(ConditionalPriors, WithoutAValueTheMedianFollowsTheOthers) {
  const auto one = simulated({{"a", "1:3:3"}}, 0);
  ASSERT_EQ(one.size(), 3U) << one;
  for (int k = 0; k < 3; ++k) EXPECT_DOUBLE_EQ(one[k][1].get<double>(), 2.0 * (k + 1));  // x0 = 2 a, q = 1
  EXPECT_DOUBLE_EQ(simulated({{"a", "1:3:3"}, {"x0", "5"}}, 0)[0][1].get<double>(), 5.0 * std::exp(3.0));
}

TEST(ConditionalPriors, ValuesWhereAPriorHasNoMeaning) {
  const std::string model =
      "param s : 1 ~ halfnormal(1)\nparam b : 1 ~ normal(0, s)\ndx/dt = -b*x/ms : 1\ninit x = 1\n";
  const std::string wanted =
      "DIR/decay.model:2:15: error: the prior normal(0, s) of b has no meaning at these values of s "
      "[prior-not-positive]\n"
      "    param b : 1 ~ normal(0, s)\n"
      "                  ^~~~~~~~~~~~\n"
      "    try: other values of s, or one for the parameter itself\n";
  EXPECT_EQ(simulated({{"s", "-1"}}, 0, model), wanted);
  EXPECT_EQ(simulated({{"s", "-1:1:3"}}, 0, model), wanted);
  EXPECT_EQ(simulated({{"s", "0"}}, 5, model), wanted);
  EXPECT_EQ(simulated({{"s", "-1"}, {"b", "1"}}, 5, model).size(), 5U);
}

}  // namespace
}  // namespace hillock::study
