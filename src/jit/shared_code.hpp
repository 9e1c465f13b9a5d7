#pragma once
/// Code that kernels of one process share.

#include <functional>
#include <future>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "jit/image.hpp"
#include "jit/kernel.hpp"

namespace hillock::jit {

struct MadeCode {
  std::shared_ptr<const LoadedImage> code;
  Origin origin;
};

/// Code by key, of the keys asked for last. Threads that ask for one key at once wait for one of them to make it.
class SharedCode {
 public:
  explicit SharedCode(std::size_t most) : most_(most) {}
  static SharedCode& of_process();

  /// The code under `key`, from `make` where there is none yet. Failures are not remembered.
  [[nodiscard]] Result<MadeCode> get(const std::string& key, const std::function<Result<MadeCode>()>& make);
  [[nodiscard]] std::size_t size() const;

 private:
  using Future = std::shared_future<Result<MadeCode>>;
  struct Entry {
    Future future;
    std::list<std::string>::iterator place;
  };
  mutable std::mutex mutex_;
  std::size_t most_;
  std::list<std::string> recent_;  ///< the last asked for first
  std::unordered_map<std::string, Entry> entries_;
};

}  // namespace hillock::jit
