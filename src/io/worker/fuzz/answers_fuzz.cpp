#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "io/worker/frames.hpp"
#include "io/worker/hello.hpp"
#include "io/worker/json_lines.hpp"

namespace {

using namespace hillock::io::worker;

constexpr std::size_t statistics = 3;
constexpr std::size_t awaited = 40;

struct Heard {
  std::string all;  ///< every answer, as text
  std::size_t answers = 0, used = 0;
  bool nonsense = false;
};

/// Whether what a reader hands over is what it promises.
void check(bool holds) {
  if (!holds) std::abort();
}

template <class Read>
Heard hear(const std::string& bytes, const std::vector<std::size_t>& cuts, const Read& read) {
  Heard heard;
  const Take take = [&](const Answer& answer) {
    check(answer.failure.empty() == (answer.x.size() == statistics));
    check(answer.reasons.empty() || answer.reasons.size() == statistics);
    heard.all += std::to_string(answer.id) + std::string(answer.failure);
    for (const double x : answer.x) heard.all += std::isnan(x) ? " nan" : " " + std::to_string(x);
    for (const std::string& reason : answer.reasons) heard.all += " " + reason;
    return ++heard.answers <= awaited && answer.id < 1000;
  };
  for (const std::size_t cut : cuts) {
    if (heard.nonsense || cut < heard.used) continue;
    const std::string part(bytes.begin() + static_cast<std::ptrdiff_t>(heard.used),
                           bytes.begin() + static_cast<std::ptrdiff_t>(cut));  // its own memory: no reading past it
    const Reading reading = read(part, awaited - std::min(awaited, heard.answers), take);
    check(reading.used <= part.size());
    heard.used += reading.used;
    heard.nonsense = !reading.nonsense.empty();
  }
  return heard;
}

template <class Read>
void same_in_pieces(const std::string& bytes, std::size_t seed, const Read& read) {
  const Heard whole = hear(bytes, {bytes.size()}, read);
  std::vector<std::size_t> cuts{seed % (bytes.size() + 1), (seed * 7 + 3) % (bytes.size() + 1), bytes.size()};
  std::ranges::sort(cuts);
  const Heard pieces = hear(bytes, cuts, read);
  check(whole.all == pieces.all && whole.used == pieces.used && whole.nonsense == pieces.nonsense);
}

}  // namespace

// Any bytes are answers or nonsense: no crash, no hang, no reading past the end; and the same in pieces. The first byte
// says which reader.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Shape shape{statistics, {"blow-up"}};
  const std::size_t seed = data[0] / 4U;
  switch (data[0] % 4U) {
    case 0:
      if (const auto welcome = read_welcome(bytes); !welcome) (void)hillock::render(welcome.error());
      break;
    case 1:
      same_in_pieces(bytes, seed, [&](const std::string& part, std::size_t, const Take& take) {
        return read_json_lines(part, shape, take);
      });
      break;
    case 2:
      same_in_pieces(bytes, seed, [&](const std::string& part, std::size_t most, const Take& take) {
        return read_frames(part, shape, most, take);
      });
      break;
    default: check(plain_words(bytes).size() <= 206); (void)shown(bytes);
  }
  return 0;
}
