#include "study/terminal_progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "study/terminal.hpp"

namespace hillock::study {
namespace {

/// Cuts to at most `columns` characters (not bytes).
std::string fit_to(std::string_view text, int columns) {
  int seen = 0;
  for (std::size_t i = 0; i < text.size(); ++i)
    if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U && ++seen > columns)
      return std::string(text.substr(0, i));
  return std::string(text);
}

std::string rate_text(double rate) {
  if (rate >= 1e6) return fmt::format("{:.1f}M/s", rate / 1e6);
  if (rate >= 1e3) return fmt::format("{:.1f}k/s", rate / 1e3);
  return rate >= 10 ? fmt::format("{:.0f}/s", rate) : fmt::format("{:.2g}/s", rate);
}

}  // namespace

std::string duration_text(double seconds) {
  const auto whole = static_cast<long>(std::clamp(std::ceil(seconds), 0.0, 1e9));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

TerminalProgress::TerminalProgress(ProgressOptions options) : options_(std::move(options)) {
  if (!options_.clock)
    options_.clock = [] {
      return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
    };
  if (!options_.out)
    options_.out = [](std::string_view text) {
      std::fwrite(text.data(), 1, text.size(), stderr);
      std::fflush(stderr);
    };
}

TerminalProgress::~TerminalProgress() { finish(); }

void TerminalProgress::begin(std::string_view stage, double total) {
  const std::lock_guard lock(mutex_);
  end_stage();
  stage_ = stage;
  note_.clear();
  total_ = total;
  done_ = 0.0;
  started_ = options_.clock();
  drawn_ = -std::numeric_limits<double>::infinity();
}

void TerminalProgress::update(double done, std::string_view note) {
  if (options_.quiet) return;
  const std::lock_guard lock(mutex_);
  done_ = done;
  note_ = note;
  const double now = options_.clock();
  if (now - started_ < options_.first_after_s) return;
  if (now - drawn_ < (options_.terminal ? options_.bar_every_s : options_.line_every_s)) return;
  draw(now);
}

bool TerminalProgress::should_stop() const { return options_.stop && options_.stop(); }

void TerminalProgress::finish() {
  const std::lock_guard lock(mutex_);
  end_stage();
  stage_.clear();
}

void TerminalProgress::draw(double now) {
  drawn_ = now;
  shown_ = true;
  const double elapsed = std::max(now - started_, 1e-9);
  const double rate = done_ / elapsed;
  const bool known = total_ > 0.0 && std::isfinite(total_);
  const double share = known ? std::clamp(done_ / total_, 0.0, 1.0) : 0.0;
  std::string facts;
  if (known) facts += fmt::format("{:3.0f} %", std::floor(100.0 * share));
  if (rate > 0.0) facts += fmt::format("{}{}", facts.empty() ? "" : "  ", rate_text(rate));
  if (known && rate > 0.0) facts += fmt::format("  {} left", duration_text((total_ - std::min(done_, total_)) / rate));
  if (!note_.empty()) facts += fmt::format("{}{}", facts.empty() ? "" : "  ", note_);
  if (!options_.terminal) {
    options_.out(fmt::format("{}: {}\n", stage_, facts));
    return;
  }
  std::string line = fmt::format("{:<12} ", stage_);
  if (known) {
    constexpr int cells = 24;
    const int full = static_cast<int>(share * cells);
    line += '[';
    for (int i = 0; i < cells; ++i) line += i < full ? '=' : i == full ? '>' : ' ';
    line += "] ";
  }
  options_.out("\r" + fit_to(line + facts, std::max(20, options_.width - 1)) + "\x1b[K");
}

void TerminalProgress::end_stage() {
  if (!shown_) return;
  shown_ = false;
  if (options_.terminal) {
    draw(options_.clock());  // the last state stays on the screen
    options_.out("\n");
    shown_ = false;
  }
}

ProgressOptions progress_on_stderr(bool quiet) {
  ProgressOptions options;
  options.quiet = quiet;
  const Terminal terminal = terminal_on(STDERR_FILENO);
  options.terminal = terminal.interactive;
  if (terminal.width > 0) options.width = terminal.width;
  return options;
}

}  // namespace hillock::study
