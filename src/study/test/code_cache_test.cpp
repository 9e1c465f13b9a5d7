#include "study/code_cache.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>
#include <string>

#include "study/test/scratch.hpp"

namespace hillock::study {
namespace {

/// Sets a variable of the environment, or removes it, until it goes.
class Environment {
 public:
  Environment(const char* name, const char* value) : name_(name) {
    if (const char* old = std::getenv(name); old != nullptr) old_ = old;
    set(value);
  }
  ~Environment() { set(old_ ? old_->c_str() : nullptr); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  void set(const char* value) {
    if (value != nullptr) ::setenv(name_, value, 1);
    else ::unsetenv(name_);
  }
  const char* name_;
  std::optional<std::string> old_;
};

TEST(CacheFolder, IsWhatTheEnvironmentSays) {
  const Environment home("HOME", "/home/ada"), users("XDG_CACHE_HOME", "/caches");
  {
    const Environment ours("HILLOCK_CACHE", "there");
    EXPECT_EQ(cache_folder(), "there");
  }
  {
    const Environment none("HILLOCK_CACHE", "");
    EXPECT_EQ(cache_folder(), "");
    EXPECT_EQ(code_store(cache_folder()), nullptr);
  }
  const Environment unset("HILLOCK_CACHE", nullptr);
  EXPECT_EQ(cache_folder(), "/caches/hillock");
  const Environment relative("XDG_CACHE_HOME", "caches");
  EXPECT_EQ(cache_folder(), "/home/ada/.cache/hillock");
  const Environment homeless("HOME", nullptr);
  EXPECT_EQ(cache_folder(), "");
}

TEST(CodeStore, KeepsInItsFolderAndLoads) {
  const Scratch scratch;
  const auto store = code_store(scratch.path("cache"));
  ASSERT_NE(store, nullptr);
  store->keep("key", "code");
  EXPECT_EQ(code_store(scratch.path("cache"))->load("key"), "code");
  EXPECT_FALSE(store->load("another"));
  scratch.write("file", "");
  EXPECT_EQ(code_store(scratch.path("file")), nullptr);
}

}  // namespace
}  // namespace hillock::study
