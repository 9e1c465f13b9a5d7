#pragma once
/// A benchmark ends when something is wrong, said on stderr, exit code 1.

#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/error.hpp"

namespace hillock::bench {

[[noreturn]] inline void stop(const std::string& what) {
  std::fprintf(stderr, "benchmark: %s\n", what.c_str());
  std::exit(1);
}

/// The value, or the end.
template <class T>
T need(Result<T> result) {
  if (!result) stop(render(result.error()));
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace hillock::bench
