#include "io/worker/json_lines.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <optional>

namespace hillock::io::worker {
namespace {

using Json = nlohmann::json;

/// `line` with a mark that no program writes, a string of one zero byte, for each NaN or infinity outside of strings.
std::string with_names_quoted(std::string_view line) {
  constexpr std::string_view names[] = {"-Infinity", "Infinity", "NaN", "-inf", "inf", "-nan", "nan"};
  std::string out;
  bool in_string = false;
  for (std::size_t at = 0; at < line.size(); ++at) {
    const char c = line[at];
    if (in_string && c == '\\' && at + 1 < line.size()) {
      out += c;
      out += line[++at];
      continue;
    }
    if (c == '"') in_string = !in_string;
    if (!in_string) {
      bool found = false;
      for (const std::string_view name : names) {
        if (!line.substr(at).starts_with(name)) continue;
        out += "\"\\u0000\"";
        at += name.size() - 1;
        found = true;
        break;
      }
      if (found) continue;
    }
    out += c;
  }
  return out;
}

const std::string not_finite_mark(1, '\0');

std::optional<std::uint64_t> id_of(const Json& line) {
  const auto id = line.find("id");
  if (id == line.end() || !id->is_number()) return std::nullopt;
  if (id->is_number_unsigned()) return id->get<std::uint64_t>();
  if (!id->is_number_float()) return std::nullopt;  // a negative integer
  const auto real = id->get<double>();              // some languages have only these
  if (!(real >= 0.0 && real <= 9007199254740992.0) || std::floor(real) != real) return std::nullopt;
  return static_cast<std::uint64_t>(real);
}

/// One answer; its parts are kept here.
class Line {
 public:
  /// What is wrong, or "".
  std::string read(std::string_view text, const Shape& shape, const Take& take) {
    Json line = Json::parse(text.begin(), text.end(), nullptr, false);
    if (line.is_discarded()) {
      const std::string again = with_names_quoted(text);
      line = Json::parse(again, nullptr, false);
    }
    if (!line.is_object())
      return fmt::format("expected a line of JSON with \"id\" and \"x\", found \"{}\"", shown(text));
    const auto id = id_of(line);
    if (!id) return fmt::format("expected the \"id\" of a simulation, found \"{}\"", shown(text));
    Answer answer;
    answer.id = *id;
    read_parts(line, shape, answer);
    if (!take(answer)) return fmt::format("nobody waits for simulation {}, found \"{}\"", *id, shown(text));
    return {};
  }

 private:
  std::vector<double> x_;
  std::vector<std::string> reasons_;
  std::string failure_;

  void read_parts(const Json& line, const Shape& shape, Answer& answer) {
    failure_.clear();
    const auto error = line.find("error");
    if (error != line.end() && !error->is_null()) {
      const std::string words =
          error->is_string() ? plain_words(error->get_ref<const std::string&>()) : std::string("without words");
      failure_ = fmt::format("{}: {}", program_error, words);
    } else if (const std::string wrong = read_values(line, shape); !wrong.empty()) {
      failure_ = fmt::format("{}: {}", bad_answer, wrong);
    }
    answer.failure = failure_;
    if (!failure_.empty()) return;
    answer.x = x_;
    answer.reasons = reasons_;
  }

  std::string read_values(const Json& line, const Shape& shape) {
    const auto x = line.find("x");
    if (x == line.end() || !x->is_array()) return "neither \"x\" nor \"error\"";
    if (x->size() != shape.statistics) return fmt::format("{} values, expected {}", x->size(), shape.statistics);
    x_.clear();
    reasons_.clear();
    for (const Json& value : *x) {
      double number = std::numeric_limits<double>::quiet_NaN();
      const bool named = value.is_string() && value.get_ref<const std::string&>() == not_finite_mark;
      if (value.is_number()) number = value.get<double>();
      else if (!value.is_null() && !named) return fmt::format("value {} is no number", x_.size());
      if (value.is_null()) {  // NaN in words has its reason already: it is not finite
        reasons_.resize(shape.statistics);
        reasons_[x_.size()] = undefined;
      }
      x_.push_back(number);
    }
    const auto reasons = line.find("reasons");
    if (reasons == line.end() || reasons->is_null()) return {};
    if (!reasons->is_array() || reasons->size() != shape.statistics)
      return fmt::format("\"reasons\" is no list of {}", shape.statistics);
    reasons_.resize(shape.statistics);
    for (std::size_t i = 0; i < shape.statistics; ++i) {
      const Json& reason = (*reasons)[i];
      if (reason.is_string() && std::isnan(x_[i])) {
        if (std::string words = plain_words(reason.get_ref<const std::string&>()); !words.empty()) reasons_[i] = words;
      } else if (!reason.is_string() && !reason.is_null()) {
        return fmt::format("reason {} is no text", i);
      }
    }
    return {};
  }
};

}  // namespace

void ask_json(std::uint64_t id, std::uint64_t seed, std::span<const double> parameters, std::string& out) {
  auto end = std::back_inserter(out);
  fmt::format_to(end, "{{\"id\":{},\"seed\":{},\"parameters\":[", id, seed);
  for (std::size_t i = 0; i < parameters.size(); ++i) fmt::format_to(end, "{}{}", i > 0 ? "," : "", parameters[i]);
  out += "]}\n";
}

Reading read_json_lines(std::string_view bytes, const Shape& shape, const Take& take) {
  Reading reading;
  Line line;
  const std::size_t longest = longest_line(shape.statistics);
  while (true) {
    const std::string_view rest = bytes.substr(reading.used);
    const std::size_t end = rest.find('\n');
    if (std::min(end, rest.size()) > longest) {
      reading.nonsense = fmt::format("a line of more than {} bytes, beginning \"{}\"", longest, shown(rest));
      return reading;
    }
    if (end == std::string_view::npos) return reading;
    std::string_view text = rest.substr(0, end);
    if (text.ends_with('\r')) text.remove_suffix(1);
    if (text.find_first_not_of(" \t") != std::string_view::npos) {
      reading.nonsense = line.read(text, shape, take);
      if (!reading.nonsense.empty()) return reading;
    }
    reading.used += end + 1;
  }
}

}  // namespace hillock::io::worker
