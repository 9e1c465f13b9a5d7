#pragma once
/// A folder that goes with the test.

#include <gtest/gtest.h>
#include <unistd.h>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace hillock::study {

class Scratch {
 public:
  Scratch() {
    static int count = 0;
    path_ = std::filesystem::temp_directory_path() /
            ("hillock_study_" + std::to_string(::getpid()) + "_" + std::to_string(++count));
    std::filesystem::create_directories(path_);
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  [[nodiscard]] std::string path(const std::string& name = {}) const {
    return name.empty() ? path_.string() : (path_ / name).string();
  }
  std::string write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << text;
    return path(name);
  }
  [[nodiscard]] std::string read(const std::string& name) const {
    std::ostringstream out;
    out << std::ifstream(path_ / name, std::ios::binary).rdbuf();
    return out.str();
  }
  /// `text` with this folder's path written as DIR, so that a message can be compared.
  [[nodiscard]] std::string without_path(std::string text) const {
    for (std::size_t at = 0; (at = text.find(path_.string(), at)) != std::string::npos;)
      text.replace(at, path_.string().size(), "DIR");
    return text;
  }

 private:
  std::filesystem::path path_;
};

/// A study with a model and a recording that exist, and `text` after its required keys.
inline std::string write_study(const Scratch& scratch, const std::string& text) {
  scratch.write("m.model", "# a model\n");
  scratch.write("d.csv", "time_ms,current_nA\n0,1\n1,2\n");
  return scratch.write("study.toml", text);
}

}  // namespace hillock::study
