// Planted faults: what must not pass, and the sentence that says why.

#include "study/test/fit_made.hpp"

namespace hillock::study {
namespace {

using verify::Status;

TEST(FitFaults, AMissingGateIsSeen) {
  for (const std::uint64_t draw : {100U, 101U, 102U}) {
    const Scratch scratch;
    // The channel inactivates, at 0 mV with a time constant of 1/(0.03 + 0.02) ms, between those of its activation and
    // of the protocol.
    write_channel_study(scratch, {.second = 0.03}, draw);
    const verify::Verdict v = fitted(scratch);
    EXPECT_EQ(v.status, Status::misspecified) << why(v);
    EXPECT_TRUE(has_reason(v, "residuals-structured")) << why(v);
  }
}

TEST(FitFaults, CorrelatedNoiseDeclaredWhiteIsSeen) {
  for (const std::uint64_t draw : {110U, 111U, 112U}) {
    const Scratch scratch;
    write_channel_study(scratch, {}, draw, 0.5);
    const verify::Verdict v = fitted(scratch);
    EXPECT_EQ(v.status, Status::misspecified) << why(v);
    EXPECT_TRUE(has_reason(v, "residuals-structured")) << why(v);
    // The first autocorrelation has a standard error of sqrt((1 - rho^2)/n) = 0.025; 4 of those.
    EXPECT_NEAR(v.residuals.lag1, 0.5, 0.1);
    // n (1 - rho)/(1 + rho) = 400 of 1200 samples are worth as much as independent ones; within a factor of 1.6.
    EXPECT_TRUE(has_reason(v, "samples-not-independent")) << why(v);
    EXPECT_GT(v.fit.effective_samples, 250.0);
    EXPECT_LT(v.fit.effective_samples, 640.0);
    // Both intervals are shown, and the corrected one is wider: sqrt(3), within 0.8 and 1.6 of it.
    const verify::ParameterSummary& k = parameter(v, "k");
    const double ratio = (k.q95_corrected - k.q05_corrected) / (k.q95_independent - k.q05_independent);
    EXPECT_GT(ratio, 0.8 * std::sqrt(3.0));
    EXPECT_LT(ratio, 1.6 * std::sqrt(3.0));
  }
}

TEST(FitFaults, NoiseThatGrowsIsSeen) {
  for (const std::uint64_t draw : {120U, 121U, 122U}) {
    const Scratch scratch;
    write_channel_study(scratch);
    Columns made = made_recording({}, train_holds);
    add_noise(made["current_nA"], made_sd_nA, draw, 0.0, 2.0 * made_sd_nA, 600);
    scratch.write("train.csv", made.csv());
    const verify::Verdict v = fitted(scratch);
    EXPECT_EQ(v.status, Status::misspecified) << why(v);
    EXPECT_TRUE(has_reason(v, "residuals-structured")) << why(v);
    EXPECT_NE(why(v).find("variance"), std::string::npos) << why(v);
  }
}

TEST(FitFaults, TheRightNoiseIsNotBlamed) {
  // The same correlated recordings, with the noise declared as it is.
  for (const std::uint64_t draw : {110U, 111U}) {
    const Scratch scratch;
    write_channel_study(scratch, {}, draw, 0.5);
    const std::size_t observe = channel_model.find("observe");
    scratch.write("channel.model", channel_model.substr(0, observe) +
                                       "param tau : ms ~ loguniform(1e-2 ms, 1e3 ms)\n"
                                       "observe I ~ ar1(g*n*(V - E), sigma, tau)\n");
    const verify::Verdict v = fitted(scratch);
    EXPECT_GE(v.status, Status::consistent) << why(v);
    expect_recovered(v, "tau", -made_interval_ms / std::log(0.5));
    expect_recovered(v, "sigma", made_sd_nA);
    expect_recovered(v, "k", 0.2);
    expect_recovered(v, "half", -20.0);
    expect_recovered(v, "g", 0.05);
    EXPECT_TRUE(parameter(v, "tau").is_noise);
  }
}

/// channel_model with g*c in place of g, under the priors given.
void write_product(const Scratch& scratch, const std::string& prior_c, const std::string& prior_g) {
  write_channel_study(scratch);
  std::string text = channel_model;
  text.replace(text.find("g*n*(V"), 6, "g*c*n*(V");
  text.replace(text.find("loguniform(1e-3 uS, 1 uS)"), 25, prior_g);
  scratch.write("channel.model", "param c : 1 ~ " + prior_c + "\n" + text);
}

TEST(FitFaults, AProductOfTwoParametersIsUnidentifiableAndNamed) {
  const Scratch scratch;
  write_product(scratch, "lognormal(1, 1.5)", "lognormal(0.05 uS, 1.5)");
  const verify::Verdict v = fitted(scratch);
  EXPECT_EQ(v.status, Status::unidentifiable) << why(v);
  EXPECT_TRUE(has_reason(v, "prior-dominated-combination")) << why(v);
  ASSERT_FALSE(v.knowledge.sloppiest.empty());
  const verify::Combination& worst = v.knowledge.sloppiest.front();
  EXPECT_TRUE(worst.prior_dominated);
  // g/c, with equal exponents: only g*c has an influence. The data say nothing about it.
  EXPECT_TRUE(worst.algebra == "c^0.71 / g^0.71" || worst.algebra == "g^0.71 / c^0.71") << worst.algebra;
  EXPECT_NEAR(worst.relative_sd / worst.prior_sd, 1.0, 1e-3);
  EXPECT_NE(why(v).find(worst.algebra), std::string::npos) << why(v);
  // The product is known all the same, and so is everything else.
  ASSERT_FALSE(v.knowledge.stiffest.empty());
  expect_recovered(v, "k", 0.2);
  expect_recovered(v, "half", -20.0);
}

TEST(FitFaults, ARidgeThatBendsIsNeverBetterThanUnidentifiable) {
  // Priors with edges bend the ridge on the unconstrained scale: the chains may not follow it to its ends, and the
  // verdict is then worse, not better.
  const Scratch scratch;
  write_product(scratch, "loguniform(0.01, 100)", "loguniform(1e-3 uS, 1 uS)");
  const verify::Verdict v = fitted(scratch);
  EXPECT_LE(v.status, Status::unidentifiable) << why(v);
  EXPECT_TRUE(has_reason(v, "prior-dominated-combination")) << why(v);
  EXPECT_NE(why(v).find("c^"), std::string::npos) << why(v);
}

TEST(FitFaults, AParameterWithoutInfluenceOnTheProtocolIsUnidentifiable) {
  const Scratch scratch;
  write_channel_study(scratch);
  // A drug that is not there: ic50 does nothing at c = 0.
  scratch.write("channel.model", channel_model.substr(0, channel_model.find("observe")) +
                                     "input c : uM\nparam ic50 : uM ~ loguniform(1e-2 uM, 1e2 uM)\n"
                                     "observe I ~ normal(g*n*(V - E)/(1 + c/ic50), sigma)\n");
  const verify::Verdict v =
      fitted(scratch, {"data.train.input.c=0 uM", "data.test.input.c=0 uM", "search.draws=200", "search.warmup=100"});
  EXPECT_EQ(v.status, Status::unidentifiable) << why(v);
  EXPECT_TRUE(has_reason(v, "prior-dominated-parameter")) << why(v);
  EXPECT_NE(why(v).find("ic50"), std::string::npos) << why(v);
}

TEST(FitFaults, AStepThatIsTooLargeIsTheIntegratorsFault) {
  const Scratch scratch;
  scratch.write("channel.model", channel_model);
  // Euler's method at k dt = 0.2 * 2 = 0.4 fits these data with another rate than they have.
  for (const bool train : {true, false}) {
    Holds longer = train ? train_holds : test_holds;
    for (Hold& hold : longer) hold.until_ms *= 4.0;
    Columns made = made_recording({}, longer, 2.0);
    add_noise(made["current_nA"], made_sd_nA, train ? 130 : 131);
    scratch.write(train ? "train.csv" : "test.csv", made.csv());
  }
  scratch.write("study.toml", "[model]\nfile = \"channel.model\"\n" + split_text("train", "train.csv") +
                                  split_text("test", "test.csv") + quick_settings);
  const verify::Verdict euler = fitted(scratch, {"model.integrator=euler"});
  EXPECT_EQ(euler.status, Status::invalid) << why(euler);
  EXPECT_TRUE(has_reason(euler, "step-too-large")) << why(euler);
  EXPECT_TRUE(has_reason(euler, "integrators-disagree")) << why(euler);
  EXPECT_EQ(euler.numerics.dt_ms, 2.0);
  // The exact integrator at the same step has no such trouble.
  const verify::Verdict exact = fitted(scratch);
  EXPECT_GE(exact.status, Status::consistent) << why(exact);
  expect_recovered(exact, "k", 0.2);
}

TEST(FitFaults, TooFewSamplesToCheckIsInvalid) {
  const Scratch scratch;
  write_channel_study(scratch);
  const verify::Verdict v = fitted(scratch, {"data.train.mask.samples=[\"150:1200\"]"});
  EXPECT_EQ(v.status, Status::invalid) << why(v);
  EXPECT_TRUE(has_reason(v, "checks-not-run")) << why(v);
}

TEST(FitFaults, NoNoiseAtAllIsNoCrash) {
  // A recording without noise: the residuals are rounding errors, and no test has a number to work with.
  const Scratch scratch;
  write_channel_study(scratch);
  scratch.write("train.csv", made_recording({}, train_holds).csv());
  const verify::Verdict v = fitted(scratch);
  EXPECT_NEAR(parameter(v, "k").best, 0.2, 1e-6);
}

TEST(FitFaults, AFlatRecordingIsNoCrash) {
  const Scratch scratch;
  write_channel_study(scratch);
  Columns made = made_recording({}, train_holds);
  std::fill(made["current_nA"].begin(), made["current_nA"].end(), 0.0);
  scratch.write("train.csv", made.csv());
  const auto out = fit_made(scratch);
  if (out) EXPECT_LT(out->verdict.status, Status::consistent) << why(out->verdict);
  else EXPECT_FALSE(out.error().front().message.empty());
}

}  // namespace
}  // namespace hillock::study
