#pragma once
/// Where compiled code outlives the process.

#include <functional>
#include <optional>
#include <string>

namespace hillock::jit {

/// Bytes by key. What `load` gives must be what `keep` was once given under that very key: it is run. Both may be
/// called from several threads at once, and neither ever fails: what cannot be loaded is compiled, what cannot be kept
/// is compiled again next time.
struct CodeStore {
  std::function<std::optional<std::string>(const std::string& key)> load;
  std::function<void(const std::string& key, const std::string& code)> keep;
};

}  // namespace hillock::jit
