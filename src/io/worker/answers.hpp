#pragma once
/// What a worker says about simulations, whatever the protocol. docs/external.md defines both.
///
/// Readers are pure functions from bytes to answers, so that tests and the fuzzer need no process. They trust nothing:
/// neither counts nor identities nor the end of a line.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hillock::io::worker {

/// The answer to one simulation. What it points to lives as long as the call that hands it over.
struct Answer {
  std::uint64_t id = 0;                  ///< the number of the simulation
  std::span<const double> x;             ///< one for each statistic, NaN where there is no value; empty where it failed
  std::span<const std::string> reasons;  ///< empty, or one for each statistic: why it has no value; "" where not said
  std::string_view failure;              ///< why the simulation failed; empty: it ended
};

/// Takes an answer. False: nobody waits for an answer to this simulation.
using Take = std::function<bool(const Answer&)>;

/// What answers of one program look like.
struct Shape {
  std::size_t statistics = 0;
  std::vector<std::string> failures = {};  ///< what the failure codes 1, 2, ... of a binary answer mean
};

/// How far a reader came.
struct Reading {
  std::size_t used = 0;    ///< bytes that are dealt with; what follows is the beginning of an answer
  std::string nonsense{};  ///< not empty: what follows is no answer, in words. The worker cannot be believed further
};

/// The most bytes that one line of `statistics` values may have: 64 a statistic, and 64 KiB for words.
[[nodiscard]] constexpr std::size_t longest_line(std::size_t statistics) { return (64U << 10U) + 64U * statistics; }

/// The first 60 bytes of `bytes` as a person can read them.
[[nodiscard]] std::string shown(std::string_view bytes);
/// Words of a program on one line: at most 200 characters, without control characters and broken UTF-8.
[[nodiscard]] std::string plain_words(std::string_view words);

// Kinds of failure; a program's own words follow after ": ".
inline constexpr std::string_view program_error = "program-error";  ///< it answered that it failed
inline constexpr std::string_view program_died = "program-died";    ///< it ended or was killed by a signal
inline constexpr std::string_view bad_answer = "bad-answer";        ///< it wrote what is no answer, or too few values
inline constexpr std::string_view time_limit = "time-limit";        ///< it did not answer in time
inline constexpr std::string_view not_finite = "not-finite";        ///< NaN or infinity where a value should be
inline constexpr std::string_view undefined = "undefined";          ///< null, without a reason

}  // namespace hillock::io::worker
