// `hillock-compute`: every command, with all that it takes. Started by `hillock` (main.cpp).

#include "cli/run.hpp"

int main(int argc, char** argv) {
  return hillock::cli::run(std::vector<std::string>(argv + 1, argv + argc), hillock::study::pipeline());
}
