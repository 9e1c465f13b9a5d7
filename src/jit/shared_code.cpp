#include "jit/shared_code.hpp"

namespace hillock::jit {

SharedCode& SharedCode::of_process() {
  // A fit needs some ten; a search over equations meets new ones all the time.
  static SharedCode code(64);
  return code;
}

Result<MadeCode> SharedCode::get(const std::string& key, const std::function<Result<MadeCode>()>& make) {
  std::promise<Result<MadeCode>> promise;
  {
    std::unique_lock lock(mutex_);
    if (const auto found = entries_.find(key); found != entries_.end()) {
      recent_.splice(recent_.begin(), recent_, found->second.place);
      const Future future = found->second.future;
      lock.unlock();
      Result<MadeCode> made = future.get();
      if (made) made->origin = Origin::shared;
      return made;
    }
    recent_.push_front(key);
    entries_.emplace(key, Entry{promise.get_future().share(), recent_.begin()});
    if (recent_.size() > most_) {
      entries_.erase(recent_.back());
      recent_.pop_back();
    }
  }
  const auto forget = [&] {
    const std::lock_guard lock(mutex_);
    if (const auto found = entries_.find(key); found != entries_.end()) {
      recent_.erase(found->second.place);
      entries_.erase(found);
    }
  };
  try {
    Result<MadeCode> made = make();
    if (!made) forget();
    promise.set_value(made);
    return made;
  } catch (...) {
    forget();
    promise.set_exception(std::current_exception());
    throw;
  }
}

std::size_t SharedCode::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

}  // namespace hillock::jit
