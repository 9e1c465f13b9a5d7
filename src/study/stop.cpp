#include "study/stop.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <fmt/format.h>
#include <limits>
#include <unistd.h>

#include "study/quantity_text.hpp"

namespace hillock::study {
namespace {

constexpr int exit_interrupted = 130;
std::atomic<int> signals_seen{0};
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler may touch it");

extern "C" void on_signal(int) {
  if (signals_seen.fetch_add(1) > 0) _exit(exit_interrupted);
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
  std::string words(text);
  // The units of a stopwatch; Brian's table has no min and h.
  double factor = 1.0;
  for (const auto& [unit, seconds] : {std::pair<std::string_view, double>{"min", 60.0}, {"h", 3600.0}, {"m", 60.0}}) {
    if (!words.ends_with(unit)) continue;
    const std::string rest = words.substr(0, words.size() - unit.size());
    if (rest.empty() || std::string_view("0123456789. ").find(rest.back()) == std::string_view::npos) continue;
    factor = seconds;
    words = rest;
    break;
  }
  const auto quantity = units::parse_quantity(words);
  const bool time = quantity && (quantity->unit.dimension.dimensionless() ||
                                 (factor == 1.0 && check_dimension({*quantity, words, {}}, "second")));
  if (!time || !(quantity->si() > 0.0))
    return fail("budget-syntax", fmt::format("\"{}\" is no time above 0", text), "--budget", "--budget 60s, --budget 5min");
  return quantity->si() * factor;
}

}  // namespace hillock::study
