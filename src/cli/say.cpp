#include "cli/say.hpp"

#include <nlohmann/json.hpp>
#include <cstdio>

namespace hillock::cli {

bool say(std::string_view text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  return std::fflush(stdout) == 0 && written;
}

void remark(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

void say_errors(const Errors& errors, bool json) {
  remark(render(errors));
  if (!json) return;
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Error& error : errors) {
    nlohmann::ordered_json row{{"code", error.code}, {"message", error.message}};
    if (error.span) {
      row["file"] = error.span->file;
      if (error.span->line > 0) row["line"] = error.span->line;
      if (error.span->line > 0 && error.span->column > 0) row["column"] = error.span->column;
    }
    if (!error.where.empty()) row["where"] = error.where;
    if (!error.hint.empty()) row["hint"] = error.hint;
    list.push_back(std::move(row));
  }
  const nlohmann::ordered_json document{{"errors", std::move(list)}};
  if (!say(document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n"))
    remark("error: stdout cannot be written [write-failed]\n");
}

}  // namespace hillock::cli
