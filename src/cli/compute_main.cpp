// `hillock-compute`: every command, with all that it takes. Started by `hillock` (main.cpp).

#include "base/large_pages.hpp"
#include "cli/run.hpp"

int main(int argc, char** argv) {
  hillock::prefer_large_pages();
  return hillock::cli::run(std::vector<std::string>(argv + 1, argv + argc), hillock::study::pipeline());
}
