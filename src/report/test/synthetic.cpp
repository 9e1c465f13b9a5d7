#include "report/test/synthetic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>

#include "base/rng.hpp"

namespace hillock::report::test {
namespace {

using Parameters = std::array<double, 9>;
// Cell 5 of published_fits.csv.
constexpr Parameters published = {0.0002260873971315946, 0.06992031549642229,  3.4495036912916796e-05,
                                  0.05461205269339484,   0.08732945107147685,  0.008931295874052246,
                                  0.005149286923982933,  0.031561257536452184, 0.15242720530240705};
constexpr double reversal_mv = -88.4;
constexpr double dt_ms = 0.1;

std::vector<double> simulate(const Parameters& p, const std::function<double(double)>& command, std::size_t count) {
  // Gates are exact over each interval at the command of its middle (exponential Euler).
  double a = 0;
  double r = 0;
  std::vector<double> current(count);
  for (std::size_t i = 0; i < count; ++i) {
    const double at = static_cast<double>(i) * dt_ms;
    const double v = i == 0 ? -80.0 : command(at - 0.5 * dt_ms);
    const double k1 = p[0] * std::exp(p[1] * v);
    const double k2 = p[2] * std::exp(-p[3] * v);
    const double k3 = p[4] * std::exp(p[5] * v);
    const double k4 = p[6] * std::exp(-p[7] * v);
    const double a_inf = k1 / (k1 + k2);
    const double r_inf = k4 / (k3 + k4);
    if (i == 0) {
      a = a_inf, r = r_inf;
    } else {
      a = a_inf + (a - a_inf) * std::exp(-(k1 + k2) * dt_ms);
      r = r_inf + (r - r_inf) * std::exp(-(k3 + k4) * dt_ms);
    }
    current[i] = p[8] * a * r * (command(at) - reversal_mv);
  }
  return current;
}

double sine_wave(double t) {
  if (t < 250.1) return -80;
  if (t < 300.1) return -120;
  if (t < 500.1) return -80;
  if (t < 1500.1) return 40;
  if (t < 2000.1) return -120;
  if (t < 3000.1) return -80;
  if (t < 6500.1) {
    const double s = t - 2500.1;
    return -30 + 54 * std::sin(0.007 * s) + 26 * std::sin(0.037 * s) + 10 * std::sin(0.19 * s);
  }
  if (t < 7000.1) return -120;
  return -80;
}

double action_potentials(double t) {
  if (t < 250.1) return -80;
  if (t < 300.1) return -120;
  if (t < 500.1) return -80;
  if (t > 8500) return -80;
  const double in_beat = std::fmod(t - 500.1, 800.0);
  const double length = 220 + 25 * std::floor((t - 500.1) / 800.0);
  const double plateau = 30 - 0.00035 * in_beat * in_beat;
  return -80 + (plateau + 80) / (1 + std::exp((in_beat - length) / 18));
}

DataSet recording(std::string name, std::string role, double (*command)(double), std::size_t count, std::size_t stride,
                  std::vector<std::size_t> artefacts, double misfit, std::uint64_t seed) {
  const std::vector<double> best = simulate(published, command, count);
  // What is recorded departs from the model: a little slower recovery, and noise with a memory of 10 ms.
  Parameters truth = published;
  truth[6] *= 1 - misfit;
  truth[0] *= 1 + 0.3 * misfit;
  std::vector<double> observed = simulate(truth, command, count);
  Rng rng(seed, stream_id("synthetic recording"));
  double slow = 0;
  for (double& v : observed) {
    slow = 0.99 * slow + 0.0015 * rng.normal();
    v += slow + 0.011 * rng.normal();
  }
  std::vector<std::uint8_t> keep(count, 1);
  for (const std::size_t first : artefacts) {
    for (std::size_t i = first; i < std::min(first + 50, count); ++i) {
      keep[i] = 0;
      observed[i] += 6.0 * std::exp(-static_cast<double>(i - first) / 5.0);  // a capacitive spike
    }
  }
  // The spread of the noiseless trace over the posterior, from a few draws.
  std::vector<double> low(count, std::numeric_limits<double>::infinity());
  std::vector<double> high(count, -std::numeric_limits<double>::infinity());
  for (int draw = 0; draw < 8; ++draw) {
    Parameters p = published;
    for (double& v : p) v *= std::exp(0.006 * rng.normal());
    const std::vector<double> trace = simulate(p, command, count);
    for (std::size_t i = 0; i < count; ++i) low[i] = std::min(low[i], trace[i]), high[i] = std::max(high[i], trace[i]);
  }
  DataSet set;
  set.name = std::move(name);
  set.role = std::move(role);
  set.observed_name = "current", set.observed_unit = "nA";
  set.command_name = "command", set.command_unit = "mV";
  const double noise = 0.0155;
  for (std::size_t i = 0; i < count; i += stride) {
    set.time_ms.push_back(static_cast<double>(i) * dt_ms);
    set.observed.push_back(observed[i]);
    set.keep.push_back(keep[i]);
    set.command.push_back(command(static_cast<double>(i) * dt_ms));
    set.best.push_back(best[i]);
    const double middle = 0.5 * (low[i] + high[i]);
    const double half = 0.5 * (high[i] - low[i]);
    set.parameters_only.q05.push_back(middle - half), set.parameters_only.q95.push_back(middle + half);
    // Quantiles of draws have sampling noise of their own: 2 % of the noise's standard deviation.
    const auto quantile = [&](double z) {
      return middle + z * std::sqrt(noise * noise + half * half / 2.7) + 0.02 * noise * rng.normal();
    };
    set.predictive.q05.push_back(quantile(-1.645)), set.predictive.q25.push_back(quantile(-0.6745));
    set.predictive.q50.push_back(quantile(0)), set.predictive.q75.push_back(quantile(0.6745));
    set.predictive.q95.push_back(quantile(1.645));
  }
  for (int lag = 0; lag <= 500; ++lag) {
    set.autocorrelation.lag_ms.push_back(lag * dt_ms);
    set.autocorrelation.value.push_back(
        lag == 0 ? 1 : 0.48 * std::exp(-lag / 100.0) * std::cos(lag / 90.0) + 0.004 * rng.normal());
  }
  set.autocorrelation.white_band = 1.96 / std::sqrt(static_cast<double>(count));
  return set;
}

verify::Verdict verdict() {
  using verify::Status;
  verify::Verdict v;
  v.study = "herg";
  v.status = Status::misspecified;
  v.inference = "nuts";
  v.reasons = {
      {"residuals-correlated",
       "Residuals are correlated over 11 ms (lag-1 correlation 0.48, portmanteau p < 0.0001), where the study declares "
       "white noise."},
      {"coverage-low",
       "On the action-potential clamp the 90 % interval held 61 % of the samples (± 4 %), where 90 % were expected."},
      {"gap-interpolated", "p5^0.71 / p6^0.70 is determined ten times worse than p5 / p7."}};
  v.fit.error = 0.007302382, v.fit.error_measure = "rms / range of the data";
  v.fit.starts = 49, v.fit.starts_within_0_1_percent = 47, v.fit.starts_failed = 1, v.fit.distinct_optima = 1;
  v.fit.screened = 4096, v.fit.screened_failed = 1312, v.fit.samples = 79600, v.fit.effective_samples = 884.0;
  const std::array<const char*, 9> units = {"1/ms", "1/mV", "1/ms", "1/mV", "1/ms", "1/mV", "1/ms", "1/mV", "uS"};
  for (std::size_t i = 0; i < 9; ++i) {
    verify::ParameterSummary p;
    p.name = fmt::format("p{}", i + 1);
    p.unit = units[i];
    p.best = published[i];
    const double sd = i == 5 ? 0.02 : 0.0018 + 0.0004 * static_cast<double>(i);
    p.median = p.best * (1 + 0.1 * sd);
    p.q05 = p.median * (1 - 1.645 * sd), p.q95 = p.median * (1 + 1.645 * sd);
    p.q05_independent = p.q05, p.q95_independent = p.q95;
    p.q05_corrected = p.median * (1 - 15 * sd), p.q95_corrected = p.median * (1 + 15 * sd);
    p.prior_q05 = i % 2 == 0 ? 3e-7 : 2e-7, p.prior_q95 = i % 2 == 0 ? 300 : 0.2;
    p.contraction = i == 5 ? 0.41 : 0.99998;
    p.rhat = i == 5 ? 1.017 : 1.0012, p.ess_bulk = 1834 - 170.0 * static_cast<double>(i),
    p.ess_tail = 1420 - 140.0 * static_cast<double>(i);
    v.parameters.push_back(p);
  }
  verify::ParameterSummary sigma;
  sigma.name = "sigma", sigma.unit = "nA", sigma.is_noise = true;
  sigma.best = 0.01551, sigma.median = 0.01552, sigma.q05 = 0.01546, sigma.q95 = 0.01558;
  sigma.prior_q05 = 1e-4, sigma.prior_q95 = 1, sigma.contraction = 0.9999, sigma.rhat = 1.001, sigma.ess_bulk = 2400,
  sigma.ess_tail = 1900;
  v.parameters.push_back(sigma);
  v.knowledge.known = {{"p1", "0.000226 per ms to 4 %; the posterior is 1/4000 of the prior's width."},
                       {"p9", "the conductance, 0.152 µS to 3 %."},
                       {"p5 * p7^-1", "the ratio of inactivation rates, to 0.4 %."}};
  v.knowledge.known_unknown = {
      {"p6", "less than half of the prior's variance is gone."},
      {"p5^0.71 / p6^0.70", "this combination may change by 30 % without a visible change of the trace."}};
  v.knowledge.untested = {{"V > 60 mV", "no protocol went there."},
                          {"temperature", "one temperature only, 21.3 °C."},
                          {"other cells", "one cell; how parameters vary between cells is not seen."}};
  v.knowledge.sloppiest = {{"p5^0.71 / p6^0.70", 0.31, 0.42, true}, {"p3^0.9 * p4^0.44", 0.08, 2.1, false}};
  v.knowledge.stiffest = {{"p9 * p7^0.2", 0.0004, 5.1, false}, {"p1^0.62 * p2^0.78", 0.0011, 4.3, false}};
  verify::Generalisation g;
  g.name = "action potential clamp, command as recorded";
  g.error = 0.01610, g.error_se = 0.00082, g.expected_error = 0.0071, g.expected_error_se = 0.0003, g.block_ms = 55,
  g.coverage_50 = 0.31, g.coverage_90 = 0.61;
  g.coverage_50_se = 0.03, g.coverage_90_se = 0.04, g.samples = 87245, g.passed = false;
  g.baselines = {{"mean current of the training data", 0.1714}, {"ohmic, fitted conductance", 0.0893}};
  v.generalisation.push_back(g);
  g.name = "action potential clamp, command interpolated across gaps";
  g.error = 0.01659, g.gating = false;
  v.generalisation.push_back(g);
  v.residuals = {0.01551, 0.4806, 11.2, 1e-30, {{"split predictive check", 0.012}, {"runs test", 2.1e-9}}};
  v.numerics.half_step_change = 2.3e-7, v.numerics.other_integrator_change = 4.1e-8;
  v.numerics.integrator = "exponential_euler", v.numerics.other_integrator = "rk45";
  v.numerics.dt_ms = 0.1, v.numerics.gradient_check = 3.2e-9;
  v.numerics.draws = 4000, v.numerics.predictive_draws = 200;
  v.cost = {412873, 61044, 14.2, 2.3, 6.9, 3.8, 0.6, 0.4, 2};
  v.provenance = {
      {"hillock", "0.1.0"},
      {"seed", "1"},
      {"model", "sha256:9f2c5a41d07be5d3a1f6c2f4a9f85e6f0b1a44de9d4d8b2f0c6e7d5a3b1c9e80"},
      {"data.train", "cell_5_sine_wave.npz sha256:51aa09b7c2d8e4f6a0b3c5d7e9f1a2b4c6d8e0f2a4b6c8d0e2f4a6b8c0d2e4f6"},
      {"lanes", "avx2, 4 doubles"}};
  return v;
}

}  // namespace

Document synthetic_document(std::size_t stride) {
  Document d;
  d.title = "hERG potassium channel, cell 5";
  d.study = "examples/herg/study.toml";
  d.command = "hillock fit results/herg/study.lock.toml";
  d.verdict = verdict();
  d.data_sets.push_back(recording("sine wave", "train", sine_wave, 80000, stride,
                                  {2501, 3001, 5001, 15000, 20000, 30000, 65001, 70001}, 0.012, 1));
  d.data_sets.push_back(recording("action potential clamp", "test", action_potentials, 88245, stride,
                                  {2501, 3001, 5001, 13001, 21001, 29001, 37001, 45001, 53001, 61001, 69001, 77001},
                                  0.04, 2));
  d.data_sets[1].note = "Not seen by the fit.";
  Rng rng(3, stream_id("synthetic posterior"));
  d.posterior.draws = Array2(800, 10);
  for (std::size_t i = 0; i < 10; ++i) {
    const verify::ParameterSummary& p = d.verdict.parameters[i];
    PosteriorAxis axis;
    axis.name = p.name, axis.unit = p.unit, axis.best = p.best;
    axis.log_scale = i % 2 == 0 || i == 9;
    axis.prior_low = i == 9 ? 1e-5 : 1e-7;
    axis.prior_high = i == 9 ? 10 : i % 2 == 0 ? 1000 : 0.4;
    d.posterior.axes.push_back(axis);
  }
  for (std::size_t row = 0; row < 800; ++row) {
    const double common = rng.normal();
    for (std::size_t i = 0; i < 10; ++i) {
      const verify::ParameterSummary& p = d.verdict.parameters[i];
      const double own = rng.normal();
      const double sd = (p.q95 - p.q05) / 3.29;
      const double mix = i == 0 ? 0.97 : i == 1 ? -0.97 : i == 4 ? 0.7 : i == 5 ? 0.8 : 0.1;
      d.posterior.draws(row, i) = p.median + sd * (mix * common + std::sqrt(1 - mix * mix) * own);
    }
  }
  for (int i = 0; i < 47; ++i) d.start_errors.push_back(0.007302382 * (1 + 1e-8 * i * i));
  d.start_errors.push_back(std::numeric_limits<double>::quiet_NaN());
  d.start_errors.push_back(0.00791);
  d.model_text =
      "# hERG potassium channel, two independent gates\nparam p1 : 1/ms ~ loguniform(1e-7/ms, 1e3/ms)\nparam p2 : 1/mV "
      "~ uniform(1e-7/mV, 0.4/mV)\n"
      "const E_K = -88.4 mV\ninput V : volt\nk1 = p1*exp(p2*V) : 1/second\nk2 = p3*exp(-p4*V) : 1/second\nda/dt = "
      "k1*(1 - a) - k2*a : 1\n"
      "init a = k1/(k1 + k2)\nobserve I ~ normal(p9*a*r*(V - E_K), sigma)\n";
  d.log = {{"data", "400 samples of the sine wave are left out: 5 ms after each of 8 steps of the command."},
           {"search", "1 of 49 starts failed: the error was not finite after 3 steps."},
           {"report", "800 of 4000 posterior draws are drawn."}};
  return d;
}

Document one_point_document() {
  Document d;
  d.title = "one point";
  DataSet s;
  s.name = "single", s.role = "train", s.observed_name = "v", s.observed_unit = "mV", s.command_name = "i",
  s.command_unit = "nA";
  s.time_ms = {5.0}, s.observed = {-65.0}, s.keep = {1}, s.command = {0.1}, s.best = {-64.0};
  s.predictive = {{-66.0}, {-65.0}, {-64.5}, {-64.0}, {-63.0}};
  s.parameters_only = {{-65.0}, {}, {}, {}, {-64.0}};
  s.autocorrelation = {{0.0}, {1.0}, 0.5};
  d.data_sets = {s};
  d.posterior.axes = {{"g", "nS", true, 1, 100, 10, {}, {}}, {"E", "mV", false, -90, -40, -65, {}, {}}};
  d.posterior.draws = Array2(1, 2);
  d.posterior.draws(0, 0) = 10, d.posterior.draws(0, 1) = -65;
  d.start_errors = {0.02};
  verify::ParameterSummary p;
  p.name = "g", p.unit = "nS", p.best = p.median = p.q05 = p.q95 = 10, p.prior_q05 = 1, p.prior_q95 = 100;
  d.verdict.parameters = {p};
  verify::Generalisation g;
  g.name = "other", g.error = 0.1, g.samples = 1;
  d.verdict.generalisation = {g};
  d.simulated.curve = {{100}, {-1.5}, {-1.6}};
  d.simulated.statistics = {{{3.0}, {3.0}}};
  d.simulated.traces = {{"single", "mV", {5.0}, {-65.0}, Array2(1, 1, -64.0)}};
  d.simulated.ranks = Array2(1, 1, 0.5);
  verify::StatisticSummary s1;
  s1.name = "rate", s1.observed = 3, s1.prior_q025 = s1.prior_q975 = 3;
  s1.predicted_q025 = s1.predicted_median = s1.predicted_q975 = 3;
  d.verdict.simulated.statistics = {s1};
  d.verdict.simulated.rounds = {{"prior", 1, 0, -1.6, 1.0, false}};
  return d;
}

Document nan_document() {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  Document d = one_point_document();
  d.title = "NaN";
  DataSet& s = d.data_sets[0];
  s.time_ms = {0, 1, 2};
  s.observed = s.command = s.best = {nan, nan, nan};
  s.keep = {1, 0, 1};
  s.predictive = {s.best, s.best, s.best, s.best, s.best};
  s.parameters_only = s.predictive;
  s.autocorrelation = {{nan, nan}, {nan, nan}, nan};
  for (double& v : d.posterior.draws.values) v = nan;
  for (PosteriorAxis& a : d.posterior.axes) a.prior_low = a.prior_high = a.best = nan;
  d.start_errors = {nan, std::numeric_limits<double>::infinity()};
  verify::ParameterSummary p;
  p.name = "g";
  d.verdict.parameters = {p};
  verify::Generalisation g;
  g.name = "other";
  g.baselines = {{"mean", nan}};
  d.verdict.generalisation = {g};
  d.simulated.curve = {{nan, nan}, {nan, nan}, {nan, nan}};
  d.simulated.statistics = {{{nan}, {nan}}};
  d.simulated.traces = {{"single", "mV", {0, 1}, {nan, nan}, Array2(2, 2, nan)}};
  d.simulated.ranks = Array2(2, 1, nan);
  verify::StatisticSummary s1;
  s1.name = "rate";
  d.verdict.simulated.statistics = {s1};
  d.verdict.simulated.rounds = {{"", 0, 0, nan, nan, false}};
  return d;
}

std::string markup_fault(std::string_view html) {
  const auto near = [&](std::size_t at) { return std::string(html.substr(at, 60)); };
  std::vector<std::string> open;
  static constexpr std::array<std::string_view, 3> empty_elements = {"meta", "br", "hr"};
  std::size_t at = 0;
  while ((at = html.find('<', at)) != std::string_view::npos) {
    if (html.substr(at, 4) == "<!--") {
      at = html.find("-->", at);
      if (at == std::string_view::npos) return "a comment is not closed";
      continue;
    }
    if (html.substr(at, 9) == "<!DOCTYPE") {
      ++at;
      continue;
    }
    const std::size_t end = html.find('>', at);
    if (end == std::string_view::npos) return "a tag is not closed: " + near(at);
    const bool closing = html[at + 1] == '/';
    const std::size_t from = at + (closing ? 2 : 1);
    const std::string name(html.substr(from, html.find_first_of(" />", from) - from));
    if (name.empty() || std::isalpha(static_cast<unsigned char>(name[0])) == 0) return "a bare '<': " + near(at);
    const std::string_view tag = html.substr(at, end - at);
    for (const std::string_view bad : {"\"nan", "\"-nan", "\"inf", "NaN", ",nan", " nan", "nan,"})
      if (tag.find(bad) != std::string_view::npos && name != "td")
        return "not a number in " + std::string(tag.substr(0, 100));
    if (std::count(tag.begin(), tag.end(), '"') % 2 != 0) return "quotes in " + near(at);
    if (closing) {
      if (open.empty() || open.back() != name)
        return "</" + name + "> closes " + (open.empty() ? "nothing" : open.back()) + " near " + near(at);
      open.pop_back();
    } else if (html[end - 1] != '/' &&
               std::find(empty_elements.begin(), empty_elements.end(), name) == empty_elements.end()) {
      open.push_back(name);
      if (name == "script" || name == "style") {
        at = html.find("</" + name + ">", end);
        if (at == std::string_view::npos) return name + " is not closed";
        continue;
      }
    }
    at = end + 1;
  }
  return open.empty() ? "" : "<" + open.back() + "> is not closed";
}

}  // namespace hillock::report::test
