# The libraries that rooms may link, each under one name, lib::<name>. Which room may use which: layers.toml.

include_guard(GLOBAL)

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)

function(_hillock_lib name)
  add_library(hillock_lib_${name} INTERFACE)
  target_link_libraries(hillock_lib_${name} INTERFACE ${ARGN})
  add_library(lib::${name} ALIAS hillock_lib_${name})
endfunction()

_hillock_lib(threads Threads::Threads)

find_package(Eigen3 3.4 REQUIRED NO_MODULE)
_hillock_lib(eigen Eigen3::Eigen)
find_package(fmt 9 REQUIRED)
_hillock_lib(fmt fmt::fmt)
find_package(nlohmann_json 3.11 REQUIRED)
_hillock_lib(json nlohmann_json::nlohmann_json)
find_package(tomlplusplus REQUIRED)
_hillock_lib(toml tomlplusplus::tomlplusplus)
find_package(CLI11 REQUIRED)
_hillock_lib(cli11 CLI11::CLI11)
find_package(TBB REQUIRED)
_hillock_lib(tbb TBB::tbb)
find_package(Boost 1.74 REQUIRED)  # headers: Boost.Math
_hillock_lib(boost Boost::headers)
find_package(ZLIB REQUIRED)
_hillock_lib(z ZLIB::ZLIB)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
_hillock_lib(crypto OpenSSL::Crypto)
pkg_check_modules(hillock_zip REQUIRED IMPORTED_TARGET libzip)
_hillock_lib(zip PkgConfig::hillock_zip)
pkg_check_modules(hillock_netcdf REQUIRED IMPORTED_TARGET netcdf)
_hillock_lib(netcdf PkgConfig::hillock_netcdf)
pkg_check_modules(hillock_hdf5 REQUIRED IMPORTED_TARGET hdf5)
_hillock_lib(hdf5 PkgConfig::hillock_hdf5)

find_path(HILLOCK_RANDOM123_INCLUDE Random123/philox.h REQUIRED)
_hillock_lib(random123)
target_include_directories(hillock_lib_random123 SYSTEM INTERFACE ${HILLOCK_RANDOM123_INCLUDE})

# pagmo's CMake package insists on the optional solvers it was built with (Ipopt, NLopt, Boost.Serialization); we use
# its headers and its library.
find_path(HILLOCK_PAGMO_INCLUDE pagmo/pagmo.hpp REQUIRED)
find_library(HILLOCK_PAGMO_LIBRARY pagmo REQUIRED)
find_library(HILLOCK_BOOST_SERIALIZATION boost_serialization REQUIRED)
_hillock_lib(pagmo ${HILLOCK_PAGMO_LIBRARY} ${HILLOCK_BOOST_SERIALIZATION} TBB::tbb Eigen3::Eigen Boost::headers)
target_include_directories(hillock_lib_pagmo SYSTEM INTERFACE ${HILLOCK_PAGMO_INCLUDE})

# LLVM, the parts that make code for this kind of processor. Only the room jit links it. Its shared library has every
# processor that there is, and loading it takes as long as compiling a model.
find_package(zstd REQUIRED)  # LLVM takes Debian's; named first, as LLVM would do without it
find_package(LLVM 19.1 REQUIRED CONFIG PATHS /usr/lib/llvm-19)
llvm_map_components_to_libnames(hillock_llvm x86codegen x86desc x86info)
_hillock_lib(llvm ${hillock_llvm})
target_include_directories(hillock_lib_llvm SYSTEM INTERFACE ${LLVM_INCLUDE_DIRS})
separate_arguments(hillock_llvm_definitions NATIVE_COMMAND "${LLVM_DEFINITIONS}")
target_compile_definitions(hillock_lib_llvm INTERFACE ${hillock_llvm_definitions})

if(HILLOCK_TESTS)
  find_package(GTest REQUIRED)
endif()
