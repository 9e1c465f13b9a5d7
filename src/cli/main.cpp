// `hillock`. What fits is a program of its own, hillock-compute beside this one, with the file formats and searches
// that it needs; this one starts in a few milliseconds and becomes the other where it must.

#include <unistd.h>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>

#include "base/large_pages.hpp"
#include "cli/run.hpp"
#include "cli/say.hpp"

int main(int argc, char** argv) {
  using namespace hillock;
  prefer_large_pages();
  const std::string_view command = argc > 1 ? argv[1] : "";
  if (command == "fit") {
    std::error_code ignored;
    const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", ignored);
    const std::string compute = (self.parent_path() / "hillock-compute").string();
    ::execv(compute.c_str(), argv);
    cli::remark("error: cannot start " + compute + ": " + std::strerror(errno) +
                " [installation]\n    try: install hillock and hillock-compute in one folder\n");
    return cli::exit_bug;
  }
  return cli::run(std::vector<std::string>(argv + 1, argv + argc),
                  {nullptr, &study::check_model, &study::simulate_model});
}
