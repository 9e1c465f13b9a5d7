#include "io/csv/csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "io/sha256.hpp"
#include "io/whole_file.hpp"

namespace hillock::io {
namespace {

constexpr std::size_t most_errors = 20;
constexpr std::size_t most_line_text = 4096;  // of a line that an error carries

struct Field {
  std::string text;      ///< without quotes and the space around
  std::size_t at = 0;    ///< byte in the line where it begins
  std::size_t size = 0;  ///< bytes it takes there
  bool quoted = false;
};

struct Line {
  std::string_view text;
  int number = 0;
};

bool is_space(char c) { return c == ' ' || c == '\t'; }

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// The fields of a line; nullopt when a quote is not closed.
std::optional<std::vector<Field>> split(std::string_view line, char separator) {
  std::vector<Field> out;
  std::size_t at = 0;
  while (true) {
    std::size_t begin = at;
    while (begin < line.size() && is_space(line[begin]) && line[begin] != separator) ++begin;
    Field field;
    if (begin < line.size() && line[begin] == '"') {
      field.quoted = true;
      std::size_t end = begin + 1;
      while (true) {
        if (end >= line.size()) return std::nullopt;
        if (line[end] == '"') {
          if (end + 1 >= line.size() || line[end + 1] != '"') break;
          ++end;  // "" is a quote
        }
        field.text += line[end++];
      }
      field.at = begin;
      const std::size_t stop = std::min(line.find(separator, end), line.size());
      field.text += trim(line.substr(end + 1, stop - end - 1));
      field.size = stop - begin;
      at = stop;
    } else {
      const std::size_t stop = std::min(line.find(separator, begin), line.size());
      const std::string_view text = trim(line.substr(begin, stop - begin));
      field.at = begin;
      field.size = text.size();
      field.text = text;
      at = stop;
    }
    out.push_back(std::move(field));
    if (at >= line.size()) return out;
    ++at;  // the separator
  }
}

std::optional<double> number(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  double value = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || end != text.data() + text.size()) return std::nullopt;
  if (error == std::errc::result_out_of_range) {
    // Beyond the range of double: 1e-400 is zero to any recording, 1e400 is no measurement.
    const std::size_t exponent = text.find_first_of("eE");
    if (exponent != std::string_view::npos && text.substr(exponent + 1).starts_with('-')) return 0.0;
    return std::nullopt;
  }
  if (error != std::errc{}) return std::nullopt;
  return value;
}

// "-80,5" and the like: digits, one comma, digits.
bool decimal_comma(std::string_view text) {
  const std::size_t comma = text.find(',');
  if (comma == std::string_view::npos) return false;
  std::string with_point(text);
  with_point[comma] = '.';
  return number(with_point).has_value();
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

// "membrane potential (µV)" -> "membrane_potential_uV".
std::string normal_name(std::string_view written) {
  std::string text = replaced(replaced(std::string(written), "\xc2\xb5", "u"), "\xce\xbc", "u");
  text = replaced(std::move(text), "\xc2\xb0", "");  // the degree sign of °C
  std::string_view name = trim(text);
  std::string unit;
  if (!name.empty() && (name.back() == ')' || name.back() == ']')) {
    const std::size_t open = name.rfind(name.back() == ')' ? '(' : '[');
    if (open != std::string_view::npos && open > 0) {
      for (const char c : name.substr(open + 1, name.size() - open - 2))
        if (!is_space(c)) unit += c;
      name = trim(name.substr(0, open));
    }
  }
  std::string out;
  for (const char c : name) {
    if (!is_space(c)) out += c;
    else if (!out.ends_with('_')) out += '_';
  }
  if (!unit.empty() && unit != "1") out += (out.ends_with('_') ? "" : "_") + unit;
  return out;
}

// The separator of a header: the one of tab, semicolon, comma that occurs outside quotes, in this order.
char find_separator(std::string_view line) {
  for (const char candidate : {'\t', ';', ','}) {
    bool quoted = false;
    for (const char c : line) {
      if (c == '"') quoted = !quoted;
      else if (c == candidate && !quoted) return candidate;
    }
  }
  return ',';
}

class CsvReader {
 public:
  CsvReader(std::string_view text, const std::string& path) : text_(text), path_(path) {}

  Result<data::ArrayFile> read() {
    const std::string_view bytes = text_;
    if (text_.empty()) return fail("csv-empty", fmt::format("'{}' is empty: it holds no bytes at all", path_), path_);
    if (text_.starts_with("\xff\xfe") || text_.starts_with("\xfe\xff"))
      return fail("csv-encoding", fmt::format("'{}' is UTF-16; UTF-8 or ASCII is expected", path_), path_,
                  "save it as 'CSV UTF-8'");
    if (text_.starts_with("\xef\xbb\xbf")) text_.remove_prefix(3);
    if (const std::size_t nul = text_.find('\0'); nul != std::string_view::npos)
      return fail("csv-encoding",
                  fmt::format("'{}' is no text: there is a NUL byte on line {}", path_,
                              1 + std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(nul), '\n')),
                  path_, "a table as text is expected");
    if (!read_header()) return fail(std::move(errors_));
    read_rows();
    if (errors_.empty() && columns_.front().values.empty())
      return fail("csv-empty", fmt::format("'{}' has a header but no samples below it", path_), path_);
    if (!errors_.empty()) return fail(std::move(errors_));
    for (data::Array& column : columns_) column.shape = {column.values.size()};
    return data::ArrayFile{path_, sha256(bytes), std::move(columns_)};
  }

 private:
  // The next line that is not blank; false at the end.
  bool next(Line& line) {
    while (at_ < text_.size()) {
      const std::size_t end = std::min(text_.find('\n', at_), text_.size());
      line.text = text_.substr(at_, end - at_);
      if (line.text.ends_with('\r')) line.text.remove_suffix(1);
      line.number = ++number_;
      at_ = end + 1;
      if (!trim(line.text).empty()) return true;
    }
    return false;
  }

  void say(std::string code, std::string message, const Line& line, std::size_t at, std::size_t size,
           std::string hint = {}) {
    if (errors_.size() >= most_errors) return;
    // Of a very long line the part around the place is kept, at its own columns' expense.
    std::string_view shown = line.text;
    if (shown.size() > most_line_text) {
      const std::size_t from = at > most_line_text / 2 ? at - most_line_text / 2 : 0;
      shown = shown.substr(from, most_line_text);
      message += fmt::format(" (byte {} of a line of {})", at + 1, line.text.size());
      at -= from;
    }
    errors_.push_back({std::move(code),
                       std::move(message),
                       Span{path_, line.number, static_cast<int>(at) + 1,
                            static_cast<int>(std::clamp<std::size_t>(size, 1, 200)), std::string(shown)},
                       {},
                       std::move(hint)});
  }

  bool read_header() {
    Line line;
    Line comment;
    bool found = false;
    while (next(line)) {
      if (!trim(line.text).starts_with('#')) {
        found = true;
        break;
      }
      comment = line;
    }
    if (!found) {
      errors_.push_back({"csv-empty",
                         fmt::format("'{}' holds no samples: all its lines are blank or comments", path_),
                         std::nullopt,
                         path_,
                         {}});
      return false;
    }
    separator_ = find_separator(line.text);
    std::optional<std::vector<Field>> fields = split(line.text, separator_);
    if (!fields) {
      say("csv-header", "a quote is not closed", line, line.text.rfind('"'), 1);
      return false;
    }
    const bool numbers = std::all_of(fields->begin(), fields->end(), [](const Field& field) {
      return !field.quoted && (number(field.text) || decimal_comma(field.text));
    });
    if (!numbers) return take_header(line, *fields);

    // Numbers at once: the comment above may be the header.
    first_row_ = line;
    if (!comment.text.empty()) {
      const std::size_t hash = comment.text.find('#');
      std::optional<std::vector<Field>> names = split(comment.text.substr(hash + 1), separator_);
      const bool fits =
          names && names->size() == fields->size() &&
          std::none_of(names->begin(), names->end(), [](const Field& f) { return f.text.empty() || number(f.text); });
      if (fits) {
        for (Field& name : *names) name.at += hash + 1;
        return take_header(comment, *names);
      }
    }
    say("csv-header", "there is no header: the first line holds numbers", line, 0, line.text.size(),
        "name the columns with their units in a line above: time (ms), current (nA)");
    return false;
  }

  bool take_header(const Line& line, const std::vector<Field>& fields) {
    for (const Field& field : fields) {
      const std::string name = normal_name(field.text);
      if (name.empty())
        say("csv-header", fmt::format("column {} has no name", columns_.size() + 1), line, field.at, field.size,
            "name every column, or remove the last separator of each line");
      const bool twice =
          std::any_of(columns_.begin(), columns_.end(), [&](const data::Array& c) { return c.name == name; });
      if (twice && !name.empty())
        say("csv-name-twice", fmt::format("there are two columns called '{}'", name), line, field.at, field.size);
      columns_.push_back({name, {}, {}});
    }
    return errors_.empty();
  }

  void read_rows() {
    Line line;
    if (first_row_) read_row(*first_row_);
    while (errors_.size() < most_errors && next(line))
      if (!trim(line.text).starts_with('#')) read_row(line);
  }

  void read_row(const Line& line) {
    const std::optional<std::vector<Field>> fields = split(line.text, separator_);
    if (!fields) {
      say("csv-number", "a quote is not closed", line, line.text.rfind('"'), 1);
      return;
    }
    if (fields->size() != columns_.size()) {
      const std::string hint = separator_ == ',' && fields->size() == 2 * columns_.size()
                                   ? "write decimal points, not commas: -80.5"
                                   : "every line has one field for each column of the header";
      const std::size_t extra = std::min(fields->size() - 1, columns_.size());
      const std::size_t at = fields->size() > columns_.size() ? (*fields)[extra].at : line.text.size();
      say("csv-ragged", fmt::format("found {} fields, the header has {}", fields->size(), columns_.size()), line, at, 1,
          hint);
      return;
    }
    for (std::size_t i = 0; i < fields->size(); ++i) {
      const Field& field = (*fields)[i];
      if (const std::optional<double> value = number(field.text)) {
        columns_[i].values.push_back(*value);
        continue;
      }
      const std::string shown = field.text.substr(0, 40);
      if (decimal_comma(field.text)) {
        say("csv-decimal-comma",
            fmt::format("found '{}' in column '{}': a number with a decimal comma", shown, columns_[i].name), line,
            field.at, field.size, "write decimal points: " + replaced(shown, ",", "."));
      } else if (field.text.empty()) {
        say("csv-number", fmt::format("column '{}' is empty here; a number is expected", columns_[i].name), line,
            field.at, 1, "write nan where nothing was measured");
      } else {
        say("csv-number", fmt::format("found '{}' in column '{}'; a number is expected", shown, columns_[i].name), line,
            field.at, field.size);
      }
    }
  }

  std::string_view text_;
  const std::string& path_;
  std::size_t at_ = 0;
  int number_ = 0;
  char separator_ = ',';
  std::optional<Line> first_row_;
  std::vector<data::Array> columns_;
  Errors errors_;
};

}  // namespace

Result<data::ArrayFile> parse_csv(std::string_view text, const std::string& path) {
  return CsvReader(text, path).read();
}

Result<data::ArrayFile> read_csv(const std::string& path) {
  const Result<std::string> text = read_whole(path, largest_input);
  if (!text) return fail(text.error());
  return parse_csv(*text, path);
}

}  // namespace hillock::io
