#include "io/worker/worker.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <cerrno>
#include <limits>

namespace hillock::io::worker {
namespace {

constexpr std::size_t a_turn = std::size_t{256} << 10U;  // bytes read of one program before the others have their turn
constexpr std::size_t longest_greeting = std::size_t{4} << 20U;
constexpr std::size_t nowhere = std::numeric_limits<std::size_t>::max();

}  // namespace

Result<void> Worker::start() {
  to_tell_ = command_->hello;
  said_.clear();
  told_ = heard_ = 0;
  over_ = false;
  auto child = Child::start(command_->program, command_->words, command_->folder);
  if (!child) return fail(std::move(child.error()));
  child_ = std::move(*child);
  state_ = State::greeting;
  return {};
}

void Worker::wait_for(std::vector<pollfd>& out) {
  in_at_ = out_at_ = err_at_ = end_at_ = nowhere;
  if (!child_) return;
  const auto add = [&](int descriptor, short events, std::size_t& at) {
    if (descriptor < 0) return;
    at = out.size();
    out.push_back({descriptor, events, 0});
  };
  if (untold() > 0) add(child_->input(), POLLOUT, in_at_);
  add(child_->output(), POLLIN, out_at_);
  add(child_->errors(), POLLIN, err_at_);
  add(child_->ended(), POLLIN, end_at_);
}

void Worker::move(std::vector<pollfd>& all) {
  if (!child_) return;
  const auto ready = [&](std::size_t at) { return at != nowhere && all[at].revents != 0; };
  const bool ended = ready(end_at_);
  if (ready(err_at_)) child_->listen();
  if (ready(in_at_)) write();
  if (ready(out_at_)) over_ = !read() || over_;
  if (ended) {  // what it said before that is still in the pipe
    while (said_.size() - heard_ < longest_greeting && read()) {
      const pollfd more{child_->output(), POLLIN, 0};
      pollfd copy = more;
      if (::poll(&copy, 1, 0) <= 0 || (copy.revents & POLLIN) == 0) break;
    }
    over_ = true;
  }
}

void Worker::write() {
  while (untold() > 0) {
    const ssize_t count = ::write(child_->input(), to_tell_.data() + told_, untold());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) break;
    if (count < 0) {  // it reads no more; what it has said is read first, its end says the rest
      to_tell_.clear();
      told_ = 0;
      over_ = true;
      return;
    }
    told_ += static_cast<std::size_t>(count);
  }
  if (untold() == 0) to_tell_.clear(), told_ = 0;
}

bool Worker::read() {
  if (heard_ > 0) {
    said_.erase(0, heard_);
    heard_ = 0;
  }
  const std::size_t before = said_.size();
  std::size_t size = before;
  bool open = true;
  while (size - before < a_turn) {
    constexpr std::size_t step = std::size_t{64} << 10U;
    said_.resize(size + step);
    const ssize_t count = ::read(child_->output(), said_.data() + size, step);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      open = count < 0 && errno == EAGAIN;
      break;
    }
    size += static_cast<std::size_t>(count);
    if (static_cast<std::size_t>(count) < step) break;
  }
  said_.resize(size);
  return open;
}

std::optional<std::string> Worker::first_line() {
  const std::size_t end = said().find('\n');
  if (end == std::string_view::npos && said().size() < longest_greeting) return std::nullopt;
  std::string line(said().substr(0, end));
  use(std::min(end, said().size() - 1) + 1);
  if (line.ends_with('\r')) line.pop_back();
  state_ = State::ready;
  return line;
}

std::string Worker::stop(int patience_ms) {
  std::string how = child_ ? child_->end(patience_ms) : "killed";
  if (child_) {
    words_ = child_->words();
    last_words_ = child_->last_words();
  }
  child_.reset();
  state_ = State::absent;
  return last_words_.empty() ? how : fmt::format("{}: {}", how, last_words_);
}

void Worker::dismiss() {
  if (child_) child_->close_input();
}

}  // namespace hillock::io::worker
