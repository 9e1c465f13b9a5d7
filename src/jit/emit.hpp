#pragma once
/// A Loop as a function of LLVM.

#include "ir/program.hpp"
#include "jit/kernel.hpp"

namespace llvm {
class Module;
}

namespace hillock::jit {

/// Adds the function "run" to `module`: the rows of `loop` for `options.vectors` vectors of lanes at a time.
void emit(llvm::Module& module, const ir::Loop& loop, const KernelOptions& options);

}  // namespace hillock::jit
