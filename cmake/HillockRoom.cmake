# A room is one folder under src/ and one library. These functions are all that a room's CMakeLists.txt calls.
#
#   hillock_room(<name> SOURCES a.cpp b.cpp            relative to the room's folder; none: a header-only room
#                       DEPENDS base units             other rooms, linked publicly; see layers.toml
#                       PUBLIC_LIBS lib::eigen         libraries that the room's headers show
#                       PRIVATE_LIBS lib::zip          libraries that only its .cpp files see
#                       TESTS test/a_test.cpp          one program, hillock_<name>_test, registered with CTest
#                       TEST_LIBS lib::json)           libraries that only the tests see
#   hillock_program(<name> SOURCES main.cpp DEPENDS cli PRIVATE_LIBS ...)   a program in <build>/bin
#   hillock_bench(<name> SOURCES a.cpp DEPENDS sim PRIVATE_LIBS ...)        `make bench-<name>`; run as
#                                                      `hillock_bench_<name> <repository>/bench/results/<name>.json`
#   hillock_fuzz(<name> SOURCES fuzz/a.cpp DEPENDS io   libFuzzer, in the preset `fuzz` only; `make fuzz` runs it
#                SEEDS fuzz/a_seeds                    the inputs that it begins with; fuzz/seeds where not given
#                MAX_LEN 256                           bytes of an input at most; 4096 where not given
#                OPTIONS -only_ascii=1)                further options of libFuzzer; fuzz/*.dict are its words
#
# Libraries have one name each, lib::<name>; see HillockLibraries.cmake.

include_guard(GLOBAL)
include(GoogleTest)

# What every target of ours is compiled with.
add_library(hillock_flags INTERFACE)
target_compile_features(hillock_flags INTERFACE cxx_std_23)
target_include_directories(hillock_flags INTERFACE ${PROJECT_SOURCE_DIR}/src)
# No contraction: a*b+c is two roundings on every machine, whether or not it has an FMA unit.
target_compile_options(hillock_flags INTERFACE -ffp-contract=off -fno-math-errno)
target_compile_options(hillock_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # False alarms of GCC 12: for "x" + std::string (bug 105651), and inside fmt at -O3.
  target_compile_options(hillock_flags INTERFACE -Wno-restrict -Wno-stringop-overflow)
endif()
if(HILLOCK_WERROR)
  target_compile_options(hillock_flags INTERFACE -Werror)
endif()

add_custom_target(programs)        # what `make` builds
add_custom_target(bench_programs)  # built before any benchmark runs
add_custom_target(bench-all)       # runs them all, one after the other
add_custom_target(fuzz)            # runs the fuzzers, as many beside each other as there are jobs

# Sets <out> to TRUE when all rooms of DEPENDS exist.
function(_hillock_have_rooms out what)
  set(${out} TRUE PARENT_SCOPE)
  foreach(dep IN LISTS ARGN)
    if(NOT TARGET hillock_${dep})
      if(HILLOCK_PARTIAL)
        message(WARNING "${what} is left out: it needs the room '${dep}', which is not in this build")
        set(${out} FALSE PARENT_SCOPE)
      else()
        message(FATAL_ERROR "${what} needs the room '${dep}', which is not in this build "
                            "(rooms are added in the order of HILLOCK_ROOMS; -DHILLOCK_PARTIAL=ON leaves ${what} out)")
      endif()
    endif()
  endforeach()
endfunction()

function(hillock_room name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPENDS;PUBLIC_LIBS;PRIVATE_LIBS;TESTS;TEST_LIBS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "hillock_room(${name}): unknown arguments: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  _hillock_have_rooms(complete "the room '${name}'" ${arg_DEPENDS})
  if(NOT complete)
    return()
  endif()
  list(TRANSFORM arg_DEPENDS PREPEND hillock_ OUTPUT_VARIABLE rooms)
  if(arg_SOURCES)
    add_library(hillock_${name} STATIC ${arg_SOURCES})
    target_link_libraries(hillock_${name} PUBLIC ${rooms} ${arg_PUBLIC_LIBS} PRIVATE hillock_flags ${arg_PRIVATE_LIBS})
    target_include_directories(hillock_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src)
    target_compile_features(hillock_${name} PUBLIC cxx_std_23)
  else()
    add_library(hillock_${name} INTERFACE)
    target_link_libraries(hillock_${name} INTERFACE ${rooms} ${arg_PUBLIC_LIBS} ${arg_PRIVATE_LIBS})
    target_include_directories(hillock_${name} INTERFACE ${PROJECT_SOURCE_DIR}/src)
    target_compile_features(hillock_${name} INTERFACE cxx_std_23)
  endif()
  if(arg_TESTS AND HILLOCK_TESTS)
    hillock_test(${name} SOURCES ${arg_TESTS} LIBS hillock_${name} ${arg_TEST_LIBS})
  endif()
endfunction()

# One GoogleTest program hillock_<name>_test; its tests are called <name>.<Suite>.<Case> in CTest.
function(hillock_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBS")
  add_executable(hillock_${name}_test ${arg_SOURCES})
  target_link_libraries(hillock_${name}_test PRIVATE hillock_flags ${arg_LIBS} GTest::gmock GTest::gtest_main)
  # Tests are compiled once and run once: what they test is optimised, they are less so.
  target_compile_options(hillock_${name}_test PRIVATE $<$<CONFIG:Release>:-O1>)
  target_compile_definitions(hillock_${name}_test PRIVATE
    HILLOCK_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
    HILLOCK_SHARED_DIR="${PROJECT_SOURCE_DIR}/../shared"
    HILLOCK_PYTHON="${HILLOCK_PYTHON}")
  set_target_properties(hillock_${name}_test PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/test)
  # An empty working directory of its own, so that no test finds a file by luck or leaves one in the tree.
  file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/test/cwd/${name})
  gtest_discover_tests(hillock_${name}_test TEST_PREFIX "${name}."
    WORKING_DIRECTORY ${PROJECT_BINARY_DIR}/test/cwd/${name} DISCOVERY_TIMEOUT 120
    PROPERTIES TIMEOUT ${HILLOCK_TEST_TIMEOUT} LABELS ${name} ENVIRONMENT "HILLOCK_CACHE=")
endfunction()

function(hillock_program name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPENDS;PRIVATE_LIBS")
  _hillock_have_rooms(complete "the program '${name}'" ${arg_DEPENDS})
  if(NOT complete)
    return()
  endif()
  list(TRANSFORM arg_DEPENDS PREPEND hillock_ OUTPUT_VARIABLE rooms)
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE hillock_flags ${rooms} ${arg_PRIVATE_LIBS})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
  add_dependencies(programs ${name})
endfunction()

function(hillock_bench name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPENDS;PRIVATE_LIBS")
  _hillock_have_rooms(complete "the benchmark '${name}'" ${arg_DEPENDS})
  if(NOT complete)
    return()
  endif()
  list(TRANSFORM arg_DEPENDS PREPEND hillock_ OUTPUT_VARIABLE rooms)
  add_executable(hillock_bench_${name} EXCLUDE_FROM_ALL ${arg_SOURCES})
  target_link_libraries(hillock_bench_${name} PRIVATE hillock_flags ${rooms} ${arg_PRIVATE_LIBS})
  target_compile_definitions(hillock_bench_${name} PRIVATE
    HILLOCK_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
    HILLOCK_SHARED_DIR="${PROJECT_SOURCE_DIR}/../shared"
    HILLOCK_BUILD_DIR="${PROJECT_BINARY_DIR}"
    HILLOCK_PYTHON="${HILLOCK_PYTHON}")
  set_target_properties(hillock_bench_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bench)
  add_dependencies(bench_programs hillock_bench_${name})
  # USES_TERMINAL: one at a time, nothing else of the build beside it.
  add_custom_target(bench-${name}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${PROJECT_SOURCE_DIR}/bench/results
    COMMAND hillock_bench_${name} ${PROJECT_SOURCE_DIR}/bench/results/${name}.json
    USES_TERMINAL VERBATIM)
  add_dependencies(bench-${name} bench_programs)
  add_dependencies(bench-all bench-${name})
endfunction()

function(hillock_fuzz name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "SEEDS;MAX_LEN" "SOURCES;DEPENDS;PRIVATE_LIBS;OPTIONS")
  if(NOT HILLOCK_FUZZ)
    return()
  endif()
  _hillock_have_rooms(complete "the fuzzer '${name}'" ${arg_DEPENDS})
  if(NOT complete)
    return()
  endif()
  list(TRANSFORM arg_DEPENDS PREPEND hillock_ OUTPUT_VARIABLE rooms)
  add_executable(hillock_fuzz_${name} ${arg_SOURCES})
  target_link_libraries(hillock_fuzz_${name} PRIVATE hillock_flags ${rooms} ${arg_PRIVATE_LIBS})
  target_link_options(hillock_fuzz_${name} PRIVATE -fsanitize=fuzzer)
  set_target_properties(hillock_fuzz_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/fuzz)
  list(GET arg_SOURCES 0 source)
  get_filename_component(folder ${source} DIRECTORY)
  if(NOT arg_SEEDS)
    set(arg_SEEDS ${folder}/seeds)
  endif()
  if(NOT arg_MAX_LEN)
    set(arg_MAX_LEN 4096)
  endif()
  file(GLOB words CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.dict)
  list(TRANSFORM words PREPEND -dict=)
  add_custom_target(fuzz-${name}
    COMMAND ${PROJECT_SOURCE_DIR}/cmake/run-fuzzer.sh ${name} $<TARGET_FILE:hillock_fuzz_${name}>
            ${PROJECT_BINARY_DIR}/fuzz/corpus/${name} ${CMAKE_CURRENT_SOURCE_DIR}/${arg_SEEDS}
            -max_len=${arg_MAX_LEN} ${words} ${arg_OPTIONS}
    VERBATIM)
  add_dependencies(fuzz-${name} hillock_fuzz_${name})
  add_dependencies(fuzz fuzz-${name})
endfunction()
