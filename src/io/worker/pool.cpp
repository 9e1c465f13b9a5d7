#include "io/worker/pool.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <algorithm>
#include <chrono>
#include <cmath>

#include "base/option_ranges.hpp"
#include "base/rng.hpp"
#include "io/worker/frames.hpp"
#include "io/worker/json_lines.hpp"
#include "io/worker/program.hpp"
#include "io/worker/worker.hpp"

namespace hillock::io::worker {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* key = "model.command";
constexpr int most_workers = 1024;
constexpr int first_deaths = 20;        // without any answer ever: the program does not work at all
constexpr int deaths_in_a_row = 1000;   // later: it works no longer
constexpr int starts_in_a_row = 3;      // that end before the greeting is answered
constexpr double frame_seconds = 5e-3;  // of work in one frame: well below what a person notices
constexpr double most_asked = 1024;     // simulations in one frame: what a turn costs is shared by enough of them
constexpr std::size_t frame_bytes = std::size_t{4} << 20U;
constexpr int stop_ms = 5;        // how often `stop` is asked
constexpr int farewell_ms = 200;  // for a program to end by itself
constexpr int status_ms = 100;    // between the end of its output and its own end

double seconds_between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

/// While it lives, writing to a program that has gone is an error value, not a signal; to this thread only.
class NoPipeSignal {
 public:
  NoPipeSignal() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~NoPipeSignal() {
    const timespec at_once{0, 0};
    if (!was_pending_) ::sigtimedwait(&pipe_, nullptr, &at_once);
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  NoPipeSignal(const NoPipeSignal&) = delete;
  NoPipeSignal& operator=(const NoPipeSignal&) = delete;

 private:
  sigset_t pipe_{}, before_{};
  bool was_pending_ = false;
};

/// What happened to the command, and what the program itself said: that is the hint, before ours.
Error about_program(std::string code, const std::vector<std::string>& command, const std::string& what,
                    std::string_view words, std::string_view hint) {
  while (words.ends_with('\n') || words.ends_with(' ')) words.remove_suffix(1);
  std::string message = fmt::format("\"{}\" {}", fmt::join(command, " "), what);
  if (words.empty())
    return Error{std::move(code), message + "; it wrote nothing on standard error", std::nullopt, key,
                 std::string(hint)};
  std::string said = "its standard error says";
  for (std::size_t at = 0; at <= words.size();) {
    const std::size_t end = std::min(words.find('\n', at), words.size());
    said += "\n      " + plain_words(words.substr(at, end - at));
    at = end + 1;
  }
  return Error{std::move(code), std::move(message), std::nullopt, key, fmt::format("{}\n    {}", said, hint)};
}

}  // namespace

Result<void> PoolOptions::validate() const {
  OptionRanges ranges;
  ranges.need(workers >= 1 && workers <= most_workers, "workers", workers, "between 1 and 1024");
  ranges.need(time_limit > 0.0 && std::isfinite(time_limit), "time_limit", time_limit, "above 0, in seconds");
  ranges.need(start_limit > 0.0 && std::isfinite(start_limit), "start_limit", start_limit, "above 0, in seconds");
  return std::move(ranges).result();
}

std::uint64_t seed_of(std::uint64_t seed, std::uint64_t id) {
  return Rng(seed, stream_id("external-simulator"), id).bits() >> 11U;
}

/// One worker's place in the pool.
struct Seat {
  explicit Seat(const Worker::Command& command) : worker(command) {}
  Worker worker;
  Clock::time_point since;     ///< it was started, asked after a rest, or has answered
  std::uint64_t answers = 0;   ///< since its start
  double seconds_each = -1.0;  ///< of a simulation, about; negative: not known yet
  bool alone = false;          ///< it has been asked for one simulation, and gets no other before its answer
};

struct Pool::State {
  PoolOptions options;
  Worker::Command command;
  Shape shape;
  std::vector<std::string> statistics;
  std::vector<std::string> reasons;
  std::vector<Seat> seats;
  PoolCounts counts;
  bool greeted = false;   ///< a copy has answered the greeting
  bool answered = false;  ///< a copy has answered a simulation
  int bad_starts = 0;     ///< in a row
  int deaths = 0;         ///< without an answer between them

  [[nodiscard]] Result<void> start(Seat& seat) {
    if (auto started = seat.worker.start(); !started) return started;
    ++counts.starts;
    seat.since = Clock::now();
    seat.answers = 0;
    seat.alone = false;
    return {};
  }

  void kill_all() {
    for (Seat& seat : seats) (void)seat.worker.stop(0);
  }

  /// The greeting's answer, once it is there.
  [[nodiscard]] Result<void> greet(Seat& seat) {
    const auto line = seat.worker.first_line();
    if (!line) return {};
    auto welcome = read_welcome(*line);
    if (!welcome) return fail(std::move(welcome.error()));
    const std::vector<std::string>& wanted = options.hello.statistics;
    std::vector<std::string> names = welcome->statistics.empty() ? wanted : std::move(welcome->statistics);
    if (names.empty())
      return fail(
          "handshake-statistics", "neither the study nor the program says what the statistics are called", key,
          "model.statistics = [\"a\", \"b\"], or {\"hillock\":1,\"statistics\":[\"a\",\"b\"]} from the program");
    const std::vector<std::string>& expected = greeted ? statistics : wanted;
    if (!expected.empty() && names != expected)
      return fail("handshake-statistics",
                  fmt::format("the program has the statistics {}, expected {}", fmt::join(names, ", "),
                              fmt::join(expected, ", ")),
                  key, "the same names in the same order, or leave model.statistics out");
    if (!greeted) {
      statistics = std::move(names);
      shape = {statistics.size(), std::move(welcome->failures)};
    }
    greeted = true;
    bad_starts = 0;
    seat.since = Clock::now();
    return {};
  }

  /// Before the greeting was answered, `what` happened ("ended ...").
  [[nodiscard]] Result<void> bad_start(Seat& seat, const char* code, bool late) {
    const std::string how = seat.worker.stop(late ? 0 : status_ms);
    if (greeted && ++bad_starts < starts_in_a_row) return {};
    const std::string what =
        late ? fmt::format("did not answer the greeting within {} s", options.start_limit)
             : fmt::format("ended before it answered the greeting ({})", how.substr(0, how.find(": ")));
    return fail(about_program(code, options.command, what, seat.worker.words(),
                              late ? "it reads one line and answers {\"hillock\":1,...}, flushed; model.start_limit "
                                     "gives it more time"
                                   : "docs/external.md has programs to start from"));
  }
};

/// One call of run().
class Pool::Run {
 public:
  Run(State& state, const Array2& parameters, std::uint64_t first, Answers answers, const std::function<bool()>& stop)
      : state_(state),
        parameters_(parameters),
        first_(first),
        stop_(stop),
        batch_(parameters, first, state.statistics.size(), state.seats.size(), answers),
        binary_(state.options.hello.protocol == Protocol::binary) {}

  Result<void> run() {
    const NoPipeSignal no_signal;
    for (Seat& seat : state_.seats) seat.since = Clock::now();
    while (!batch_.done()) {
      if (stop_ && stop_()) {
        state_.kill_all();
        return fail("interrupted", "the simulations were stopped");
      }
      if (auto turned = turn(); !turned) {
        state_.kill_all();
        return turned;
      }
    }
    batch_.finish(state_.reasons);
    state_.counts.simulations += parameters_.rows;
    return {};
  }

  /// Until the first copy has answered the greeting.
  Result<void> greet() {
    const NoPipeSignal no_signal;
    if (auto started = state_.start(state_.seats.front()); !started) return started;
    while (!state_.greeted) {
      if (stop_ && stop_()) return fail("interrupted", "the simulations were stopped");
      if (auto moved = wait_and_move(); !moved) return moved;
    }
    return {};
  }

 private:
  State& state_;
  const Array2& parameters_;
  std::uint64_t first_;
  const std::function<bool()>& stop_;
  Batch batch_;
  bool binary_;
  std::vector<pollfd> polled_;
  std::string question_;

  Result<void> turn() {
    for (std::size_t w = 0; w < state_.seats.size(); ++w) {
      if (state_.seats[w].worker.state() == Worker::State::ready) feed(w);
      if (state_.seats[w].worker.state() == Worker::State::absent && batch_.waiting())
        if (auto started = state_.start(state_.seats[w]); !started) return started;
    }
    if (batch_.done()) return {};
    return wait_and_move();
  }

  Result<void> wait_and_move() {
    polled_.clear();
    double wait = stop_ms * 1e-3;
    const auto now = Clock::now();
    for (std::size_t w = 0; w < state_.seats.size(); ++w) {
      state_.seats[w].worker.wait_for(polled_);
      if (const auto limit = limit_of(w)) wait = std::min(wait, *limit - seconds_between(state_.seats[w].since, now));
    }
    ::poll(polled_.data(), polled_.size(), static_cast<int>(std::ceil(std::max(0.0, wait) * 1e3)));
    for (std::size_t w = 0; w < state_.seats.size(); ++w) {
      state_.seats[w].worker.move(polled_);
      if (auto heard = hear(w); !heard) return heard;
    }
    return {};
  }

  /// How long worker w may go on as it does, from `since`; none where nothing is expected of it.
  [[nodiscard]] std::optional<double> limit_of(std::size_t w) const {
    const Seat& seat = state_.seats[w];
    if (seat.worker.state() == Worker::State::greeting) return state_.options.start_limit;
    if (seat.worker.state() == Worker::State::ready && batch_.owed(w) > 0) return state_.options.time_limit;
    return std::nullopt;
  }

  // ---- questions ------------------------------------------------------------------------------------------------

  void feed(std::size_t w) {
    Seat& seat = state_.seats[w];
    const std::size_t owed = batch_.owed(w);
    if (owed == 0) seat.alone = false;
    if (seat.alone) return;
    if (batch_.suspects() > 0) {
      const auto row = owed == 0 ? batch_.take_suspect(w, seat.answers == 0) : std::nullopt;
      if (row) {
        seat.alone = true;
        return ask(w, {*row, 1}, true);
      }
      if (!another_is_fresh(w)) {  // this one is needed for them: now, or as a fresh copy
        if (owed == 0) (void)seat.worker.stop(0);
        return;
      }
    }
    const std::size_t frame = frame_of(seat);
    if (owed > (frame > 1 ? frame : 0)) return;
    const auto rows = batch_.take(w, frame);
    if (rows.count > 0) ask(w, rows, owed == 0);
  }

  /// Whether another copy that has answered nothing yet runs, and will take a suspect.
  [[nodiscard]] bool another_is_fresh(std::size_t w) const {
    for (std::size_t other = 0; other < state_.seats.size(); ++other)
      if (other != w && state_.seats[other].answers == 0 && state_.seats[other].worker.state() != Worker::State::absent)
        return true;
    return false;
  }

  /// How many simulations the next frame has.
  [[nodiscard]] std::size_t frame_of(const Seat& seat) const {
    if (seat.seconds_each < 0.0) return 1;
    const double wanted = std::clamp(frame_seconds / std::max(seat.seconds_each, 1e-9), 1.0, most_asked);
    const std::size_t record = 8 * (1 + std::max(parameters_.cols, state_.statistics.size()));
    const std::size_t fair = batch_.untouched() / (2 * state_.seats.size()) + 1;  // so that all end at about one time
    return std::max<std::size_t>(1, std::min({static_cast<std::size_t>(wanted), fair, frame_bytes / record}));
  }

  void ask(std::size_t w, Batch::Rows rows, bool after_a_rest) {
    question_.clear();
    if (binary_) ask_frame(static_cast<std::uint32_t>(rows.count), first_ + rows.first, question_);
    for (std::size_t row = rows.first; row < rows.first + rows.count; ++row) {
      const std::uint64_t id = first_ + row;
      const std::uint64_t seed = seed_of(state_.options.seed, id);
      if (binary_) ask_binary(seed, parameters_.row(row), question_);
      else ask_json(id, seed, parameters_.row(row), question_);
    }
    Seat& seat = state_.seats[w];
    seat.worker.tell(question_);
    if (after_a_rest) seat.since = Clock::now();
  }

  // ---- answers --------------------------------------------------------------------------------------------------

  Result<void> hear(std::size_t w) {
    Seat& seat = state_.seats[w];
    if (seat.worker.state() == Worker::State::greeting) {
      if (auto greeted = state_.greet(seat); !greeted) return greeted;
      if (seat.worker.state() == Worker::State::greeting) {
        if (seat.worker.over()) return state_.bad_start(seat, "handshake-died", false);
        if (seconds_between(seat.since, Clock::now()) > state_.options.start_limit)
          return state_.bad_start(seat, "handshake-late", true);
        return {};
      }
    }
    if (seat.worker.state() != Worker::State::ready) return {};
    const std::size_t owed = batch_.owed(w);
    std::string nonsense;
    if (!seat.worker.said().empty()) {
      const Take take = [&](const Answer& answer) { return batch_.accept(w, answer, binary_); };
      const Reading reading = binary_ ? read_frames(seat.worker.said(), state_.shape, owed, take)
                                      : read_json_lines(seat.worker.said(), state_.shape, take);
      seat.worker.use(reading.used);
      nonsense = reading.nonsense;
      if (const std::size_t came = owed - batch_.owed(w); came > 0) {
        const auto now = Clock::now();
        const double each = seconds_between(seat.since, now) / static_cast<double>(came);
        seat.seconds_each = seat.seconds_each < 0.0 ? each : 0.7 * seat.seconds_each + 0.3 * each;
        seat.since = now;
        seat.answers += came;
        state_.answered = true;
        state_.deaths = 0;
      }
    }
    if (!nonsense.empty()) {
      (void)seat.worker.stop(0);
      return lost(w, fmt::format("{}: {}", bad_answer, nonsense), false);
    }
    if (seat.worker.over()) return lost(w, fmt::format("{}: {}", program_died, seat.worker.stop(status_ms)), false);
    if (batch_.owed(w) > 0 && seconds_between(seat.since, Clock::now()) > state_.options.time_limit) {
      (void)seat.worker.stop(0);
      std::string reason = fmt::format("{}: no answer within {} s", time_limit, state_.options.time_limit);
      if (!seat.worker.last_words().empty()) reason += ": " + seat.worker.last_words();
      return lost(w, reason, true);
    }
    return {};
  }

  /// Worker w has been stopped.
  Result<void> lost(std::size_t w, const std::string& reason, bool certain) {
    Seat& seat = state_.seats[w];
    batch_.lose(w, certain || seat.answers == 0, reason);
    ++state_.deaths;
    const int most = state_.answered ? deaths_in_a_row : first_deaths;
    if (state_.deaths < most) return {};
    return fail(about_program("simulator-dies", state_.options.command,
                              fmt::format("was started {} times {}without one answer; the last time: {}", most,
                                          state_.answered ? "in a row " : "", reason),
                              seat.worker.words(),
                              reason.starts_with(time_limit)
                                  ? "does it flush its output after each answer? model.time_limit gives it more "
                                    "time"
                                  : "docs/external.md has programs to start from"));
  }
};

Pool::Pool(std::unique_ptr<State> state) : state_(std::move(state)) {}

Pool::~Pool() {
  for (Seat& seat : state_->seats) seat.worker.dismiss();
  const auto begun = Clock::now();
  for (Seat& seat : state_->seats) {
    const int left = farewell_ms - static_cast<int>(1e3 * seconds_between(begun, Clock::now()));
    (void)seat.worker.stop(std::max(0, left));
  }
}

Result<std::unique_ptr<Pool>> Pool::start(PoolOptions options, const std::function<bool()>& stop) {
  if (auto valid = options.validate(); !valid) return fail(std::move(valid.error()));
  auto program = find_program(options.command, options.folder);
  if (!program) return fail(std::move(program.error()));
  auto state = std::make_unique<State>();
  state->options = std::move(options);
  const PoolOptions& given = state->options;
  state->command = {*program, given.command, given.folder, hello_line(given.hello)};
  for (int w = 0; w < given.workers; ++w) state->seats.emplace_back(state->command);
  std::unique_ptr<Pool> pool(new Pool(std::move(state)));
  const Array2 nothing;
  Array2 x;
  std::vector<std::uint16_t> failed, undefined_values;
  Run first(*pool->state_, nothing, 0, {x, failed, undefined_values}, stop);
  if (auto greeted = first.greet(); !greeted) {
    pool->state_->kill_all();
    return fail(std::move(greeted.error()));
  }
  return pool;
}

const std::vector<std::string>& Pool::statistics() const { return state_->statistics; }
const std::vector<std::string>& Pool::reasons() const { return state_->reasons; }
PoolCounts Pool::counts() const { return state_->counts; }

Result<void> Pool::run(const Array2& parameters, std::uint64_t first, Answers answers,
                       const std::function<bool()>& stop) {
  return Run(*state_, parameters, first, answers, stop).run();
}

}  // namespace hillock::io::worker
