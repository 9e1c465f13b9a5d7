# Writes OUT, a .cpp with the version of the compiler: a hash of the files SOURCES ("a|b|...") and LLVM's version (LLVM).
set(all "")
string(REPLACE "|" ";" SOURCES "${SOURCES}")
foreach(source IN LISTS SOURCES)
  file(SHA256 ${source} hash)
  string(APPEND all "${hash}")
endforeach()
string(SHA256 hash "${all}")
file(WRITE ${OUT} "// Written by compiler_version.cmake.
#include \"jit/code_key.hpp\"

namespace hillock::jit {
std::string_view compiler_version() { return \"hillock ${hash}, LLVM ${LLVM}\"; }
}  // namespace hillock::jit
")
