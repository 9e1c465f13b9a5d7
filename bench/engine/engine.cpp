/// How fast any model runs: Hodgkin-Huxley with M current, 12 000 steps of exponential Euler, spike count and four
/// moments streamed, many parameter draws, double.
///
///   hillock_bench_engine RESULT.json
///
/// Every program's answer is checked before it is timed. Rates are per second of CPU time of one core unless they say
/// so.

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "base/rng.hpp"
#include "child.hpp"
#include "cpu_time.hpp"
#include "io/whole_file.hpp"
#include "ir/passes/pass.hpp"
#include "lang/load.hpp"
#include "need.hpp"
#include "quiet_core.hpp"
#include "sim/integrate/step.hpp"
#include "sim/simulator.hpp"
#include "table.hpp"

namespace hillock::bench {
namespace {

using sim::Backend;
using sim::Purpose;

constexpr int rounds = 5;
constexpr int turns = 5;                  ///< of short runs within a round
constexpr std::size_t many = 960;         // whole groups of 2, 3 and 4 vectors of 8 lanes
constexpr double current = 3.2480599e-2;  // A/m^2: 0.5 nA into a cylinder of 70 um length and diameter
constexpr double onset = 10e-3, offset = 110e-3, length = 120e-3;
constexpr std::array<double, 7> low{5.0, 1e-3, 1e-3, 1e-3, 0.05, -0.09, -0.1};
constexpr std::array<double, 7> high{800.0, 150.0, 6.0, 6.0, 3.0, -0.04, -0.035};
/// Three parameter sets, and what the hand-written program and Brian 2 find for them at 0.01 ms: 5, 6 and 4 spikes.
constexpr std::array<std::array<double, 7>, 3> sets{{{500, 50, 1, 0.7, 0.6, -0.06, -0.07},
                                                     {200, 100, 0.5, 0.1, 1.0, -0.05, -0.065},
                                                     {700, 20, 0.2, 2, 0.2, -0.07, -0.06}}};

std::string model_text(bool noise) {
  std::string text =
      need(io::read_whole(std::string(HILLOCK_SOURCE_DIR) + "/models/conductance_based/hh_m_current.model", 1U << 20U));
  if (!noise) return text;
  // 1 uA/cm^2 of independent current in each step of 0.01 ms.
  const std::string driven = "+ I)/C", noisy = "+ I + sigma*xi)/C";
  const std::size_t at = text.find(driven);
  if (at == std::string::npos) stop("the model has no current to add noise to");
  return text.replace(at, driven.size(), noisy) + "\nconst sigma = 0.0031622776601683795 uA/cm**2*second**0.5\n";
}

ir::Model load(bool noise = false) { return need(lang::load_model(model_text(noise), "hh_m_current")); }

sim::Experiment step_of_current(double dt, double until = length) {
  sim::Experiment e;
  e.interval = dt;
  e.samples = static_cast<std::size_t>(std::llround(until / dt));
  e.mask.assign(e.samples, 1);
  std::vector<sim::Piece> pieces(3);
  const std::array<double, 3> ends{onset, offset, std::numeric_limits<double>::infinity()};
  for (std::size_t i = 0; i < 3; ++i) {
    pieces[i].until = ends[i];
    pieces[i].value = pieces[i].graph.constant(i == 1 ? current : 0.0);
  }
  e.inputs["I"] = sim::piecewise(std::move(pieces));
  return e;
}

/// Spikes as crossings of -10 mV, and moments in the step.
std::vector<features::Request> five_features() {
  std::vector<features::Request> out;
  out.push_back({features::find_feature("spike_count"), "V", {}, {{"threshold", -0.01}}, "spike_count"});
  for (const char* name : {"mean", "sd", "skewness", "kurtosis"})
    out.push_back({features::find_feature(name), "V", {onset - 1e-6, offset - 1e-6}, {}, name});
  return out;
}

/// The hand-written program streams its count from the voltage: the model's own threshold, which counts the same
/// crossings, is taken out so that both do the same work.
ir::Model without_threshold(ir::Model model) {
  model.spiking.reset();
  return model;
}

Array2 draws(std::size_t count) {
  Array2 points(count, low.size());
  for (std::size_t k = 0; k < count; ++k) {
    Rng rng(1, stream_id("bench engine"), k);
    for (std::size_t j = 0; j < low.size(); ++j) points(k, j) = low[j] + (high[j] - low[j]) * rng.uniform();
  }
  return points;
}

Array2 three_sets() {
  Array2 points(3, 7);
  for (std::size_t k = 0; k < 3; ++k) std::copy(sets[k].begin(), sets[k].end(), points.row(k).begin());
  return points;
}

sim::Batch feature_batch(const ir::Model& model, Backend backend, int threads = 1, double until = length) {
  return need(sim::Batch::create(model, step_of_current(1e-5, until),
                                 {Purpose::features, "exponential_euler", {}, five_features()}, {backend, threads}));
}

double rate(const sim::Batch& batch, const Array2& points) {
  return static_cast<double>(points.rows) / seconds_of(thread_seconds, [&] { (void)batch.features(points); });
}

/// The largest the process has been since `forget_peak_memory`.
double peak_memory_mb() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::strtod(line.c_str() + 6, nullptr) / 1024.0;
  stop("/proc/self/status has no VmHWM");
}

void forget_peak_memory() {
  std::ofstream control("/proc/self/clear_refs");
  control << "5" << std::flush;
  if (!control) stop("/proc/self/clear_refs cannot be written");
}

class Engine {
 public:
  Engine() {
    table_.benchmark = "engine";
    table_.title =
        "Hodgkin-Huxley with M current (models/conductance_based/hh_m_current.model), 12 000 steps of exponential "
        "Euler, "
        "double, spike count and four moments streamed. Simulations per second of CPU time of one core, medians; what "
        "is "
        "compared ran in turns.";
    table_.machine = this_machine();
    table_.hillock = run_child({hillock(), "--version"}).out;
    while (!table_.hillock.empty() && table_.hillock.back() == '\n') table_.hillock.pop_back();
    if (table_.hillock.empty()) stop("the program hillock did not run: " + hillock());
  }

  Table run() {
    table_.notes.push_back(describe(core_speeds()));
    million();
    check_answers();
    for (const auto work : {&Engine::rates_without_noise, &Engine::rates_with_noise, &Engine::gradients,
                            &Engine::adjoint, &Engine::convergence, &Engine::passes, &Engine::start_up}) {
      const OnCore here(core_speeds().front().core);
      (this->*work)();
    }
    return std::move(table_);
  }

 private:
  static std::string hillock() { return std::string(HILLOCK_BUILD_DIR) + "/bin/hillock"; }
  void add(const Row& r) { table_.rows.push_back(r); }

  /// The three sets against the hand-written program, and all back ends against each other.
  void check_answers() {
    const ir::Model model = without_threshold(load());
    std::optional<sim::FeatureTable> first;
    for (const char* name : {"interpreter", "avx2", "avx512"}) {
      const auto backend = sim::choose_backend(name);
      if (!backend) continue;
      const sim::FeatureTable found = feature_batch(model, *backend).features(three_sets());
      if (first && found.values.values != first->values.values) stop(std::string(name) + " has other bits");
      first = found;
    }
    constexpr std::array<double, 3> counts{5, 6, 4};
    for (std::size_t k = 0; k < 3; ++k)
      if (first->values(k, 0) != counts[k])
        stop(fmt::format("set {} has {} spikes, not {}", k, first->values(k, 0), counts[k]));
#ifdef HILLOCK_BENCH_LIMIT_ENGINE
    for (std::size_t k = 0; k < 3; ++k) {
      const ChildResult ran = run_child({HILLOCK_BENCH_LIMIT_ENGINE, "trace", std::to_string(k), "0.01", "strict"});
      constexpr std::array<const char*, 5> names{"spikes", "mean", "sd", "skew", "kurt"};
      for (std::size_t f = 0; f < 5; ++f) {
        const double want = number_after(ran.err, names[f]);
        // It prints 6 digits after the point of mV, 4 of the others, and takes a sample at the end of each step where
        // Hillock takes it at the start: a 10 000th of the range of the window.
        const double found = first->values(k, f) * (f == 1 || f == 2 ? 1e3 : 1.0);
        if (!(std::fabs(found - want) < 0.01 * (1.0 + 0.05 * std::fabs(want))))
          stop(fmt::format("set {}: {} is {}, the limit program says {}", k, five_features()[f].name, found, want));
      }
    }
#endif
  }

  /// Rates of "double strict" and "double shared", the best number of vectors each.
  static std::map<std::string, double> limit_rates(bool noise) {
    std::map<std::string, double> out;
#ifdef HILLOCK_BENCH_LIMIT_ENGINE
    const ChildResult ran = run_child({HILLOCK_BENCH_LIMIT_ENGINE, std::to_string(many)});
    std::istringstream lines(ran.out);
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with("double ") || (line.find("+ noise") != std::string::npos) != noise) continue;
      const std::string kind = line.starts_with("double strict") ? "strict" : "shared";
      const double found = number_after(line, "vectors");
      if (!(found > 0.0)) stop("the limit program said: " + line);
      out[kind] = std::max(out[kind], found);
    }
    if (out.empty()) stop("the limit program printed no rates: " + ran.err);
#else
    (void)noise;
#endif
    return out;
  }

  void rates_without_noise() { rates(false); }
  void rates_with_noise() { rates(true); }

  void rates(bool noise) {
    const std::string with = noise ? ", with white noise" : "";
    const ir::Model model = without_threshold(load(noise));
    const Array2 points = draws(many);
    std::map<std::string, std::vector<double>> found;
    std::map<std::string, sim::Batch> batches;
    for (const char* name : {"avx512", "avx2"}) {
      const auto backend = sim::choose_backend(name);
      if (backend) batches.emplace(name, feature_batch(model, *backend));
      else table_.notes.push_back(std::string(name) + " does not run on this machine.");
    }
    for (int round = 0; round < rounds; ++round) {
      // As many as the limit program takes the median of.
      for (int turn = 0; turn < turns; ++turn)
        for (auto& [name, batch] : batches) found[name].push_back(rate(batch, points));
      for (const auto& [kind, value] : limit_rates(noise)) found[kind].push_back(value);
    }
    const auto best = batches.contains("avx512") ? "avx512" : "avx2";
    const double ours = median(found.at(best));
    if (found.contains("strict")) {
      add(row(fmt::format("simulations{}, {}", with, best), ours, "1/s")
              .against("hand-written limit, strict", median(found["strict"]))
              .ratio_at_least(0.6));
      add(row(fmt::format("simulations{}, {}", with, best), ours, "1/s")
              .against("hand-written limit, shared exponentials", median(found["shared"])));
    } else {
      add(row(fmt::format("simulations{}, {}", with, best), ours, "1/s"));
      table_.notes.push_back("The hand-written limit needs AVX-512; it was not built here.");
    }
    if (batches.contains("avx512") && batches.contains("avx2"))
      add(row(fmt::format("simulations{}, avx2", with), median(found["avx2"]), "1/s")
              .against("avx512", ours)
              .ratio_at_least(0.45));
    brian(noise, ours, with);
  }

  void brian(bool noise, double ours, const std::string& with) {
    const std::string script = std::string(HILLOCK_SOURCE_DIR) + "/bench/engine/brian2_peer.py";
    std::vector<std::string> command{"/usr/bin/python3", script, "1000"};
    if (noise) command.insert(command.begin() + 2, "noise");
    const ChildResult ran = run_child(command);
    const std::size_t at = ran.out.rfind('{');
    const auto json =
        at == std::string::npos ? nlohmann::json() : nlohmann::json::parse(ran.out.substr(at), nullptr, false);
    if (ran.exit_code != 0 || !json.is_object()) {
      table_.notes.push_back("Brian 2 did not run here (python3-brian).");
      return;
    }
    const std::string name = "Brian 2 " + json["version"].get<std::string>() + " C++ standalone";
    auto line = row(fmt::format("simulations{}", with), ours, "1/s").against(name, json["per_s"]);
    if (!noise) line.ratio_at_least(20.0);
    add(line);
    add(row(fmt::format("simulations{}", with), ours, "1/s")
            .against(name + ", with its compilation, 1000 draws", json["per_s_with_compilation"]));
  }

  static ir::Model observed_model() {
    ir::Model model = need(lang::load_model(model_text(false) + "\nobserve y ~ normal(V, 1 mV)\n", "hh_m_current"));
    model.spiking.reset();
    return model;
  }

  /// What each pass of the compiler gains: the rate without it.
  void passes() {
    const Backend backend = need(sim::choose_backend("auto"));
    const ir::Model model = without_threshold(load());
    const ir::Model observed = observed_model();
    sim::Experiment recorded = step_of_current(1e-5);
    recorded.observed["y"] = std::vector<double>(recorded.samples, -0.065);
    struct Contender {
      std::string name;
      sim::Batch features, gradient;
      std::vector<double> rates, gradients;
    };
    const auto contender = [&](const std::string& name, const std::vector<std::string_view>& without) {
      sim::RunOptions run{backend, 1};
      run.without = without;
      sim::ProgramRequest slopes{Purpose::log_density_gradient, "exponential_euler", {0, 1, 2, 3, 4, 5, 6}, {}};
      slopes.sweep = sim::Sweep::forward;
      return Contender{name,
                       need(sim::Batch::create(model, step_of_current(1e-5),
                                               {Purpose::features, "exponential_euler", {}, five_features()}, run)),
                       need(sim::Batch::create(observed, recorded, slopes, run)),
                       {},
                       {}};
    };
    std::vector<Contender> all;
    all.push_back(contender("all passes", {}));
    std::vector<std::string_view> names;
    for (const ir::Pass& pass : ir::passes())
      if (pass.optional && pass.applies == nullptr) names.push_back(pass.name);
    for (const char* name : {"short_forms", "usual_row", "order"}) names.emplace_back(name);
    for (const std::string_view name : names) all.push_back(contender(std::string(name), {name}));
    all.push_back(contender("all of these", names));
    const Array2 points = draws(240), few = draws(96);
    const sim::FeatureTable want = all.front().features.features(three_sets());
    for (const Contender& c : all) check_same(want, c.features.features(three_sets()), c.name);
    for (int round = 0; round < rounds; ++round)
      for (Contender& c : all) {
        c.rates.push_back(rate(c.features, points));
        Array2 sums;
        c.gradients.push_back(static_cast<double>(few.rows) /
                              seconds_of(thread_seconds, [&] { c.gradient.sums(few, sums); }));
      }
    for (const Contender& c : all) {
      if (&c == &all.front()) continue;
      add(row("simulations without " + c.name, median(c.rates), "1/s")
              .against("with all passes", median(all.front().rates)));
      add(row("log density and its gradient by 7 parameters without " + c.name, median(c.gradients), "1/s")
              .against("with all passes", median(all.front().gradients)));
    }
  }

  /// Rounding in another order: the same spikes, moments to a millionth.
  static void check_same(const sim::FeatureTable& want, const sim::FeatureTable& got, const std::string& name) {
    for (std::size_t k = 0; k < want.values.rows; ++k)
      for (std::size_t f = 0; f < want.values.cols; ++f) {
        const double a = want.values(k, f), b = got.values(k, f);
        if (!(std::fabs(a - b) <= 1e-6 * std::max(1.0, std::fabs(a))))
          stop(fmt::format("without {}: {} of set {} is {}, not {}", name, five_features()[f].name, k, b, a));
      }
  }

  /// Backwards: a recording of 10^5 steps, and its gradient by all seven parameters.
  void adjoint() {
    const ir::Model model = observed_model();
    const Backend backend = need(sim::choose_backend("auto"));
    const Array2 points = draws(32);
    sim::Experiment experiment = step_of_current(1e-5, 1.0);
    experiment.observed["y"] = std::vector<double>(experiment.samples, -0.065);
    const auto batch = [&](Purpose purpose, sim::Sweep sweep) {
      sim::ProgramRequest request{purpose, "exponential_euler", {0, 1, 2, 3, 4, 5, 6}, {}};
      request.sweep = sweep;
      return need(sim::Batch::create(model, experiment, request, {backend, 1}));
    };
    const sim::Batch density = batch(Purpose::log_density, sim::Sweep::automatic);
    const sim::Batch backwards = batch(Purpose::log_density_gradient, sim::Sweep::adjoint);
    Array2 sums;
    forget_peak_memory();
    const double before = peak_memory_mb();
    backwards.sums(points, sums);  // the first run: what a later one takes is held already
    const double memory = peak_memory_mb() - before;
    check_against_tangents(backwards, batch(Purpose::log_density_gradient, sim::Sweep::forward), points);
    std::vector<double> alone, with;
    for (int round = 0; round < rounds; ++round) {
      alone.push_back(1e3 * seconds_of(thread_seconds, [&] { density.sums(points, sums); }));
      with.push_back(1e3 * seconds_of(thread_seconds, [&] { backwards.sums(points, sums); }));
    }
    const auto each = static_cast<double>(points.rows);
    add(row("log density of 10^5 samples and its gradient by 7 parameters, adjoint", median(with) / each, "ms")
            .against("log density alone", median(alone) / each)
            .ratio_at_most(5.0));
    add(row("the same: memory of a thread", memory, "MB").at_most(50.0));
  }

  /// The same gradient two ways: a part in 10^6 of the largest slope, as roundings grow with every spike.
  static void check_against_tangents(const sim::Batch& adjoint, const sim::Batch& tangents, const Array2& points) {
    Array2 a, b;
    adjoint.sums(points, a);
    tangents.sums(points, b);
    for (std::size_t k = 0; k < points.rows; ++k) {
      double largest = 0.0;
      for (std::size_t j = 0; j < 7; ++j)
        largest = std::max(largest, std::fabs(b(k, tangents.program().gradient[j]) * points(k, j)));
      for (std::size_t j = 0; j < 7; ++j) {
        const double found = a(k, adjoint.program().gradient[j]), want = b(k, tangents.program().gradient[j]);
        if (!(std::fabs(found - want) * std::fabs(points(k, j)) <= 1e-6 * largest))
          stop(fmt::format("draw {}, slope {}: backwards {:.10g}, forwards {:.10g}", k, j, found, want));
      }
    }
  }

  /// Forward tangents: log density of a recording of V and its gradient by P parameters.
  void gradients() {
    const ir::Model model = observed_model();
    const Backend backend = need(sim::choose_backend("auto"));
    const Array2 points = draws(192);
    sim::Experiment experiment = step_of_current(1e-5);
    experiment.observed["y"] = std::vector<double>(experiment.samples, -0.065);
    const auto batch = [&](Purpose purpose, std::uint32_t count) {
      std::vector<std::uint32_t> wrt(count);
      for (std::uint32_t i = 0; i < count; ++i) wrt[i] = i;
      sim::ProgramRequest request{purpose, "exponential_euler", wrt, {}};
      request.sweep = sim::Sweep::forward;
      return need(sim::Batch::create(model, experiment, request, {backend, 1}));
    };
    const sim::Batch density = batch(Purpose::log_density, 7);
    check_gradient(batch(Purpose::log_density_gradient, 7), density, points);
    const auto us = [&](const sim::Batch& b) {
      Array2 sums;
      return 1e6 * seconds_of(thread_seconds, [&] { b.sums(points, sums); }) / static_cast<double>(points.rows);
    };
    std::map<std::uint32_t, sim::Batch> gradient;
    for (const std::uint32_t count : {1U, 3U, 7U}) gradient.emplace(count, batch(Purpose::log_density_gradient, count));
    std::map<std::uint32_t, std::vector<double>> times;
    for (int round = 0; round < rounds; ++round) {
      times[0].push_back(us(density));
      for (const auto& [count, b] : gradient) times[count].push_back(us(b));
    }
    for (const std::uint32_t count : {1U, 3U, 7U})
      add(row(fmt::format("log density of 12 000 samples and its gradient by {} parameters, forward", count),
              median(times[count]), "us")
              .against("log density alone", median(times[0]))
              .ratio_at_most(1.0 + 0.5 * count));
  }

  /// Against central differences: steps of 1e-6 of a parameter leave about 1e-8 of the largest slope; 1e-4 is asked,
  /// as slopes grow with every spike.
  static void check_gradient(const sim::Batch& gradient, const sim::Batch& density, const Array2& all) {
    constexpr double h = 1e-6;
    Array2 points(15, 7);
    for (std::size_t k = 0; k < 15; ++k) std::copy(all.row(1).begin(), all.row(1).end(), points.row(k).begin());
    for (std::size_t j = 0; j < 7; ++j) {
      points(1 + 2 * j, j) *= 1.0 + h;
      points(2 + 2 * j, j) *= 1.0 - h;
    }
    Array2 slopes, values;
    gradient.sums(points, slopes);
    density.sums(points, values);
    const std::uint32_t at = density.program().value[0];
    std::array<double, 7> found{}, truth{};
    double largest = 0.0;
    for (std::size_t j = 0; j < 7; ++j) {
      found[j] = slopes(0, gradient.program().gradient[j]) * points(0, j);
      truth[j] = (values(1 + 2 * j, at) - values(2 + 2 * j, at)) / (2.0 * h);
      largest = std::max(largest, std::fabs(truth[j]));
    }
    for (std::size_t j = 0; j < 7; ++j)
      if (!(std::fabs(found[j] - truth[j]) < 1e-4 * largest))
        stop(fmt::format("slope {} is {:.10g}, differences say {:.10g}", j, found[j], truth[j]));
  }

  /// Spike times of the three sets, crossings of -10 mV.
  static std::vector<double> spike_times(const ir::Model& model, const char* integrator, double dt) {
    std::vector<features::Request> requests;
    for (int n = 1; n <= 7; ++n)
      requests.push_back({features::find_feature("spike_time"),
                          "V",
                          {},
                          {{"threshold", -0.01}, {"number", n}},
                          fmt::format("spike {}", n)});
    const Backend backend = need(sim::choose_backend("auto"));
    auto batch =
        sim::Batch::create(model, step_of_current(dt), {Purpose::features, integrator, {}, requests}, {backend, 1});
    return need(std::move(batch)).features(three_sets()).values.values;
  }

  /// The longest step at which every spike is within 0.05 ms of where it converges to, and what a simulation costs
  /// then.
  void convergence() {
    const ir::Model model = without_threshold(load());
    const std::vector<double> truth = spike_times(model, "rk4", 1e-6);
    double euler = 0.0;
    for (const char* integrator : {"exponential_euler", "exponential_midpoint", "rk4"}) {
      double step = 0.0;
      for (const double dt :
           {5e-5, 4e-5, 2.5e-5, 2e-5, 1.6e-5, 1e-5, 8e-6, 5e-6, 4e-6, 2e-6, 1e-6, 5e-7, 2e-7, 1e-7, 5e-8}) {
        const std::vector<double> found = spike_times(model, integrator, dt);
        bool close = true;
        for (std::size_t i = 0; i < truth.size(); ++i)
          close = close && std::isnan(truth[i]) == std::isnan(found[i]) && !(std::fabs(found[i] - truth[i]) > 0.05e-3);
        if (close) {
          step = dt;
          break;
        }
      }
      if (step == 0.0) {
        table_.notes.push_back(std::string(integrator) + " does not come within 0.05 ms at 0.00005 ms.");
        continue;
      }
      auto batch =
          need(sim::Batch::create(model, step_of_current(step), {Purpose::features, integrator, {}, five_features()},
                                  {need(sim::choose_backend("auto")), 1}));
      const Array2 points = draws(96);
      std::vector<double> times;
      for (int round = 0; round < 3; ++round) times.push_back(1e3 / rate(batch, points));
      auto line = row(fmt::format("spike times within 0.05 ms, {}: at a step of {:g} ms", integrator, 1e3 * step),
                      median(times), "ms");
      if (euler == 0.0) euler = median(times);
      else line.against("exponential Euler at its step", euler);
      if (std::string_view(integrator) == "exponential_midpoint") line.ratio_at_most(0.25);
      add(line);
    }
  }

  /// A million draws, a tenth of the steps: memory, time by the number of draws, two threads.
  void million() {
    const ir::Model model = without_threshold(load());
    const Backend backend = need(sim::choose_backend("auto"));
    const sim::Batch one = feature_batch(model, backend, 1, length / 10);
    const sim::Batch two = feature_batch(model, backend, 2, length / 10);
    const std::vector<CoreSpeed> cores = core_speeds();
    const Array2 part = draws(250000);
    double memory = 0.0;
    std::vector<double> whole, quarter;
    for (int round = 0; round < 3; ++round) {
      const OnCore here(cores.front().core);
      quarter.push_back(seconds_of(wall_seconds, [&] { (void)one.features(part); }));
      forget_peak_memory();
      const double before = peak_memory_mb();
      const Array2 points = draws(1000000);
      whole.push_back(seconds_of(wall_seconds, [&] { (void)one.features(points); }));
      memory = std::max(memory, peak_memory_mb() - before);
    }
    add(row("10^6 draws with features, 1200 steps each: memory, draws and table included", memory, "MB")
            .at_most(200.0));
    add(row("10^6 draws", median(whole), "s wall")
            .against("four times 250 000 draws", 4 * median(quarter))
            .ratio_within(0.9, 1.1));
    two_threads(one, two, part, cores);
  }

  /// Two threads against one on each of the two cores that they have: cores are not equally fast.
  void two_threads(const sim::Batch& one, const sim::Batch& two, const Array2& points,
                   const std::vector<CoreSpeed>& cores) {
    if (cores.size() < 2) {
      table_.notes.push_back("One core: two threads were not measured.");
      return;
    }
    const auto draws_per_second = [&](const sim::Batch& batch) {
      return static_cast<double>(points.rows) / seconds_of(wall_seconds, [&] { (void)batch.features(points); });
    };
    std::vector<double> both, alone;
    for (int round = 0; round < 5; ++round) {
      both.push_back(draws_per_second(two));
      double mean = 0.0;
      for (std::size_t k = 0; k < 2; ++k) {
        const OnCore here(cores[k].core);
        mean += 0.5 * draws_per_second(one);
      }
      alone.push_back(mean);
    }
    add(row("2 threads, 250 000 draws", median(both), "1/s wall")
            .against("one thread, mean of the two cores", median(alone))
            .ratio_at_least(1.9));
  }

  void start_up() {
    constexpr int runs = 9;
    std::vector<double> wall, cpu;
    for (int k = 0; k < runs; ++k) {
      const ChildResult ran = run_child(
          {hillock(), "simulate", std::string(HILLOCK_SOURCE_DIR) + "/models/conductance_based/hh_m_current.model",
           "--input", "I=3.25 uA/cm**2", "--duration", "120 ms", "--dt", "0.01 ms", "--threads", "1", "--no-cache"});
      if (ran.exit_code != 0 || ran.out.find("spikes") == std::string::npos)
        stop(fmt::format("hillock simulate ended with {}: {}{}", ran.exit_code, ran.out, ran.err));
      wall.push_back(1e3 * ran.wall_s);
      cpu.push_back(1e3 * ran.cpu_s);
    }
    add(row("text to result: hillock simulate hh_m_current.model, 12 000 steps, nothing cached", median(wall),
            "ms wall")
            .at_most(150.0));
    add(row("the same", median(cpu), "ms CPU"));
  }

  Table table_;
};

}  // namespace
}  // namespace hillock::bench

int main(int count, char** words) {
  namespace bench = hillock::bench;
  if (count != 2) bench::stop("usage: hillock_bench_engine RESULT.json");
  bench::need(bench::write_table(bench::Engine().run(), words[1]));
  return 0;
}
