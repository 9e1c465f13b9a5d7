#include "io/whole_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

namespace hillock::io {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  [[nodiscard]] int get() const { return value_; }
  /// Closes and says how that went: some file systems tell of a full disk only here.
  int close() {
    const int result = ::close(value_);
    value_ = -1;
    return result == 0 ? 0 : errno;
  }

 private:
  int value_;
};

std::string reason(int error) { return std::generic_category().message(error); }

std::string folder_of(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

Error write_error(const std::string& path, int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return {"folder-missing", fmt::format("there is no folder '{}' to write into", folder_of(path)), std::nullopt,
              path, "create the folder, or choose another one"};
    case EACCES:
    case EPERM:
    case EROFS:
      return {"not-writable", fmt::format("'{}' may not be written: {}", path, reason(error)), std::nullopt, path,
              "choose a folder that you may write into"};
    case ENOSPC:
    case EDQUOT:
      return {"disk-full",
              fmt::format("the disk is full: '{}' was not written; what was there before is untouched", path),
              std::nullopt, path, "free some space, or choose a folder on another disk"};
    default:
      return {"write-failed", fmt::format("'{}' was not written: {}", path, reason(error)), std::nullopt, path, ""};
  }
}

std::string temporary_name(const std::string& path) {
  static std::atomic<unsigned> counter{0};
  const std::filesystem::path full(path);
  return (full.parent_path() /
          fmt::format(".{}.{}-{}.tmp", full.filename().string().substr(0, 200), ::getpid(), counter++))
      .string();
}

// The folder's own entry must reach the disk too. Some file systems cannot sync folders and say EINVAL: no harm.
int sync_folder(const std::string& folder) {
  const Descriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (descriptor.get() < 0) return errno == EACCES ? 0 : errno;  // a folder that may be written but not listed
  if (::fsync(descriptor.get()) != 0 && errno != EINVAL && errno != EROFS) return errno;
  return 0;
}

}  // namespace

int write_all(int descriptor, std::string_view bytes) {
  constexpr std::size_t at_once = std::size_t{1} << 28U;
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), std::min(bytes.size(), at_once));
    if (written < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

Result<void> write_whole(const std::string& path, std::string_view bytes) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) return fail(write_error(path, EISDIR));
  const std::string temporary = temporary_name(path);
  Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (file.get() < 0) return fail(write_error(path, errno));
  int error = write_all(file.get(), bytes);
  if (error == 0 && ::fsync(file.get()) != 0 && errno != EINVAL) error = errno;
  if (const int closing = file.close(); error == 0) error = closing;
  if (error == 0 && std::rename(temporary.c_str(), path.c_str()) != 0) error = errno;
  if (error != 0) {
    ::unlink(temporary.c_str());
    return fail(write_error(path, error));
  }
  if (const int syncing = sync_folder(folder_of(path)); syncing != 0) return fail(write_error(path, syncing));
  return {};
}

Result<void> append_line(const std::string& path, std::string_view line) {
  HILLOCK_CHECK(line.find('\n') == std::string_view::npos, "append_line takes one line");
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  if (file.get() < 0) return fail(write_error(path, errno));
  struct stat status {};
  const bool sized = ::fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode);
  std::string text(line);
  text += '\n';
  int error = write_all(file.get(), text);
  if (error == 0 && ::fsync(file.get()) != 0 && errno != EINVAL) error = errno;
  if (error != 0) {
    if (sized && ::ftruncate(file.get(), status.st_size) != 0) error = errno;  // no half line
    return fail(write_error(path, error));
  }
  return {};
}

Result<std::string> read_whole(const std::string& path, std::size_t max_bytes) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) {
    const int error = errno;
    if (error != ENOENT && error != ENOTDIR)
      return fail("file-unreadable", fmt::format("'{}' cannot be read: {}", path, reason(error)), path);
    std::error_code ignored;
    std::vector<std::string> neighbours;
    for (std::filesystem::directory_iterator it(folder_of(path), ignored), end; !ignored && it != end;
         it.increment(ignored))
      if (neighbours.size() < 1000) neighbours.push_back(it->path().filename().string());
    std::sort(neighbours.begin(), neighbours.end());
    const std::filesystem::path given(path);
    const std::string near = nearest(given.filename().string(), neighbours);
    return fail("file-missing", fmt::format("there is no file '{}'", path), path,
                near.empty() ? "" : fmt::format("'{}'", (given.parent_path() / near).string()));
  }
  struct stat status {};
  if (::fstat(file.get(), &status) != 0 || S_ISDIR(status.st_mode))
    return fail("file-unreadable", fmt::format("'{}' is a folder; a file is expected", path), path);
  const auto too_large = [&] {
    return fail("file-too-large", fmt::format("'{}' is larger than {} bytes, the most that is read", path, max_bytes),
                path);
  };
  if (S_ISREG(status.st_mode) && static_cast<std::size_t>(status.st_size) > max_bytes) return too_large();
  std::string out;
  if (S_ISREG(status.st_mode)) out.reserve(static_cast<std::size_t>(status.st_size));
  std::string buffer(std::size_t{1} << 18U, '\0');
  while (true) {
    const ssize_t count = ::read(file.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail("file-unreadable", fmt::format("'{}' cannot be read: {}", path, reason(errno)), path);
    if (count == 0) return out;
    if (static_cast<std::size_t>(count) > max_bytes - out.size()) return too_large();
    out.append(buffer, 0, static_cast<std::size_t>(count));
  }
}

}  // namespace hillock::io
