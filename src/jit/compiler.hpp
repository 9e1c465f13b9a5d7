#pragma once
/// The compiler proper: a Loop in, an Image out.
///
/// It is a library of its own (libhillock_compiler.so), because loading LLVM takes longer than reading code that is
/// already there: `Kernel` loads it when it is first needed.

#include "base/error.hpp"
#include "ir/program.hpp"
#include "jit/image.hpp"
#include "jit/kernel.hpp"

namespace hillock::jit {

inline constexpr const char* compiler_library = "libhillock_compiler.so";
inline constexpr const char* compiler_function = "hillock_compile_loop";

/// Compiles `loop`; `image` receives the code. Error "jit-failed" carries LLVM's own words.
using CompileLoop = void(const ir::Loop& loop, const KernelOptions& options, Result<Image>& image);

}  // namespace hillock::jit

/// What the library exports, under the name `compiler_function`.
extern "C" hillock::jit::CompileLoop hillock_compile_loop;
