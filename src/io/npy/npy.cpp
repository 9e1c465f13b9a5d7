#include "io/npy/npy.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <optional>

#include "io/sha256.hpp"
#include "io/whole_file.hpp"

namespace hillock::io {
namespace {

constexpr std::string_view magic("\x93NUMPY", 6);
constexpr std::size_t longest_header = 1U << 20U;
constexpr std::size_t most_dimensions = 64;           // numpy's own limit
constexpr double largest_exact = 9007199254740992.0;  // 2^53

// What the header's Python dictionary says.
struct Header {
  std::string descr;
  bool structured = false;  ///< descr is a list of fields
  bool fortran = false;
  std::vector<std::size_t> shape;
};

// Reads exactly the Python literal that numpy writes: {'descr': '<f4', 'fortran_order': False, 'shape': (3,), }.
class HeaderParser {
 public:
  explicit HeaderParser(std::string_view text) : text_(text) {}

  /// nullopt: `problem()` says why.
  std::optional<Header> parse() {
    Header header;
    bool have_descr = false;
    bool have_order = false;
    bool have_shape = false;
    if (!take('{')) return refuse("'{'");
    while (!take('}')) {
      const std::optional<std::string> key = string();
      if (!key) return refuse("a quoted key or '}'");
      if (!take(':')) return refuse("':'");
      if (*key == "descr" && !have_descr) {
        have_descr = true;
        if (peek() == '[' || peek() == '(') {
          header.structured = true;
          if (!skip_brackets()) return refuse("the end of the list of fields");
        } else if (const auto descr = string()) {
          header.descr = *descr;
        } else {
          return refuse("the type as a quoted text");
        }
      } else if (*key == "fortran_order" && !have_order) {
        have_order = true;
        if (word("True")) header.fortran = true;
        else if (!word("False")) return refuse("True or False");
      } else if (*key == "shape" && !have_shape) {
        have_shape = true;
        if (!shape(header.shape)) return std::nullopt;
      } else {
        return refuse("each of the keys 'descr', 'fortran_order' and 'shape' once");
      }
      if (!take(',') && peek() != '}') return refuse("',' or '}'");
    }
    if (!have_descr || !have_order || !have_shape) return refuse("the keys 'descr', 'fortran_order' and 'shape'");
    skip_space();
    if (at_ != text_.size()) return refuse("nothing after the '}'");
    return header;
  }

  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  std::nullopt_t refuse(std::string_view expected) {
    problem_ = fmt::format("expected {} at byte {} of the header", expected, at_);
    return std::nullopt;
  }
  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r'))
      ++at_;
  }
  char peek() {
    skip_space();
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool take(char c) {
    if (at_ >= text_.size() || peek() != c || at_ >= text_.size()) return false;
    ++at_;
    return true;
  }
  bool word(std::string_view expected) {
    skip_space();
    if (!text_.substr(at_).starts_with(expected)) return false;
    at_ += expected.size();
    return true;
  }
  std::optional<std::string> string() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') return std::nullopt;
    const std::size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) return std::nullopt;
    std::string out(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    return out;
  }
  bool skip_brackets() {
    int depth = 0;
    do {
      const char c = peek();
      if (c == '\0') return false;
      if (c == '\'' || c == '"') {
        if (!string()) return false;
        continue;
      }
      if (c == '[' || c == '(') ++depth;
      if (c == ']' || c == ')') --depth;
      ++at_;
    } while (depth > 0);
    return true;
  }
  bool shape(std::vector<std::size_t>& out) {
    if (!take('(')) {
      refuse("the shape in brackets");
      return false;
    }
    while (!take(')')) {
      skip_space();
      std::size_t size = 0;
      const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), size);
      if (error != std::errc{}) {
        refuse(error == std::errc::result_out_of_range ? "a size below 2^64" : "a size or ')'");
        return false;
      }
      at_ = static_cast<std::size_t>(end - text_.data());
      if (at_ < text_.size() && text_[at_] == 'L') ++at_;  // Python 2 wrote 3L
      out.push_back(size);
      if (out.size() > most_dimensions) {
        refuse(fmt::format("at most {} dimensions", most_dimensions));
        return false;
      }
      if (!take(',') && peek() != ')') {
        refuse("',' or ')'");
        return false;
      }
    }
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string problem_;
};

template <class T>
T load(const char* bytes, bool swap) {
  if constexpr (sizeof(T) == 1) {
    return std::bit_cast<T>(*bytes);
  } else {
    using Bits = std::conditional_t<sizeof(T) == 2, std::uint16_t,
                                    std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>>;
    Bits bits;
    std::memcpy(&bits, bytes, sizeof bits);
    if (swap) {
      if constexpr (sizeof(T) == 2) bits = __builtin_bswap16(bits);
      else if constexpr (sizeof(T) == 4) bits = __builtin_bswap32(bits);
      else bits = __builtin_bswap64(bits);
    }
    return std::bit_cast<T>(bits);
  }
}

// IEEE 754 binary16.
double half_to_double(std::uint16_t bits) {
  const int exponent = (bits >> 10U) & 0x1F;
  const int fraction = bits & 0x3FF;
  double value = 0.0;
  if (exponent == 31) value = fraction == 0 ? HUGE_VAL : std::nan("");
  else if (exponent == 0) value = std::ldexp(fraction, -24);
  else value = std::ldexp(fraction + 1024, exponent - 25);
  return (bits & 0x8000U) != 0 ? -value : value;
}

template <class T>
void convert(std::string_view bytes, bool swap, std::vector<double>& out) {
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<double>(load<T>(bytes.data() + i * sizeof(T), swap));
}

// The index of the first integer that double may not hold exactly, if there is one.
template <class T>
std::optional<std::size_t> convert_wide(std::string_view bytes, bool swap, std::vector<double>& out) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    const T value = load<T>(bytes.data() + i * sizeof(T), swap);
    out[i] = static_cast<double>(value);
    if (std::abs(out[i]) > largest_exact || static_cast<T>(out[i]) != value) return i;
  }
  return std::nullopt;
}

void fortran_to_c(data::Array& array) {
  if (array.shape.size() < 2 || array.values.empty()) return;
  std::vector<double> out(array.values.size());
  std::vector<std::size_t> stride(array.shape.size());  // of each dimension in Fortran order
  std::size_t step = 1;
  for (std::size_t d = 0; d < array.shape.size(); ++d) {
    stride[d] = step;
    step *= array.shape[d];
  }
  std::vector<std::size_t> index(array.shape.size());
  std::size_t from = 0;
  for (double& value : out) {
    value = array.values[from];
    for (std::size_t d = array.shape.size(); d-- > 0;) {
      from += stride[d];
      if (++index[d] < array.shape[d]) break;
      from -= stride[d] * array.shape[d];
      index[d] = 0;
    }
  }
  array.values = std::move(out);
}

class NpyReader {
 public:
  NpyReader(std::string_view bytes, const std::string& name, const std::string& where)
      : bytes_(bytes), name_(name), where_(where) {}

  Result<data::Array> read() {
    if (bytes_.empty()) return refuse("npy-empty", "is empty: it holds no bytes at all");
    const std::size_t known = std::min(bytes_.size(), magic.size());
    if (bytes_.substr(0, known) != magic.substr(0, known))
      return refuse("npy-magic", "is no .npy data: it does not begin with \\x93NUMPY",
                    "write it with numpy.save or numpy.savez");
    if (bytes_.size() < magic.size() + 2) return cut_in_header();
    const int major = static_cast<unsigned char>(bytes_[6]);
    const int minor = static_cast<unsigned char>(bytes_[7]);
    if (major < 1 || major > 3 || minor != 0)
      return refuse("npy-version",
                    fmt::format("is in version {}.{} of the format; 1.0, 2.0 and 3.0 are read", major, minor));
    const std::size_t length_bytes = major == 1 ? 2 : 4;
    const std::size_t header_at = magic.size() + 2 + length_bytes;
    if (bytes_.size() < header_at) return cut_in_header();
    std::size_t length = 0;
    for (std::size_t i = 0; i < length_bytes; ++i)
      length |= static_cast<std::size_t>(static_cast<unsigned char>(bytes_[8 + i])) << (8 * i);
    if (length > longest_header)
      return refuse("npy-header",
                    fmt::format("says that its header is {} bytes long; at most {} are read", length, longest_header));
    if (bytes_.size() - header_at < length) return cut_in_header();

    HeaderParser parser(bytes_.substr(header_at, length));
    const std::optional<Header> header = parser.parse();
    if (!header) return refuse("npy-header", "has a header that numpy does not write: " + parser.problem());
    payload_ = bytes_.substr(header_at + length);
    return read_values(*header);
  }

 private:
  std::unexpected<Errors> refuse(std::string code, const std::string& what, std::string hint = {}) const {
    return fail(std::move(code), fmt::format("array '{}' {}", name_, what), where_, std::move(hint));
  }
  std::unexpected<Errors> cut_in_header() const {
    return refuse("npy-truncated", fmt::format("is cut off in its header: there are {} bytes", bytes_.size()),
                  "copy or write the file again");
  }

  Result<data::Array> read_values(const Header& header) {
    if (header.structured)
      return refuse("npy-structured", "has a structured type (named fields); plain numbers are read",
                    "save each field as an array of its own: numpy.savez(file, a=x['a'], b=x['b'])");
    std::string_view descr = header.descr;
    char order = '|';
    if (!descr.empty() && std::string_view("<>|=").find(descr[0]) != std::string_view::npos) {
      order = descr[0];
      descr.remove_prefix(1);
    }
    const char kind = descr.empty() ? '\0' : descr[0];
    std::size_t size = 0;
    if (descr.size() > 1) {
      const auto [end, error] = std::from_chars(descr.data() + 1, descr.data() + descr.size(), size);
      if (error != std::errc{} || end != descr.data() + descr.size()) size = 0;
    }
    switch (kind) {
      case 'O':
        return refuse(
            "npy-objects", "holds Python objects; only numbers are read, a pickle never",
            "numpy.asarray(x, dtype=float) before saving, and numpy.save(..., allow_pickle=False) to be told at once");
      case 'c':
        return refuse("npy-complex", fmt::format("holds complex numbers ('{}')", header.descr),
                      "save x.real and x.imag as two arrays");
      case 'V':
        return refuse("npy-structured", fmt::format("holds raw bytes ('{}'); plain numbers are read", header.descr),
                      "save it as numbers: x.view(...) or x.astype(float)");
      case 'S':
      case 'U':
      case 'a':
        return refuse("npy-text", fmt::format("holds text ('{}'); numbers are read", header.descr), "x.astype(float)");
      case 'M':
      case 'm':
        return refuse("npy-dates", fmt::format("holds dates or durations ('{}'); numbers are read", header.descr),
                      "durations as numbers: x / numpy.timedelta64(1, 's')");
      case 'f':
        if (size == 12 || size == 16)
          return refuse("npy-longdouble",
                        fmt::format("holds long doubles ('{}'), which differ from machine to machine", header.descr),
                        "x.astype('float64')");
        break;
      default: break;
    }
    const bool known = (kind == 'f' && (size == 2 || size == 4 || size == 8)) ||
                       ((kind == 'i' || kind == 'u') && (size == 1 || size == 2 || size == 4 || size == 8)) ||
                       (kind == 'b' && size == 1);
    if (!known || (order == '|' && size > 1))
      return refuse("npy-header",
                    fmt::format("has the type '{}', which numpy does not write", header.descr.substr(0, 40)));

    std::size_t count = 1;
    for (const std::size_t length : header.shape)
      if (length == 0) count = 0;
    for (const std::size_t length : header.shape)
      if (count != 0 && __builtin_mul_overflow(count, length, &count)) return overflow(header);
    std::size_t needed = 0;
    if (__builtin_mul_overflow(count, size, &needed)) return overflow(header);
    if (needed != payload_.size()) {
      const std::string shape = fmt::format("({})", fmt::join(header.shape, ", "));
      if (payload_.size() < needed)
        return refuse("npy-truncated",
                      fmt::format("is cut off: shape {} of '{}' needs {} bytes, the file holds {}", shape, header.descr,
                                  needed, payload_.size()),
                      "copy or write the file again");
      return refuse("npy-length",
                    fmt::format("has bytes left over: shape {} of '{}' needs {} bytes, the file holds {}", shape,
                                header.descr, needed, payload_.size()),
                    "one array per .npy; several go into one .npz by numpy.savez");
    }

    data::Array out{name_, header.shape, std::vector<double>(count)};
    const bool swap = (order == '>') == (std::endian::native == std::endian::little) && order != '|' && order != '=';
    std::optional<std::size_t> inexact;
    switch (kind) {
      case 'b':
        for (std::size_t i = 0; i < count; ++i) out.values[i] = payload_[i] != 0 ? 1.0 : 0.0;
        break;
      case 'f':
        if (size == 2)
          for (std::size_t i = 0; i < count; ++i)
            out.values[i] = half_to_double(load<std::uint16_t>(payload_.data() + 2 * i, swap));
        else if (size == 4) convert<float>(payload_, swap, out.values);
        else convert<double>(payload_, swap, out.values);
        break;
      case 'i':
        if (size == 1) convert<std::int8_t>(payload_, swap, out.values);
        else if (size == 2) convert<std::int16_t>(payload_, swap, out.values);
        else if (size == 4) convert<std::int32_t>(payload_, swap, out.values);
        else inexact = convert_wide<std::int64_t>(payload_, swap, out.values);
        break;
      default:
        if (size == 1) convert<std::uint8_t>(payload_, swap, out.values);
        else if (size == 2) convert<std::uint16_t>(payload_, swap, out.values);
        else if (size == 4) convert<std::uint32_t>(payload_, swap, out.values);
        else inexact = convert_wide<std::uint64_t>(payload_, swap, out.values);
        break;
    }
    if (inexact) {
      const char* at = payload_.data() + 8 * *inexact;
      const std::string value = kind == 'i' ? fmt::format("{}", load<std::int64_t>(at, swap))
                                            : fmt::format("{}", load<std::uint64_t>(at, swap));
      return refuse("number-too-large",
                    fmt::format("holds {} at index {}; integers beyond 2^53 have no exact double", value, *inexact),
                    "subtract an offset before saving, as a time of day from a clock count");
    }
    if (header.fortran) fortran_to_c(out);
    return out;
  }

  std::unexpected<Errors> overflow(const Header& header) const {
    return refuse("npy-shape", fmt::format("has the shape ({}), whose size overflows", fmt::join(header.shape, ", ")));
  }

  std::string_view bytes_;
  std::string_view payload_;
  const std::string& name_;
  const std::string& where_;
};

}  // namespace

Result<data::Array> parse_npy(std::string_view bytes, const std::string& name, const std::string& where) {
  return NpyReader(bytes, name, where).read();
}

std::string format_npy(const data::Array& array) {
  std::size_t count = 1;
  for (const std::size_t length : array.shape) count *= length;
  HILLOCK_CHECK(count == array.values.size(), "an array's shape and its number of values differ");
  std::string header = fmt::format("{{'descr': '<f8', 'fortran_order': False, 'shape': ({}{}), }}",
                                   fmt::join(array.shape, ", "), array.shape.size() == 1 ? "," : "");
  // Magic, version, length and header together fill a multiple of 64 bytes; the header ends in a newline.
  const std::size_t before = magic.size() + 4;
  header.append(63 - (before + header.size()) % 64, ' ');
  header += '\n';
  HILLOCK_CHECK(header.size() < 65536, "an array has too many dimensions for a .npy header");
  std::string out(magic);
  out += '\x01';
  out += '\0';
  out += static_cast<char>(header.size() & 0xFFU);
  out += static_cast<char>(header.size() >> 8U);
  out += header;
  const std::size_t at = out.size();
  out.resize(at + 8 * count);
  for (std::size_t i = 0; i < count; ++i) {
    auto bits = std::bit_cast<std::uint64_t>(array.values[i]);
    if constexpr (std::endian::native == std::endian::big) bits = __builtin_bswap64(bits);
    std::memcpy(out.data() + at + 8 * i, &bits, 8);
  }
  return out;
}

Result<data::ArrayFile> read_npy(const std::string& path) {
  Result<std::string> bytes = read_whole(path, largest_input);
  if (!bytes) return fail(std::move(bytes.error()));
  Result<data::Array> array = parse_npy(*bytes, std::filesystem::path(path).stem().string(), path);
  if (!array) return fail(std::move(array.error()));
  return data::ArrayFile{path, sha256(*bytes), {std::move(*array)}};
}

Result<void> write_npy(const std::string& path, const data::Array& array) {
  return write_whole(path, format_npy(array));
}

}  // namespace hillock::io
