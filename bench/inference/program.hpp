#pragma once
/// The program that is measured, under a name that says what it was made of.

#include <filesystem>
#include <string>

namespace hillock::bench {

/// A name for what a program is made of: the beginning of a sha256 of everything under src/ that is compiled, of the
/// build's rules, and of the studies and models that it fits. (Not of the binary: that holds `git describe`, which
/// changes when results are written.) Ends the benchmark where the program is older than its sources.
[[nodiscard]] std::string name_of_build(const std::filesystem::path& source, const std::filesystem::path& program);

class Program {
 public:
  /// Links the program into <root>/<build>/bin, so that a new one does not take its place while cells are made.
  /// @param build  that of an earlier program that is kept there; empty: the one in the build folder
  Program(const std::filesystem::path& root, const std::string& build);
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const std::string& version() const { return version_; }  ///< what `hillock --version` says

 private:
  std::string name_, path_, version_;
};

}  // namespace hillock::bench
