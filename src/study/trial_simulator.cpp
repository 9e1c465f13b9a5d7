#include "study/trial_simulator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace hillock::study {
namespace {

constexpr std::size_t most_at_once = 16384;
/// Numbers from 2^47 on are those of pilots and checks (fit_simulated, simulated_checks): what is above stays there.
constexpr std::uint64_t low_numbers = std::uint64_t{1} << 47U;

}  // namespace

std::string name_in_trial(const std::string& statistic, std::size_t trial) {
  return fmt::format("{} (trial {})", statistic, trial + 1);
}

TrialSimulator::TrialSimulator(std::unique_ptr<infer::Simulator> one, std::size_t trials)
    : one_(std::move(one)), trials_(trials) {
  HILLOCK_CHECK(trials >= 1, "trials of which there is none");
  for (std::size_t t = 0; t < trials_; ++t)
    for (const std::string& name : one_->statistics()) names_.push_back(name_in_trial(name, t));
}

Result<void> TrialSimulator::run(const Array2& parameters, std::uint64_t first, infer::Simulations& answer,
                                 const std::function<bool()>& stop) {
  const std::size_t each = one_->statistics().size();
  const std::uint64_t low = first % low_numbers;
  if (low + parameters.rows >= low_numbers / trials_)
    return fail("option-range",
                fmt::format("there are no random numbers for more than {} simulations of {} trials",
                            low_numbers / trials_, trials_),
                "search.simulations", "fewer simulations, or fewer trials");
  answer.reset(parameters.rows, names_.size());
  const std::size_t at_once = std::max<std::size_t>(1, most_at_once / trials_);
  infer::Simulations part;
  for (std::size_t from = 0; from < parameters.rows; from += at_once) {
    const std::size_t count = std::min(at_once, parameters.rows - from);
    Array2 repeated(count * trials_, parameters.cols);
    for (std::size_t k = 0; k < repeated.rows; ++k)
      std::ranges::copy(parameters.row(from + k / trials_), repeated.row(k).begin());
    auto ran = one_->run(repeated, first - low + (low + from) * trials_, part, stop);
    if (!ran) return ran;
    for (std::size_t k = 0; k < count; ++k) {
      std::uint16_t& failed = answer.failed[from + k];
      const std::span<double> x = answer.x.row(from + k);
      const auto undefined = std::span(answer.undefined).subspan((from + k) * names_.size(), names_.size());
      for (std::size_t t = 0; t < trials_; ++t) {
        const std::size_t row = k * trials_ + t;
        if (failed == 0) failed = part.failed[row];
        std::ranges::copy(part.x.row(row), x.subspan(t * each).begin());
        std::copy_n(part.undefined.begin() + static_cast<std::ptrdiff_t>(row * each), each,
                    undefined.subspan(t * each).begin());
      }
      if (failed == 0) continue;
      std::ranges::fill(x, std::numeric_limits<double>::quiet_NaN());
      std::ranges::fill(undefined, failed);
    }
  }
  return {};
}

}  // namespace hillock::study
