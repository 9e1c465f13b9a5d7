// Any program: every pass of src/ir keeps its values, and its derivatives are those of its values. The first byte says
// which of these is tried, the others are the program (test/coded_program.hpp).

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iterator>

#include "ir/test/program_oracle.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hillock;
  std::string wrong;
  try {
    ir::fixture::Told told;
    if (size == 0) return 0;
    const auto trial = ir::fixture::all_trials[*data % std::size(ir::fixture::all_trials)];
    wrong = ir::fixture::disagreement(ir::fixture::decode({data + 1, size - 1}), trial, told);
  } catch (const Bug& bug) {
    wrong = bug.what;
  }
  if (wrong.empty()) return 0;
  std::fprintf(stderr, "%s\n", wrong.c_str());
  std::abort();
}
