#pragma once
/// An object file of one function, made an Image.

#include <string_view>

#include "base/error.hpp"
#include "jit/image.hpp"

namespace hillock::jit {

/// @param object    x86-64 ELF, position independent, that refers to nothing outside itself
/// @param function  where the image is entered
/// Error "jit-failed": it refers to something outside, has variables, or is no such object.
[[nodiscard]] Result<Image> link_object(std::string_view object, std::string_view function);

}  // namespace hillock::jit
