#include "study/ledger.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <array>
#include <ctime>
#include <filesystem>

#include "io/sha256.hpp"
#include "io/whole_file.hpp"

namespace hillock::study {
namespace {

constexpr std::size_t largest_ledger = std::size_t{1} << 30U;
constexpr std::string_view chain_start = "0000000000000000000000000000000000000000000000000000000000000000";

std::unexpected<Errors> broken(const std::string& path, std::size_t line, const std::string& why) {
  Error error;
  error.code = "ledger-broken";
  error.message = why;
  error.span = Span{};
  error.span->file = path;
  error.span->line = static_cast<int>(line);
  error.hint = "the record of looks at the data was changed; move it away to begin a new one";
  return fail(std::move(error));
}

struct Contents {
  std::vector<Look> looks;
  std::string last = std::string(chain_start);  ///< sha256 of the last line, torn or not
  bool torn = false;                            ///< the last line has no end
};

Result<Contents> contents_of(const std::string& path) {
  Contents out;
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return out;
  const auto text = io::read_whole(path, largest_ledger);
  if (!text) return std::unexpected(text.error());
  std::size_t number = 0;
  std::size_t unreadable = 0;  // the line before, if it could not be read
  for (std::size_t at = 0; at < text->size();) {
    const std::size_t end = text->find('\n', at);
    const std::string line = text->substr(at, end == std::string::npos ? end : end - at);
    at = end == std::string::npos ? text->size() : end + 1;
    ++number;
    if (end == std::string::npos) {
      out.torn = true;
      out.last = io::sha256(line);
      break;
    }
    const nlohmann::json json = nlohmann::json::parse(line, nullptr, false);
    const bool readable = json.is_object() && json.contains("previous") && json["previous"].is_string();
    if (!readable) {
      if (unreadable != 0) return broken(path, unreadable, "this line is not a look at data");
      unreadable = number;  // a torn line, if the next one vouches for it
    } else {
      if (json["previous"].get<std::string>() != out.last)
        return broken(path, number, fmt::format("this line does not follow from line {}", number - 1));
      unreadable = 0;
      out.looks.push_back({json.value("what", ""), json.value("split", ""), json.value("data_sha256", "")});
    }
    out.last = io::sha256(line);
  }
  if (unreadable != 0) return broken(path, unreadable, "this line is not a look at data");
  return out;
}

}  // namespace

Ledger::Ledger(std::string path) : path_(std::move(path)) {}

Result<std::vector<Look>> Ledger::read() const {
  auto contents = contents_of(path_);
  if (!contents) return std::unexpected(std::move(contents.error()));
  return std::move(contents->looks);
}

Result<void> Ledger::append(const Look& look, const std::string& time) {
  const auto contents = contents_of(path_);
  if (!contents) return std::unexpected(contents.error());
  nlohmann::ordered_json json;
  json["n"] = contents->looks.size() + 1;
  json["time"] = time;
  json["what"] = look.what;
  json["split"] = look.split;
  json["data_sha256"] = look.data_sha256;
  json["previous"] = contents->last;
  if (contents->torn)  // give the torn line its end; the next one vouches for it
    if (auto ended = io::append_line(path_, ""); !ended) return ended;
  return io::append_line(path_, json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text.data(), size};
}

}  // namespace hillock::study
