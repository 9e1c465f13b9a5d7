#include "io/worker/child.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>

#include "io/worker/answers.hpp"
#include "io/worker/live_groups.hpp"

extern char** environ;

namespace hillock::io::worker {
namespace {

constexpr const char* key = "model.command";
constexpr std::size_t kept_words = 4096;
constexpr int pipe_bytes = 1 << 20;  // fewer turns between two programs; a smaller pipe does as well

void close_descriptor(int& descriptor) {
  if (descriptor >= 0) ::close(descriptor);
  descriptor = -1;
}

struct Pipe {
  int read = -1, write = -1;
  ~Pipe() { close_descriptor(read), close_descriptor(write); }

  /// Both ends above the three standard descriptors, which the child's own ends become, and closed in other children.
  bool open() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return false;
    for (int& end : ends) {
      if (end > 2) continue;
      const int above = ::fcntl(end, F_DUPFD_CLOEXEC, 3);
      ::close(end);
      end = above;
    }
    read = ends[0];
    write = ends[1];
    return read >= 0 && write >= 0;
  }
};

int release(int& descriptor) {
  const int out = descriptor;
  descriptor = -1;
  return out;
}

void never_block(int descriptor) {
  const int flags = ::fcntl(descriptor, F_GETFL);
  ::fcntl(descriptor, F_SETFL, flags | O_NONBLOCK);
}

std::unexpected<Errors> system_error(const char* what, int code) {
  return fail("program-start", fmt::format("{}: {}", what, ::strerror(code)), key);
}

struct SpawnSettings {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  SpawnSettings() { ::posix_spawn_file_actions_init(&actions), ::posix_spawnattr_init(&attributes); }
  ~SpawnSettings() { ::posix_spawn_file_actions_destroy(&actions), ::posix_spawnattr_destroy(&attributes); }
};

std::string how_it_ended(int status) {
  if (WIFEXITED(status)) return fmt::format("exit status {}", WEXITSTATUS(status));
  if (WIFSIGNALED(status)) return fmt::format("signal {} ({})", WTERMSIG(status), ::strsignal(WTERMSIG(status)));
  return "an unknown end";
}

}  // namespace

Result<std::unique_ptr<Child>> Child::start(const std::string& program, const std::vector<std::string>& command,
                                            const std::string& folder) {
  Pipe in, out, err;
  if (!in.open() || !out.open() || !err.open()) return system_error("a pipe to the program cannot be made", errno);
  SpawnSettings settings;
  ::posix_spawn_file_actions_adddup2(&settings.actions, in.read, STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&settings.actions, out.write, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&settings.actions, err.write, STDERR_FILENO);
  ::posix_spawn_file_actions_addclosefrom_np(&settings.actions, STDERR_FILENO + 1);
  ::posix_spawn_file_actions_addchdir_np(&settings.actions, folder.c_str());
  sigset_t none, usual;
  sigemptyset(&none);
  sigemptyset(&usual);
  for (const int signal : {SIGPIPE, SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGCHLD}) sigaddset(&usual, signal);
  ::posix_spawnattr_setsigmask(&settings.attributes, &none);
  ::posix_spawnattr_setsigdefault(&settings.attributes, &usual);
  ::posix_spawnattr_setpgroup(&settings.attributes, 0);
  ::posix_spawnattr_setflags(&settings.attributes,
                             POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  std::vector<char*> words;
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);

  std::unique_ptr<Child> child(new Child);
  const int code =
      ::posix_spawn(&child->pid_, program.c_str(), &settings.actions, &settings.attributes, words.data(), environ);
  if (code != 0) {
    child->pid_ = -1;
    if (code == ENOENT && ::access(folder.c_str(), X_OK) != 0)
      return fail("program-start", fmt::format("there is no folder {} to run the program in", folder), key);
    if (code == ENOENT && ::access(program.c_str(), F_OK) == 0)
      return fail("program-missing", fmt::format("{} is there, but the interpreter that it names is not", program), key,
                  "look at its first line, which begins with #!");
    if (code == ENOEXEC)
      return fail("program-not-executable", fmt::format("{} is no program that this system runs", program), key,
                  "a script begins with a line such as #!/usr/bin/env python3");
    return system_error(fmt::format("{} cannot be started", program).c_str(), code);
  }
  // A group without a place would outlive a second Ctrl-C; there are as many places as anybody has workers.
  (void)remember_group(child->pid_);
  child->end_ = static_cast<int>(::syscall(SYS_pidfd_open, child->pid_, 0));  // close-on-exec by itself
  child->in_ = release(in.write);
  child->out_ = release(out.read);
  child->err_ = release(err.read);
  for (const int descriptor : {child->in_, child->out_, child->err_}) never_block(descriptor);
  ::fcntl(child->in_, F_SETPIPE_SZ, pipe_bytes);
  ::fcntl(child->out_, F_SETPIPE_SZ, pipe_bytes);
  return child;
}

Child::~Child() {
  end(0);
  close_descriptor(out_);
  close_descriptor(err_);
  close_descriptor(end_);
}

void Child::listen() {
  char buffer[4096];
  // At most 64 KiB a call: a program that writes on and on does not keep the others waiting.
  for (int round = 0; round < 16 && err_ >= 0; ++round) {
    const ssize_t count = ::read(err_, buffer, sizeof buffer);
    if (count > 0) {
      words_.append(buffer, static_cast<std::size_t>(count));
      if (words_.size() > kept_words) words_.erase(0, words_.size() - kept_words);
    } else if (count < 0 && errno == EINTR) {
      continue;
    } else {
      if (count == 0 || errno != EAGAIN) close_descriptor(err_);
      return;
    }
  }
}

void Child::close_input() { close_descriptor(in_); }

std::string Child::end(int patience_ms) {
  if (pid_ < 0) return "killed";
  close_input();
  bool by_itself = false;
  if (end_ >= 0) {
    pollfd ended{end_, POLLIN, 0};
    int ready = 0;
    do ready = ::poll(&ended, 1, patience_ms);
    while (ready < 0 && errno == EINTR);
    by_itself = ready > 0;
  }
  // The group before the program is waited for: until then nobody else can have its number.
  ::kill(-pid_, SIGKILL);
  forget_group(pid_);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  listen();
  return by_itself ? how_it_ended(status) : "killed";
}

std::string Child::last_words() const {
  std::string_view rest = words_;
  while (!rest.empty()) {
    const std::size_t start = rest.find_last_of('\n');
    const std::string line = plain_words(start == std::string_view::npos ? rest : rest.substr(start + 1));
    if (line.find_first_not_of(' ') != std::string::npos) return line;
    rest = start == std::string_view::npos ? std::string_view{} : rest.substr(0, start);
  }
  return {};
}

}  // namespace hillock::io::worker
