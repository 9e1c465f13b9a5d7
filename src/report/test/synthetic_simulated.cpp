/// The document of a fit by simulation.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/rng.hpp"
#include "report/test/synthetic.hpp"
#include "verify/rules.hpp"

namespace hillock::report::test {
namespace {

using verify::not_computed;

/// A leaky integrator with spikes of a millisecond, 1 s at 0.1 ms, current from 100 to 900 ms.
std::vector<double> spiking(double drive, double noise, Rng& rng) {
  std::vector<double> v(10000);
  double x = -70;
  int spike = -1;
  for (std::size_t i = 0; i < v.size(); ++i) {
    const bool on = i >= 1000 && i < 9000;
    if (spike >= 0) {
      v[i] = -45 + 85 * std::exp(-0.5 * std::pow((spike - 6) / 3.0, 2)) - (spike > 9 ? 12 : 0);
      if (++spike > 16) spike = -1, x = -68;
    } else {
      x += 0.1 / 20 * (-70 - x + (on ? drive : 0)) + noise * std::sqrt(0.1) * rng.normal();
      v[i] = x;
      if (x > -50) spike = 0;
    }
    v[i] += 0.15 * rng.normal();
  }
  return v;
}

struct Made {
  const char* name;
  const char* unit;
  double observed, prior_low, prior_high, low, high;  ///< 95 % intervals
};

StatisticDraws draws_of(const Made& m, Rng& rng) {
  StatisticDraws d;
  for (int k = 0; k < 400; ++k) {
    const auto normal = [&](double low, double high) {
      return 0.5 * (low + high) + (high - low) / 3.92 * rng.normal();
    };
    d.prior.push_back(normal(m.prior_low, m.prior_high));
    d.predicted.push_back(normal(m.low, m.high));
  }
  return d;
}

}  // namespace

Document simulated_document() {
  Document d;
  d.title = "Layer 5 cell, sweep 51";
  d.study = "examples/allen/study.toml";
  d.command = "hillock fit results/allen/study.lock.toml";
  Rng rng(11, stream_id("synthetic simulated"));

  verify::Verdict& v = d.verdict;
  v.study = "allen";
  v.inference = "tsnpe";
  verify::Simulated& s = v.simulated;
  s.method = "tsnpe";
  s.why_method = "8 parameters, 7 statistics, one observation, and a simulation costs more than a step of training";
  s.simulations = 120000, s.failed = 15320;
  s.failures = {{"not-finite", 15200}, {"step-limit", 120}};
  s.undefined = {
      {"latency: no-spike", 31411}, {"spike_width: too-few-spikes", 30977}, {"rate_adaptation: too-few-spikes", 40233}};
  s.rounds = {{"prior", 40000, 14100, 3.412, not_computed, false, "nsf"},
              {"prior, truncated to the posterior's 99.99 % region", 40000, 800, 7.93, 0.0721, false, "nsf"},
              {"prior, truncated to the posterior's 99.99 % region", 40000, 420, 8.71, 0.0004, true, "nsf"}};
  const std::array<Made, 7> made = {{{"spike_count", "1", 17, 0, 61, 15, 18},
                                     {"mean_resting_potential", "mV", -70.1, -92, -51, -70.9, -69.4},
                                     {"sd_resting_potential", "mV", 0.41, 0.1, 2.4, 0.35, 0.47},
                                     {"mean_voltage", "mV", -55.2, -80, -31, -56.6, -54.1},
                                     {"voltage_variance", "mV**2", 233, 2, 911, 142, 201},
                                     {"skewness", "", 4.4, -1.2, 3.1, 3.9, 4.8},
                                     {"latency", "ms", 31.7, 8, 512, 29.2, 36.1}}};
  for (const Made& m : made) {
    verify::StatisticSummary x;
    x.name = m.name, x.unit = m.unit, x.observed = m.observed;
    x.prior_q025 = m.prior_low, x.prior_q975 = m.prior_high;
    x.predicted_q025 = m.low, x.predicted_q975 = m.high, x.predicted_median = 0.5 * (m.low + m.high);
    x.prior_undefined = x.predicted_undefined = 0;
    x.inside = m.observed >= m.low && m.observed <= m.high;
    x.prior_p = 0.31, x.predicted_p = x.inside ? 0.44 : 0.0002;
    s.statistics.push_back(x);
    d.simulated.statistics.push_back(draws_of(m, rng));
  }
  s.statistics[6].prior_undefined = 0.39, s.statistics[6].predicted_undefined = 0.004;
  s.observation_p = 0.22;
  s.certified = "not possible: the model has noise inside its dynamics, and no exact likelihood";
  s.calibration = {1000, 0.27, 0.493, 0.894, 0.0041, ""};
  s.dropped_draws = 12;
  s.simulation_us = 84.2;

  const std::array<std::array<const char*, 2>, 8> names = {{{"g_Na", "mS/cm**2"},
                                                            {"g_K", "mS/cm**2"},
                                                            {"g_leak", "mS/cm**2"},
                                                            {"g_M", "mS/cm**2"},
                                                            {"tau_max", "ms"},
                                                            {"V_T", "mV"},
                                                            {"E_leak", "mV"},
                                                            {"sigma", "uA/cm**2"}}};
  const std::array<double, 8> medians = {52.1, 11.4, 0.083, 0.061, 812, -61.3, -71.2, 0.14};
  d.posterior.draws = Array2(600, 8);
  for (std::size_t i = 0; i < 8; ++i) {
    verify::ParameterSummary p;
    p.name = names[i][0], p.unit = names[i][1];
    p.median = medians[i];
    const double half = (i == 4 ? 0.7 : 0.06) * std::abs(medians[i]);
    p.q05 = p.median - half, p.q95 = p.median + half;
    const double low = p.median - 2.5 * std::abs(medians[i]) * (i == 4 ? 0.36 : 0.34);
    const double high = p.median + 2.5 * std::abs(medians[i]) * 0.4;
    p.prior_q05 = low + 0.05 * (high - low), p.prior_q95 = high - 0.05 * (high - low);
    p.contraction = i == 4 ? 0.31 : 0.97;
    v.parameters.push_back(p);
    d.posterior.axes.push_back({p.name, p.unit, false, low, high, not_computed, {}, {}});
    for (std::size_t k = 0; k < 600; ++k)
      d.posterior.draws(k, i) = std::clamp(p.median + half / 1.645 * rng.normal(), low, high);
  }
  v.knowledge.known = {{"g_Na", "g_Na = 52.1 mS/cm2; 90 % interval 49 to 55."}};
  v.knowledge.known_unknown = {{"tau_max", "tau_max is open: its 90 % interval is little more than the prior's."}};
  v.knowledge.untested = {{"other protocols", "No other protocol was predicted."},
                          {"other cells", "No other cell was predicted."}};
  v.numerics.integrator = "exponential_euler", v.numerics.other_integrator = "rk4", v.numerics.dt_ms = 0.02;
  v.numerics.half_step_change = 0.0021, v.numerics.other_integrator_change = 0.0034;
  v.numerics.draws = 10000, v.numerics.predictive_draws = 2000, v.numerics.failed_predictive = 3;
  v.cost.simulations = 124000, v.cost.wall_s = 41.3, v.cost.posterior_s = 28.1, v.cost.verify_s = 9.2,
  v.cost.threads = 2;
  v.provenance = {{"hillock", "0.1.0"}, {"seed", "1"}};
  verify::judge(v);

  double at = 500;
  for (int i = 0; i < 60; ++i) {
    const double gain = 9 * (1 - std::pow(500 / at, 0.7));
    d.simulated.curve.simulations.push_back(at);
    d.simulated.curve.training.push_back((i == 0 ? -60 : 0) + gain + 0.15 + 0.04 * rng.normal());
    d.simulated.curve.validation.push_back((i == 0 ? -64 : 0) + gain - 0.1 + 0.05 * rng.normal());
    at *= std::pow(240.0, 1.0 / 59);
  }
  PredictedTraces t;
  t.name = "sweep 51", t.unit = "mV";
  for (int i = 0; i < 10000; ++i) t.time_ms.push_back(0.1 * i);
  t.observed = spiking(27.0, 0.12, rng);
  t.traces = Array2(3, 10000);
  for (std::size_t k = 0; k < 3; ++k) {
    const std::vector<double> trace = spiking(26.5 + 0.4 * static_cast<double>(k), 0.12, rng);
    for (std::size_t i = 0; i < trace.size(); ++i) t.traces(k, i) = trace[i];
  }
  d.simulated.traces.push_back(std::move(t));
  d.simulated.ranks = Array2(1000, 8);
  for (std::size_t k = 0; k < 1000; ++k)
    for (std::size_t i = 0; i < 8; ++i)
      d.simulated.ranks(k, i) = i == 4 ? 0.5 * (rng.uniform() + rng.uniform()) : rng.uniform();
  d.model_text = "dv/dt = (I - g_Na*m**3*h*(v - E_Na) - g_K*n**4*(v - E_K)) / C : volt\n";
  d.log = {{"search", "12 of 10012 posterior draws broke a joint condition of the prior."}};
  return d;
}

Document document_of_everything(std::size_t stride) {
  Document d = synthetic_document(stride);
  const Document s = simulated_document();
  d.simulated = s.simulated;
  d.verdict.simulated = s.verdict.simulated;
  return d;
}

}  // namespace hillock::report::test
