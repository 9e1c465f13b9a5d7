#include "inference/program.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "child.hpp"
#include "io/sha256.hpp"
#include "io/whole_file.hpp"
#include "need.hpp"

namespace hillock::bench {
namespace {

namespace fs = std::filesystem;

/// What is compiled or read; tests, fuzzers and pages are not.
bool counts(const fs::path& file) {
  for (const fs::path& part : file)
    if (part == "test" || part == "fuzz") return false;
  for (const char* kind : {".cpp", ".hpp", ".inl", ".c", ".h", ".txt", ".cmake", ".toml", ".model", ".f32"})
    if (file.extension() == kind) return true;
  return false;
}

}  // namespace

std::string name_of_build(const fs::path& source, const fs::path& program) {
  std::vector<fs::path> files = {source / "CMakeLists.txt"};
  for (const char* folder : {"src", "cmake", "examples/benchmark", "examples/allen", "models"})
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(source / folder))
      if (entry.is_regular_file() && counts(fs::relative(entry.path(), source))) files.push_back(entry.path());
  std::ranges::sort(files);
  const auto made = fs::last_write_time(program);
  std::string all;
  for (const fs::path& file : files) {
    const std::string name = fs::relative(file, source).string();
    if (name.starts_with("src/") && fs::last_write_time(file) > made)
      stop(fmt::format("{} is newer than {}: build first (`make bench-inference` does)", name, program.string()));
    all += name + '\n' + io::sha256(need(io::read_whole(file.string(), io::largest_input))) + '\n';
  }
  return io::sha256(all).substr(0, 12);
}

Program::Program(const fs::path& root, const std::string& build) {
  const fs::path from = fs::path(HILLOCK_BUILD_DIR) / "bin";
  name_ = build.empty() ? name_of_build(HILLOCK_SOURCE_DIR, from / "hillock-compute") : build;
  const fs::path to = root / name_ / "bin";
  if (!build.empty() && !fs::exists(to))
    stop(fmt::format("{}: nothing is kept of a build \"{}\"", root.string(), build));
  fs::create_directories(to);
  for (const char* file : {"hillock", "hillock-compute", "libhillock_compiler.so"}) {
    if (fs::exists(to / file)) continue;
    std::error_code failed;  // a file system without links
    fs::create_hard_link(from / file, to / file, failed);
    if (failed) fs::copy_file(from / file, to / file);
  }
  path_ = (to / "hillock").string();
  version_ = run_child({path_, "--version"}).out;
  version_.resize(version_.find_last_not_of('\n') + 1);
}

}  // namespace hillock::bench
