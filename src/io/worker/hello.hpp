#pragma once
/// The first line each way, in both protocols: what the parameters are, and what the program answers with.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace hillock::io::worker {

enum class Protocol : std::uint8_t { json, binary };

/// Of the protocols; a program that speaks another one says so in its first line.
inline constexpr int protocol_version = 1;

/// What Hillock says first.
struct Hello {
  Protocol protocol = Protocol::json;
  std::vector<std::string> parameters;  ///< their names, in the order of their values
  std::vector<std::string> units;       ///< the SI unit of each: "siemens", "1"
  std::vector<std::string> statistics;  ///< wanted; empty: the program says which it has
};

/// What the program answers.
struct Welcome {
  std::vector<std::string> statistics;  ///< empty: those that were asked for
  std::vector<std::string> failures;    ///< binary: what the failure codes 1, 2, ... mean
};

/// One line of JSON, its newline included.
[[nodiscard]] std::string hello_line(const Hello& hello);

/// The program's first line, without its newline. Error codes: "handshake-syntax", "handshake-version",
/// "handshake-statistics" (names that are no texts, empty, twice, or too many).
[[nodiscard]] Result<Welcome> read_welcome(std::string_view line);

/// The most statistics that a program may have.
inline constexpr std::size_t most_statistics = 100'000;

}  // namespace hillock::io::worker
