#include "study/remembered_simulations.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>

namespace hillock::study {
namespace {

constexpr std::uint32_t format = 1;

/// FNV-1a of the parameters' bytes: an answer is to this question or to none.
std::uint64_t hash_of(const Array2& parameters) {
  std::uint64_t hash = 14695981039346656037ULL;
  const auto* bytes = reinterpret_cast<const unsigned char*>(parameters.values.data());
  for (std::size_t i = 0; i < parameters.values.size() * sizeof(double); ++i)
    hash = (hash ^ bytes[i]) * 1099511628211ULL;
  return hash;
}

template <class T>
void put(std::string& out, const T& value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}
template <class T>
bool take(std::string_view& in, T& value) {
  if (in.size() < sizeof value) return false;
  std::memcpy(&value, in.data(), sizeof value);
  in.remove_prefix(sizeof value);
  return true;
}

std::string name_of(std::uint64_t first) { return "simulations_" + std::to_string(first); }

}  // namespace

std::uint16_t RememberedSimulations::reason(const std::string& words) {
  const auto [at, added] = known_.try_emplace(words, static_cast<std::uint16_t>(reasons_.size()));
  if (added) reasons_.push_back(words);
  return at->second;
}

void RememberedSimulations::keep(const Array2& parameters, std::uint64_t first,
                                 const infer::Simulations& answer) const {
  std::string out;
  put(out, format);
  put(out, hash_of(parameters));
  put(out, static_cast<std::uint64_t>(answer.x.rows));
  put(out, static_cast<std::uint64_t>(answer.x.cols));
  put(out, static_cast<std::uint32_t>(reasons_.size()));
  for (const std::string& r : reasons_) put(out, static_cast<std::uint32_t>(r.size())), out += r;
  for (const double x : answer.x.values) put(out, x);
  for (const std::uint16_t f : answer.failed) put(out, f);
  for (const std::uint16_t u : answer.undefined) put(out, u);
  store_.save(name_of(first), out);
}

bool RememberedSimulations::recall(const Array2& parameters, std::uint64_t first, infer::Simulations& answer) {
  const std::string kept = store_.load(name_of(first));
  std::string_view in = kept;
  std::uint32_t version = 0, count = 0;
  std::uint64_t hash = 0, rows = 0, cols = 0;
  if (!take(in, version) || version != format || !take(in, hash) || hash != hash_of(parameters)) return false;
  if (!take(in, rows) || !take(in, cols) || !take(in, count)) return false;
  if (rows != parameters.rows || cols != statistics().size()) return false;
  std::vector<std::uint16_t> mine;
  for (std::uint32_t i = 0; i < count; ++i) {
    std::uint32_t size = 0;
    if (!take(in, size) || size > in.size()) return false;
    mine.push_back(reason(std::string(in.substr(0, size))));
    in.remove_prefix(size);
  }
  if (in.size() != rows * cols * (sizeof(double) + sizeof(std::uint16_t)) + rows * sizeof(std::uint16_t)) return false;
  answer.reset(rows, cols);
  for (double& x : answer.x.values) (void)take(in, x);
  const auto translated = [&](std::uint16_t& r) {
    (void)take(in, r);
    if (r > 0) r = r <= mine.size() ? static_cast<std::uint16_t>(mine[r - 1U] + 1U) : std::uint16_t{0};
  };
  for (std::uint16_t& f : answer.failed) translated(f);
  for (std::uint16_t& u : answer.undefined) translated(u);
  remembered_ += rows;
  return true;
}

Result<void> RememberedSimulations::run(const Array2& parameters, std::uint64_t first, infer::Simulations& answer,
                                        const std::function<bool()>& stop) {
  answer.reset(parameters.rows, statistics().size());
  for (std::size_t from = 0; from < parameters.rows;) {
    const std::size_t count = std::min(block_, parameters.rows - from);
    Array2 part(count, parameters.cols);
    std::copy_n(parameters.row(from).data(), part.values.size(), part.values.data());
    infer::Simulations some;
    if (!recall(part, first + from, some)) {
      const auto begun = std::chrono::steady_clock::now();
      if (auto ran = inner_->run(part, first + from, some, stop); !ran) return ran;
      const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
      const std::vector<std::string> theirs = inner_->reasons();
      const auto mine = [&](std::uint16_t& r) {
        if (r > 0) r = static_cast<std::uint16_t>(reason(theirs[r - 1U]) + 1U);
      };
      for (std::uint16_t& f : some.failed) mine(f);
      for (std::uint16_t& u : some.undefined) mine(u);
      if (took > worth_s) keep(part, first + from, some);
      // Quick simulators are asked for many at once. Slow ones always for 256: a resumed run must ask the same
      // questions.
      if (took < 0.01 * block_s && block_ < 65536) block_ *= 2;
    }
    const std::size_t cols = some.x.cols;
    std::ranges::copy(some.x.values, answer.x.values.begin() + static_cast<std::ptrdiff_t>(from * cols));
    std::ranges::copy(some.failed, answer.failed.begin() + static_cast<std::ptrdiff_t>(from));
    std::ranges::copy(some.undefined, answer.undefined.begin() + static_cast<std::ptrdiff_t>(from * cols));
    from += count;
  }
  return {};
}

}  // namespace hillock::study
