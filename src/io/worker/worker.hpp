#pragma once
/// One place for a running program: started, greeted, asked and listened to without ever blocking. It moves bytes and
/// notices ends; which simulations it is asked for is the pool's business (pool.hpp).

#include <poll.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "io/worker/answers.hpp"
#include "io/worker/child.hpp"
#include "io/worker/hello.hpp"

namespace hillock::io::worker {

class Worker {
 public:
  /// What is run, and what it is greeted with. Lives as long as the workers.
  struct Command {
    std::string program;
    std::vector<std::string> words;
    std::string folder;
    std::string hello;
  };
  enum class State { absent, greeting, ready };

  explicit Worker(const Command& command) : command_(&command) {}

  [[nodiscard]] State state() const { return state_; }
  /// Starts the program and sends the greeting. Error codes: those of Child::start.
  [[nodiscard]] Result<void> start();
  /// Appends to what it is told.
  void tell(std::string_view bytes) { to_tell_ += bytes; }
  /// Bytes that it has not taken yet.
  [[nodiscard]] std::size_t untold() const { return to_tell_.size() - told_; }

  /// What poll(2) is to wait for, appended. Nothing where the program does not run.
  void wait_for(std::vector<pollfd>& out);
  /// After poll, with its part of `out`: moves what can be moved.
  void move(std::vector<pollfd>& all);

  /// While greeting: the program's first line once it is there; then the state is ready.
  [[nodiscard]] std::optional<std::string> first_line();
  /// What it has said and nobody has used.
  [[nodiscard]] std::string_view said() const { return std::string_view(said_).substr(heard_); }
  void use(std::size_t bytes) { heard_ += bytes; }
  /// It will say no more: it has ended, or closed one of its ends. What it said before is all in `said`.
  [[nodiscard]] bool over() const { return over_; }

  /// Kills it; how it ended, in words, with the last line of its standard error: "exit status 1: ValueError: ...".
  std::string stop(int patience_ms);
  /// The last 4 KiB of the standard error of the program that ran here last.
  [[nodiscard]] const std::string& words() const { return words_; }
  [[nodiscard]] const std::string& last_words() const { return last_words_; }
  /// Tells it that nothing more will be asked.
  void dismiss();

 private:
  const Command* command_;
  State state_ = State::absent;
  std::unique_ptr<Child> child_;
  std::string to_tell_, said_;
  std::size_t told_ = 0, heard_ = 0;
  bool over_ = false;
  std::string words_, last_words_;
  std::size_t in_at_ = 0, out_at_ = 0, err_at_ = 0, end_at_ = 0;  ///< places in the list of poll

  void write();
  bool read();
};

}  // namespace hillock::io::worker
