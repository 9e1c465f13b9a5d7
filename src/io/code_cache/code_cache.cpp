#include "io/code_cache/code_cache.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <vector>

#include "io/sha256.hpp"
#include "io/whole_file.hpp"

namespace hillock::io {
namespace {

namespace fs = std::filesystem;

/// A file: the header, the key, the value.
struct Header {
  char magic[8];
  std::uint64_t version;
  std::uint64_t key_size;
  std::uint64_t value_size;
  char checksum[64];  ///< SHA-256 of the key and the value, as text
};
static_assert(sizeof(Header) == 96);
constexpr char magic[8] = {'h', 'i', 'l', 'l', 'o', 'c', 'k', 'C'};
constexpr std::uint64_t version = 1;

/// Files of this cache: 64 digits, and what is being written has a suffix behind them.
bool ours(const std::string& name) {
  return name.size() >= 64 && std::all_of(name.begin(), name.begin() + 64,
                                          [](char c) { return std::string_view("0123456789abcdef").contains(c); });
}

/// The user's own, and nobody else can change it.
bool trusted(const struct stat& facts) { return facts.st_uid == ::geteuid() && (facts.st_mode & 022U) == 0; }

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  [[nodiscard]] int get() const { return value_; }

 private:
  int value_;
};

bool read_all(int descriptor, char* to, std::size_t size) {
  while (size > 0) {
    const ssize_t got = ::read(descriptor, to, size);
    if (got <= 0) return false;
    to += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

/// The value in a file's bytes, where they are exactly what was written for `key`.
std::optional<std::string> value_in(std::string_view bytes, std::string_view key) {
  Header header;
  if (bytes.size() < sizeof header) return std::nullopt;
  std::memcpy(&header, bytes.data(), sizeof header);
  const std::string_view body = bytes.substr(sizeof header);
  if (std::memcmp(header.magic, magic, sizeof magic) != 0 || header.version != version ||
      header.key_size != key.size() || header.key_size > body.size() ||
      header.value_size != body.size() - header.key_size || !body.starts_with(key) ||
      sha256(body) != std::string_view(header.checksum, sizeof header.checksum))
    return std::nullopt;
  return std::string(body.substr(key.size()));
}

}  // namespace

std::optional<CodeCache> CodeCache::open(const std::string& folder, std::uint64_t most_bytes) {
  if (folder.empty()) return std::nullopt;
  std::error_code failed;
  const fs::path above = fs::path(folder).parent_path();
  if (!above.empty()) fs::create_directories(above, failed);
  ::mkdir(folder.c_str(), 0700);  // that it is there already is no failure; everything else shows below
  struct stat facts {};
  if (::stat(folder.c_str(), &facts) != 0 || !S_ISDIR(facts.st_mode) || !trusted(facts)) return std::nullopt;
  return CodeCache(folder, most_bytes);
}

std::string CodeCache::path(std::string_view key) const { return folder_ + "/" + sha256(key); }

std::optional<std::string> CodeCache::load(std::string_view key) const {
  const std::string file = path(key);
  const Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (opened.get() < 0) {
    if (errno == ELOOP) ::unlink(file.c_str());  // a link, which we never make
    return std::nullopt;
  }
  struct stat facts {};
  std::optional<std::string> value;
  if (::fstat(opened.get(), &facts) == 0 && S_ISREG(facts.st_mode) && trusted(facts) &&
      static_cast<std::uint64_t>(facts.st_size) <= most_bytes_) {
    std::string bytes(static_cast<std::size_t>(facts.st_size), '\0');
    if (read_all(opened.get(), bytes.data(), bytes.size())) value = value_in(bytes, key);
  }
  if (value) ::futimens(opened.get(), nullptr);  // this file was used last
  else ::unlink(file.c_str());
  return value;
}

void CodeCache::keep(std::string_view key, std::string_view value) const {
  Header header{};
  std::memcpy(header.magic, magic, sizeof magic);
  header.version = version;
  header.key_size = key.size();
  header.value_size = value.size();
  const std::string body = std::string(key) + std::string(value);
  const std::string sum = sha256(body);
  std::memcpy(header.checksum, sum.data(), sizeof header.checksum);
  if (sizeof header + body.size() > most_bytes_) return;

  // No fsync: a file that a crash leaves half written fails its checksum.
  static std::atomic<unsigned> count{0};
  const std::string file = path(key);
  const std::string temporary = file + "." + std::to_string(::getpid()) + "." + std::to_string(count++);
  {
    const Descriptor opened(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (opened.get() < 0) return;
    if (write_all(opened.get(), {reinterpret_cast<const char*>(&header), sizeof header}) != 0 ||
        write_all(opened.get(), body) != 0) {
      ::unlink(temporary.c_str());
      return;
    }
  }
  if (std::rename(temporary.c_str(), file.c_str()) != 0) ::unlink(temporary.c_str());
  trim();
}

void CodeCache::trim() const {
  struct File {
    fs::file_time_type used;
    std::uint64_t size;
    fs::path path;
  };
  std::vector<File> files;
  std::uint64_t total = 0;
  std::error_code failed;
  for (fs::directory_iterator each(folder_, failed), end; !failed && each != end; each.increment(failed)) {
    std::error_code gone;  // another process may trim too
    if (!ours(each->path().filename().string()) || !each->is_regular_file(gone)) continue;
    File file{each->last_write_time(gone), each->file_size(gone), each->path()};
    if (gone) continue;
    total += file.size;
    files.push_back(std::move(file));
  }
  std::sort(files.begin(), files.end(), [](const File& a, const File& b) { return a.used < b.used; });
  for (const File& file : files) {
    if (total <= most_bytes_) break;
    if (fs::remove(file.path, failed)) total -= file.size;
  }
}

}  // namespace hillock::io
