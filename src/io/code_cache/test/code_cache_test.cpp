/// A cache gives back exactly what was kept, or nothing, whatever happened to its files.

#include "io/code_cache/code_cache.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

namespace hillock::io {
namespace {

namespace fs = std::filesystem;

std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
void overwrite(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
}

class CodeCacheFiles : public testing::Test {
 protected:
  CodeCacheFiles() : folder_("code_cache_" + std::to_string(::getpid())) { fs::remove_all(folder_); }
  ~CodeCacheFiles() override {
    fs::permissions(folder_, fs::perms::owner_all);
    fs::remove_all(folder_);
  }
  [[nodiscard]] std::uint64_t size() const {
    std::uint64_t total = 0;
    for (const auto& each : fs::directory_iterator(folder_)) total += each.file_size();
    return total;
  }
  [[nodiscard]] long count() const { return std::distance(fs::directory_iterator(folder_), fs::directory_iterator()); }

  const std::string folder_;
  const std::string key_ = std::string("key\0of a loop", 13), value_ = std::string("\x00\xc3 code \xff", 8);
};

TEST_F(CodeCacheFiles, GivesBackWhatWasKeptAndNothingElse) {
  const auto cache = CodeCache::open(folder_);
  ASSERT_TRUE(cache);
  EXPECT_FALSE(cache->load(key_));
  cache->keep(key_, value_);
  cache->keep("another", "");
  EXPECT_EQ(cache->load(key_), value_);
  EXPECT_EQ(CodeCache::open(folder_)->load("another"), "");
  EXPECT_FALSE(cache->load("a third"));
  cache->keep(key_, "other");
  EXPECT_EQ(cache->load(key_), "other");
  EXPECT_EQ(count(), 2);
  EXPECT_EQ(fs::status(folder_).permissions(), fs::perms::owner_all);
  EXPECT_EQ(fs::status(cache->path(key_)).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

/// Every bit of the file is covered, by the header's fields or by the checksum: each byte is changed, and the file cut
/// at every length.
TEST_F(CodeCacheFiles, AFileThatIsNotWhatWasWrittenIsAbsentAndRemoved) {
  const auto cache = CodeCache::open(folder_);
  ASSERT_TRUE(cache);
  cache->keep(key_, value_);
  const std::string file = cache->path(key_), good = bytes_of(file);
  ASSERT_GT(good.size(), key_.size() + value_.size());
  const auto expect_absent = [&](const std::string& bytes, const std::string& what) {
    overwrite(file, bytes);
    EXPECT_FALSE(cache->load(key_)) << what;
    EXPECT_FALSE(fs::exists(file)) << what;
  };
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x10);
    expect_absent(bad, "byte " + std::to_string(i) + " changed");
    expect_absent(good.substr(0, i), "cut to " + std::to_string(i));
  }
  expect_absent(good + "x", "longer");
  cache->keep("another key!!", value_);
  expect_absent(bytes_of(cache->path("another key!!")), "the file of another key");
  overwrite(file, good);
  EXPECT_EQ(cache->load(key_), value_) << "the good one is still good";
}

TEST_F(CodeCacheFiles, WhatOthersCouldHaveWrittenIsNotRun) {
  const auto cache = CodeCache::open(folder_);
  ASSERT_TRUE(cache);
  cache->keep(key_, value_);
  const std::string file = cache->path(key_);
  fs::permissions(file, fs::perms::others_write, fs::perm_options::add);
  EXPECT_FALSE(cache->load(key_));
  cache->keep(key_, value_);
  fs::rename(file, folder_ + "/elsewhere");
  fs::create_symlink("elsewhere", file);
  EXPECT_FALSE(cache->load(key_)) << "a link";
  ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0) << "the link was removed";
  EXPECT_FALSE(cache->load(key_)) << "a pipe must not hang";
  fs::permissions(folder_, fs::perms::group_write, fs::perm_options::add);
  EXPECT_FALSE(CodeCache::open(folder_));
}

TEST_F(CodeCacheFiles, WhereThereCanBeNoneThereIsNone) {
  EXPECT_FALSE(CodeCache::open(""));
  fs::create_directory(folder_);
  std::ofstream(folder_ + "/file") << "x";
  EXPECT_FALSE(CodeCache::open(folder_ + "/file"));
  EXPECT_FALSE(CodeCache::open(folder_ + "/file/below"));
  EXPECT_FALSE(CodeCache::open("/proc/none"));
  EXPECT_TRUE(CodeCache::open(folder_ + "/a/b/c"));
}

TEST_F(CodeCacheFiles, AFolderThatBecomesUnwritableKeepsNothing) {
  if (::geteuid() == 0) {
    // Root may write anywhere: the folder goes instead.
    const auto cache = CodeCache::open(folder_);
    fs::remove_all(folder_);
    cache->keep(key_, value_);
    EXPECT_FALSE(cache->load(key_));
    fs::create_directory(folder_);
    return;
  }
  const auto cache = CodeCache::open(folder_);
  ASSERT_TRUE(cache);
  fs::permissions(folder_, fs::perms::owner_read | fs::perms::owner_exec);
  cache->keep(key_, value_);
  EXPECT_FALSE(cache->load(key_));
  EXPECT_EQ(count(), 0);
}

TEST_F(CodeCacheFiles, TheOldestGoWhereItGrowsTooLarge) {
  const std::string value(1000, 'v');
  const auto cache = CodeCache::open(folder_, 3500);  // three of 96 + 1 + 1000 bytes
  ASSERT_TRUE(cache);
  std::ofstream(folder_ + "/README") << "not ours";
  const auto now = fs::file_time_type::clock::now();
  int age = 100;
  for (const char* key : {"a", "b", "c"}) {
    cache->keep(key, value);
    fs::last_write_time(cache->path(key), now - std::chrono::seconds(age--));
  }
  EXPECT_TRUE(cache->load("a"));  // used last: b is the oldest
  cache->keep("d", value);
  EXPECT_TRUE(cache->load("a"));
  EXPECT_FALSE(cache->load("b"));
  EXPECT_TRUE(cache->load("c"));
  EXPECT_TRUE(cache->load("d"));
  EXPECT_LE(size(), 3500U + 8U);
  EXPECT_TRUE(fs::exists(folder_ + "/README"));
  cache->keep("large", std::string(4000, 'v'));
  EXPECT_FALSE(cache->load("large"));
  EXPECT_TRUE(cache->load("d"));
}

/// What is read is always whole, while processes write the same keys, other keys, and remove.
TEST_F(CodeCacheFiles, ProcessesMayShareAFolder) {
  const auto value = [](int key) {
    return std::string(20000 + static_cast<std::size_t>(key), static_cast<char>('a' + key));
  };
  std::vector<pid_t> children;
  for (int child = 0; child < 4; ++child) {
    const pid_t pid = ::fork();
    ASSERT_GE(pid, 0);
    if (pid == 0) {
      const auto cache = CodeCache::open(folder_, 100000);  // five of eight
      int wrong = cache ? 0 : 1;
      for (int round = 0; round < 200 && wrong == 0; ++round) {
        const int key = (round * (child + 1)) % 8;
        if (const auto got = cache->load(std::to_string(key)); got && *got != value(key)) wrong = 2;
        else if (!got) cache->keep(std::to_string(key), value(key));
      }
      ::_exit(wrong);
    }
    children.push_back(pid);
  }
  for (const pid_t pid : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(pid, &status, 0), pid);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  EXPECT_LE(size(), 100000U);
}

}  // namespace
}  // namespace hillock::io
