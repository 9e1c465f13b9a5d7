#pragma once
/// The protocol of JSON lines: {"id":17,"seed":4,"parameters":[0.5]} to the program, and from it {"id":17,"x":[1,null]}
/// (with "reasons":[null,"no-spikes"], where it knows them) or {"id":17,"error":"..."}, in any order.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "io/worker/answers.hpp"

namespace hillock::io::worker {

/// Appends the line that asks for one simulation. The numbers read back to the same bits.
void ask_json(std::uint64_t id, std::uint64_t seed, std::span<const double> parameters, std::string& out);

/// Hands every whole line of `bytes` to `take`. NaN, Infinity and -Infinity, which Python writes and JSON does not
/// know, are values that are not finite. A line with its "id" and a wrong number of values is a failed simulation; one
/// that is no answer at all is nonsense.
[[nodiscard]] Reading read_json_lines(std::string_view bytes, const Shape& shape, const Take& take);

}  // namespace hillock::io::worker
