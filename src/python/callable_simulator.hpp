#pragma once
/// A function as a simulator for inference.

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "infer/simulator.hpp"

namespace hillock::python {

/// Fills `x`, a row for each row of `parameters`. What failed: its row and why. False: it was stopped, or cannot go on.
struct Answered {
  bool whole = false;
  std::vector<std::pair<std::size_t, std::string>> failed;
};
using Simulate = std::function<Answered(const Array2& parameters, Array2& x, const std::function<bool()>& stop)>;

class CallableSimulator final : public infer::Simulator {
 public:
  CallableSimulator(std::vector<std::string> statistics, Simulate simulate);
  [[nodiscard]] const std::vector<std::string>& statistics() const override { return statistics_; }
  [[nodiscard]] std::vector<std::string> reasons() const override { return reasons_; }
  /// NaN is undefined ("undefined"), and so is an infinite value ("not-finite"). Reasons beyond the 1000th of a fit
  /// count as one. Random numbers are the function's own.
  [[nodiscard]] Result<void> run(const Array2& parameters, std::uint64_t first, infer::Simulations& answer,
                                 const std::function<bool()>& stop) override;

 private:
  [[nodiscard]] std::uint16_t index_of(const std::string& reason);
  std::vector<std::string> statistics_;
  Simulate simulate_;
  std::vector<std::string> reasons_{"undefined", "not-finite", "other reasons"};
  std::map<std::string, std::uint16_t> known_;
};

}  // namespace hillock::python
