#include "io/npz/npz.hpp"

#include <fmt/format.h>
#include <zip.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <set>

#include "io/npy/npy.hpp"
#include "io/sha256.hpp"
#include "io/whole_file.hpp"

namespace hillock::io {
namespace {

struct DiscardArchive {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
struct CloseMember {
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};
using Archive = std::unique_ptr<zip_t, DiscardArchive>;
using Member = std::unique_ptr<zip_file_t, CloseMember>;

constexpr std::uint64_t always_allowed = std::uint64_t{256} << 20U;
constexpr std::uint64_t allowed_ratio = 200;

class NpzReader {
 public:
  NpzReader(std::string_view bytes, const std::string& path) : bytes_(bytes), path_(path) {}

  Result<data::ArrayFile> read() {
    if (bytes_.empty())
      return fail("file-empty", fmt::format("'{}' is empty: it holds no bytes at all", path_), path_,
                  "copy or write the file again");
    zip_error_t problem;
    zip_error_init(&problem);
    zip_source_t* source = zip_source_buffer_create(bytes_.data(), bytes_.size(), 0, &problem);
    HILLOCK_CHECK(source != nullptr, "libzip has no memory");
    Archive archive(zip_open_from_source(source, ZIP_RDONLY, &problem));
    if (!archive) {
      zip_source_free(source);
      const std::string why = zip_error_strerror(&problem);
      zip_error_fini(&problem);
      return cannot_open(why);
    }
    zip_error_fini(&problem);

    const std::int64_t entries = zip_get_num_entries(archive.get(), 0);
    std::vector<zip_stat_t> members;
    std::uint64_t packed = 0;
    std::uint64_t unpacked = 0;
    for (std::int64_t i = 0; i < entries; ++i) {
      zip_stat_t member;
      zip_stat_init(&member);
      constexpr zip_uint64_t needed = ZIP_STAT_NAME | ZIP_STAT_INDEX | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE;
      if (zip_stat_index(archive.get(), static_cast<zip_uint64_t>(i), 0, &member) != 0 ||
          (member.valid & needed) != needed)
        return fail("npz-damaged",
                    fmt::format("'{}' is damaged: member {} of the archive has no description", path_, i), path_,
                    "copy or write the file again");
      if (!std::string_view(member.name).ends_with(".npy")) continue;
      if (__builtin_add_overflow(packed, member.comp_size, &packed) ||
          __builtin_add_overflow(unpacked, member.size, &unpacked))
        return too_large("more than 2^64");
      members.push_back(member);
    }
    if (members.empty())
      return fail("npz-empty",
                  fmt::format("'{}' is a zip archive without arrays: none of its {} members is a .npy", path_, entries),
                  path_, "write it with numpy.savez");
    if (packed > bytes_.size())
      return fail("npz-damaged",
                  fmt::format("'{}' is damaged: its members claim {} packed bytes, the file has {}", path_, packed,
                              bytes_.size()),
                  path_, "copy or write the file again");
    if (unpacked > std::max(always_allowed, allowed_ratio * bytes_.size()))
      return too_large(fmt::format("{}", unpacked));

    data::ArrayFile out{path_, {}, {}};
    Errors errors;
    std::set<std::string> names;
    for (const zip_stat_t& member : members) {
      Result<data::Array> array = read_member(archive.get(), member);
      if (!array) errors.insert(errors.end(), array.error().begin(), array.error().end());
      else if (!names.insert(array->name).second)
        errors.push_back({"npz-name-twice", fmt::format("'{}' holds two arrays called '{}'", path_, array->name),
                          std::nullopt, path_, "one name per array"});
      else out.arrays.push_back(std::move(*array));
    }
    if (!errors.empty()) return fail(std::move(errors));
    out.sha256 = sha256(bytes_);
    return out;
  }

 private:
  std::unexpected<Errors> cannot_open(const std::string& why) const {
    constexpr std::string_view begin("PK\x03\x04");
    const std::size_t known = std::min(bytes_.size(), begin.size());
    if (bytes_.substr(0, known) == begin.substr(0, known))
      return fail(
          "npz-truncated",
          fmt::format("'{}' is cut off: it begins as a zip archive, but the list of members at its end is missing "
                      "({} bytes; {})",
                      path_, bytes_.size(), why),
          path_, "copy or write the file again");
    return fail("npz-not-zip",
                fmt::format("'{}' is no .npz: a zip archive is expected, it begins with {}", path_, beginning()), path_,
                "write it with numpy.savez; a single array (numpy.save) is a .npy");
  }

  std::unexpected<Errors> too_large(const std::string& claimed) const {
    return fail("npz-too-large",
                fmt::format("'{}' claims to unpack to {} bytes from {}; at most {} are read", path_, claimed,
                            bytes_.size(), std::max(always_allowed, allowed_ratio * bytes_.size())),
                path_, "save it without compression (numpy.savez) if it really is that large");
  }

  [[nodiscard]] std::string beginning() const {
    std::string out = "'";
    for (const char c : bytes_.substr(0, 12)) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte >= 32 && byte < 127) out += c;
      else out += fmt::format("\\x{:02x}", byte);
    }
    return out + "'";
  }

  Result<data::Array> read_member(zip_t* archive, const zip_stat_t& info) const {
    std::string name(info.name);
    name.resize(name.size() - 4);  // ".npy"
    const auto damaged = [&](const std::string& why) {
      return fail("npz-damaged", fmt::format("array '{}' cannot be unpacked: {}", name, why), path_,
                  "copy or write the file again");
    };
    const Member member(zip_fopen_index(archive, info.index, 0));
    if (!member) return damaged(zip_strerror(archive));
    std::string content;
    std::string buffer(std::size_t{1} << 18U, '\0');
    while (true) {
      const zip_int64_t count = zip_fread(member.get(), buffer.data(), buffer.size());
      if (count < 0) return damaged(zip_file_strerror(member.get()));
      if (count == 0) break;
      if (static_cast<std::uint64_t>(count) > info.size - content.size())
        return damaged("it is longer than the archive says");
      content.append(buffer, 0, static_cast<std::size_t>(count));
    }
    if (content.size() != info.size) return damaged("it is shorter than the archive says");
    return parse_npy(content, name, path_);
  }

  std::string_view bytes_;
  const std::string& path_;
};

}  // namespace

Result<data::ArrayFile> parse_npz(std::string_view bytes, const std::string& path) {
  return NpzReader(bytes, path).read();
}

Result<data::ArrayFile> read_npz(const std::string& path) {
  const Result<std::string> bytes = read_whole(path, largest_input);
  if (!bytes) return fail(bytes.error());
  return parse_npz(*bytes, path);
}

std::string format_npz(const std::vector<data::Array>& arrays) {
  zip_error_t problem;
  zip_error_init(&problem);
  zip_source_t* target = zip_source_buffer_create(nullptr, 0, 0, &problem);
  HILLOCK_CHECK(target != nullptr, "libzip has no memory");
  zip_source_keep(target);  // the archive frees its own hold on it when it is closed
  zip_t* archive = zip_open_from_source(target, ZIP_TRUNCATE, &problem);
  HILLOCK_CHECK(archive != nullptr, "libzip cannot write to memory");
  std::vector<std::string> contents;  // must live until zip_close
  contents.reserve(arrays.size());
  for (const data::Array& array : arrays) {
    contents.push_back(format_npy(array));
    zip_source_t* source = zip_source_buffer(archive, contents.back().data(), contents.back().size(), 0);
    HILLOCK_CHECK(source != nullptr, "libzip has no memory");
    const zip_int64_t index = zip_file_add(archive, (array.name + ".npy").c_str(), source, ZIP_FL_ENC_UTF_8);
    HILLOCK_CHECK(index >= 0, "two arrays of one name, or a name that is not UTF-8: " + array.name);
    constexpr zip_uint16_t first_of_january_1980 = 0x21;
    zip_file_set_dostime(archive, static_cast<zip_uint64_t>(index), 0, first_of_january_1980, 0);
    zip_set_file_compression(archive, static_cast<zip_uint64_t>(index), ZIP_CM_DEFLATE, 6);
  }
  HILLOCK_CHECK(zip_close(archive) == 0, "libzip cannot write to memory");
  // An archive without members is never written by libzip; this is what an empty one looks like.
  std::string out("PK\x05\x06", 4);
  out.append(18, '\0');
  if (!arrays.empty()) {
    HILLOCK_CHECK(zip_source_open(target) == 0, "libzip cannot read what it wrote");
    zip_source_seek(target, 0, SEEK_END);
    const zip_int64_t size = zip_source_tell(target);
    zip_source_seek(target, 0, SEEK_SET);
    out.assign(static_cast<std::size_t>(size), '\0');
    HILLOCK_CHECK(zip_source_read(target, out.data(), out.size()) == size, "libzip cannot read what it wrote");
    zip_source_close(target);
  }
  zip_source_free(target);
  zip_error_fini(&problem);
  return out;
}

Result<void> write_npz(const std::string& path, const std::vector<data::Array>& arrays) {
  return write_whole(path, format_npz(arrays));
}

}  // namespace hillock::io
