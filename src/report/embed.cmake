# Writes a .cpp that holds files as bytes, with the SHA-256 of each: the page's style sheets and scripts.
#   cmake -DOUTPUT=assets.cpp "-DFILES=name=path;name=path" -P embed.cmake
set(body "")
set(table "")
foreach(entry IN LISTS FILES)
  string(FIND "${entry}" "=" at)
  string(SUBSTRING "${entry}" 0 ${at} name)
  math(EXPR at "${at} + 1")
  string(SUBSTRING "${entry}" ${at} -1 path)
  file(READ "${path}" hex HEX)
  file(SHA256 "${path}" sha)
  string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," hex "${hex}")
  string(APPEND body "const unsigned char ${name}_bytes[] = {\n${hex}0x00};\n")
  string(APPEND table "  {\"${name}\", {reinterpret_cast<const char*>(${name}_bytes), sizeof ${name}_bytes - 1}, \"${sha}\"},\n")
endforeach()
file(WRITE "${OUTPUT}.tmp" "// Made by src/report/embed.cmake.
#include \"report/asset.hpp\"
namespace hillock::report {
namespace {
${body}
const Asset table[] = {
${table}};
}  // namespace
std::span<const Asset> assets() { return table; }
}  // namespace hillock::report
")
file(RENAME "${OUTPUT}.tmp" "${OUTPUT}")
