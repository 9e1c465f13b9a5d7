#include "simulate/limit_program.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <sstream>

#include "child.hpp"
#include "io/whole_file.hpp"

namespace hillock::bench {

Result<void> write_limit_input(const std::string& folder, const HergRecording& recording, const PublishedFit& fit) {
  const std::size_t n = recording.time_ms.size();
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (std::size_t i = 0; i < n; ++i)
    if (recording.mask[i] != 0) {
      low = std::min(low, recording.current_na[i]);
      high = std::max(high, recording.current_na[i]);
    }
  const double e_k = 8.314 * (273.15 + recording.temperature_c) / 96.485 * std::log(4.0 / 130.0);
  std::vector<double> numbers = {static_cast<double>(n), e_k, high - low, fit.error};
  numbers.insert(numbers.end(), fit.p.begin(), fit.p.end());
  numbers.insert(numbers.end(), recording.voltage_mv.begin(), recording.voltage_mv.end());
  numbers.insert(numbers.end(), recording.current_na.begin(), recording.current_na.end());
  numbers.insert(numbers.end(), recording.mask.begin(), recording.mask.end());
  std::string bytes(numbers.size() * sizeof(double), '\0');
  std::memcpy(bytes.data(), numbers.data(), bytes.size());
  return io::write_whole(fmt::format("{}/herg_{}.bin", folder, fit.cell), bytes);
}

Result<LimitRun> run_limit(const std::string& program, const std::string& folder) {
  const ChildResult ran = run_child({program, folder});
  if (ran.exit_code != 0) return fail("limit-failed", fmt::format("exit code {}: {}", ran.exit_code, ran.err), program);
  LimitRun out;
  std::istringstream lines(ran.out);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("cell ")) {
      // The rounded, sampled command is not quite the closed form: 1e-4, where ours must meet 2e-5.
      if (!(std::fabs(number_after(line, "ratio-1 ")) < 1e-4))
        return fail("limit-wrong", "the published error is not met: " + line, program);
    } else if (line.starts_with("double, ")) {
      const std::string name = line.substr(0, line.find("  "));
      const double rate = number_after(line, line.substr(0, 20));  // a column for the name
      if (!(number_after(line, "over 16 draws ") < 1e-9) || !(rate > 0.0))
        return fail("limit-wrong", "not as libm has it: " + line, program);
      out.traces_per_s[name] = rate;
    }
  }
  if (out.traces_per_s.empty()) return fail("limit-failed", "it printed no rates", program);
  return out;
}

}  // namespace hillock::bench
