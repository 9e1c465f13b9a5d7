#pragma once
/// Runs a program and keeps what it said.

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <string>
#include <vector>

namespace hillock::cli {

struct Ran {
  int code = -1;
  std::string out, err;
};

/// Runs `program`; when `when` appears on its stderr, sends the first of `signals`, and the second once the first was
/// answered.
inline Ran run_program(const std::string& program, const std::vector<std::string>& arguments,
                       const std::vector<int>& signals = {}, const std::string& when = {}) {
  int out[2], err[2];
  EXPECT_EQ(::pipe(out), 0);
  EXPECT_EQ(::pipe(err), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(out[1], STDOUT_FILENO);
    ::dup2(err[1], STDERR_FILENO);
    for (const int fd : {out[0], out[1], err[0], err[1]}) ::close(fd);
    std::vector<char*> argv{const_cast<char*>("hillock")};
    for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    ::execv(program.c_str(), argv.data());
    ::_exit(127);
  }
  ::close(out[1]);
  ::close(err[1]);
  Ran ran;
  std::size_t sent = 0;
  bool out_open = true, err_open = true;
  const auto take = [](int fd, std::string& text, bool& open) {
    char buffer[4096];
    const ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n > 0) text.append(buffer, static_cast<std::size_t>(n));
    else open = false;
  };
  while (out_open || err_open) {
    pollfd fds[2] = {{out_open ? out[0] : -1, POLLIN, 0}, {err_open ? err[0] : -1, POLLIN, 0}};
    ::poll(fds, 2, 100);
    if (fds[0].revents != 0) take(out[0], ran.out, out_open);
    if (fds[1].revents != 0) take(err[0], ran.err, err_open);
    if (sent == 0 && !signals.empty() && ran.err.find(when) != std::string::npos) ::kill(child, signals[sent++]);
    else if (sent == 1 && signals.size() > 1 && ran.err.find("Once more") != std::string::npos)
      ::kill(child, signals[sent++]);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ran.code = WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
  ::close(out[0]);
  ::close(err[0]);
  return ran;
}

}  // namespace hillock::cli
