// A fit by simulation, from the study file to the results folder.

#include <nlohmann/json.hpp>

#include <cmath>

#include "study/test/fit_made.hpp"

namespace hillock::study {
namespace {

/// x = theta + noise, twice: the posterior of theta is known in closed form.
void write_gaussian_study(const Scratch& scratch) {
  scratch.write("line.model",
                "param a : mV ~ normal(0 mV, 2 mV)\n"
                "param b : 1 ~ uniform(-1, 1)\n"
                "observe x ~ normal(a, 1 mV)\n"
                "observe y ~ normal(b, 0.3)\n");
  scratch.write("data.csv", "x,y\n1.5,0.2\n");
  scratch.write("study.toml",
                "[model]\nfile = \"line.model\"\n[data.train]\nholds = \"statistics\"\nfile = \"data.csv\"\n"
                "[observe]\nstatistics = [\"value(x)\", \"value(y)\"]\n"
                "[search]\nmethod = \"npe\"\nsimulations = 2000\nmembers = 2\ndraws = 2000\n"
                "[verify]\npredictive_draws = 300\ncalibration_draws = 100\n");
}

std::string without_cost(const Scratch& scratch, const std::string& out) {
  auto json = nlohmann::ordered_json::parse(scratch.read(out + "/verdict.json"));
  json.erase("cost");
  json.erase("provenance");
  json["simulated"].erase("simulation_us");
  return json.dump(1);
}

TEST(FitSimulated, TheKnownPosteriorIsFound) {
  const Scratch scratch;
  write_gaussian_study(scratch);
  for (const char* method : {"npe", "nle"}) {
    const auto out = fit_made(scratch, {.set = {std::string("search.method=") + method}, .out = method});
    ASSERT_TRUE(out) << render(out.error());
    const verify::Verdict& v = out->verdict;
    EXPECT_EQ(v.simulated.method, method);
    EXPECT_EQ(v.simulated.simulations, 2000);
    EXPECT_EQ(v.simulated.failed, 0);
    ASSERT_EQ(v.parameters.size(), 2U);
    // a: precision 1/4 + 1, mean 1.5 * 0.8 = 1.2, sd 0.894 mV. A learnt density of 2000 simulations: a tenth of an sd.
    EXPECT_NEAR(v.parameters[0].median, 1.2, 0.15) << method;
    EXPECT_NEAR(v.parameters[0].q95 - v.parameters[0].q05, 2.0 * 1.645 * 0.894, 0.35) << method;
    EXPECT_EQ(v.parameters[0].unit, "mV");
    EXPECT_NEAR(v.parameters[0].contraction, 0.8, 0.06) << method;
    ASSERT_EQ(v.simulated.statistics.size(), 2U);
    EXPECT_TRUE(v.simulated.statistics[0].inside);
    EXPECT_NEAR(v.simulated.statistics[0].observed, 1.5, 1e-12);
    EXPECT_GT(v.simulated.observation_p, 0.05);
    EXPECT_EQ(v.simulated.calibration.draws, std::string(method) == "npe" ? 100 : 0);
    EXPECT_FALSE(scratch.read(std::string(method) + "/posterior.nc").empty());
    EXPECT_FALSE(scratch.read(std::string(method) + "/report.html").empty());
  }
}

TEST(FitSimulated, TheSameBitsForAnyNumberOfThreads) {
  const Scratch scratch;
  write_gaussian_study(scratch);
  for (const int threads : {1, 3}) {
    const auto out = fit_made(
        scratch, {.set = {"search.simulations=600"}, .out = "out" + std::to_string(threads), .threads = threads});
    ASSERT_TRUE(out) << render(out.error());
  }
  EXPECT_TRUE(scratch.read("out1/posterior.nc") == scratch.read("out3/posterior.nc"));
  EXPECT_EQ(without_cost(scratch, "out1"), without_cost(scratch, "out3"));
}

TEST(FitSimulated, TheLockFileGivesTheBitsAgain) {
  const Scratch scratch;
  write_gaussian_study(scratch);
  const auto first = fit_made(scratch, {.set = {"search.simulations=600", "study.seed=5"}, .out = "first"});
  ASSERT_TRUE(first) << render(first.error());
  const auto again = fit_made(scratch, {.study = "first/study.lock.toml", .out = "again"});
  ASSERT_TRUE(again) << render(again.error());
  EXPECT_TRUE(scratch.read("first/posterior.nc") == scratch.read("again/posterior.nc"));
}

TEST(FitSimulated, DataThatThePriorCannotMakeAreNamed) {
  const Scratch scratch;
  write_gaussian_study(scratch);
  scratch.write("data.csv", "x,y\n1.5,9\n");
  const auto out = fit_made(scratch, {.set = {"search.simulations=4000"}});
  ASSERT_TRUE(out) << render(out.error());
  const verify::StatisticSummary& y = out->verdict.simulated.statistics[1];
  // The least p that 2000 simulations can give, doubled.
  EXPECT_LT(y.prior_p, 2e-3);
  EXPECT_LT(out->verdict.simulated.observation_p, 2e-3);
  EXPECT_FALSE(y.inside);
}

TEST(FitSimulated, SimulationsThatAllFailAreAVerdict) {
  const Scratch scratch;
  write_gaussian_study(scratch);
  scratch.write("line.model",
                "param a : 1 ~ uniform(1, 2)\n"
                "dv/dt = 1e300*a*v*v/ms : 1\ninit v = 1e300\n");
  scratch.write("study.toml",
                "[model]\nfile = \"line.model\"\ndt = \"0.1 ms\"\nintegrator = \"euler\"\n"
                "[data.train]\nholds = \"statistics\"\nfile = \"data.csv\"\nduration = \"2 ms\"\n"
                "sampling_interval = \"0.1 ms\"\n"
                "[observe]\nstatistics = [\"mean(v)\", \"maximum(v)\"]\n"
                "[search]\nmethod = \"npe\"\nsimulations = 200\n");
  const auto out = fit_made(scratch, {});
  ASSERT_TRUE(out) << render(out.error());
  EXPECT_EQ(out->verdict.status, verify::Status::invalid);
  ASSERT_FALSE(out->verdict.not_done.empty());
  EXPECT_NE(out->verdict.not_done[0].find("not-finite"), std::string::npos) << out->verdict.not_done[0];
}

}  // namespace
}  // namespace hillock::study
