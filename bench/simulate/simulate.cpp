/// How fast the compiled simulator is: the hERG sine-wave protocol, 80 000 samples, one lane a draw, double.
///
///   hillock_bench_simulate RESULT.json
///
/// Every program's answer is checked before it is timed. Rates are per second of CPU time.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>

#include "base/rng.hpp"
#include "child.hpp"
#include "cpu_time.hpp"
#include "herg.hpp"
#include "io/whole_file.hpp"
#include "jit/kernel.hpp"
#include "lang/load.hpp"
#include "need.hpp"
#include "published.hpp"
#include "quiet_core.hpp"
#include "sim/simulator.hpp"
#include "simulate/limit_program.hpp"
#include "table.hpp"

namespace hillock::bench {
namespace {

namespace fs = std::filesystem;
using sim::Backend;
using sim::Purpose;

constexpr int rounds = 7;
constexpr std::size_t many = 768;  // whole groups of 1 to 4 vectors of 8 lanes
constexpr std::size_t with_gradient = 192;
constexpr std::size_t few = 8;            // for the interpreter
constexpr double scatter = 0.3;           // of log parameters: as in the limit program
constexpr double published_stack = 53.0;  // traces/s: 19 ms a trace (CVODE in Myokit, Clerx et al. 2019)

struct Setting {
  HergRecording recording;
  PublishedFit fit;
  ir::Model white;
  sim::Experiment experiment;
  double range = 0.0;  ///< A
};

double kept_range(const sim::Experiment& experiment) {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  const std::vector<double>& data = experiment.observed.at("I");
  for (std::size_t i = 0; i < data.size(); ++i)
    if (experiment.mask[i] != 0) {
      low = std::min(low, data[i]);
      high = std::max(high, data[i]);
    }
  return high - low;
}

/// Row 0 is the published fit, the others are scattered around it. Columns in the model's order: p1 ... p9, sigma.
Array2 draws(const Setting& s, std::size_t count) {
  const std::array<double, 9> p = herg_si(s.fit.p);
  Array2 points(count, s.white.parameters.size());
  for (std::size_t k = 0; k < count; ++k) {
    Rng rng(3, stream_id("bench draws"), k);
    for (std::size_t j = 0; j < p.size(); ++j) points(k, j) = p[j] * (k == 0 ? 1.0 : std::exp(scatter * rng.normal()));
    points(k, p.size()) = s.fit.error * s.range;
  }
  return points;
}

sim::Batch make_batch(const Setting& s, Purpose purpose, Backend backend, int threads = 1,
                      const std::vector<std::uint32_t>& with_respect_to = {}) {
  return need(
      sim::Batch::create(s.white, s.experiment, {purpose, "exponential_euler", with_respect_to}, {backend, threads}));
}

double error_of(const Setting& s, double sum, std::size_t kept) {
  return std::sqrt(sum / static_cast<double>(kept)) / s.range;
}

/// The errors of some draws, against libm. Two sums of 8e4 rounded terms and gates remembered for up to 1e5 steps:
/// 1e5 epsilon = 2e-11, relative; 1e-9 leaves room for the cancellation in model minus data.
void check_errors(const Setting& s, const sim::Batch& batch, std::string_view name) {
  constexpr double tolerance = 1e-9;
  const Array2 points = draws(s, few);
  Array2 sums;
  batch.sums(points, sums);
  for (std::size_t k = 0; k < few; ++k) {
    std::array<double, 9> p{};
    for (std::size_t j = 0; j < 9; ++j) p[j] = points(k, j) / (j < 8 ? 1e3 : 1e-6);
    const double found = error_of(s, sums(k, batch.program().value[0]), batch.kept_samples());
    const double truth = herg_error_reference(s.recording, p);
    if (!(std::fabs(found / truth - 1.0) < tolerance))
      stop(fmt::format("{}: draw {} has the error {:.15g}, libm says {:.15g}", name, k, found, truth));
    // The data set's README: the published parameters give the published errors to 2e-5.
    if (k == 0 && !(std::fabs(found / s.fit.error - 1.0) < 2e-5))
      stop(fmt::format("{}: the published fit of cell {} has the error {:.9g}, published is {:.9g}", name, s.fit.cell,
                       found, s.fit.error));
  }
}

/// A gradient against central differences of its own value: with a step of h, relative, the truncation is of order h^2
/// and the rounding epsilon |value| / (h |slope|). log p is of order 1e5 and its slopes (by log parameters, away from
/// the optimum) of 1e5 and more: h = 1e-5 leaves about 1e-10 + 1e-11; 1e-5 of the largest slope is asked.
void check_gradient(const Setting& s, const sim::Batch& gradient, const sim::Batch& value, std::string_view name) {
  constexpr double h = 1e-5;
  constexpr double tolerance = 1e-5;
  const Array2 all = draws(s, few);
  Array2 points(1 + 2 * 9, all.cols);
  for (std::size_t k = 0; k < points.rows; ++k)
    for (std::size_t j = 0; j < all.cols; ++j) points(k, j) = all(1, j);
  for (std::size_t j = 0; j < 9; ++j) {
    points(1 + 2 * j, j) *= 1.0 + h;
    points(2 + 2 * j, j) *= 1.0 - h;
  }
  Array2 slopes, values;
  gradient.sums(points, slopes);
  value.sums(points, values);
  const std::uint32_t at = value.program().value[0];
  std::array<double, 9> found{}, truth{};
  double largest = 0.0;
  // squares_linearised carries half the gradient of the sum.
  const double factor = gradient.program().matrix.empty() ? 1.0 : 2.0;
  for (std::size_t j = 0; j < 9; ++j) {
    found[j] = factor * slopes(0, gradient.program().gradient[j]) * points(0, j);
    truth[j] = (values(1 + 2 * j, at) - values(2 + 2 * j, at)) / (2.0 * h);
    largest = std::max(largest, std::fabs(truth[j]));
  }
  for (std::size_t j = 0; j < 9; ++j)
    if (!(std::fabs(found[j] - truth[j]) < tolerance * largest))
      stop(
          fmt::format("{}: the slope by log p{} is {:.12g}, differences say {:.12g}", name, j + 1, found[j], truth[j]));
}

/// Traces per second of CPU time, one time of the clock.
template <class Clock>
double rate(const sim::Batch& batch, const Array2& points, Clock clock) {
  Array2 sums;
  return static_cast<double>(points.rows) / seconds_of(clock, [&] { batch.sums(points, sums); });
}

Setting load() {
  const std::string root = HILLOCK_SOURCE_DIR;
  Setting s;
  constexpr int cell = 5;
  s.recording = need(read_herg(root + "/examples/herg/data", cell, Protocol::sine_wave));
  for (const PublishedFit& fit : need(read_published(root + "/bench/published/published_fits.csv")))
    if (fit.cell == cell) s.fit = fit;
  const std::string example = need(io::read_whole(root + "/examples/herg/herg.model", 1U << 20U));
  s.white = need(lang::load_model(need(white_noise_model(example)), "herg, white noise"));
  s.experiment = need(herg_experiment(s.recording, Protocol::sine_wave));
  s.range = kept_range(s.experiment);
  return s;
}

class Simulate {
 public:
  explicit Simulate(Setting setting) : s_(std::move(setting)) {
    table_.benchmark = "simulate";
    table_.title =
        "The hERG sine-wave protocol (8 s, 80 000 samples, double), error against the recording summed in the "
        "loop, many parameter draws. Rates are per second of CPU time, medians; what is compared ran in turns.";
    table_.machine = this_machine();
    table_.hillock = run_child({hillock(), "--version"}).out;
    while (!table_.hillock.empty() && table_.hillock.back() == '\n') table_.hillock.pop_back();
    if (table_.hillock.empty()) stop("the program hillock did not run: " + hillock());
  }

  Table run() {
    const std::vector<CoreSpeed> cores = core_speeds();
    table_.notes.push_back(describe(cores));
    traces(cores.front().core);
    {
      const OnCore here(core_speeds().front().core);
      gradients();
      compile_times();
    }
    start_up();
    return std::move(table_);
  }

 private:
  static std::string hillock() { return std::string(HILLOCK_BUILD_DIR) + "/bin/hillock"; }
  void add(const Row& r) { table_.rows.push_back(r); }

  void traces(int core) {
    const Array2 points = draws(s_, many);
    struct Contender {
      std::string name;
      sim::Batch batch;
      bool two_threads;
      std::vector<double> rates;
    };
    std::vector<Contender> contenders;
    for (const Backend backend : {Backend::avx512, Backend::avx2}) {
      const std::string name(sim::to_string(backend));
      if (!sim::choose_backend(name)) {
        table_.notes.push_back(name + " does not run on this machine.");
        continue;
      }
      contenders.push_back({name, make_batch(s_, Purpose::squares, backend), false, {}});
      if (contenders.size() == 1) contenders.push_back({name, make_batch(s_, Purpose::squares, backend, 2), true, {}});
    }
    for (const Contender& c : contenders) check_errors(s_, c.batch, c.name);
    const sim::Batch interpreter = make_batch(s_, Purpose::squares, Backend::interpreter);
    check_errors(s_, interpreter, "interpreter");

    const Limit limit(s_);
    std::map<std::string, std::vector<double>> limits;
    std::vector<double> interpreted;
    for (int round = 0; round < rounds; ++round) {
      for (Contender& c : contenders)
        if (c.two_threads) c.rates.push_back(rate(c.batch, points, process_seconds));
      const OnCore here(core);
      for (Contender& c : contenders)
        if (!c.two_threads) c.rates.push_back(rate(c.batch, points, thread_seconds));
      interpreted.push_back(rate(interpreter, draws(s_, few), thread_seconds));
      for (const auto& [name, found] : limit.run()) limits[name].push_back(found);
    }
    double best = 0.0;
    std::string best_name;
    for (const auto& [name, found] : limits)
      if (median(found) > best) {
        best = median(found);
        best_name = name;
      }
    double one_thread = 0.0;
    bool first = true;
    for (const Contender& c : contenders) {
      const double found = median(c.rates);
      if (c.two_threads) {
        add(row(fmt::format("traces, {}, 2 threads, per second of both threads' CPU time", c.name), found, "1/s")
                .against("1 thread", one_thread));
        continue;
      }
      auto line = row(fmt::format("traces, {}, one thread", c.name), found, "1/s");
      if (first) {
        one_thread = found;
        if (best > 0.0) line.against("hand-written limit (" + best_name + ")", best).ratio_at_least(0.6);
        else table_.notes.push_back("The hand-written limit needs AVX-512; it was not built here.");
      } else if (best > 0.0) {
        line.against("hand-written limit (" + best_name + ")", best);
      }
      add(line);
      if (first) {
        add(row("traces, against the published stack", found, "1/s")
                .against("published: 19 ms a trace, another machine", published_stack));
        first = false;
      }
    }
    add(row("traces, interpreter, one thread", median(interpreted), "1/s").against("compiled", one_thread));
  }

  /// The limit program, or nothing where it was not built.
  class Limit {
   public:
    explicit Limit(const Setting& s) {
#ifdef HILLOCK_BENCH_LIMIT
      folder_ = fs::temp_directory_path() / fmt::format("hillock-limit-{}", getpid());
      fs::create_directories(folder_);
      for (const PublishedFit& fit :
           need(read_published(std::string(HILLOCK_SOURCE_DIR) + "/bench/published/published_fits.csv")))
        if (fit.cell == 1 || fit.cell == s.fit.cell) {
          const auto recording =
              need(read_herg(std::string(HILLOCK_SOURCE_DIR) + "/examples/herg/data", fit.cell, Protocol::sine_wave));
          need(write_limit_input(folder_, recording, fit));
        }
#else
      (void)s;
#endif
    }
    ~Limit() {
      std::error_code ignored;
      if (!folder_.empty()) fs::remove_all(folder_, ignored);
    }
    Limit(const Limit&) = delete;
    Limit& operator=(const Limit&) = delete;
    [[nodiscard]] std::map<std::string, double> run() const {
#ifdef HILLOCK_BENCH_LIMIT
      return need(run_limit(HILLOCK_BENCH_LIMIT, folder_)).traces_per_s;
#else
      return {};
#endif
    }

   private:
    fs::path folder_;
  };

  void gradients() {
    const Backend backend = need(sim::choose_backend("auto"));
    const std::vector<std::uint32_t> mechanism = sim::mechanism_parameters(s_.white);
    if (mechanism.size() != 9) stop(fmt::format("the mechanism has {} parameters, not 9", mechanism.size()));
    const sim::Batch density = make_batch(s_, Purpose::log_density, backend, 1, mechanism);
    const sim::Batch gradient = make_batch(s_, Purpose::log_density_gradient, backend, 1, mechanism);
    const sim::Batch squares = make_batch(s_, Purpose::squares, backend, 1, mechanism);
    const sim::Batch linearised = make_batch(s_, Purpose::squares_linearised, backend, 1, mechanism);
    check_gradient(s_, gradient, density, "log_density_gradient");
    check_gradient(s_, linearised, squares, "squares_linearised");
    const Array2 points = draws(s_, with_gradient);
    const std::array batches = {&density, &gradient, &squares, &linearised};
    std::array<std::vector<double>, 4> us;
    for (int round = 0; round < rounds; ++round)
      for (std::size_t b = 0; b < batches.size(); ++b) us[b].push_back(1e6 / rate(*batches[b], points, thread_seconds));
    add(row("log density, normal noise", median(us[0]), "us/trace"));
    add(row("log density and its gradient by 9 parameters", median(us[1]), "us/trace")
            .against("log density alone", median(us[0]))
            .ratio_at_most(6.0));
    add(row("error (sum of squares)", median(us[2]), "us/trace"));
    add(row("error, its gradient by 9 parameters and J'J (45 sums)", median(us[3]), "us/trace")
            .against("error alone", median(us[2])));
  }

  /// The steps from a model to a program that runs, one by one.
  void compile_times() {
    const auto isa = jit::best_isa();
    if (!isa) return;
    const std::vector<std::uint32_t> mechanism = sim::mechanism_parameters(s_.white);
    ir::Timeline timeline;
    const auto ms = [&](const auto& work) {
      std::vector<double> times;
      for (int round = 0; round < rounds; ++round) times.push_back(1e3 * seconds_of(process_seconds, work));
      return median(times);
    };
    add(row("timeline of the protocol (80 000 rows), once an experiment and program",
            ms([&] { timeline = sim::make_timeline(s_.white, s_.experiment); }), "ms CPU"));
    const std::array<std::pair<Purpose, const char*>, 5> purposes = {
        {{Purpose::squares, "squares"},
         {Purpose::squares_linearised, "squares_linearised"},
         {Purpose::log_density, "log_density"},
         {Purpose::log_density_gradient, "log_density_gradient"},
         {Purpose::fisher, "fisher"}}};
    for (const auto& [purpose, name] : purposes) {
      const sim::BuiltProgram built =
          need(sim::build_program(s_.white, {purpose, "exponential_euler", mechanism}));  // a tenth of a millisecond
      ir::Loop loop;
      const double bind = ms([&] { loop = ir::bind(built.program, timeline); });
      const double compile = ms([&] { (void)need(jit::Kernel::compile(loop, {*isa, 1, false})); });
      add(row(fmt::format("{}: program bound to the timeline", name), bind, "ms CPU"));
      add(row(fmt::format("{}: loop to machine code", name), compile, "ms CPU"));
    }
  }

  void start_up() {
    constexpr int runs = 11;
    std::vector<double> wall, cpu;
    for (int k = 0; k < runs; ++k) {
      const ChildResult ran =
          run_child({hillock(), "check", std::string(HILLOCK_SOURCE_DIR) + "/examples/herg/herg.model"});
      if (ran.exit_code != 0 || ran.out.find("p9") == std::string::npos)
        stop(fmt::format("hillock check ended with {}: {}{}", ran.exit_code, ran.out, ran.err));
      wall.push_back(1e3 * ran.wall_s);
      cpu.push_back(1e3 * ran.cpu_s);
    }
    add(row("hillock check examples/herg/herg.model", median(wall), "ms wall").at_most(50.0));
    add(row("the same", median(cpu), "ms CPU"));
  }

  Setting s_;
  Table table_;
};

}  // namespace
}  // namespace hillock::bench

int main(int count, char** words) {
  namespace bench = hillock::bench;
  if (count != 2) bench::stop("usage: hillock_bench_simulate RESULT.json");
  bench::need(bench::write_table(bench::Simulate(bench::load()).run(), words[1]));
  return 0;
}
