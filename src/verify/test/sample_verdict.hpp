#pragma once
/// A verdict as a study of the hERG recording writes it, with nothing to object to.

#include "verify/rules.hpp"

namespace hillock::verify::test {

inline Verdict supported_verdict() {
  Verdict v;
  v.study = "herg";
  v.inference = "nuts";
  v.fit = {.error = 0.0123456789,
           .error_measure = "rms / range of the data",
           .starts = 48,
           .starts_within_0_1_percent = 47,
           .starts_failed = 0,
           .distinct_optima = 1,
           .screened = 10000,
           .screened_failed = 4321,
           .samples = 79600,
           .effective_samples = 78500.0};
  for (int i = 1; i <= 12; ++i) {
    ParameterSummary p;
    p.name = i < 12 ? "p" + std::to_string(i) : "sigma";
    p.unit = i % 2 == 1 ? "1/ms" : "1/mV";
    p.best = 2.26123456789e-4 * i, p.median = 2.262e-4 * i, p.q05 = 2.249e-4 * i, p.q95 = 2.271e-4 * i;
    p.prior_q05 = 3.16227766017e-7, p.prior_q95 = 316.227766017;
    p.contraction = 0.999912345678, p.rhat = 1.00123456789, p.ess_bulk = 3512.1234567, p.ess_tail = 2911.7654321;
    p.q05_independent = p.q05, p.q95_independent = p.q95;
    p.q05_corrected = 2.24712345678e-4 * i, p.q95_corrected = 2.27312345678e-4 * i;
    p.is_noise = i == 12;
    v.parameters.push_back(p);
  }
  v.knowledge.known = {{"p1", "p1 = 0.000226 1/ms; 90 % interval 0.000225 to 0.000227 1/ms."}};
  v.knowledge.untested = {{"other cells", "No other cell was predicted."}};
  v.knowledge.sloppiest = {{"p5^0.71 / p6^0.70", 0.0123, 6.6, false}};
  v.knowledge.stiffest = {{"p9", 0.000123, 4.4, false}};
  Generalisation g;
  g.name = "action potential";
  g.error = 0.01261, g.error_se = 0.00012, g.expected_error = 0.0126, g.expected_error_se = 0.00004;
  g.block_ms = 5.0, g.coverage_50 = 0.501, g.coverage_90 = 0.899, g.coverage_50_se = 0.002, g.coverage_90_se = 0.0012;
  g.baselines = {{"mean current", 0.21}, {"ohmic", 0.18}};
  g.samples = 79000;
  v.generalisation = {g};
  g.name = "action potential, gaps interpolated";
  g.gating = false;
  v.generalisation.push_back(g);
  v.residuals = {.sd = 0.021, .lag1 = 0.003, .correlation_time_ms = 0.012, .whiteness_p = 1.0, .tests = {}};
  v.residuals.tests = {{"mean", 0.61}, {"ljung_box", 0.33}, {"drift", 0.12}, {"normality", 0.82}};
  v.numerics = {.half_step_change = 1.2e-6,
                .other_integrator_change = -3.4e-6,
                .integrator = "exponential_euler",
                .other_integrator = "rk4",
                .dt_ms = 0.1,
                .gradient_check = 2.5e-8,
                .draws = 4000,
                .divergences = 0,
                .predictive_draws = 200,
                .failed_predictive = 0};
  v.cost = {.simulations = 123456,
            .gradients = 65432,
            .wall_s = 14.2,
            .search_s = 2.4,
            .posterior_s = 9.8,
            .verify_s = 1.1,
            .report_s = 0.6,
            .compile_s = 0.2,
            .threads = 2};
  v.provenance = {{"seed", "42"}, {"hillock", "0.1.0"}, {"model sha256", std::string(64, 'a')}};
  judge(v);
  return v;
}

/// What a fit of seven statistics by 100 000 simulations says, with nothing to object to.
inline Simulated simulated_box() {
  Simulated s;
  s.method = "npe";
  s.why_method = "8 parameters, a simulation costs less than a step of training";
  s.simulations = 100000, s.failed = 1200;
  s.failures = {{"not-finite", 1100}, {"step-limit", 100}};
  s.undefined = {{"latency: no-spike", 20000}};
  s.rounds = {{"prior", 100000, 1200, 3.21, 1.0, false}};
  for (const char* name : {"spike_count", "rate", "latency", "rest", "mean_v", "sd_v", "peak"}) {
    StatisticSummary x;
    x.name = name, x.unit = "mV";
    x.observed = 10.5;
    x.prior_q025 = 0.0, x.prior_q975 = 40.0, x.prior_undefined = 0.0, x.prior_p = 0.6;
    x.predicted_q025 = 9.0, x.predicted_median = 10.0, x.predicted_q975 = 11.0, x.predicted_undefined = 0.0;
    x.predicted_p = 0.5;
    s.statistics.push_back(x);
  }
  s.observation_p = 0.4;
  s.certified = "not possible: the model declares no likelihood";
  s.calibration = {
      .draws = 1000, .rank_p = 0.3, .coverage_50 = 0.498, .coverage_90 = 0.904, .coverage_se = 0.004, .not_done = ""};
  s.amortised = true;
  s.simulation_us = 12.0;
  return s;
}

/// A posterior that was learnt from simulations, without held-out data.
inline Verdict simulated_verdict() {
  Verdict v = supported_verdict();
  v.study = "allen";
  v.inference = "npe";
  v.fit = {};
  v.generalisation.clear();
  v.residuals = {};
  v.parameters.pop_back();
  for (auto& p : v.parameters) p.best = p.rhat = p.ess_bulk = p.ess_tail = not_computed;
  v.knowledge.sloppiest.clear(), v.knowledge.stiffest.clear();
  v.numerics.gradient_check = not_computed;
  v.numerics.predictive_draws = 2000;
  v.simulated = simulated_box();
  judge(v);
  return v;
}

}  // namespace hillock::verify::test
