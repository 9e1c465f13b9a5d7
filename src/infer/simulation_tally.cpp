#include "infer/simulation_tally.hpp"

#include <cmath>
#include <numeric>

namespace hillock::infer {

namespace {

void count_up(std::vector<std::uint64_t>& counts, std::size_t reason) {
  if (counts.size() <= reason) counts.resize(reason + 1, 0);
  ++counts[reason];
}

std::string name_of(std::size_t reason, const std::vector<std::string>& reasons) {
  if (reason == 0) return "not-finite";
  HILLOCK_CHECK(reason <= reasons.size(), "a simulator names every reason that it gives");
  return reasons[reason - 1];
}

}  // namespace

void SimulationTally::add(const Simulations& answer, std::size_t k) {
  const std::size_t n = undefined_.size();
  HILLOCK_CHECK(k < answer.failed.size() && answer.x.cols == n && answer.x.rows == answer.failed.size() &&
                    answer.undefined.size() == answer.x.values.size(),
                "a simulator answers for every simulation and every statistic");
  ++simulations_;
  if (answer.failed[k] != 0) {
    ++failed_;
    count_up(failures_, answer.failed[k]);
    return;
  }
  for (std::size_t j = 0; j < n; ++j)
    if (!std::isfinite(answer.x(k, j))) count_up(undefined_[j], answer.undefined[k * n + j]);
}

std::uint64_t SimulationTally::undefined(std::size_t j) const {
  return std::accumulate(undefined_[j].begin(), undefined_[j].end(), std::uint64_t{0});
}

std::vector<ReasonCount> SimulationTally::failures(const Simulator& simulator) const {
  const auto reasons = simulator.reasons();
  std::vector<ReasonCount> out;
  for (std::size_t r = 0; r < failures_.size(); ++r)
    if (failures_[r] > 0) out.push_back({name_of(r, reasons), failures_[r]});
  return out;
}

std::vector<UndefinedCount> SimulationTally::undefined_statistics(const Simulator& simulator) const {
  const auto reasons = simulator.reasons();
  std::vector<UndefinedCount> out;
  for (std::size_t j = 0; j < undefined_.size(); ++j)
    for (std::size_t r = 0; r < undefined_[j].size(); ++r)
      if (undefined_[j][r] > 0) out.push_back({simulator.statistics()[j], name_of(r, reasons), undefined_[j][r]});
  return out;
}

Error SimulationTally::nothing_left(const Simulator& simulator, std::span<const double> observed) const {
  std::string text, separator;
  const auto say = [&](std::uint64_t count, const std::string& what) {
    text += separator + std::to_string(count) + " " + what;
    separator = ", ";
  };
  if (failed_ == simulations_) {
    for (const ReasonCount& f : failures(simulator)) say(f.count, "`" + f.reason + "`");
    return {"simulations-failed", "all " + std::to_string(simulations_) + " simulations failed: " + text, std::nullopt,
            "simulator", "simulate one draw of the prior and look at it; a narrower prior may be what is missing"};
  }
  const std::uint64_t ended = simulations_ - failed_;
  for (std::size_t j = 0; j < observed.size(); ++j) {
    const std::uint64_t without = undefined(j);
    const std::string& name = simulator.statistics()[j];
    if (!std::isnan(observed[j]) && without > 0) say(without, "without a value of `" + name + "`");
    if (std::isnan(observed[j]) && without < ended)
      say(ended - without, "with a value of `" + name + "`, which the observation has not");
  }
  return {"abc-nothing-matches",
          "none of " + std::to_string(simulations_) +
              " simulations has values for just the statistics that the observation has (" + std::to_string(failed_) +
              " failed; of the others: " + text + ")",
          std::nullopt, "observation",
          "leave out statistics that are seldom defined, widen the prior, or simulate more"};
}

}  // namespace hillock::infer
