#include "sim/simulator.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <mutex>
#include <numeric>

#include "base/parallel.hpp"
#include "sim/adjoint_run.hpp"
#include "sim/feature_stops.hpp"
#include "sim/lane_pool.hpp"
#include "sim/row_plan.hpp"
#ifdef HILLOCK_HAS_JIT
#include "jit/kernel.hpp"
#endif

namespace hillock::sim {

std::string_view to_string(Backend backend) {
  switch (backend) {
    case Backend::interpreter: return "interpreter";
    case Backend::avx2: return "avx2";
    case Backend::avx512: return "avx512";
  }
  return "interpreter";
}

Result<Backend> choose_backend(std::string_view name) {
#ifdef HILLOCK_HAS_JIT
  const bool has_avx2 = jit::runs_here(jit::Isa::avx2);
  const bool has_avx512 = jit::runs_here(jit::Isa::avx512);
#else
  const bool has_avx2 = false;
  const bool has_avx512 = false;
#endif
  if (name == "auto") return has_avx512 ? Backend::avx512 : (has_avx2 ? Backend::avx2 : Backend::interpreter);
  if (name == "interpreter") return Backend::interpreter;
  if (name == "avx2" || name == "avx512") {
    const bool wide = name == "avx512";
    if (wide ? has_avx512 : has_avx2) return wide ? Backend::avx512 : Backend::avx2;
    return fail("backend-absent", "this machine or this build cannot run " + std::string(name), "--isa", "--isa auto");
  }
  return fail("backend-unknown", "there is no back end \"" + std::string(name) + "\"", "--isa",
              "auto, avx512, avx2 or interpreter");
}

struct Batch::State {
  BuiltProgram built;
  ir::Loop loop;
  RunOptions options;
  std::optional<RowPlan> plan;
  std::vector<std::size_t> stops;  ///< rows at which simulations may end before their last one
  FeatureStops feature_stops;
  std::optional<AdjointRun> adjoint;  ///< where gradients are taken backwards; nothing else is compiled then
#ifdef HILLOCK_HAS_JIT
  std::optional<jit::Kernel> narrow;  ///< one vector in flight: for batches of few points
  std::optional<jit::Kernel> wide;    ///< several: for batches of many
#endif

  [[nodiscard]] Simulations simulations(const Array2& points, const Each& each,
                                        const std::function<bool()>& stop) const;
  bool run(Simulations simulations, bool may_end_early) const;
  [[nodiscard]] Ending ending(LaneView state) const;
};

namespace {

/// Vectors in flight where there are points enough: sums alone are bound by latency, tangents bring their own
/// parallelism. Measured by bench/simulate and bench/engine.
int vectors_for(Purpose purpose) {
  switch (purpose) {
    case Purpose::squares:
    case Purpose::log_density:
    case Purpose::features:
    case Purpose::recorded: return 2;
    default: return 1;
  }
}

}  // namespace

namespace {

/// The points as the loop wants them: where the model has noise, `held` takes them with each one's address behind.
const Array2& addressed(const Array2& points, const ir::Loop& loop, std::uint64_t seed, Array2& held) {
  if (points.cols == loop.parameters) return points;
  HILLOCK_CHECK(points.cols + 2 == loop.parameters, "points of the wrong dimension");
  held = Array2(points.rows, loop.parameters);
  for (std::size_t k = 0; k < points.rows; ++k) {
    std::copy(points.row(k).begin(), points.row(k).end(), held.row(k).begin());
    held(k, points.cols) = static_cast<double>(k);
    held(k, points.cols + 1) = static_cast<double>(seed);
  }
  return held;
}

/// Nanoseconds of an operation, at most: a vector of divisions, or an interpreted library function.
constexpr double compiled_ns = 8.0;
constexpr double interpreted_ns = 40.0;

/// To compile an operation takes about as long as to interpret it so many times (0.1 ms, 25 ns).
constexpr double rows_worth_compiling = 4000.0;
constexpr double usual_substeps = 10.0;  // of an adaptive method, per row

bool worth_compiling(const ir::Loop& loop, const RunOptions& options) {
  if (options.backend == Backend::interpreter) return false;
  const double rows = static_cast<double>(loop.rows) * (loop.adaptive ? usual_substeps : 1.0);
  return options.simulations * rows > rows_worth_compiling;
}

/// Operations of a row, at most.
double row_operations(const ir::Loop& loop) {
  constexpr double substeps = 100.0;  // of an adaptive method, per row: many
  std::size_t operations = 1;
  for (const ir::Loop::Phase* phase : {&loop.observe_phase, &loop.advance_phase}) {
    operations += phase->nodes.size();
    for (const ir::Group& each : phase->groups) operations += each.nodes.size();
  }
  return static_cast<double>(operations) * (loop.adaptive ? substeps : 1.0);
}

/// So many rows take a few milliseconds at most.
std::size_t piece_of(const ir::Loop& loop, double operation_ns) {
  constexpr double piece_ns = 4e6;
  return static_cast<std::size_t>(std::max(1.0, piece_ns / (row_operations(loop) * operation_ns)));
}

/// Runs a loop's rows from the first to the last, `run(rows, observed rows before them)`. Where there is a `stop`, in
/// pieces; false where it became true.
template <class Run>
bool in_pieces(const ir::Loop& loop, double operation_ns, const std::function<bool()>& stop, Run&& run,
               std::size_t most_rows = SIZE_MAX, std::size_t end = SIZE_MAX) {
  end = std::min(end, loop.rows);
  if (!stop && most_rows >= end) {
    run(ir::Rows{0, end}, 0);
    return true;
  }
  const std::size_t piece = std::min(most_rows, piece_of(loop, operation_ns));
  std::size_t observed = 0;
  for (std::size_t begin = 0; begin < end; begin += piece) {
    if (stop && stop()) return false;
    const ir::Rows rows{begin, std::min(end, begin + piece)};
    run(rows, observed);
    observed += loop.observed_in(rows.begin, rows.end);
  }
  return true;
}

}  // namespace

Batch::Batch(std::unique_ptr<State> state) : state_(std::move(state)) {}
Batch::Batch(Batch&&) noexcept = default;
Batch& Batch::operator=(Batch&&) noexcept = default;
Batch::~Batch() = default;

const BuiltProgram& Batch::program() const { return state_->built; }
std::size_t Batch::carried_count() const {
  return state_->adjoint ? 1 + state_->built.gradient.size() : state_->loop.carried;
}
bool Batch::backwards() const { return state_->adjoint.has_value(); }
std::size_t Batch::kept_samples() const { return state_->loop.observed; }

/// Where the request wants a gradient and the adjoint is the cheaper way, or the one asked for: takes it.
Result<void> Batch::take_backwards(const ir::Model& model, const ir::Timeline& timeline, const ProgramRequest& request,
                                   State& state) {
  if (request.purpose != Purpose::log_density_gradient || request.sweep == Sweep::forward) return {};
  if (state.built.program.adaptive) {
    if (request.sweep == Sweep::automatic) return {};
    return fail("integrator-unfit",
                std::string(request.integrator) + " chooses its own steps: no way back through them",
                "model.integrator", "a fixed step, or the forward sweep");
  }
  ProgramRequest plain = request;
  plain.purpose = Purpose::log_density;
  auto sum = build_program(model, plain);
  if (!sum) return fail(std::move(sum.error()));
  std::vector<std::uint32_t> by = request.with_respect_to;
  if (by.empty()) {
    by.resize(model.parameters.size());
    std::iota(by.begin(), by.end(), 0U);
  }
  AdjointRun run(sum->program, timeline, sum->value[0], by, state.options.backend);
  if (request.sweep == Sweep::automatic && run.operations() >= operations(state.loop)) return {};
  if (auto compiled = run.compile(state.options.store.get()); !compiled) return compiled;
  state.adjoint = std::move(run);
  state.built = std::move(*sum);
  state.built.value = {0};
  state.built.gradient.resize(by.size());
  std::iota(state.built.gradient.begin(), state.built.gradient.end(), 1U);
  return {};
}

Result<Batch> Batch::create(const ir::Model& model, const Experiment& experiment, const ProgramRequest& request,
                            const RunOptions& options) {
  auto built = build_program(model, request);
  if (!built) return fail(std::move(built.error()));
  auto state = std::make_unique<State>();
  state->built = std::move(*built);
  state->options = options;
  const bool of_spikes = request.purpose == Purpose::spike_times || request.purpose == Purpose::spike_time_slopes;
  ir::Timeline timeline = rows_of(model, experiment, {of_spikes, options.stop});
  if (request.purpose == Purpose::log_density_gradient)
    timeline = timeline.whole();  // it may be gone through backwards
  ir::BindOptions binding;
#ifdef HILLOCK_HAS_JIT
  jit::Arrangement arrangement;
  for (const std::string_view name : options.without)
    if (!arrangement.leave_out(name)) binding.without.push_back(name);
#else
  binding.without = options.without;
#endif
  state->loop = ir::bind(state->built.program, timeline, binding);
  if (options.stop && options.stop())
    return fail("interrupted", "stopped before the first simulation began", experiment.name);
  if (auto taken = take_backwards(model, timeline, request, *state); !taken) return fail(std::move(taken.error()));
  if (state->adjoint) return Batch(std::move(state));
  state->plan.emplace(model, experiment);
  const bool compiled = worth_compiling(state->loop, options);
  state->stops = stops_of(state->loop.rows, row_operations(state->loop), compiled);
  if (request.purpose == Purpose::features || request.purpose == Purpose::feature_slopes)
    state->feature_stops = FeatureStops(state->built.fates, experiment, *state->plan, state->stops);
#ifdef HILLOCK_HAS_JIT
  if (compiled) {
    const jit::Isa isa = options.backend == Backend::avx512 ? jit::Isa::avx512 : jit::Isa::avx2;
    auto narrow = jit::Kernel::compile(state->loop, {isa, 1, true, options.store.get(), arrangement});
    if (!narrow) return fail(std::move(narrow.error()));
    state->narrow = std::move(*narrow);
    if (const int vectors = vectors_for(request.purpose); vectors > 1) {
      auto wide = jit::Kernel::compile(state->loop, {isa, vectors, true, options.store.get(), arrangement});
      if (!wide) return fail(std::move(wide.error()));
      state->wide = std::move(*wide);
    }
  }
#endif
  return Batch(std::move(state));
}

bool Batch::State::run(Simulations simulations, bool may_end_early) const {
  PoolOptions pool;
  double operation_ns = interpreted_ns;
#ifdef HILLOCK_HAS_JIT
  for (const auto* kernel : {&narrow, &wide}) {
    if (!*kernel) continue;
    operation_ns = compiled_ns;
    pool.runners.push_back({static_cast<std::size_t>((*kernel)->lanes()),
                            [this, kernel](ir::Rows rows, const double* parameters, double* state) {
                              (*kernel)->run(loop, rows, parameters, state, nullptr);
                            }});
  }
#endif
  if (pool.runners.empty())
    pool.runners.push_back({1, [this](ir::Rows rows, const double* parameters, double* state) {
                              ir::interpret(loop, rows, {parameters, loop.parameters}, {state, loop.state_size()});
                            }});
  pool.piece = simulations.should_stop ? piece_of(loop, operation_ns) : loop.rows;
  if (!may_end_early) simulations.decided = nullptr;
  if (may_end_early || simulations.rows) pool.stops = stops;
  pool.threads = options.threads;
  return run_lanes(loop, pool, simulations);
}

/// What the simulations of a call are, but for what becomes of them.
Simulations Batch::State::simulations(const Array2& points, const Each& each, const std::function<bool()>& stop) const {
  HILLOCK_CHECK(each.samples.empty() || each.samples.size() == points.rows, "durations of other simulations");
  HILLOCK_CHECK(each.noise.empty() || each.noise.size() == points.rows, "noise of other simulations");
  HILLOCK_CHECK(points.cols == loop.parameters || points.cols + 2 == loop.parameters, "points of the wrong dimension");
  Simulations out;
  out.count = points.rows;
  out.parameters = [this, &points, &each](std::size_t k, std::span<double> parameters) {
    std::copy(points.row(k).begin(), points.row(k).end(), parameters.begin());
    if (points.cols == loop.parameters) return;
    parameters[points.cols] = static_cast<double>(each.noise.empty() ? k : each.noise[k]);
    parameters[points.cols + 1] = static_cast<double>(options.seed);
  };
  // A simulation ends with the row at which its last sample is seen.
  if (!each.samples.empty())
    out.rows = [this, &each](std::size_t k) {
      HILLOCK_CHECK(each.samples[k] > 0, "a simulation without samples");
      return plan->first_row(each.samples[k] - 1) + 1;
    };
  out.should_stop = stop;
  return out;
}

Ending Batch::State::ending(LaneView state) const {
  bool all_nan = loop.adaptive.has_value() && built.states > 0;
  bool finite = true;
  for (std::size_t i = 0; i < built.states; ++i) {
    finite = finite && std::isfinite(state[i]);
    all_nan = all_nan && std::isnan(state[i]);
  }
  return finite ? Ending::well : all_nan ? Ending::step_limit : Ending::not_finite;
}

void Batch::sums(const Array2& given, Array2& carried, const std::function<bool()>& stop, const Each& each) const {
  const State& s = *state_;
  carried = Array2(given.rows, carried_count(), std::numeric_limits<double>::quiet_NaN());
  if (s.adjoint) {
    HILLOCK_CHECK(each.samples.empty() && each.noise.empty(), "backwards, all simulations run alike");
    Array2 held;
    const Array2& points = addressed(given, s.loop, s.options.seed, held);
    const std::size_t lanes = s.adjoint->lanes();
    parallel_for((points.rows + lanes - 1) / lanes, s.options.threads, [&](std::size_t call) {
      std::vector<double> in(lanes * points.cols);
      std::vector<double> out(lanes * carried.cols);
      for (std::size_t lane = 0; lane < lanes; ++lane)
        for (std::size_t p = 0; p < points.cols; ++p)
          in[p * lanes + lane] = points(std::min(call * lanes + lane, points.rows - 1), p);
      if (!s.adjoint->run(in, out, stop)) return;
      for (std::size_t lane = 0; lane < lanes && call * lanes + lane < points.rows; ++lane)
        for (std::size_t c = 0; c < carried.cols; ++c) carried(call * lanes + lane, c) = out[c * lanes + lane];
    });
    return;
  }
  Simulations simulations = s.simulations(given, each, stop);
  simulations.done = [&](std::size_t, std::size_t k, std::size_t, LaneView state) {
    for (std::size_t c = 0; c < carried.cols; ++c) carried(k, c) = state[c];
  };
  s.run(std::move(simulations), false);
}

void Batch::outputs(const Array2& given, const std::function<void(std::size_t, std::span<const double>)>& sink,
                    const std::function<bool()>& stop) const {
  const State& s = *state_;
  Array2 held;
  const Array2& points = addressed(given, s.loop, s.options.seed, held);
  const std::size_t per_sample = s.loop.outputs.size();
  const std::size_t size = s.loop.observed * per_sample;
  std::size_t lanes = 1;
#ifdef HILLOCK_HAS_JIT
  if (s.narrow) lanes = static_cast<std::size_t>(s.narrow->lanes());
#endif
  const std::size_t threads = static_cast<std::size_t>(s.options.threads > 0 ? s.options.threads : default_threads());
  const std::size_t group = lanes * threads;  // memory: so many traces at a time
  std::vector<std::vector<double>> traces(group);
  std::atomic<bool> stopped{false};
  for (std::size_t first = 0; first < points.rows; first += group) {
    const std::size_t count = std::min(group, points.rows - first);
    parallel_for((count + lanes - 1) / lanes, s.options.threads, [&](std::size_t call) {
      const std::size_t begin = call * lanes;
      const std::size_t end = std::min(begin + lanes, count);
#ifdef HILLOCK_HAS_JIT
      if (s.narrow) {
        std::vector<double> in(lanes * points.cols);
        std::vector<double> state(lanes * s.loop.state_size());
        // All lanes' outputs of a few rows at a time, in the cache: a single simulation is one lane of many.
        constexpr std::size_t buffer = 32768;
        const std::size_t most_rows = std::clamp<std::size_t>(buffer / (lanes * per_sample + 1), 1, s.loop.rows);
        std::vector<double> out(lanes * per_sample * most_rows);
        for (std::size_t k = begin; k < end; ++k) traces[k].resize(size);
        for (std::size_t lane = 0; lane < lanes; ++lane)
          for (std::size_t p = 0; p < points.cols; ++p)
            in[p * lanes + lane] = points(first + std::min(begin + lane, count - 1), p);
        const auto some_rows = [&](ir::Rows rows, std::size_t stored) {
          s.narrow->run(s.loop, rows, in.data(), state.data(), out.data());
          const std::size_t values = s.loop.observed_in(rows.begin, rows.end) * per_sample;
          for (std::size_t k = begin; k < end; ++k) {
            double* trace = traces[k].data() + stored * per_sample;
            for (std::size_t i = 0; i < values; ++i) trace[i] = out[i * lanes + (k - begin)];
          }
        };
        if (!in_pieces(s.loop, compiled_ns, stop, some_rows, most_rows)) stopped = true;
        return;
      }
#endif
      for (std::size_t k = begin; k < end; ++k) {
        traces[k].resize(size);
        std::vector<double> state(s.loop.state_size());
        const bool done = in_pieces(s.loop, interpreted_ns, stop, [&](ir::Rows rows, std::size_t stored) {
          const std::size_t values = s.loop.observed_in(rows.begin, rows.end) * per_sample;
          ir::interpret(s.loop, rows, points.row(first + k), state,
                        std::span(traces[k]).subspan(stored * per_sample, values));
        });
        if (!done) stopped = true;
      }
    });
    if (stopped) return;
    for (std::size_t k = 0; k < count; ++k) sink(first + k, traces[k]);
  }
}

bool Batch::records(const Array2& points, const std::function<void(std::size_t, std::size_t, const Record&)>& sink,
                    const std::function<bool()>& stop, const Each& each) const {
  const State& s = *state_;
  HILLOCK_CHECK(each.samples.empty(), "records are of whole experiments");
  const Simulations all = s.simulations(points, each, stop);
  std::size_t end = s.loop.rows;
  while (end > 1 && (s.loop.flags[end - 1] & 1U) == 0) --end;
  const std::size_t outs = s.loop.outputs.size();
  const std::size_t threads = static_cast<std::size_t>(s.options.threads > 0 ? s.options.threads : default_threads());
  std::size_t lanes = 1;
#ifdef HILLOCK_HAS_JIT
  const jit::Kernel* kernel = s.narrow ? &*s.narrow : nullptr;
  if (s.wide && points.rows >= threads * static_cast<std::size_t>(s.wide->lanes())) kernel = &*s.wide;
  if (kernel != nullptr) lanes = static_cast<std::size_t>(kernel->lanes());
#endif
  const double operation_ns = lanes == 1 ? interpreted_ns : compiled_ns;
  // Short simulations ask whether to stop every few vectors only.
  const std::size_t between = std::max<std::size_t>(1, piece_of(s.loop, operation_ns) / end);
  const std::size_t vectors = (points.rows + lanes - 1) / lanes;
  std::atomic<std::size_t> next{0};
  std::atomic<bool> stopped{false};
  parallel_for(std::min(threads, vectors), s.options.threads, [&](std::size_t worker) {
    std::vector<double> one(s.loop.parameters), in(lanes * s.loop.parameters);
    std::vector<double> state(lanes * s.loop.state_size()), out(lanes * s.loop.observed * outs);
    const auto run = [&](ir::Rows rows, std::size_t stored) {
      double* to = out.data() + stored * outs * lanes;
#ifdef HILLOCK_HAS_JIT
      if (kernel != nullptr) return kernel->run(s.loop, rows, in.data(), state.data(), to);
#endif
      const std::size_t values = s.loop.observed_in(rows.begin, rows.end) * outs;
      ir::interpret(s.loop, rows, in, state, {to, values});
    };
    std::size_t asked = between;
    while (!stopped) {
      const std::size_t first = next.fetch_add(lanes);
      if (first >= points.rows) return;
      const std::size_t used = std::min(lanes, points.rows - first);
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        all.parameters(first + std::min(lane, used - 1), one);
        for (std::size_t p = 0; p < one.size(); ++p) in[p * lanes + lane] = one[p];
      }
      if (between > 1 && stop && ++asked > between) {
        asked = 0;
        if (stop()) stopped = true;
      }
      if (stopped ||
          !in_pieces(s.loop, operation_ns, between > 1 ? std::function<bool()>{} : stop, run, SIZE_MAX, end)) {
        stopped = true;
        return;
      }
      for (std::size_t lane = 0; lane < used; ++lane)
        sink(worker, first + lane, {out.data() + lane, lanes, outs, s.ending({state.data() + lane, lanes})});
    }
  });
  return !stopped;
}

FeatureTable Batch::features(const Array2& points, const std::function<bool()>& stop, const Each& each) const {
  const State& s = *state_;
  const std::size_t count = s.built.readings.size();
  FeatureTable table{Array2(points.rows, count, std::numeric_limits<double>::quiet_NaN()),
                     std::vector<features::Undefined>(points.rows * count, features::Undefined::not_finite)};
  table.ending.assign(points.rows, Ending::not_finite);
  const std::size_t slopes = s.built.readings.slopes();
  if (slopes > 0) {
    table.slopes = Array2(points.rows, slopes, std::numeric_limits<double>::quiet_NaN());
    table.no_slope.assign(points.rows * count, features::NoSlope::no_value);
    table.trouble.assign(points.rows, EventTrouble::none);
  }
  struct Reader {  // of one thread
    features::Readings::Finish finish;
    features::Readings::Decisions decisions;
    std::vector<double> carried;
    std::vector<features::Value> values;
    std::vector<double> slopes;
    std::vector<std::uint8_t> decided;
  };
  // Made by the threads themselves: what one of them writes lies apart from what another does.
  std::vector<std::optional<Reader>> readers(
      static_cast<std::size_t>(s.options.threads > 0 ? s.options.threads : default_threads()));
  const auto reader = [&](std::size_t worker) -> Reader& {
    std::optional<Reader>& mine = readers[worker];
    if (!mine)
      mine.emplace(Reader{s.built.readings.finish(s.built.program),
                          s.built.readings.decisions(s.built.program),
                          std::vector<double>(s.loop.carried),
                          std::vector<features::Value>(count),
                          std::vector<double>(slopes),
                          {}});
    return *mine;
  };
  Simulations simulations = s.simulations(points, each, stop);
  simulations.decided = [&](std::size_t worker, std::size_t k, std::size_t at, LaneView state) {
    const std::size_t samples = each.samples.empty() ? SIZE_MAX : each.samples[k];
    Reader& r = reader(worker);
    return s.feature_stops.all_settled(at, samples, state, r.decisions, r.decided);
  };
  simulations.done = [&](std::size_t worker, std::size_t k, std::size_t at, LaneView state) {
    Reader& r = reader(worker);
    for (std::size_t c = 0; c < r.carried.size(); ++c) r.carried[c] = state[c];
    table.ending[k] = s.ending(state);
    r.finish.run(r.carried, r.values, r.slopes);
    const std::size_t each_has = slopes / std::max<std::size_t>(count, 1);
    for (std::size_t f = 0; f < count; ++f) {
      // What was neither behind its window nor decided when the simulation ended early was lost.
      if (at != SIZE_MAX && !s.feature_stops.over(at, f) && !r.values[f].decided) continue;
      table.values(k, f) = r.values[f].value;
      table.why[k * count + f] = r.values[f].why;
      if (slopes == 0) continue;
      table.no_slope[k * count + f] = r.values[f].no_slope;
      for (std::size_t i = f * each_has; i < (f + 1) * each_has; ++i) table.slopes(k, i) = r.slopes[i];
    }
    const double trouble = s.built.trouble ? r.carried[*s.built.trouble] : 0.0;
    if (slopes > 0 && std::isfinite(trouble)) table.trouble[k] = static_cast<EventTrouble>(static_cast<int>(trouble));
  };
  s.run(std::move(simulations), slopes == 0);  // how a run ends is part of what derivatives say
  return table;
}

namespace {

/// Collects the spikes of one lane from what the program puts out at every row.
class SpikeReader {
 public:
  SpikeReader(SpikeTrain& train, std::size_t slopes) : train_(train), slopes_(slopes) {}
  /// `at(i)` is output i: how many spikes so far, when the last one was, the trouble, the slopes.
  template <class At>
  void read(At&& at) {
    const double count = at(0);
    train_.finite = train_.finite && std::isfinite(count);
    train_.trouble = static_cast<EventTrouble>(static_cast<int>(at(2)));
    if (!(count > count_)) return;
    count_ = count;
    train_.times.push_back(at(1));
    for (std::size_t k = 0; k < slopes_; ++k) train_.slopes.push_back(at(3 + k));
  }

 private:
  SpikeTrain& train_;
  std::size_t slopes_;
  double count_ = 0.0;
};

}  // namespace

void Batch::spikes(const Array2& given, const std::function<void(std::size_t, const SpikeTrain&)>& sink,
                   const std::function<bool()>& stop) const {
  const State& s = *state_;
  HILLOCK_CHECK(s.built.value.size() == 3, "a batch that is not of spike times was asked for them");
  Array2 held;
  const Array2& points = addressed(given, s.loop, s.options.seed, held);
  const std::size_t slopes = s.built.gradient.size();
  const std::size_t outs = s.loop.outputs.size();
  std::size_t lanes = 1;
#ifdef HILLOCK_HAS_JIT
  if (s.narrow) lanes = static_cast<std::size_t>(s.narrow->lanes());
#endif
  constexpr std::size_t rows_at_once = 512;  // memory: what rows put out is read and forgotten
  const std::size_t threads = static_cast<std::size_t>(s.options.threads > 0 ? s.options.threads : default_threads());
  const std::size_t group = lanes * threads;
  std::atomic<bool> stopped{false};
  for (std::size_t first = 0; first < points.rows; first += group) {
    const std::size_t count = std::min(group, points.rows - first);
    std::vector<SpikeTrain> trains(count);
    parallel_for((count + lanes - 1) / lanes, s.options.threads, [&](std::size_t call) {
      const std::size_t begin = call * lanes;
      const std::size_t used = std::min(lanes, count - begin);
      std::vector<double> in(lanes * points.cols);
      std::vector<double> state(lanes * s.loop.state_size());
      std::vector<double> out;
      for (std::size_t lane = 0; lane < lanes; ++lane)
        for (std::size_t p = 0; p < points.cols; ++p)
          in[p * lanes + lane] = points(first + std::min(begin + lane, count - 1), p);
      std::vector<SpikeReader> readers;
      for (std::size_t lane = 0; lane < used; ++lane) readers.emplace_back(trains[begin + lane], slopes);
      const double cost = lanes == 1 ? interpreted_ns : compiled_ns;
      const auto run = [&](ir::Rows rows, std::size_t) {
        out.resize((rows.end - rows.begin) * outs * lanes);
#ifdef HILLOCK_HAS_JIT
        if (s.narrow) s.narrow->run(s.loop, rows, in.data(), state.data(), out.data());
        else ir::interpret(s.loop, rows, in, state, out);
#else
        ir::interpret(s.loop, rows, in, state, out);
#endif
        for (std::size_t lane = 0; lane < used; ++lane)
          for (std::size_t r = 0; r < rows.end - rows.begin; ++r)
            readers[lane].read([&](std::size_t o) { return out[(r * outs + o) * lanes + lane]; });
      };
      const bool done = in_pieces(s.loop, cost, stop, run, rows_at_once);
      if (!done) {
        stopped = true;
        return;
      }
      // A spike of the last row is in the state alone.
      for (std::size_t lane = 0; lane < used; ++lane) {
        readers[lane].read([&](std::size_t o) {
          const std::uint32_t c = o < 3 ? s.built.value[o] : s.built.gradient[o - 3];
          return state[c * lanes + lane];
        });
        for (std::size_t c = 0; c < s.loop.carried; ++c)
          trains[begin + lane].finite = trains[begin + lane].finite && std::isfinite(state[c * lanes + lane]);
      }
    });
    if (stopped) return;
    for (std::size_t k = 0; k < count; ++k) sink(first + k, trains[k]);
  }
}

}  // namespace hillock::sim
