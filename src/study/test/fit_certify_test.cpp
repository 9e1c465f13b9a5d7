// A posterior that was learnt from simulations is held against the exact one, from the study file to the verdict.

#include <nlohmann/json.hpp>

#include <cmath>
#include <map>

#include "infer/simulator.hpp"
#include "prob/special.hpp"
#include "study/fit_simulator.hpp"
#include "study/test/fit_made.hpp"

namespace hillock::study {
namespace {

const std::vector<double> data{1.002, 0.714, 0.517, 0.366, 0.262, 0.191};
/// From 20 simulations nothing is learnt that weights of a likelihood as narrow as that would mend.
const std::string tiny = "method = \"npe\"\nsimulations = 20\nmembers = 1\ndraws = 4000\n";
constexpr double narrow = 0.003;

/// exp(-t/tau) + N(0, sd) at six times, as a file of statistics.
void write_decay_study(const Scratch& scratch, const std::string& search, double sd = 0.1) {
  scratch.write("decay.model",
                "param tau : ms ~ lognormal(2 ms, 0.5)\n"
                "dv/dt = -v/tau : 1\ninit v = 1\nobserve x ~ normal(v, " +
                    std::to_string(sd) + ")\n");
  scratch.write("data.csv", "a,b,c,d,e,f\n1.002,0.714,0.517,0.366,0.262,0.191\n");  // as above
  scratch.write("study.toml",
                "[model]\nfile = \"decay.model\"\n[data.train]\nholds = \"statistics\"\nfile = \"data.csv\"\n"
                "duration = \"5 ms\"\nsampling_interval = \"1 ms\"\n[search]\n" +
                    search + "[verify]\npredictive_draws = 100\ncalibration_draws = 100\n[report]\nhtml = true\n");
}

/// Quantiles (ms) of tau given those data, by a sum over a fine grid of its prior's quantiles.
std::map<double, double> exact_quantiles(const std::vector<double>& wanted, double noise) {
  constexpr int n = 200000;
  std::vector<double> tau, weight;
  double total = 0.0;
  for (int i = 0; i < n; ++i) {
    const double p = (i + 0.5) / n;
    tau.push_back(2.0 * std::exp(0.5 * prob::normal_quantile(p)));
    double log_likelihood = 0.0;
    for (std::size_t k = 0; k < data.size(); ++k) {
      const double r = (data[k] - std::exp(-static_cast<double>(k) / tau.back())) / noise;
      log_likelihood -= 0.5 * r * r;
    }
    weight.push_back(std::exp(log_likelihood));
    total += weight.back();
  }
  std::map<double, double> out;
  for (const double q : wanted) {
    double sum = 0.0;
    for (int i = 0; i < n; ++i) {
      sum += weight[static_cast<std::size_t>(i)] / total;
      if (sum < q) continue;
      out[q] = tau[static_cast<std::size_t>(i)];
      break;
    }
  }
  return out;
}

/// The verdict's quantiles are the exact ones to four standard errors of so many draws. The posterior is nearly normal:
/// the standard error of a quantile is sd sqrt(q (1 - q) / n) / the normal density there (0.103 and 0.399).
void expect_exact(const verify::ParameterSummary& p, double effective, double noise = 0.1) {
  const auto exact = exact_quantiles({0.05, 0.5, 0.95}, noise);
  const double sd = (exact.at(0.95) - exact.at(0.05)) / (2.0 * 1.645);
  const double outer = 4.0 * sd * std::sqrt(0.05 * 0.95 / effective) / 0.103;
  EXPECT_NEAR(p.median, exact.at(0.5), 4.0 * sd * std::sqrt(0.25 / effective) / 0.399);
  EXPECT_NEAR(p.q05, exact.at(0.05), outer);
  EXPECT_NEAR(p.q95, exact.at(0.95), outer);
}

TEST(FitCertify, AGoodBudgetIsExact) {
  for (const char* method : {"npe", "nle"}) {
    const Scratch scratch;
    write_decay_study(scratch, std::string("method = \"") + method +
                                   "\"\nsimulations = 1000\nmembers = 1\nrounds = 2\ndraws = 2000\n");
    const verify::Verdict v = fitted(scratch);
    const verify::Simulated& s = v.simulated;
    EXPECT_EQ(s.certified, "exact") << method << ": " << s.not_exact << s.certified;
    EXPECT_EQ(s.certified_by, "weights");
    EXPECT_GT(s.effective_draws, 1000.0) << method;
    EXPECT_LE(s.effective_draws, 2000.0);
    EXPECT_LT(s.pareto_k, 0.7) << method;
    EXPECT_LT(s.distance, 0.3);
    // The mass elsewhere is looked for where the density is normalised.
    EXPECT_EQ(std::isfinite(s.elsewhere), std::string(method) == "npe");
    ASSERT_EQ(v.parameters.size(), 1U);
    expect_exact(v.parameters[0], s.effective_draws);
    EXPECT_FALSE(has_reason(v, "certified-approximate"));
    EXPECT_FALSE(has_reason(v, "approximate-posterior"));
    EXPECT_EQ(v.inference, method);
    const auto json = nlohmann::json::parse(scratch.read("out/verdict.json"));
    EXPECT_EQ(json["simulated"]["certified"], "exact");
    EXPECT_EQ(json["simulated"]["certified_by"], "weights");
    EXPECT_TRUE(json["simulated"]["distance"].is_number());
    EXPECT_NE(scratch.read("out/report.html").find("Certified exact"), std::string::npos);
    EXPECT_NE(scratch.read("out/posterior.nc").find("log_weight"), std::string::npos);
  }
}

TEST(FitCertify, ATinyBudgetIsApproximateAndNutsMakesItExact) {
  const Scratch scratch;
  write_decay_study(scratch, tiny, narrow);
  const verify::Verdict v = fitted(scratch);
  EXPECT_EQ(v.simulated.certified, "approximate") << v.simulated.certified;
  EXPECT_TRUE(v.simulated.certified_by.empty());
  EXPECT_FALSE(v.simulated.not_exact.empty());
  EXPECT_GT(v.simulated.distance, 0.0);
  EXPECT_TRUE(has_reason(v, "certified-approximate")) << why(v);
  EXPECT_NE(scratch.read("out/report.html").find("Approximate, by the model"), std::string::npos);

  const auto replaced = fit_made(scratch, {.set = {"verify.certify=exact"}, .out = "exact"});
  ASSERT_TRUE(replaced) << render(replaced.error());
  const verify::Verdict& e = replaced->verdict;
  EXPECT_EQ(e.simulated.certified, "exact") << e.simulated.not_exact;
  EXPECT_EQ(e.simulated.certified_by, "nuts");
  EXPECT_EQ(e.simulated.method, "npe");
  EXPECT_EQ(e.inference, "nuts");
  // What is said of the learnt draws is the same.
  EXPECT_EQ(e.simulated.effective_draws, v.simulated.effective_draws);
  EXPECT_EQ(e.simulated.distance, v.simulated.distance);
  ASSERT_EQ(e.parameters.size(), 1U);
  EXPECT_LE(e.parameters[0].rhat, 1.01);
  EXPECT_GE(e.parameters[0].ess_bulk, 400.0);
  expect_exact(e.parameters[0], std::min(e.parameters[0].ess_bulk, e.parameters[0].ess_tail), narrow);
  EXPECT_GE(e.numerics.draws, 4000);
  EXPECT_GT(e.cost.gradients, 4000);
  EXPECT_EQ(scratch.read("exact/posterior.nc").find("log_weight"), std::string::npos);
  // The network is that of the learnt posterior still.
  EXPECT_FALSE(scratch.read("exact/posterior.network").empty());
  EXPECT_TRUE(scratch.read("exact/posterior.network") == scratch.read("out/posterior.network"));
}

TEST(FitCertify, DrawsAreReplacedByTheWeightedOnesWhereThatIsAskedFor) {
  const Scratch scratch;
  write_decay_study(scratch, "method = \"npe\"\nsimulations = 1000\nmembers = 1\ndraws = 4000\n");
  const verify::Verdict v = fitted(scratch, {"verify.certify=exact"});
  EXPECT_EQ(v.simulated.certified, "exact");
  EXPECT_EQ(v.simulated.certified_by, "weights");
  EXPECT_EQ(v.numerics.draws, 4000);
  ASSERT_EQ(v.parameters.size(), 1U);
  expect_exact(v.parameters[0], v.simulated.effective_draws);
  EXPECT_EQ(scratch.read("out/posterior.nc").find("log_weight"), std::string::npos);
}

TEST(FitCertify, TheSameBitsForAnyNumberOfThreads) {
  const Scratch scratch;
  write_decay_study(scratch, tiny, narrow);
  for (const int threads : {1, 3}) {
    const auto out = fit_made(
        scratch, {.set = {"verify.certify=exact"}, .out = "out" + std::to_string(threads), .threads = threads});
    ASSERT_TRUE(out) << render(out.error());
    EXPECT_EQ(out->verdict.simulated.certified_by, "nuts") << out->verdict.simulated.not_exact;
  }
  EXPECT_TRUE(scratch.read("out1/posterior.nc") == scratch.read("out3/posterior.nc"));
}

TEST(FitCertify, WhatCannotBeCertifiedSaysWhy) {
  const Scratch scratch;
  write_decay_study(scratch, "method = \"npe\"\nsimulations = 300\nmembers = 1\ndraws = 500\n");
  const auto said = [&](std::vector<std::string> set) { return fitted(scratch, std::move(set)).simulated.certified; };
  EXPECT_EQ(said({"verify.certify=none"}), "not possible: verify.certify is \"none\"");
  EXPECT_EQ(said({"search.method=abc_rejection"}), "not possible: draws by abc_rejection come without a density");
  scratch.write("data.csv", "a\n0.5\n");
  EXPECT_EQ(said({"observe.statistics=[\"mean(x)\"]"}),
            "not possible: mean(x) sums the data up, and the likelihood of such statistics is not known");
}

class Shifted final : public infer::Simulator {
 public:
  [[nodiscard]] const std::vector<std::string>& statistics() const override { return names_; }
  [[nodiscard]] std::vector<std::string> reasons() const override { return {}; }
  [[nodiscard]] Result<void> run(const Array2& parameters, std::uint64_t first, infer::Simulations& answer,
                                 const std::function<bool()>&) override {
    answer.reset(parameters.rows, 1);
    for (std::size_t k = 0; k < parameters.rows; ++k)
      answer.x(k, 0) = parameters(k, 0) + 0.1 * Rng(1, stream_id("shifted"), first + k).normal();
    return {};
  }

 private:
  std::vector<std::string> names_{"x"};
};

TEST(FitCertify, AFunctionHasNoLikelihood) {
  SimulatorStudy study;
  study.priors = {{"a", "normal(0, 1)"}};
  study.observed = {0.3};
  study.method = "npe";
  study.simulations = 300;
  study.draws = 200;
  Silent silent;
  const auto found = fit_simulator(std::make_unique<Shifted>(), study, silent);
  ASSERT_TRUE(found) << render(found.error());
  const auto json = nlohmann::json::parse(found->verdict_json());
  EXPECT_EQ(json["simulated"]["certified"],
            "not possible: the simulator is a program or a function, whose likelihood is not known");
}

/// Asks to stop once a stage has begun.
class StopIn final : public Progress {
 public:
  explicit StopIn(std::string stage) : stage_(std::move(stage)) {}
  void begin(std::string_view stage, double) override { stopped_ = stopped_ || stage == stage_; }
  [[nodiscard]] bool should_stop() const override { return stopped_; }

 private:
  std::string stage_;
  bool stopped_ = false;
};

TEST(FitCertify, AnInterruptionKeepsTheDraws) {
  const Scratch scratch;
  write_decay_study(scratch, tiny, narrow);
  for (const std::string stage : {"certification", "NUTS"}) {
    StopIn stop(stage);
    const auto out = fit_made(scratch, {.set = {"verify.certify=exact"}, .out = stage}, &stop);
    ASSERT_TRUE(out) << render(out.error());
    EXPECT_TRUE(out->interrupted);
    EXPECT_TRUE(out->verdict.partial);
    EXPECT_EQ(out->verdict.numerics.draws, 4000);
    ASSERT_FALSE(out->verdict.not_done.empty());
    EXPECT_EQ(out->verdict.not_done[0].find("certification"), 0U) << out->verdict.not_done[0];
    EXPECT_EQ(out->verdict.simulated.certified, stage == "NUTS" ? "approximate" : "not possible: it was stopped");
    EXPECT_FALSE(scratch.read(stage + "/posterior.nc").empty());
    EXPECT_FALSE(scratch.read(stage + "/report.html").empty());
  }
}

}  // namespace
}  // namespace hillock::study
