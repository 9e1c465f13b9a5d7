#include "io/worker/frames.hpp"

#include <fmt/format.h>
#include <bit>
#include <cstring>

namespace hillock::io::worker {
namespace {

static_assert(std::endian::native == std::endian::little, "frames are copied as they are");

constexpr std::string_view question = "HKRQ";
constexpr std::string_view answer_word = "HKAN";
constexpr std::string_view end_word = "HKEN";
constexpr std::size_t header = 16, trailer = 8;

template <class T>
void put(T value, std::string& out) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <class T>
T get(const char* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

}  // namespace

void ask_frame(std::uint32_t count, std::uint64_t first, std::string& out) {
  out += question;
  put(count, out);
  put(first, out);
}

void ask_binary(std::uint64_t seed, std::span<const double> parameters, std::string& out) {
  put(seed, out);
  out.append(reinterpret_cast<const char*>(parameters.data()), parameters.size_bytes());
}

Reading read_frames(std::string_view bytes, const Shape& shape, std::size_t awaited, const Take& take) {
  Reading reading;
  std::vector<double> x(shape.statistics);
  const std::size_t record = 8 + 8 * shape.statistics;
  while (true) {
    const std::string_view rest = bytes.substr(reading.used);
    const std::size_t compared = std::min(rest.size(), answer_word.size());
    if (rest.substr(0, compared) != answer_word.substr(0, compared)) {
      reading.nonsense = fmt::format("expected a frame that begins with HKAN, found \"{}\"", shown(rest));
      return reading;
    }
    if (rest.size() < header) return reading;
    const auto count = get<std::uint32_t>(rest.data() + 4);
    const auto first = get<std::uint64_t>(rest.data() + 8);
    if (count == 0 || count > awaited) {
      reading.nonsense = fmt::format("a frame of {} answers where {} are awaited", count, awaited);
      return reading;
    }
    const std::size_t size = header + count * record + trailer;
    if (rest.size() < size) return reading;
    const std::string_view end = rest.substr(size - trailer);
    if (!end.starts_with(end_word) || get<std::uint32_t>(end.data() + 4) != count) {
      reading.nonsense =
          fmt::format("a frame of {} answers does not end with HKEN where {} statistics end, but with \"{}\"", count,
                      shape.statistics, shown(end.substr(0, trailer)));
      return reading;
    }
    for (std::uint32_t i = 0; i < count; ++i) {
      const char* from = rest.data() + header + i * record;
      const auto status = get<std::uint64_t>(from);
      Answer answer;
      answer.id = first + i;
      std::string failure;
      if (status == 0) {
        if (!x.empty()) std::memcpy(x.data(), from + 8, 8 * x.size());
        answer.x = x;
      } else {
        failure = status <= shape.failures.size() ? fmt::format("{}: {}", program_error, shape.failures[status - 1])
                                                  : fmt::format("{}: code {}", program_error, status);
        answer.failure = failure;
      }
      if (!take(answer)) {
        reading.nonsense = fmt::format("nobody waits for an answer to simulation {} now", answer.id);
        return reading;
      }
    }
    awaited -= count;
    reading.used += size;
  }
}

}  // namespace hillock::io::worker
