#include "study/stop.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cmath>
#include <csignal>
#include <limits>

#include "io/worker/live_groups.hpp"

namespace hillock::study {
namespace {

constexpr int exit_interrupted = 130;
std::atomic<int> signals_seen{0};
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler may touch it");

extern "C" void on_signal(int) {
  if (signals_seen.fetch_add(1) > 0) {
    io::worker::kill_live_groups();  // no destructor will
    _exit(exit_interrupted);
  }
  constexpr std::string_view said = "\nstopping; what is done is kept. Once more ends it at once.\n";
  [[maybe_unused]] const ssize_t ignored = ::write(STDERR_FILENO, said.data(), said.size());
}

}  // namespace

struct StopSignals::Saved {
  struct sigaction interrupt, terminate;
};

StopSignals::StopSignals() : saved_(new Saved) {
  signals_seen = 0;
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGINT, &action, &saved_->interrupt);
  ::sigaction(SIGTERM, &action, &saved_->terminate);
}

StopSignals::~StopSignals() {
  ::sigaction(SIGINT, &saved_->interrupt, nullptr);
  ::sigaction(SIGTERM, &saved_->terminate, nullptr);
  delete saved_;
}

bool StopSignals::requested() { return signals_seen.load(std::memory_order_relaxed) > 0; }

Budget::Budget(std::optional<double> seconds) : start_(Clock::now()) {
  if (seconds)
    end_ = start_ + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(std::min(*seconds, 1e9)));
}

double Budget::left() const {
  if (!end_) return std::numeric_limits<double>::infinity();
  return std::max(0.0, std::chrono::duration<double>(*end_ - Clock::now()).count());
}

double Budget::elapsed() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

Result<double> parse_budget(std::string_view text) {
  double value = 0.0;
  const char* end = text.data() + text.size();
  const auto [rest, problem] = std::from_chars(text.data(), end, value);
  std::string_view unit(rest, static_cast<std::size_t>(end - rest));
  while (unit.starts_with(' ')) unit.remove_prefix(1);
  // The units of a stopwatch; Brian's table has no s, min and h.
  constexpr std::array<std::pair<std::string_view, double>, 9> units{{{"", 1.0},
                                                                      {"s", 1.0},
                                                                      {"sec", 1.0},
                                                                      {"second", 1.0},
                                                                      {"ms", 1e-3},
                                                                      {"min", 60.0},
                                                                      {"m", 60.0},
                                                                      {"h", 3600.0},
                                                                      {"hour", 3600.0}}};
  const auto known = std::ranges::find(units, unit, &std::pair<std::string_view, double>::first);
  if (problem != std::errc{} || known == units.end() || !(value > 0.0) || !std::isfinite(value))
    return fail("budget-syntax", fmt::format("\"{}\" is no time above 0", text), "--budget",
                "--budget 60s, --budget 5min");
  return value * known->second;
}

}  // namespace hillock::study
