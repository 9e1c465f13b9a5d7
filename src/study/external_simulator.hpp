#pragma once
/// The program of `model.command` as a simulator for inference. docs/external.md says how it is spoken to.

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "infer/simulator.hpp"
#include "io/worker/pool.hpp"
#include "study/external_parameters.hpp"
#include "study/resolved.hpp"

namespace hillock::study {

class ExternalSimulator final : public infer::Simulator {
 public:
  /// Starts the first copy of the program; there are `model.workers` of them, or `threads` where that is 0.
  /// Errors: those of io/worker/pool.hpp, at "model.command" in the study file.
  [[nodiscard]] static Result<std::unique_ptr<ExternalSimulator>> start(const ResolvedStudy& study,
                                                                        const ExternalParameters& parameters,
                                                                        int threads, const std::function<bool()>& stop);

  [[nodiscard]] const std::vector<std::string>& statistics() const override { return pool_->statistics(); }
  [[nodiscard]] std::vector<std::string> reasons() const override { return pool_->reasons(); }
  [[nodiscard]] Result<void> run(const Array2& parameters, std::uint64_t first, infer::Simulations& answer,
                                 const std::function<bool()>& stop) override;
  [[nodiscard]] io::worker::PoolCounts counts() const { return pool_->counts(); }

 private:
  ExternalSimulator(std::unique_ptr<io::worker::Pool> pool, Origin origin)
      : pool_(std::move(pool)), origin_(std::move(origin)) {}
  std::unique_ptr<io::worker::Pool> pool_;
  Origin origin_;
};

/// Whether `observed` can be what was recorded of these statistics: as many values, in their order. NaN: not measured.
/// `where` is its key. Error code "statistics-count", with the names of the statistics.
[[nodiscard]] Result<void> check_observed(std::span<const double> observed, const std::vector<std::string>& statistics,
                                          const Origin& where);

}  // namespace hillock::study
