#pragma once
/// What a loop's machine code depends on, as bytes.

#include <string>
#include <string_view>

#include "ir/program.hpp"
#include "jit/kernel.hpp"

namespace hillock::jit {

/// Of the compiler: a hash of the text of its sources, and the version of LLVM.
[[nodiscard]] std::string_view compiler_version();

/// Equal for two loops exactly when they have the same code: everything that the compiler reads of a loop (all but its
/// rows), the machine, and the version of the compiler.
[[nodiscard]] std::string code_key(const ir::Loop& loop, const KernelOptions& options);

}  // namespace hillock::jit
