#pragma once
/// Compiled models, kept from one run to the next.

#include <memory>
#include <string>

#include "jit/code_store.hpp"

namespace hillock::study {

/// The folder that the environment says: $HILLOCK_CACHE (empty: none), otherwise hillock/ in $XDG_CACHE_HOME or
/// ~/.cache. Empty: none.
[[nodiscard]] std::string cache_folder();

/// A store in `folder`; null where there is none, or the folder cannot be one.
[[nodiscard]] std::shared_ptr<const jit::CodeStore> code_store(const std::string& folder);

}  // namespace hillock::study
