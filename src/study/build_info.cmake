# Writes OUT, a .cpp with the version (VERSION), `git describe` of SOURCE and LIBRARIES ("name=version|..."); leaves the
# file alone where nothing changed.
execute_process(COMMAND git -C ${SOURCE} describe --always --dirty --tags
  OUTPUT_VARIABLE build RESULT_VARIABLE failed OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(failed)
  set(build unknown)
endif()
set(rows "")
string(REPLACE "|" ";" LIBRARIES "${LIBRARIES}")
foreach(library IN LISTS LIBRARIES)
  string(REGEX MATCH "^([^=]+)=(.*)$" matched "${library}")
  string(APPEND rows "      {\"${CMAKE_MATCH_1}\", \"${CMAKE_MATCH_2}\"},\n")
endforeach()
set(text "// Written by build_info.cmake.
#include \"study/build_info.hpp\"

namespace hillock::study {

std::string_view version() { return \"${VERSION}\"; }
std::string_view build() { return \"${build}\"; }
const std::vector<std::pair<std::string, std::string>>& libraries() {
  static const std::vector<std::pair<std::string, std::string>> rows{
${rows}  };
  return rows;
}

}  // namespace hillock::study
")
set(old "")
if(EXISTS ${OUT})
  file(READ ${OUT} old)
endif()
if(NOT old STREQUAL text)
  file(WRITE ${OUT} "${text}")
endif()
