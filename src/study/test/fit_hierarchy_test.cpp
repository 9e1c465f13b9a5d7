// A hierarchical Gaussian model, whose posterior is known exactly: priors of parameters that are parameters.

#include <Eigen/Dense>

#include "study/test/fit_made.hpp"

namespace hillock::study {
namespace {

const std::string hierarchical_model = R"(param mu : uS ~ normal(1 uS, 0.5 uS)
param a : uS ~ normal(mu, 0.2 uS)
param b : uS ~ normal(mu, 0.2 uS)
param c : uS ~ normal(2*mu - a, 0.3 uS)
input V : mV
input W : mV
observe I ~ normal(a*V + b*W + c*(1 mV), 3 nA)
)";

constexpr int samples = 240;
constexpr double noise_sd = 3.0;  // nA
double command(int i) { return i % 2 == 0 ? 1.0 : -1.0; }
double second(int i) { return i < 120 ? 2.0 : -1.0; }
double recorded(int i, double noise) { return 1.4 * command(i) + 0.7 * second(i) + 1.1 + noise_sd * noise; }

void write_study(const Scratch& scratch) {
  Columns made{{"time_ms", "V_mV", "W_mV", "current_nA"}, {{}, {}, {}, {}}};
  std::vector<double> noise(samples, 0.0);
  add_noise(noise, 1.0, 77);
  for (int i = 0; i < samples; ++i) {
    made["time_ms"].push_back(i);
    made["V_mV"].push_back(command(i));
    made["W_mV"].push_back(second(i));
    made["current_nA"].push_back(recorded(i, noise[static_cast<std::size_t>(i)]));
  }
  scratch.write("hierarchy.model", hierarchical_model);
  scratch.write("train.csv", made.csv());
  scratch.write(
      "study.toml",
      "[study]\nname = \"hierarchy\"\n[model]\nfile = \"hierarchy.model\"\n[data.train]\nfile = \"train.csv\"\n"
      "observe.I = \"current_nA\"\ninput.V = { array = \"V_mV\", interpolation = \"previous\" }\n"
      "input.W = { array = \"W_mV\", interpolation = \"previous\" }\n" +
          quick_settings);
}

struct Gaussian {
  Eigen::Vector4d mean;
  Eigen::Matrix4d covariance;
};

/// Of (mu, a, b, c): the rows of F are what is normal and independent before the data, in units of its sd.
Gaussian exact_posterior() {
  Eigen::Matrix4d f;
  f << 2, 0, 0, 0,                    // (mu - 1)/0.5
      -5, 5, 0, 0,                    // (a - mu)/0.2
      -5, 0, 5, 0,                    // (b - mu)/0.2
      -20. / 3, 10. / 3, 0, 10. / 3;  // (c + a - 2 mu)/0.3
  Eigen::Matrix4d precision = f.transpose() * f;
  Eigen::Vector4d pull = f.transpose() * Eigen::Vector4d(2, 0, 0, 0);
  std::vector<double> noise(samples, 0.0);
  add_noise(noise, 1.0, 77);
  for (int i = 0; i < samples; ++i) {
    const Eigen::Vector4d row(0, command(i), second(i), 1);
    precision += row * row.transpose() / (noise_sd * noise_sd);
    pull += row * recorded(i, noise[static_cast<std::size_t>(i)]) / (noise_sd * noise_sd);
  }
  const Eigen::Matrix4d covariance = precision.inverse();
  return {covariance * pull, covariance};
}

void expect_exact(const verify::Verdict& v, double effective_at_most) {
  const Gaussian wanted = exact_posterior();
  const char* names[] = {"mu", "a", "b", "c"};
  for (int j = 0; j < 4; ++j) {
    const verify::ParameterSummary& p = parameter(v, names[j]);
    const double sd = std::sqrt(wanted.covariance(j, j));
    const double n = std::isnan(p.ess_bulk) ? effective_at_most : std::min(p.ess_bulk, p.ess_tail);
    // Quantiles of n normal draws: sd sqrt(p (1 - p)/n) over the density, 1.25 and 2.11 sd/sqrt(n). 4.5 of those.
    EXPECT_NEAR(p.median, wanted.mean(j), 4.5 * 1.25 * sd / std::sqrt(n)) << names[j];
    EXPECT_NEAR(p.q05, wanted.mean(j) - 1.645 * sd, 4.5 * 2.11 * sd / std::sqrt(n)) << names[j];
    EXPECT_NEAR(p.q95, wanted.mean(j) + 1.645 * sd, 4.5 * 2.11 * sd / std::sqrt(n)) << names[j];
  }
}

TEST(FitHierarchy, NutsGivesTheExactPosterior) {
  const Scratch scratch;
  write_study(scratch);
  const verify::Verdict v = fitted(scratch);
  EXPECT_EQ(v.inference, "nuts");
  for (const char* name : {"mu", "a", "b", "c"}) EXPECT_GT(parameter(v, name).ess_bulk, 400.0) << name;
  expect_exact(v, 0);
  // The marginal priors: mu ~ N(1, 0.5), a ~ N(1, sqrt(0.29)), c = 2 mu - a + ... = mu - 0.2 z + 0.3 z'.
  // Quantiles of 16384 draws: 4.5 * 2.11 sd/128.
  const std::pair<const char*, double> sds[] = {
      {"a", std::sqrt(0.29)}, {"b", std::sqrt(0.29)}, {"c", std::sqrt(0.25 + 0.04 + 0.09)}};
  for (const auto& [name, sd] : sds) {
    EXPECT_NEAR(parameter(v, name).prior_q05, 1.0 - 1.645 * sd, 4.5 * 2.11 * sd / 128) << name;
    EXPECT_NEAR(parameter(v, name).prior_q95, 1.0 + 1.645 * sd, 4.5 * 2.11 * sd / 128) << name;
  }
  EXPECT_NEAR(parameter(v, "mu").prior_q05, 1.0 - 0.5 * 1.6448536269514722, 1e-12);
  const Gaussian wanted = exact_posterior();
  // A variance's error is sqrt(2/n): of 3200 draws and of 16384.
  EXPECT_NEAR(parameter(v, "a").contraction, 1.0 - wanted.covariance(1, 1) / 0.29, 0.03);
  EXPECT_FALSE(parameter(v, "a").is_noise);
  EXPECT_TRUE(parameter(v, "mu").is_noise);  // not of the mechanism
}

TEST(FitHierarchy, LaplaceGivesTheExactPosterior) {
  const Scratch scratch;
  write_study(scratch);
  const verify::Verdict v = fitted(scratch, {"search.posterior=laplace"});
  EXPECT_EQ(v.inference, "laplace");
  expect_exact(v, 8 * 400);
}

TEST(FitHierarchy, TheSameBitsForAnyNumberOfThreads) {
  const Scratch scratch;
  write_study(scratch);
  std::string first;
  for (const int threads : {1, 2}) {
    const auto out =
        fit_made(scratch, {.set = {"report.html=false"}, .out = "t" + std::to_string(threads), .threads = threads});
    ASSERT_TRUE(out) << render(out.error());
    std::string numbers;
    for (const verify::ParameterSummary& p : out->verdict.parameters) {
      char text[200];
      std::snprintf(text, sizeof text, "%.17g %.17g %.17g %.17g\n", p.best, p.median, p.q05, p.prior_q05);
      numbers += text;
    }
    if (first.empty()) first = numbers;
    EXPECT_EQ(numbers, first);
  }
}

TEST(FitHierarchy, AFixedPriorOfTheStudyTakesTheConditionalOnesPlace) {
  const Scratch scratch;
  write_study(scratch);
  const verify::Verdict v =
      fitted(scratch, {"prior.a=normal(1 uS, 0.5 uS)", "prior.b=normal(1 uS, 0.5 uS)", "prior.c=normal(1 uS, 0.5 uS)"});
  // Nothing reads mu now: its posterior is its prior. 8 * 400 draws.
  EXPECT_NEAR(parameter(v, "mu").median, 1.0, 4.5 * 1.25 * 0.5 / std::sqrt(parameter(v, "mu").ess_bulk));
  EXPECT_LT(std::fabs(parameter(v, "mu").contraction), 0.25);
}

}  // namespace
}  // namespace hillock::study
