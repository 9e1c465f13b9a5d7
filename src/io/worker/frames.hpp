#pragma once
/// The binary protocol: many simulations in one frame of little-endian numbers, so that a compiled program needs no
/// parser and a pipe carries millions of simulations a second.
///
/// To the program:   "HKRQ", u32 count, u64 first; then, count times, u64 seed, f64 parameters[p].
/// From the program: "HKAN", u32 count, u64 first; then, count times, u64 status, f64 x[s];
///                   then "HKEN", u32 count: a record that is too short or too long is seen before any is believed.
///
/// Simulations of a frame are first, first + 1, ...; answers come in the order of the questions, in frames of any
/// count. Status 0: it ended, NaN where a statistic has no value. Status k: it failed, for the k-th of the program's
/// reasons.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "io/worker/answers.hpp"

namespace hillock::io::worker {

/// Appends the beginning of a frame that asks for `count` simulations ...
void ask_frame(std::uint32_t count, std::uint64_t first, std::string& out);
/// ... and one of them.
void ask_binary(std::uint64_t seed, std::span<const double> parameters, std::string& out);

/// Hands the answers of every whole frame of `bytes`, which begins with one, to `take`. No frame may have more than
/// `awaited` answers, less those that came in this call, so that a wrong size is seen before its bytes are waited for.
[[nodiscard]] Reading read_frames(std::string_view bytes, const Shape& shape, std::size_t awaited, const Take& take);

/// The most simulations in one frame, either way.
inline constexpr std::uint32_t most_in_frame = 4096;

}  // namespace hillock::io::worker
