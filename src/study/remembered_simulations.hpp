#pragma once
/// A simulator whose answers are kept in the run folder, so that a run that was stopped goes on without asking again.
///
/// What is computed from simulations is the same every time: a resumed run gets the answers that it had, computes what
/// it had computed, and ends with the bits of a run that was never stopped. Blocks that took less than `worth_s` are
/// not kept: making them again is as quick.

#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "infer/simulator.hpp"

namespace hillock::study {

class RememberedSimulations final : public infer::Simulator {
 public:
  struct Store {
    std::function<std::string(const std::string& name)> load;  ///< empty: nothing is there
    std::function<void(const std::string& name, const std::string& bytes)> save;
  };
  /// `inner` must live as long as this.
  RememberedSimulations(infer::Simulator& inner, Store store) : inner_(&inner), store_(std::move(store)) {}

  [[nodiscard]] const std::vector<std::string>& statistics() const override { return inner_->statistics(); }
  [[nodiscard]] std::vector<std::string> reasons() const override { return reasons_; }
  [[nodiscard]] Result<void> run(const Array2& parameters, std::uint64_t first, infer::Simulations& answer,
                                 const std::function<bool()>& stop) override;
  [[nodiscard]] std::uint64_t remembered() const { return remembered_; }

 private:
  static constexpr double worth_s = 0.2, block_s = 2.0;
  std::uint16_t reason(const std::string& words);
  bool recall(const Array2& parameters, std::uint64_t first, infer::Simulations& answer);
  void keep(const Array2& parameters, std::uint64_t first, const infer::Simulations& answer) const;

  infer::Simulator* inner_;
  Store store_;
  std::vector<std::string> reasons_;
  std::unordered_map<std::string, std::uint16_t> known_;
  std::size_t block_ = 256;
  std::uint64_t remembered_ = 0;
};

}  // namespace hillock::study
