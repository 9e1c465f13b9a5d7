#include "io/worker/program.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string_view>

namespace hillock::io::worker {
namespace {

namespace fs = std::filesystem;

constexpr const char* key = "model.command";

bool is_program(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored) && ::access(path.c_str(), X_OK) == 0;
}

std::string nearest_file(const fs::path& path) {
  std::error_code code;
  std::vector<std::string> names;
  for (fs::directory_iterator it(path.parent_path(), code), end; !code && it != end && names.size() < 1000;
       it.increment(code))
    names.push_back(it->path().filename().string());
  std::ranges::sort(names);
  return nearest(path.filename().string(), names);
}

/// "simulate" where simulate.c lies there: it has not been compiled.
std::string hint_for_missing(const fs::path& path) {
  std::error_code ignored;
  if (!fs::is_directory(path.parent_path(), ignored))
    return fmt::format("there is no folder {} either; the command is relative to the study file",
                       path.parent_path().string());
  for (const char* extension : {".c", ".cpp", ".cc", ".f90", ".rs", ".go"}) {
    const fs::path source = path.string() + extension;
    if (fs::exists(source, ignored)) {
      const bool make = fs::exists(path.parent_path() / "Makefile", ignored);
      return fmt::format("compile {} first{}", source.filename().string(),
                         make ? fmt::format(": make -C {}", path.parent_path().string()) : "");
    }
  }
  const std::string near = nearest_file(path);
  return near.empty() ? "the command is relative to the study file" : fmt::format("did you mean {}?", near);
}

}  // namespace

Result<std::string> find_program(const std::vector<std::string>& command, const std::string& folder) {
  if (command.empty() || command.front().empty())
    return fail("command-empty", "\"model.command\" names no program", key, "model.command = [\"./simulate\"]");
  for (const std::string& word : command)
    if (word.find('\0') != std::string::npos)
      return fail("command-empty", "\"model.command\" has a word with a zero byte in it", key);
  const std::string& given = command.front();
  if (given.find('/') == std::string::npos) {
    const char* path = std::getenv("PATH");
    std::string_view rest = path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin";
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(':'), rest.size());
      const fs::path candidate = fs::path(rest.substr(0, end)) / given;
      if (candidate.is_absolute() && is_program(candidate)) return candidate.string();
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    std::error_code ignored;
    std::string hint = fmt::format("is it installed? A program beside the study file is written \"./{}\"", given);
    if (fs::exists(fs::path(folder) / given, ignored))
      hint = fmt::format("there is one beside the study file: command = [\"./{}\"]", given);
    if (given.find(' ') != std::string::npos)
      hint = "one word each: command = [\"python3\", \"simulate.py\"]; no shell splits them";
    return fail("program-missing", fmt::format("there is no program \"{}\" in PATH", given), key, std::move(hint));
  }
  const fs::path path = (fs::path(folder) / given).lexically_normal();
  std::error_code ignored;
  if (!fs::exists(path, ignored))
    return fail("program-missing", fmt::format("there is no program {}", path.string()), key, hint_for_missing(path));
  if (fs::is_directory(path, ignored))
    return fail("program-not-executable", fmt::format("{} is a folder, not a program", path.string()), key);
  if (!is_program(path))
    return fail("program-not-executable", fmt::format("{} may not be executed", path.string()), key,
                fmt::format("chmod +x {}, or name the program that runs it: command = [\"python3\", \"{}\"]",
                            path.string(), given));
  return path.string();
}

}  // namespace hillock::io::worker
