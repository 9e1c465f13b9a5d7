#include "study/code_cache.hpp"

#include <cstdlib>
#include <utility>

#include "io/code_cache/code_cache.hpp"

namespace hillock::study {

std::string cache_folder() {
  if (const char* ours = std::getenv("HILLOCK_CACHE"); ours != nullptr) return ours;
  // Relative paths there are to be ignored (XDG Base Directory Specification).
  if (const char* users = std::getenv("XDG_CACHE_HOME"); users != nullptr && *users == '/')
    return std::string(users) + "/hillock";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/')
    return std::string(home) + "/.cache/hillock";
  return {};
}

std::shared_ptr<const jit::CodeStore> code_store(const std::string& folder) {
  const auto cache = io::CodeCache::open(folder);
  if (!cache) return nullptr;
  return std::make_shared<const jit::CodeStore>(
      jit::CodeStore{[cache = *cache](const std::string& key) { return cache.load(key); },
                     [cache = *cache](const std::string& key, const std::string& code) { cache.keep(key, code); }});
}

}  // namespace hillock::study
