#include "study/run_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "io/sha256.hpp"
#include "io/whole_file.hpp"

namespace hillock::study {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view checkpoint_magic = "hillock-checkpoint/1 ";
constexpr std::size_t hash_size = 64;
constexpr std::size_t largest_checkpoint = std::size_t{4} << 30U;

std::unexpected<Errors> unwritable(const std::string& path, std::string_view what, std::string_view why) {
  return fail("results-unwritable", fmt::format("the results folder {}: {}", what, why), path,
              "choose another folder with --out FOLDER, or make this one writable");
}

std::string pid_in(int fd) {
  char text[32] = {};
  const ssize_t size = ::pread(fd, text, sizeof text - 1, 0);
  return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : std::string();
}

}  // namespace

RunFolder::Hold::~Hold() {
  ::unlink(path.c_str());
  ::close(fd);
}

Result<RunFolder> RunFolder::open(const std::string& path) {
  std::error_code code;
  if (fs::exists(path, code) && !fs::is_directory(path, code))
    return unwritable(path, "cannot be made", "there is a file of that name");
  fs::create_directories(path, code);
  if (code) return unwritable(path, "cannot be made", code.message());

  const std::string running = (fs::path(path) / ".running").string();
  int fd = -1;
  for (int attempt = 0; attempt < 100 && fd < 0; ++attempt) {
    fd = ::open(running.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) return unwritable(path, "cannot be written to", std::strerror(errno));
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
      const bool busy = errno == EWOULDBLOCK;
      const std::string why = std::strerror(errno);
      const std::string pid = pid_in(fd);
      ::close(fd);
      if (!busy) return unwritable(path, "cannot be locked", why);
      return fail("results-busy",
                  pid.empty() ? std::string("another run is writing to this folder")
                              : fmt::format("another run (process {}) is writing to this folder", pid),
                  path, "wait for it to end, or choose another folder with --out FOLDER");
    }
    // The run before may have unlinked the name between our open and our lock; then what we hold is nobody's.
    struct stat held {
    }, named{};
    if (::fstat(fd, &held) != 0 || ::stat(running.c_str(), &named) != 0 || held.st_ino != named.st_ino) {
      ::close(fd);
      fd = -1;
    }
  }
  if (fd < 0) return unwritable(path, "cannot be locked", "it changes too fast");
  auto hold = std::make_unique<Hold>(fd, running);

  const std::string pid = std::to_string(::getpid());
  if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size()))
    return unwritable(path, "cannot be written to", std::strerror(errno));
  fs::create_directories(fs::path(path) / ".checkpoint", code);
  if (code) return unwritable(path, "cannot be written to", code.message());
  if (::access((fs::path(path) / ".checkpoint").c_str(), W_OK | X_OK) != 0)
    return unwritable(path, "cannot be written to", std::strerror(errno));
  return RunFolder(path, std::move(hold));
}

std::string RunFolder::file(std::string_view name) const { return (fs::path(path_) / name).string(); }

Result<void> RunFolder::write(std::string_view name, std::string_view bytes) const {
  return io::write_whole(file(name), bytes);
}

Result<void> RunFolder::begin_checkpoints(const std::string& fingerprint, bool resume) const {
  if (!resume) clear_checkpoints();
  const auto of = load_checkpoint("study");
  if (!of) return std::unexpected(of.error());
  if (*of && **of != fingerprint)
    return fail("checkpoint-other-study",
                "what was kept here is of another study: an option, a file, the version or the instruction set differs",
                file(".checkpoint"), "run without --resume to begin again, or choose another folder with --out FOLDER");
  return save_checkpoint("study", fingerprint);
}

Result<void> RunFolder::save_checkpoint(std::string_view name, std::string_view bytes) const {
  std::string text(checkpoint_magic);
  (text += io::sha256(bytes)) += '\n';
  text += bytes;
  return io::write_whole((fs::path(path_) / ".checkpoint" / name).string(), text);
}

Result<std::optional<std::string>> RunFolder::load_checkpoint(std::string_view name) const {
  const fs::path at = fs::path(path_) / ".checkpoint" / name;
  std::error_code ignored;
  if (!fs::exists(at, ignored)) return std::nullopt;
  auto text = io::read_whole(at.string(), largest_checkpoint);
  if (!text) return std::unexpected(std::move(text.error()));
  const std::size_t start = checkpoint_magic.size() + hash_size + 1;
  const bool whole = text->size() >= start && text->starts_with(checkpoint_magic) && (*text)[start - 1] == '\n' &&
                     io::sha256(std::string_view(*text).substr(start)) ==
                         std::string_view(*text).substr(checkpoint_magic.size(), hash_size);
  if (!whole)
    return fail("checkpoint-broken", "this checkpoint is not what was written", at.string(),
                "run without --resume to begin again");
  return text->substr(start);
}

void RunFolder::clear_checkpoints() const {
  std::error_code ignored;
  for (fs::directory_iterator it(fs::path(path_) / ".checkpoint", ignored), end; !ignored && it != end;
       it.increment(ignored)) {
    std::error_code unremoved;
    fs::remove_all(it->path(), unremoved);
  }
}

}  // namespace hillock::study
