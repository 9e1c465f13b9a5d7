#pragma once
/// One running program: its pipes, its last words and its end. It runs in a process group of its own, in `folder`,
/// with default signals, and never through a shell.

#include <sys/types.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace hillock::io::worker {

class Child {
 public:
  /// @param program  the file to run (find_program)
  /// @param command  its arguments, argument 0 first
  /// Error codes, at "model.command": "program-missing" (its interpreter, the #! line), "program-not-executable" (no
  /// format that the system runs), "program-start" (the system's reason).
  [[nodiscard]] static Result<std::unique_ptr<Child>> start(const std::string& program,
                                                            const std::vector<std::string>& command,
                                                            const std::string& folder);
  /// Kills the whole group and waits for the program: no orphan, no zombie.
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  [[nodiscard]] int input() const { return in_; }    ///< its standard input, non-blocking; -1 once closed
  [[nodiscard]] int output() const { return out_; }  ///< its standard output, non-blocking
  [[nodiscard]] int errors() const { return err_; }  ///< its standard error, non-blocking; -1 once it has closed it
  [[nodiscard]] int ended() const { return end_; }   ///< readable (poll) once the program has ended; -1: not known

  /// Reads what is there on its standard error; the last 4 KiB are kept.
  void listen();
  /// Closes its standard input, which tells a program that nothing more will be asked.
  void close_input();
  /// Kills the group and waits. Says how the program ended: "exit status 3", "signal 11 (Segmentation fault)", or
  /// "killed" where it had not ended by itself within `patience_ms`.
  std::string end(int patience_ms);
  /// The last 4 KiB of its standard error.
  [[nodiscard]] const std::string& words() const { return words_; }
  /// The last line of it that is not blank: of a traceback, what went wrong.
  [[nodiscard]] std::string last_words() const;

 private:
  Child() = default;
  pid_t pid_ = -1;
  int in_ = -1, out_ = -1, err_ = -1, end_ = -1;
  std::string words_;
};

}  // namespace hillock::io::worker
