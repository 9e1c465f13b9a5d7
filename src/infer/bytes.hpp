#pragma once
/// A checkpoint's bytes: numbers one after the other, with a name in front and a checksum behind.
///
/// Doubles keep their bits. Native byte order: a checkpoint is for the machine that wrote it.

#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace hillock::infer {

[[nodiscard]] inline std::uint64_t fnv1a(std::string_view text) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return hash;
}

class ByteWriter {
 public:
  explicit ByteWriter(std::string_view name) : text_(name) {}
  template <class T>
  requires(std::is_arithmetic_v<T> || std::is_enum_v<T>) void put(T value) {
    text_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void put(std::span<const double> values) {
    put(static_cast<std::uint64_t>(values.size()));
    for (const double v : values) put(v);
  }
  [[nodiscard]] std::string finish() && {
    put(fnv1a(text_));
    return std::move(text_);
  }

 private:
  std::string text_;
};

/// Reads what a ByteWriter wrote; `good` turns false at the first thing that does not fit and stays so.
class ByteReader {
 public:
  ByteReader(std::string_view text, std::string_view name) : text_(text), at_(name.size()) {
    good = text.size() >= name.size() + sizeof(std::uint64_t) && text.starts_with(name);
    if (!good) return;
    std::uint64_t hash = 0;
    text_.remove_suffix(sizeof hash);
    std::memcpy(&hash, text.data() + text_.size(), sizeof hash);
    good = hash == fnv1a(text_);
  }
  template <class T>
  requires(std::is_arithmetic_v<T> || std::is_enum_v<T>) void get(T& value) {
    if (!good || text_.size() - at_ < sizeof value) {
      good = false;
      return;
    }
    std::memcpy(&value, text_.data() + at_, sizeof value);
    at_ += sizeof value;
  }
  /// Any number of values; with `expected`, that many or it is not good.
  void get(std::vector<double>& values, std::optional<std::size_t> expected = std::nullopt) {
    std::uint64_t size = 0;
    get(size);
    good = good && size <= (text_.size() - at_) / sizeof(double) && (!expected || *expected == size);
    if (!good) return;
    values.resize(size);
    for (double& v : values) get(v);
  }
  [[nodiscard]] bool at_end() const { return good && at_ == text_.size(); }
  /// How many items of at least `bytes` each can still follow: a bound on sizes read from the text.
  [[nodiscard]] std::size_t room_for(std::size_t bytes) const { return good ? (text_.size() - at_) / bytes : 0; }

  bool good = true;

 private:
  std::string_view text_;
  std::size_t at_;
};

}  // namespace hillock::infer
