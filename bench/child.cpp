#include "child.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <limits>

#include "cpu_time.hpp"

extern char** environ;

namespace hillock::bench {
namespace {

/// A file without a name that the child writes to. (A pipe would have to be read while it runs.)
class Capture {
 public:
  Capture() : file_(std::tmpfile()) {}
  ~Capture() {
    if (file_ != nullptr) std::fclose(file_);
  }
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;
  [[nodiscard]] bool open() const { return file_ != nullptr; }
  [[nodiscard]] int descriptor() const { return fileno(file_); }
  [[nodiscard]] std::string text() const {
    std::string out;
    std::rewind(file_);
    std::array<char, 65536> block{};
    for (std::size_t got = 0; (got = std::fread(block.data(), 1, block.size(), file_)) > 0;)
      out.append(block.data(), got);
    return out;
  }

 private:
  std::FILE* file_;
};

double seconds(const timeval& t) { return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec); }

}  // namespace

ChildResult run_child(const std::vector<std::string>& command) {
  ChildResult result;
  const Capture out, err;
  if (!out.open() || !err.open()) {
    result.err = "no temporary file could be made";
    return result;
  }
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out.descriptor(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err.descriptor(), STDERR_FILENO);
  pid_t child = 0;
  const double begin = wall_seconds();
  const int failed = posix_spawn(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) {
    result.err = command[0] + " could not be started";
    return result;
  }
  int status = 0;
  rusage usage{};
  while (wait4(child, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  result.wall_s = wall_seconds() - begin;
  result.cpu_s = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  result.peak_mb = static_cast<double>(usage.ru_maxrss) / 1024.0;  // Linux counts in KiB
  if (WIFEXITED(status)) result.exit_code = WEXITSTATUS(status);
  result.out = out.text();
  result.err = err.text();
  return result;
}

double number_after(const std::string& said, const std::string& words) {
  const std::size_t at = said.find(words);
  if (at == std::string::npos) return std::numeric_limits<double>::quiet_NaN();
  const char* from = said.c_str() + at + words.size();
  char* end = nullptr;
  const double found = std::strtod(from, &end);
  return end == from ? std::numeric_limits<double>::quiet_NaN() : found;
}

}  // namespace hillock::bench
